"""Integration tests of one execution, between its atoms: what the tester needs of the plan, and what becomes of the atoms that it names."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import PurePosixPath
from uuid import UUID

from mge_assets.model.atoms import AtomKind
from mge_assets.model.attempts import AtomOutcome, AtomStatus
from mge_assets.model.findings import Check, Finding, Severity
from mge_assets.model.testfiles import test_file_name
from mge_assets.services.assembling import assemble, bodies_of
from mge_assets.services.live import LiveExecution
from mge_assets.services.stores import Stores
from mge_assets.stages.validation import Drafts
from mge_assets.stages.validation.acceptance import language_of
from mge_assets.stages.validation.failed_tests import Blame, Evidence, Verdict
from mge_assets.stages.validation.progressive import ProgressiveIntegrationTester, Step, Suite, Traced
from mge_assets.stages.validation.reach import reach
from mge_assets.stages.validation.runs import Reach, TestRun
from mge_assets.stages.validation.spectrum import Assembled
from mge_assets.stages.validation.triage import triage
from mge_assets.stages.validation.triage_javascript import script_triage
from mge_assets.store.integration import IntegrationRun
from mge_assets.store.plans import StoredTests
from mge_resources.sandbox import Sandbox
from mge_resources.sandbox.port import SandboxUnavailableError
from mge_resources.syntax import SCRIPTS, Language

CHECK = "integration"
"""The check at level 1 of an atom that holds what integration tests say of it."""
MOST_MENDED = 3
"""Atoms written anew after one round: each is a paid call, and mending one often mends what the next was blamed for."""
_WORD = re.compile(r"\w+")
_CALLED = {AtomKind.METHOD, AtomKind.FUNCTION}

Mend = Callable[[str, Suite, TestRun], Awaitable[bool]]
"""Has an atom written anew because of a failed test; answers whether it was."""


class PlanBench:
    """The plan as the tester sees it."""

    def __init__(self, live: LiveExecution, sandbox: Sandbox) -> None:
        self._live, self._sandbox = live, sandbox
        atoms = live.atoms
        self._bodies = bodies_of(atoms)
        self._generated = frozenset(stored.atom.name for stored in atoms.by_id.values() if atoms.generates(stored))
        self._drafts = Drafts(atoms.drafts)

    def assemble(self, codes: Mapping[str, bytes]) -> Assembled:
        """The project with this code, and drafts for all other atoms."""
        return assemble(self._live.atoms, codes, self._bodies)

    def run(self, suite: Suite, project: Assembled, only: Collection[str] | None) -> Reach:
        """Run the suite, or ``only`` those of its tests."""
        return reach(self._sandbox, project.files, suite.file, suite.text, only)

    def judge(self, suite: Suite, run: TestRun, project: Assembled, runs: Sequence[TestRun]) -> Verdict:
        """What a failed test speaks against."""
        assert run.failure is not None
        known = Evidence(
            project.files, self._drafts, suite.file, suite.text, self._live.atoms.plan.requirements, tuple(runs), self._with_drafts(suite, run, project)
        )
        return (triage if suite.file.endswith(".py") else script_triage)(run.name, run.failure, known)

    def _with_drafts(self, suite: Suite, run: TestRun, project: Assembled) -> Mapping[str, bool]:
        """How the test ends on the plan's drafts, where all that it enters is complete there and something of it was written anew."""
        names = {name.partition("#")[0] for name in project.atoms(run.entered)}
        parts = [stored for name, stored in self._live.atoms.by_name.items() if name.partition("#")[0] in names]
        anew = any(self._live.codes.get(stored.atom.name, stored.atom.text) != stored.atom.text for stored in parts)
        if not anew or any(stored.atom.stub for stored in parts):
            return {}
        return {one.name: one.passed for one in reach(self._sandbox, self._live.atoms.drafts, suite.file, suite.text, [run.name]).tests}

    def unwritten(self, landed: Collection[str]) -> frozenset[str]:
        """The atoms that must be written and are not yet."""
        return frozenset(name for name in self._generated if name not in landed and self._live.atoms.by_name[name].atom.stub)

    def loads(self, atom: str) -> bool:
        """Whether the atom is run when its file is loaded."""
        return self._live.atoms.by_name[atom].atom.kind not in _CALLED

    def file_of(self, atom: str) -> str:
        """The atom's file."""
        return self._live.atoms.by_name[atom].atom.file

    def may_reach(self, suite: Suite, atoms: Collection[str]) -> bool:
        """Whether the suite's words name the file of one of these atoms, or the folder of a file that speaks for it."""
        words = frozenset(_WORD.findall(suite.text))
        paths = {PurePosixPath(self.file_of(name)) for name in atoms}
        return any(words & {path.name.partition(".")[0], *(path.parts[-2:-1] if path.stem in {"__init__", "index"} else ())} for path in paths)

    def others(self, atom: str) -> Sequence[bytes]:
        """Other code that was judged for the atom, and its draft where that is complete."""
        stored, stands = self._live.atoms.by_name[atom], self._live.codes.get(atom)
        drafts = [] if stored.atom.stub else [stored.atom.text]
        return [code for code in dict.fromkeys((*drafts, *self._live.tried.get(atom, ()))) if code != stands]


@dataclass
class IntegrationTests:
    """The integration tests of one execution. All but ``mend``'s own work is done off the event loop."""

    live: LiveExecution
    execution: UUID
    stores: Stores
    sandbox: Sandbox
    tests: StoredTests
    every: int
    mend: Mend
    _going: asyncio.Event | None = None
    _named: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.suites = tuple(_suites(self.live, self.tests))
        self._tester = ProgressiveIntegrationTester(PlanBench(self.live, self.sandbox), self.suites, self.every if self.suites else 0)
        done = (self.live.atoms.by_id[key].atom.name for wave in self.live.atoms.waves for key in wave)
        self._tester.begin((name, self.live.codes[name]) for name in done if name in self.live.codes)

    async def landed(self, name: str, outcome: AtomOutcome) -> None:
        """An atom came to its end: run a round where one is due, and after the last atom."""
        codes = [attempt.code for attempt in outcome.attempts if attempt.code is not None and attempt.code != outcome.code]
        self.live.tried[name] = list(dict.fromkeys([*self.live.tried.get(name, ()), *codes]))
        due = outcome.status is AtomStatus.COMPLETED and self._tester.note(name, outcome.code)
        last = self._tester.pending and not self.live.unfinished(range(len(self.live.atoms.waves)))
        while last and self._going is not None:
            await self._going.wait()
        if (due or last) and self._going is None and self.live.halted is None:
            going = self._going = asyncio.Event()
            try:
                await self._round()
            finally:
                self._going = None
                going.set()

    async def _round(self) -> None:
        """One round, what it names written anew, and a round over that."""
        step = await self._step()
        if step is None:
            return
        mended = [traced for traced in _charged(step)[:MOST_MENDED] if await self._mended(traced)]
        for traced in mended:
            self._tester.note(traced.atom, self.live.codes[traced.atom])
        if mended:
            await self._step()

    async def _step(self) -> Step | None:
        try:
            step = await asyncio.to_thread(self._tester.step)
        except (SandboxUnavailableError, ValueError):
            return None
        await asyncio.to_thread(self._store, step)
        return step

    async def _mended(self, traced: Traced) -> bool:
        suite = next(suite for suite in self.suites if suite.owner == traced.suite)
        run = TestRun(traced.test, False, frozenset(), traced.failure)
        return await self.mend(traced.atom, suite, run)

    def _store(self, step: Step) -> None:
        plan = self.live.atoms.plan.name
        culprits = tuple(_row(traced) for traced in step.traced)
        run = IntegrationRun(step.number, step.landed, step.run, step.telling, step.failed, step.probes, step.seconds, step.unsteady, culprits)
        self.stores.integration.add(plan, self.execution, run)
        charged = {traced.atom: traced for traced in _charged(step)}
        for name, traced in charged.items():
            self._put(name, Check.of(CHECK, (_finding(traced),)))
            self._named[name] = traced.test
        for name in [name for name in self._named if name not in charged and name in step.passing]:
            self._put(name, Check.of(CHECK, ()))
            del self._named[name]

    def _put(self, name: str, check: Check) -> None:
        self.stores.validations.set_check(self.live.atoms.plan.name, self.live.atoms.by_name[name].atom_id, check, self.execution)


def _suites(live: LiveExecution, tests: StoredTests) -> Iterator[Suite]:
    plan = live.atoms.plan
    parts: list[tuple[str, str, Sequence[str]]] = [(task.name, tests.tasks.get(task.name, ""), [task.file]) for task in plan.tasks]
    parts += [(one.name, tests.milestones.get(one.name, ""), [task.file for task in one.tasks]) for one in plan.milestones]
    parts.append((plan.name, tests.plan, [task.file for task in plan.tasks]))
    for owner, text, files in parts:
        language = language_of(text, files)
        if text.strip() and language in {Language.PYTHON, *SCRIPTS}:
            yield Suite(owner, test_file_name(owner, language, text), text)


def _charged(step: Step) -> list[Traced]:
    """The failures that an atom answers for, each atom once."""
    found: dict[str, Traced] = {}
    for traced in step.traced:
        if traced.verdict.blame is Blame.CODE and traced.atom:
            found.setdefault(traced.atom, traced)
    return list(found.values())


def _row(traced: Traced) -> dict[str, object]:
    told = {"suite": traced.suite, "test": traced.test, "atom": traced.atom, "after": traced.after, "probes": traced.probes, "certain": traced.certain}
    message = asdict(traced.failure)["message"] if traced.failure else ""
    return {**told, "blame": traced.verdict.blame.value, "evidence": traced.verdict.evidence, "remedy": traced.verdict.remedy, "message": message}


def _finding(traced: Traced) -> Finding:
    failure = traced.failure
    said = f"{failure.error}: {failure.message.splitlines()[0] if failure.message else ''}".rstrip(": ") if failure else "it failed"
    sure = "brought in" if traced.certain else "most likely brought in"
    message = f"{sure} the failure of {traced.test} ({traced.suite}): {said}; {traced.verdict.evidence}"
    return Finding("integration.brought_in", Severity.ERROR, message, "have it written anew, or correct it")
