"""Live variables of the parts of long functions beside those that Python's own bytecode has, over real packages.

    sh .ci/env python -m mge_tests.bench.atomization_flow [click requests networkx asyncio email json]

What differs is shown; most of it is where the compiler gives clean-up code the position of another atom (``with``, ``finally``).
"""

import sys

from mge_tests.stages.atomization.bytecode_flow import Agreement, compare
from mge_tests.stages.atomization.sources import package_files

PACKAGES = ("click", "requests", "flask", "networkx", "asyncio", "email", "json", "http", "xml")

if __name__ == "__main__":
    for package in sys.argv[1:] or PACKAGES:
        agreement = Agreement()
        for file in package_files(package):
            compare(file.read_bytes(), file.name, agreement)
        print(f"{package}: {agreement}")
        for difference in agreement.differences[:5]:
            print(f"  {difference}")
