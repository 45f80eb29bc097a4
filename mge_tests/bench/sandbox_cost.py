"""What a small run in the sandbox costs: the launcher that stays against one started for each run.

``python -m mge_tests.bench.sandbox_cost [runs]`` prints medians in milliseconds, warm and cold beside each other, and the ratio.
The bound is 60 ms for a small run on an idle machine; the load is printed because a busy one says little.
"""

import os
import statistics
import sys

from mge_resources.sandbox import SandboxJob
from mge_resources.sandbox.isolations import NamespaceSandbox

BOUND_MS = 60.0
_TESTS = b"def test_a():\n    assert 1\ndef test_b():\n    assert 2\n"
_PYTEST = b"import pytest, sys\nsys.exit(pytest.main(['-q', '-p', 'no:cacheprovider', 'test_a.py']))\n"
_QUIET = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
JOBS = {
    "a Python script": SandboxJob(("{python}", "a.py"), {"a.py": b"print(1)\n"}, warm=True),
    "two pytest tests": SandboxJob(("{python}", "a.py"), {"a.py": _PYTEST, "test_a.py": _TESTS}, _QUIET, warm=True),
    "a new interpreter": SandboxJob(("{python}", "-I", "-S", "-c", "pass"), {}),
}


def _median(sandbox: NamespaceSandbox, job: SandboxJob, runs: int) -> tuple[float, float]:
    """(median, least) milliseconds of this many runs after a first that is not counted."""
    seconds = [sandbox.run(job).seconds for _ in range(runs + 1)][1:]
    return statistics.median(seconds) * 1000, min(seconds) * 1000


def main() -> None:
    """Print the table; exit code 1 where a warm script's least time is over the bound."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    warm, cold = NamespaceSandbox(), NamespaceSandbox(stay=False)
    print(f"{runs} runs each, load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores, bound {BOUND_MS:.0f} ms")
    least = 0.0
    for name, job in JOBS.items():
        (kept, best), (anew, best_anew) = _median(warm, job, runs), _median(cold, job, runs)
        least = max(least, best if job.warm else 0.0)
        print(f"{name}: warm {kept:.0f} ms (least {best:.0f}), cold {anew:.0f} ms (least {best_anew:.0f}), {anew / kept:.1f} times")
    raise SystemExit(least > BOUND_MS)


if __name__ == "__main__":
    main()
