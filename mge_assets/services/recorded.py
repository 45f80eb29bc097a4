"""Level 1's recorded cases: code that takes a complete draft's place is called as the draft was, and must do the same.

The cases were made of the plan's own drafts, each atom among the drafts of all others; so the new code is called there first, and where that differs, among
what has landed: code that fits either does what the plan says. What was expected is never told, only what was called and what came.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from mge_assets.model.atoms import Atom
from mge_assets.model.cases import RunCase
from mge_assets.model.findings import Check, Finding, Severity, ValidationResult
from mge_assets.services.assembling import imports_in, with_imports
from mge_assets.services.cases import Project
from mge_assets.services.live import LiveExecution
from mge_assets.services.unit_tests import UnitTests
from mge_assets.stages.atomization.case_runs import RUN, differences
from mge_resources.sandbox import Sandbox

CHECK = "cases"
_RULE = "cases.differ"
_FIX = "let it do what the draft did; the draft's behaviour is the plan's"
_MOST = 3
_UNWRITTEN = "NotImplementedError"


@dataclass
class RecordedCases:
    """The recorded cases of one execution. Safe to call from many threads."""

    live: LiveExecution
    sandbox: Sandbox
    tests: UnitTests
    _disputed: dict[str, bool] = field(default_factory=dict)

    def judged(self, result: ValidationResult, atom: Atom, code: bytes, before: bytes) -> ValidationResult:
        """The result of level 1 with the check of the recorded cases in it, where everything else passed and the atom has some that count."""
        cases = self._cases(atom, before) if result.passed and code != atom.text else ()
        if not cases:
            return result
        check = self._check(atom, code, before, cases)
        isolation = result.isolation or self.sandbox.isolation
        return ValidationResult(result.level, result.subject, (*result.checks, check), result.seconds, isolation)

    def _cases(self, atom: Atom, before: bytes) -> tuple[RunCase, ...]:
        """None of a stub, of code that a person rejected, or of a draft that fails its own acceptance tests: what those did is not wanted."""
        if atom.stub or atom.language not in RUN or self.live.atoms.by_name[atom.name].rejected_because:
            return ()
        cases = tuple(case for case in atom.context.cases if not (case.raised and case.outcome == _UNWRITTEN))
        if cases and atom.name not in self._disputed:
            self._disputed[atom.name] = self.tests.refuses_draft(atom, before)
        return () if self._disputed.get(atom.name) else cases

    def _check(self, atom: Atom, code: bytes, before: bytes, cases: tuple[RunCase, ...]) -> Check:
        said: list[str] = []
        for known in ({}, self.live.codes):
            said, reason = differences(self.sandbox, self._project(atom, code, before, known), atom.file, atom.language, cases)
            if reason and not _is_fault(reason):
                return Check.not_run(CHECK, reason)
            said = [f"the code can't be called: {reason}"] if reason else said
            if not said:
                break
        return Check.of(CHECK, tuple(Finding(_RULE, Severity.ERROR, each, _FIX) for each in said[:_MOST]))

    def _project(self, atom: Atom, code: bytes, before: bytes, known: Mapping[str, bytes]) -> Mapping[str, bytes]:
        """The files that the atom's file may load, it among them with this code, and of the other atoms what is known, else their drafts."""
        atoms = self.live.atoms
        members = atoms.files[atom.file]
        pieces = [code if stored.atom.name == atom.name else known.get(stored.atom.name, stored.atom.text) for stored in members]
        own = b"".join(with_imports(members, pieces, imports_in(before)))
        standing = self.live.project() if known else atoms.drafts
        reached = Project({**atoms.drafts, atom.file: own}).reached(atom.file)
        return {**{file: standing[file] for file in reached}, atom.file: own}


def _is_fault(reason: str) -> bool:
    """Whether the reason speaks of the code, and not of the machine."""
    return reason.startswith(("its file can't be loaded", "the calls ended"))
