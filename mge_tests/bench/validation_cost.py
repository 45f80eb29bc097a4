"""What level 1 costs an atom that was rewritten, with warm tools, beside starting each tool anew for it. Both in one run.

    sh .ci/env python -m mge_tests.bench.validation_cost [atoms]

The atoms are click's (800 unless said otherwise), each with a line added, judged one by one as the attempt loop does. Cold: mypy, ruff, bandit and pyflakes
as commands on the atom's file, for every fiftieth atom.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from mge_assets.model.atoms import AtomKind
from mge_assets.stages.atomization import atomize
from mge_assets.stages.validation import AtomicValidator, Inspector
from mge_resources.checkers import open_checkers
from mge_tests.bench.corpora import corpora

BOUND_MS = 150.0
TOOLS = (("mypy", "--no-site-packages", "--cache-dir=/dev/null"), ("ruff", "check", "--isolated", "--no-cache"), ("bandit", "-q"), ("pyflakes",))


def cold(name: str, content: bytes) -> float:
    """Seconds that the tools take as commands."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / Path(name).name
        path.write_bytes(content)
        begin = time.perf_counter()
        for tool, *options in TOOLS:
            subprocess.run([sys.executable, "-m", tool, *options, str(path)], capture_output=True, check=False)
        return time.perf_counter() - begin


def main() -> None:
    """Measure and print."""
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 800
    corpus = next(iter(corpora(["click"], Path())))
    if isinstance(corpus, str):
        sys.exit(corpus)
    project = {f"click/{file.path}": file.source for file in corpus.written}
    cases = [
        (name, atom) for name, content in project.items() for atom in atomize(content, name, corpus.files[0].language).atoms if atom.kind is not AtomKind.TRIVIA
    ]
    checkers = open_checkers(Path.home() / ".cache" / "mge" / "tools", fetch=False)
    validator, slow = AtomicValidator(Inspector(checkers)), []
    try:
        begin = time.perf_counter()
        for number, (name, atom) in enumerate(cases[:wanted]):
            content, line = project[name], f"# {number}\n".encode()
            validator.validate(atom, atom.text + line, content[: atom.span.start_byte], content[atom.span.end_byte :], project=project)
        warm = (time.perf_counter() - begin) / min(wanted, len(cases))
    finally:
        checkers.close()
    for number, (name, _) in enumerate(cases[:wanted]):
        if number % 50 == 0:
            slow.append(cold(name, project[name] + f"# {number}\n".encode()))
    each = sum(slow) / len(slow)
    print(f"{min(wanted, len(cases))} rewritten atoms: {1000 * warm:.1f} ms each (bound {BOUND_MS:.0f}, ratio {1000 * warm / BOUND_MS:.2f}); ", end="")
    print(f"each tool cold {1000 * each:.0f} ms, {each / warm:.0f} times as long")
    sys.exit(1000 * warm > BOUND_MS)


if __name__ == "__main__":
    main()
