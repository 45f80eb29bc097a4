"""Unchanged real code through level 1: how many atoms have an error, and which. Every error on code that works is a false alarm.

    sh .ci/env python -m mge_tests.bench.false_alarms [click requests flask zod]

Prints for each package: atoms, atoms with an error, the share beside the bound of 1 %, milliseconds an atom beside the bound of 150, and each error in full.
"""

import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from mge_assets.model.findings import Severity
from mge_assets.stages.atomization import atomize
from mge_assets.stages.validation import AtomicValidator, Inspector
from mge_resources.checkers import ToolCheckers, open_checkers
from mge_tests.bench.corpora import Corpus, corpora

BOUND = 0.01
BOUND_MS = 150.0


def measure(checkers: ToolCheckers, corpus: Corpus) -> tuple[int, int]:
    """(atoms, atoms with an error) of a package; prints them."""
    validator = AtomicValidator(Inspector(checkers))
    files = {f"{corpus.name}/{file.path}": file for file in corpus.written}
    project = {name: file.source for name, file in files.items()}
    atoms = {name: atomize(file.source, name, file.language).atoms for name, file in files.items()}
    begin = time.perf_counter()
    results = [result for name, file in files.items() for result in validator.validate_drafts(file.source, atoms[name], project=project)]
    seconds = time.perf_counter() - begin
    failed = [result for result in results if not result.passed]
    each = 1000 * seconds / max(len(results), 1)
    print(
        f"{corpus.name}: {len(results)} atoms, {len(failed)} with an error, {len(failed) / max(len(results), 1):.2%} (bound {BOUND:.0%}); "
        f"{each:.1f} ms an atom (bound {BOUND_MS:.0f}, ratio {each / BOUND_MS:.2f})",
        flush=True,
    )
    for finding in (finding for result in failed for finding in result.findings if finding.severity is Severity.ERROR):
        print(f"  {finding}")
    print("  warnings:", dict(Counter(f.rule for r in results for f in r.findings if f.severity is Severity.WARNING).most_common(8)))
    return len(results), len(failed)


def main() -> None:
    """Measure; exit code 1 where a package is over the bound."""
    checkers, good = open_checkers(Path.home() / ".cache" / "mge" / "tools"), True
    try:
        with tempfile.TemporaryDirectory() as folder:
            for corpus in corpora(sys.argv[1:] or ["click", "requests", "flask", "zod"], Path(folder)):
                if isinstance(corpus, str):
                    print(corpus)
                    continue
                atoms, failed = measure(checkers, corpus)
                good = good and failed < BOUND * atoms
    finally:
        checkers.close()
    sys.exit(not good)


if __name__ == "__main__":
    main()
