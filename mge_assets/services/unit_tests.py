"""Level 1's unit tests: the acceptance tests that reach an atom, run while other atoms are still being written.

A test counts for an atom when it entered the atom and nothing that is unwritten. Whose fault a failure is, is told by which atoms failing and passing
tests enter (the Ochiai measure of spectrum-based fault localisation, Abreu et al. 2007). Who is judged later sees what passed before.
"""

import threading
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from mge_assets.model.atoms import Atom
from mge_assets.model.attempts import AtomStatus
from mge_assets.model.errors import Place
from mge_assets.model.findings import Check, CheckStatus, Finding, Severity, ValidationResult
from mge_assets.model.testfiles import test_file_name
from mge_assets.services.assembling import assemble, bodies_of, imports_in
from mge_assets.services.live import LiveExecution
from mge_assets.stages.generation import is_contestable
from mge_assets.stages.validation.reach import failing_input, run_reaching
from mge_assets.stages.validation.runs import TestRun
from mge_assets.stages.validation.spectrum import ochiai
from mge_assets.store.plans import StoredTests
from mge_resources.sandbox import Sandbox
from mge_resources.sandbox.port import SandboxUnavailableError
from mge_resources.syntax import SCRIPTS, Language, parse

CHECK = "unit_test"
SHARED = "unit_test.shared"
"""Rule of the remark that a failing test also entered other generated atoms, so that the fault may be theirs."""
_CASE = "unit_test.case"
_MOST = 3
_KEPT = 64
_EPSILON = 1e-9
_TIMEOUTS = {"TooLong": "TimeoutError"}


@dataclass(frozen=True, slots=True)
class _Suite:
    """Tests of the task, the milestone or the plan that an atom belongs to."""

    file: str
    text: str


@dataclass(frozen=True, slots=True)
class _Standing:
    """What is written at one moment: the atoms with code of their own, the code to be run, and the lines of imports that a file gets for it.

    A test run speaks of this moment, also where an atom lands while it goes on.
    """

    written: frozenset[str]
    codes: Mapping[str, bytes]
    brought: Mapping[str, Sequence[bytes]]


@dataclass
class UnitTests:
    """The unit tests of one execution. Safe to call from many threads; runs of one suite follow one another.

    ``suspects`` are, for an atom whose tests failed, the other generated atoms that the failing tests entered and that are as likely at fault, the
    likeliest first; ``doubtful`` those that are less likely.
    """

    live: LiveExecution
    sandbox: Sandbox
    tests: StoredTests
    suspects: dict[str, tuple[str, ...]] = field(default_factory=dict)
    doubtful: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _passed: dict[str, bytes] = field(default_factory=dict)
    _brought: dict[str, tuple[bytes, ...]] = field(default_factory=dict)
    _locks: dict[str, threading.RLock] = field(default_factory=lambda: defaultdict(threading.RLock))
    _runs: dict[tuple[str, int], tuple[TestRun, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        atoms = self.live.atoms
        self._names = frozenset(name.partition("#")[0].rpartition(".")[2] for name in atoms.by_name)
        self._milestone = {task.name: milestone.name for milestone in atoms.plan.milestones for task in milestone.tasks}
        self._generated = frozenset(stored.atom.name for stored in atoms.by_id.values() if atoms.generates(stored))
        self._bodies = bodies_of(atoms)

    def judged(self, result: ValidationResult, atom: Atom, code: bytes, before: bytes) -> ValidationResult:
        """The result of level 1 with the unit tests' check in it, where everything else passed, or failed on what tests can refute."""
        suites = list(self._suites(atom)) if result.passed or is_contestable(result) else []
        if not suites:
            return result
        with self._locks[suites[0].file]:
            check = self._check(suites, atom, code, before)
            checks = [each for each in result.checks if each.name != CHECK]
            if check.status is not CheckStatus.FAILED:
                self._brought[atom.name] = self._new_imports(atom, before)
                self._passed[atom.name] = code
        return ValidationResult(result.level, result.subject, (*checks, check), result.seconds, result.isolation or self.sandbox.isolation)

    def refuses_draft(self, atom: Atom, before: bytes) -> bool:
        """Whether tests that reach the atom fail with its draft in place."""
        suites = list(self._suites(atom))
        if not suites:
            return False
        with self._locks[suites[0].file]:
            check = self._check(suites, atom, atom.text, before)
            self.suspects.pop(atom.name, None)
        return check.status is CheckStatus.FAILED

    def put(self, name: str, code: bytes, imports: Sequence[str] = ()) -> None:
        """Take this code for the atom from now on, in every run, and these lines at the top of its file."""
        self._brought[name] = tuple(line.encode() for line in imports)
        self._passed[name] = code

    def withdraw(self, name: str) -> None:
        """Take back what ``put`` or a passed judgement said."""
        self._passed.pop(name, None)
        self._brought.pop(name, None)

    def _new_imports(self, atom: Atom, before: bytes) -> tuple[bytes, ...]:
        """The lines of imports that the judged code brings along: others' runs need them before they are in the file."""
        members = self.live.atoms.files[atom.file]
        present = {line for stored in members for line in self.live.codes.get(stored.atom.name, stored.atom.text).split(b"\n")}
        return tuple(line for line in imports_in(before) if line not in present)

    def _standing(self, atom: Atom, code: bytes, before: bytes) -> _Standing:
        """What is written now, with this code for the atom."""
        passed, brought = dict(self._passed), dict(self._brought)
        completed = (name for name, status in tuple(self.live.statuses.items()) if status is AtomStatus.COMPLETED)
        written = frozenset((*passed, *completed, atom.name))
        imports: dict[str, list[bytes]] = defaultdict(list, {atom.file: imports_in(before)})
        for name, lines in brought.items():
            imports[self.live.atoms.by_name[name].atom.file] += lines
        return _Standing(written, {**self.live.codes, **passed, atom.name: code}, imports)

    def _suites(self, atom: Atom) -> Iterable[_Suite]:
        task = self.live.atoms.by_name[atom.name].task
        milestone = self._milestone.get(task, "")
        found = [(task, self.tests.tasks.get(task, "")), (milestone, self.tests.milestones.get(milestone, "")), (self.live.atoms.plan.name, self.tests.plan)]
        for name, text in found:
            if text.strip() and _speaks(text, atom.language):
                yield _Suite(test_file_name(name, atom.language, text), text)

    def _check(self, suites: Sequence[_Suite], atom: Atom, code: bytes, before: bytes) -> Check:
        """The first suite that has something to say decides."""
        standing = self._standing(atom, code, before)
        project = assemble(self.live.atoms, standing.codes, self._bodies, standing.brought)
        for suite in suites:
            try:
                runs = self._run(suite, project.files)
            except (SandboxUnavailableError, ValueError) as error:
                return Check.not_run(CHECK, str(error))
            reached = [(run, project.atoms(run.entered)) for run in runs]
            telling = [(run, names) for run, names in reached if not (names & self._generated) - standing.written]
            mine = [(run, names) for run, names in telling if atom.name in names]
            if mine:
                return self._verdict(suite, atom, standing, before, mine, telling)
        return Check.not_run(CHECK, "no test reaches it yet without entering what is still unwritten")

    def _verdict(
        self,
        suite: _Suite,
        atom: Atom,
        now: _Standing,
        before: bytes,
        mine: list[tuple[TestRun, frozenset[str]]],
        telling: list[tuple[TestRun, frozenset[str]]],
    ) -> Check:
        code = now.codes[atom.name]
        failing = [(run, names) for run, names in mine if not run.passed]
        if not failing:
            self.suspects.pop(atom.name, None)
            return Check.of(CHECK, ())
        scores = ochiai((run.passed, names) for run, names in telling)
        others = {name for _, names in failing for name in names if name != atom.name}
        if self._is_innocent(atom, now, scores, others):
            return Check.of(CHECK, ())
        own = scores.get(atom.name, 0.0) - _EPSILON
        ranked = sorted(others & self._generated, key=lambda name: (-scores.get(name, 0.0), name))
        generated = [name for name in ranked if scores.get(name, 0.0) >= own]
        self.suspects[atom.name], self.doubtful[atom.name] = tuple(generated), tuple(ranked[len(generated) :])
        findings = [self.told(suite.text, suite.file, atom, code, before, run) for run, _ in failing[:_MOST]]
        if generated:
            findings.append(Finding(SHARED, Severity.INFO, f"as likely at fault: {', '.join(generated[:3])}"))
        return Check.of(CHECK, tuple(findings))

    def _is_innocent(self, atom: Atom, now: _Standing, scores: Mapping[str, float], others: set[str]) -> bool:
        """A complete draft, unless none is likelier to be at fault; generated code, where one is likelier that is still to be judged."""
        likelier = {name for name in others if scores.get(name, 0.0) > scores.get(atom.name, 0.0) + _EPSILON}
        if now.codes[atom.name] == atom.text and atom.name not in self._generated:
            return bool(likelier)
        return bool(likelier - now.written)

    def told(self, text: str, file: str, atom: Atom, code: bytes, before: bytes, run: TestRun) -> Finding:
        """A failed test as its atom's author may hear of it: what was called and how it ended, nothing of what is expected."""
        error = _TIMEOUTS.get(run.error, run.error)
        by_test = run.failure is not None and run.failure.last == file and run.error == "Error"  # a script's test may say so what it expects
        called = failing_input(text, file, run, self._names)
        first, last = before.count(b"\n") + 1, before.count(b"\n") + 1 + code.rstrip().count(b"\n")
        line = next((frame.line for frame in reversed(run.frames) if frame.file == atom.file and first <= frame.line <= last), None)
        said = f" ({run.message})" if run.message and not by_test and error not in {"AssertionError", "TimeoutError"} else ""
        how = "does not come to an end in time: TimeoutError" if error == "TimeoutError" else f"ends with {error}{said}"
        return Finding(
            _CASE,
            Severity.ERROR,
            f"{'a test' if run.name else 'loading the tests'} {how}" + (f"; it ran: {called}" if called else ""),
            "",
            Place(atom.file, line) if line else None,
        )

    def _run(self, suite: _Suite, project: Mapping[str, bytes]) -> tuple[TestRun, ...]:
        key = (suite.file, hash(tuple(sorted(project.items()))))
        if key not in self._runs:
            self._runs[key] = run_reaching(self.sandbox, project, suite.file, suite.text)
            while len(self._runs) > _KEPT:
                self._runs.pop(next(iter(self._runs)), None)
        return self._runs[key]


def _speaks(text: str, language: Language) -> bool:
    """Whether the text can be tests of an atom in this language."""
    if language is not Language.PYTHON:
        return language in SCRIPTS and any(not parse(one, text.encode()).root_node.has_error for one in SCRIPTS)
    try:
        compile(text, "tests", "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return False
    return True
