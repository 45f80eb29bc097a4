"""What tests are worth: a test that no fault in the code it enters can fail is weak, and an atom that no test enters is untested."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from mge_assets.model.errors import Place
from mge_assets.model.findings import Check, Finding, Severity
from mge_assets.model.wording import counted
from mge_assets.stages.validation.harness import program
from mge_assets.stages.validation.mutants import Mutant, mutants
from mge_assets.stages.validation.mutants_javascript import script_mutants
from mge_assets.stages.validation.reach_javascript import PROGRAMS, WHOLE, programs, speaks_typescript, with_tests
from mge_assets.stages.validation.runs import Reach, TestRun
from mge_assets.stages.validation.spelling import spelled_out
from mge_resources.sandbox.port import Limits, Sandbox, SandboxJob

CHECK = "test_strength"
EACH = 8
"""Faults tried for one test before it is called weak."""
_FUNCTION = 6
_REPORT = "mutants.json"
_SECONDS = 5.0
_NO_PLUGINS = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}


@dataclass(frozen=True, slots=True)
class Strength:
    """Of the tests that could be tried: those that noticed no fault, with how many were tried on each. ``untried`` had none, or no time."""

    weak: Mapping[str, int]
    strong: frozenset[str]
    untried: frozenset[str]


def strength(sandbox: Sandbox, project: Mapping[str, bytes], test_file: str, tests: str, found: Reach, seconds: float) -> Strength:
    """Seed faults in what the passing tests enter, for at most ``seconds``. Raises SandboxUnavailableError."""
    passing = [run for run in found.tests if run.passed]
    project, tests = spelled_out(project, test_file, tests)
    faults = _faults(project, test_file, passing)
    if not faults or seconds <= 0:
        return Strength({}, frozenset(), frozenset(run.name for run in passing))
    limits = Limits(wall_seconds=seconds + 2 * _SECONDS + 10, cpu_seconds=int(seconds) + 20)
    job = (_job if test_file.endswith(".py") else _script_job)(project, test_file, tests, faults, seconds)
    outcome = sandbox.run(replace(job, limits=limits, collect=(_REPORT,)))
    try:
        report = json.loads(outcome.files.get(_REPORT, b"{}"))
        noticed, tried = frozenset(map(str, report["noticed"])), int(report["tried"])
    except (ValueError, KeyError, TypeError):
        noticed, tried = frozenset(), 0
    return _read(passing, faults, noticed, tried)


def _job(project: Mapping[str, bytes], test_file: str, tests: str, faults: Sequence[Mapping[str, object]], seconds: float) -> SandboxJob:
    files = {f"project/{name}": content for name, content in project.items()}
    files |= {f"project/{test_file}": tests.encode(), "mutants.py": program("mutants.py.txt"), "pytest.ini": b"[pytest]\n"}
    given = json.dumps({"mutants": faults, "seconds": _SECONDS, "budget": seconds}).encode()
    return SandboxJob(("{python}", "mutants.py", test_file), files, _NO_PLUGINS, stdin=given, warm=True)


def _script_job(project: Mapping[str, bytes], test_file: str, tests: str, faults: Sequence[Mapping[str, object]], seconds: float) -> SandboxJob:
    """Each faulty version lies beside the file that it is of, so that it is compiled as that is, and takes its place in its turn."""
    files, text = with_tests(project, test_file, tests)
    places = []
    for number, fault in enumerate(faults):
        name = PurePosixPath(str(fault["file"]))
        place = str(name.with_name(f"{name.stem}.fault{number}{name.suffix}"))
        files[f"project/{place}"] = str(fault["text"]).encode("utf-8", errors="surrogateescape")
        places.append({"file": fault["file"], "place": place, "tests": fault["tests"]})
    given = json.dumps({"mutants": places, "seconds": _SECONDS, "budget": seconds, "tests": text, "whole": WHOLE}).encode()
    content = {**files, **programs("mutants.mjs", *PROGRAMS)}
    return SandboxJob(("{node}", "mutants.mjs", test_file), content, stdin=given, typescript=speaks_typescript([*project, test_file]))


def _read(passing: Sequence[TestRun], faults: Sequence[Mapping[str, object]], noticed: frozenset[str], tried: int) -> Strength:
    weak, untried = {}, set()
    for run in passing:
        numbers = [number for number, fault in enumerate(faults) if run.name in fault["tests"]]  # type: ignore[operator]  # a list of names
        if run.name in noticed:
            continue
        if numbers and max(numbers) < tried:
            weak[run.name] = len(numbers)
        else:
            untried.add(run.name)
    return Strength(weak, noticed, frozenset(untried))


def _faults(project: Mapping[str, bytes], test_file: str, passing: Sequence[TestRun]) -> list[dict[str, object]]:
    """Faults in turn over all functions entered, each with the tests that enter its function, until every test has enough."""
    entering: dict[tuple[str, int], list[str]] = {}
    for run in passing:
        for entry in run.entered:
            if entry.file != test_file and entry.file in project:
                entering.setdefault((entry.file, entry.line), []).append(run.name)
    by_function = {(file, line): _seeded(file, project[file], line) for file, line in sorted(entering, key=lambda place: (len(entering[place]), place))}
    left = {run.name: EACH for run in passing}
    found: list[dict[str, object]] = []
    for turn in range(_FUNCTION):
        for place, seeded in by_function.items():
            wanting = [name for name in entering[place] if left[name] > 0]
            if turn < len(seeded) and wanting:
                found.append({"file": seeded[turn].file, "text": seeded[turn].text, "tests": wanting})
                for name in wanting:
                    left[name] -= 1
    return found


def _seeded(file: str, content: bytes, line: int) -> tuple[Mutant, ...]:
    return (mutants if file.endswith((".py", ".pyi")) else script_mutants)(file, content, {line}, _FUNCTION)


def strength_check(found: Strength, test_file: str, unreached: Sequence[str] = ()) -> Check:
    """What is weak, as a check: a warning for each weak test, information on atoms that no test enters and on tests that were not tried."""
    findings = [
        Finding("tests.weak", Severity.WARNING, f"{name}: none of {tried} faults seeded in the code that it enters makes it fail",
                "have it ask for what the code gives", Place(test_file))
        for name, tried in sorted(found.weak.items())
    ]  # fmt: skip
    if unreached:
        more = f" and {len(unreached) - 5} more" if len(unreached) > 5 else ""
        message = f"{counted(len(unreached), 'atom')} that no test enters: {', '.join(unreached[:5])}{more}"
        findings.append(Finding("tests.unreached", Severity.INFO, message, "write a test that calls them", Place(test_file)))
    if found.untried:
        message = f"{len(found.untried)} tests were not tried on faults: they enter no function where one can be seeded, or the time was used up"
        findings.append(Finding("tests.untried", Severity.INFO, message, "raise MGE_MUTATION_SECONDS", Place(test_file)))
    return Check.of(CHECK, tuple(findings))
