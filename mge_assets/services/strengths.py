"""What a plan's acceptance tests are worth: faults are seeded under those that passed, within a time, and atoms that none of them enters are named."""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from mge_assets.model.atoms import Atom, AtomKind
from mge_assets.model.findings import CheckStatus, Level, ValidationResult
from mge_assets.model.testfiles import test_file_name
from mge_assets.stages.validation.acceptance import language_of
from mge_assets.stages.validation.reach import reach
from mge_assets.stages.validation.runs import Reach
from mge_assets.stages.validation.spectrum import Spans, holders
from mge_assets.stages.validation.strength import Strength, strength, strength_check
from mge_assets.store.atoms import StoredAtom
from mge_assets.store.plans import StoredTests
from mge_resources.sandbox import Sandbox
from mge_resources.sandbox.port import SandboxUnavailableError
from mge_resources.syntax import JUDGED, SCRIPTS, Language

_CALLED = {AtomKind.METHOD, AtomKind.FUNCTION}
_ALL = 3
"""Levels that must have been judged together before an atom can be said to be entered by no test."""


@dataclass(frozen=True, slots=True)
class Tested:
    """What was judged: the files, where atoms begin in them, the atoms by task, the tests."""

    plan: str
    files: Mapping[str, bytes]
    spans: Spans
    atoms: Mapping[str, Sequence[StoredAtom]]
    tests: StoredTests


@dataclass(frozen=True, slots=True)
class _Run:
    file: str
    text: str
    found: Reach


class StrengthService:
    """Judges tests. ``seconds`` bound the seeding of all tests of a plan together; 0 seeds nothing."""

    def __init__(self, sandbox: Sandbox, seconds: float) -> None:
        self._sandbox, self._seconds = sandbox, seconds

    def added(self, results: Sequence[ValidationResult], what: Tested) -> list[ValidationResult]:
        """The results of levels 2 to 4, with a check of their tests beside those whose tests passed."""
        if self._seconds <= 0:
            return list(results)
        try:
            return self._added(results, what)
        except (SandboxUnavailableError, ValueError):
            return list(results)

    def _added(self, results: Sequence[ValidationResult], what: Tested) -> list[ValidationResult]:
        runs = {(one.level, one.subject): found for one in results if (found := self._run(one, what)) is not None}
        unreached = _unreached(what, runs.values()) if len({one.level for one in results}) == _ALL and runs else {}
        end, judged_all = time.monotonic() + self._seconds, []
        for one in results:
            run, names = runs.get((one.level, one.subject)), unreached.get(one.subject, ()) if one.level is Level.TASK else ()
            judged = self._strength(run, what, end - time.monotonic()) if run else Strength({}, frozenset(), frozenset())
            check = strength_check(judged, run.file if run else "", names)
            judged_all.append(replace(one, checks=(*one.checks, check)) if run or names else one)
        return judged_all

    def _run(self, result: ValidationResult, what: Tested) -> _Run | None:
        """The tests of a unit that passed, run once more to see what they enter."""
        text = _text(what, result)
        passed = any(check.name == "tests" and check.status in (CheckStatus.PASSED, CheckStatus.WARNED) for check in result.checks)
        files = [stored.atom.file for stored in what.atoms.get(result.subject, ())] if result.level is Level.TASK else list(what.files)
        language = language_of(text, files)
        if not passed or language is None or language not in JUDGED:
            return None
        file = test_file_name(result.subject, language, text)
        return _Run(file, text, reach(self._sandbox, what.files, file, text))

    def _strength(self, run: _Run, what: Tested, seconds: float) -> Strength:
        return strength(self._sandbox, what.files, run.file, run.text, run.found, seconds)


def _text(what: Tested, result: ValidationResult) -> str:
    texts = {Level.TASK: what.tests.tasks, Level.MILESTONE: what.tests.milestones, Level.MASTERPLAN: {what.plan: what.tests.plan}}
    return texts.get(result.level, {}).get(result.subject) or ""


def _unreached(what: Tested, runs: Iterable[_Run]) -> Mapping[str, list[str]]:
    """Task ▸ its functions and methods that no test enters, of those that have a body."""
    entered = {name.partition("#")[0] for run in runs for test in run.found.tests for name in holders(test.entered, what.spans)}
    found: dict[str, list[str]] = {}
    for task, members in what.atoms.items():
        for stored in members:
            atom, base = stored.atom, stored.atom.name.partition("#")[0]
            if atom.kind in _CALLED and _has_body(atom) and base not in entered and base not in found.get(task, ()):
                found.setdefault(task, []).append(base)
    return found


def _has_body(atom: Atom) -> bool:
    """Whether there is something that a test could enter; an overload's or an abstract method's signature is for the compiler alone."""
    return atom.language is Language.PYTHON or (atom.language in SCRIPTS and (b"{" in atom.text or b"=>" in atom.text))
