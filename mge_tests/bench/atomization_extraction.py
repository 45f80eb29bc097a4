"""Statement groups of real functions replaced by functions of exactly their live variables; the packages' doctests must say what they said.

    sh .ci/env python -m mge_tests.bench.atomization_extraction [networkx stdlib]

Every group that can be is replaced, all at once; the figure that counts is of the groups that the doctests ran. Beside it the power of the proof: for
60 of these groups one variable is left out of what the call passes, and the doctests should notice (a variable of a branch that no example takes is not).
"""

import importlib
import pkgutil
import random
import sys

from mge_tests.stages.atomization.extraction import Outcome, flows_of, run_apart

STDLIB = ("difflib", "statistics", "heapq", "fractions", "_pydecimal", "ipaddress", "random", "string", "textwrap", "pickletools", "ast", "doctest")
_SAMPLE = 60


def modules_of(package: str) -> list[str]:
    """The package's modules, its tests left out."""
    module = importlib.import_module(package)
    found = [one.name for one in pkgutil.walk_packages(module.__path__, f"{package}.")]
    return [package, *(name for name in found if ".tests" not in name and not name.endswith("__main__"))]


def report(name: str, packages: list[str], modules: list[str]) -> None:
    """Print one package's figures."""
    before, after = (run_apart(packages, modules, replace=replace) for replace in (False, True))
    differ = [module for module in modules if before.outcomes[module] != after.outcomes[module]]
    examples, failed = (sum(outcome[part] for outcome in before.outcomes.values()) for part in (0, 1))
    print(f"{name}: {examples} examples, {failed} fail as installed; {len(after.groups)} groups replaced, {len(after.run)} of them run")
    print(f"  modules whose outcomes differ: {len(differ)} of {len(modules)} (bound 0) {differ[:5] or ''}; left alone: {after.left}")
    noticed, tried = power(packages, after, before)
    print(f"  with one variable less: noticed in {noticed} of {tried} groups", flush=True)


def power(packages: list[str], after: Outcome, before: Outcome) -> tuple[int, int]:
    """(noticed, tried)."""
    chosen = random.Random(1).sample(after.run, min(_SAMPLE, len(after.run)))
    noticed = tried = 0
    for group in chosen:
        module = group.partition(":")[0]
        variables = flows_of(module, group)
        if variables and before.outcomes[module][0] > 0:
            tried += 1
            noticed += run_apart(packages, [module], replace=True, without={group: variables[0]}).outcomes[module] != before.outcomes[module]
    return noticed, tried


if __name__ == "__main__":
    for asked in sys.argv[1:] or ["stdlib", "networkx"]:
        if asked == "stdlib":
            report(asked, list(STDLIB), list(STDLIB))
        else:
            report(asked, [asked], modules_of(asked))
