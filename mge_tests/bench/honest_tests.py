"""Whether right code passes its tests here: test files of installed packages, each judged against the package that it comes with.

    sh .ci/env python -m mge_tests.bench.honest_tests [--files N] [--seed S] [package …]

A file counts where all its tests pass beside the code with nobody asking how; of those the share is printed that passes the whole judgement, apart from the
code where that can be. The rest are false alarms, each with what was said. Without a package: networkx, whose wheel brings its tests.
"""

import argparse
import random
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from mge_assets.model.findings import Check, Severity
from mge_assets.stages.validation.grading import Suite, passes_beside, python_check
from mge_resources.sandbox import Limits, open_sandbox

LIMITS = Limits(wall_seconds=120.0, cpu_seconds=100)
TEST_SECONDS = 10.0


@dataclass(frozen=True)
class TestFile:
    """A file of tests and the package's other files, by path from the folder that holds the package."""

    __test__ = False

    name: str
    text: str
    project: Mapping[str, bytes]


def drawn(package: str, most: int, seed: int) -> Iterator[TestFile]:
    """So many test files of an installed package, where a plan has them: in a folder of tests beside it."""
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        message = f"{package!r} is not installed"
        raise SystemExit(message)
    root = Path(spec.origin).parent
    files = {path.relative_to(root.parent).as_posix(): path for path in sorted(root.rglob("*.py"))}
    tests = [name for name in files if Path(name).name.startswith("test_")]
    project = {name: path.read_bytes() for name, path in files.items() if name not in tests}
    for name in sorted(random.Random(seed).sample(tests, min(most, len(tests)))):
        yield TestFile(f"tests/{Path(name).name}", files[name].read_text(), project)


def said(check: Check) -> str:
    """How it went: ``apart``, ``beside``, or what was found wrong."""
    errors = [finding.message for finding in check.findings if finding.severity is Severity.ERROR]
    return errors[0] if errors else "beside" if any(finding.rule == "tests.beside" for finding in check.findings) else "apart"


def main() -> None:
    """Judge and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("packages", nargs="*", metavar="package")
    parser.add_argument("--files", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    sandbox, ways, seconds = open_sandbox(), Counter[str](), {"judged": 0.0, "beside": 0.0}
    for package in given.packages or ["networkx"]:
        for test in drawn(package, given.files, given.seed):
            begin = time.monotonic()
            if not passes_beside(sandbox, Suite(test.project, test.name, test.text, LIMITS, TEST_SECONDS)):
                ways["fails by itself"] += 1
                continue
            middle = time.monotonic()
            told = said(python_check(sandbox, test.project, test.name, test.text, LIMITS, TEST_SECONDS))
            seconds["beside"] += middle - begin
            seconds["judged"] += time.monotonic() - middle
            ways[told if told in {"apart", "beside"} else "called wrong"] += 1
            if told not in {"apart", "beside"}:
                print(f"  {test.name}: {told[:200]}", flush=True)
    right = ways["apart"] + ways["beside"]
    whole = right + ways["called wrong"]
    print(f"{right} of {whole} test files that pass by themselves pass the judgement ({right / max(1, whole):.1%}): ", end="")
    print(f"{ways['apart']} apart, {ways['beside']} beside; {ways['fails by itself']} left out, which fail by themselves here")
    print(f"judged in {seconds['judged']:.0f} s, run beside in {seconds['beside']:.0f} s")


if __name__ == "__main__":
    main()
