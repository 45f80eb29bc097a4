"""CPython's test modules under the tracer: run in an interpreter of its own, so no import of ours.

    python dependency_suites.py SECONDS test_json …

What needs a network, a screen or minutes of computing is skipped, as it is by default when CPython tests itself. After so many seconds
what was seen so far is written.
"""

import os
import sys
import threading

import dependency_tracer  # type: ignore[import-not-found]


def main() -> None:
    """Run the suites one by one."""
    seconds, suites = int(sys.argv[1]), sys.argv[2:]
    dependency_tracer.pytest_configure()
    timer = threading.Timer(seconds, _stop)
    timer.daemon = True
    timer.start()
    import unittest  # noqa: PLC0415 - imported under the tracer, as what is traced may be this very module

    from test import support  # type: ignore[import-not-found]  # noqa: PLC0415

    support.use_resources = []
    for suite in suites:
        try:
            unittest.main(module=None, argv=["suites", f"test.{suite}"], exit=False, verbosity=0)
        except BaseException as error:
            print(f"{suite}: {error!r}", file=sys.stderr)
        sys.setprofile(dependency_tracer._TRACER)
    _stop()


def _stop() -> None:
    dependency_tracer.pytest_unconfigure()
    os._exit(0)


if __name__ == "__main__":
    main()
