"""Validation as a use case: levels 2 to 4 over the files as they stand, unless nothing changed since they passed."""

import hashlib
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import accumulate

from mge_assets.model.attempts import INSISTED, AtomStatus
from mge_assets.model.errors import NotFoundError
from mge_assets.model.findings import Check, CheckStatus, Finding, Level, Override, Severity, ValidationResult
from mge_assets.model.masterplan import Masterplan
from mge_assets.model.stages import Stage
from mge_assets.services.clock import timed
from mge_assets.services.plans import PlanService
from mge_assets.services.stores import Stores
from mge_assets.services.strengths import StrengthService, Tested
from mge_assets.stages.validation import (
    AtomicValidator,
    Drafts,
    Grounds,
    Inspector,
    MasterPlanValidator,
    MilestoneValidator,
    Project,
    TaskValidator,
    apply_strictness,
    read_thresholds,
    respect,
    stood_by,
)
from mge_assets.stages.validation.failed_tests import Blame
from mge_assets.stages.validation.judging import RULE
from mge_assets.store.atoms import StoredAtom
from mge_assets.store.integration import IntegrationRun
from mge_assets.store.plans import StoredTests
from mge_resources.sandbox import Sandbox
from mge_resources.settings import Settings

WIDER = (Level.TASK, Level.MILESTONE, Level.MASTERPLAN)
WORKERS = 2
"""Units validated at once: their tests run in processes of their own, and two keep two cores busy."""


@dataclass(frozen=True, slots=True)
class _Whole:
    """The plan's files as they stand, and all that judging them needs."""

    plan: Masterplan
    project: Project
    atoms: Mapping[str, list[StoredAtom]]
    tests: StoredTests
    digest: str


CHARGED = "acceptance"
"""The check at level 1 of an atom that says which failed acceptance tests point at it."""
_Unit = tuple[Level, str, Callable[[], ValidationResult]]


class ValidationService:
    """Judges tasks, milestones and the plan, and keeps what it found."""

    def __init__(
        self, stores: Stores, plans: PlanService, contents: Callable[[str], Mapping[str, bytes]], sandbox: Sandbox, inspector: Inspector, settings: Settings
    ) -> None:
        """``contents`` gives a plan's files by task; of the settings those of validation are read."""
        self._stores, self._plans, self._contents = stores, plans, contents
        self._sandbox, self._strictness, self._inspector = sandbox, settings.validation_strictness, inspector
        self._test_seconds, self._packages = settings.test_seconds, settings.project_packages or ""
        self._thresholds = read_thresholds(settings.validation_thresholds or "")
        self._atomic, self._strengths = AtomicValidator(inspector), StrengthService(sandbox, settings.mutation_seconds)

    def hierarchical(self, plan: str, waves: Sequence[int] | None = None, levels: Sequence[Level] = WIDER) -> tuple[ValidationResult, ...]:
        """Judge level by level what is complete, and answer every stored result of these waves' atoms and of the wider levels.

        A task is judged when all of its atoms have ended, a milestone and the plan when all of their tasks have.
        """
        with timed() as clock:
            whole = self._whole(plan)
            marks = self._stores.validations.marks(plan, levels)
            due = [unit for unit in self._units(whole) if unit[0] in levels and marks.get((unit[0].value, unit[1])) != whole.digest]
            with ThreadPoolExecutor(WORKERS) as pool:
                judged = self._strengths.added(list(pool.map(lambda unit: unit[2](), due)), _tested(whole))
                found = [apply_strictness(result, self._strictness, self._thresholds) for result in judged]
                overrides = self._stores.overrides.of_plan(plan)
                results = [respect(result, overrides) for result in found]
            execution = self._stores.executions.newest(plan)
            kept = [(result, "" if _hangs_on_the_machine(result) else whole.digest) for result in results]
            self._stores.validations.save(plan, kept, execution.execution_id if execution else None)
            if Level.TASK in levels or Level.MASTERPLAN in levels:
                self._charge(plan, whole)
        self._stores.plans.add_seconds(plan, Stage.VALIDATION, clock.seconds)
        return self.results(plan, waves)

    def atoms(self, plan: str, names: Collection[str]) -> tuple[ValidationResult, ...]:
        """Judge these atoms' code as it stands, level 1, and store what was found; in the plan's order. Raises NotFoundError for an unknown name."""
        whole = self._whole(plan)
        by_name = {stored.atom.name: stored for members in whole.atoms.values() for stored in members}
        if unknown := sorted(set(names) - by_name.keys()):
            raise NotFoundError(f"masterplan {plan} has no atom {unknown[0]!r}", fix="`mge status PLAN --json` lists them")
        overrides = self._stores.overrides.of_plan(plan)
        earlier = {result.subject: result for result in self._stores.validations.of_plan(plan, (Level.ATOMIC,))}
        judged = []
        for members in whole.atoms.values():
            for stored in members:
                if stored.atom.name in names:
                    found = stood_by(self._level_1(whole, members, stored), earlier.get(stored.atom.name), approved=_approved(stored))
                    result = apply_strictness(found, self._strictness, self._thresholds)
                    judged.append((stored.atom_id, respect(self._with_tests(plan, result), overrides)))
        execution = self._stores.executions.newest(plan)
        self._stores.validations.save_atoms(plan, judged, execution.execution_id if execution else None)
        return tuple(result for _, result in judged)

    def _level_1(self, whole: _Whole, members: Sequence[StoredAtom], stored: StoredAtom) -> ValidationResult:
        """A draft that stands as it was is weighed as given code, what was generated or edited as code that must be right."""
        pieces = [_code(other) for other in members]
        at = next(index for index, other in enumerate(members) if other is stored)
        before, after = b"".join(pieces[:at]), b"".join(pieces[at + 1 :])
        stub = Severity.WARNING if stored.code in (None, stored.atom.text) else Severity.ERROR
        if any(other.atom.name.startswith(f"{stored.atom.name}#") for other in members):
            stub = Severity.INFO  # its body is another atom
        return self._atomic.validate(stored.atom, _code(stored), before, after, stub=stub, project=whole.project.files)

    def _with_tests(self, plan: str, result: ValidationResult) -> ValidationResult:
        """The result with what the acceptance tests said of the atom last."""
        charged = charges(self._stores.validations.of_plan(plan, WIDER)).get(result.subject.partition("#")[0])
        return replace(result, checks=(*result.checks, Check.of(CHARGED, charged))) if charged else result

    def _charge(self, plan: str, whole: _Whole) -> None:
        """Write beside level 1 of each atom the failed acceptance tests that point at it, and take away those that no longer do."""
        found = charges(self._stores.validations.of_plan(plan, WIDER))
        by_name = {stored.atom.name: stored.atom_id for members in whole.atoms.values() for stored in members}
        overrides, changed = self._stores.overrides.of_plan(plan), []
        for result in self._stores.validations.of_plan(plan, (Level.ATOMIC,)):
            kept = tuple(check for check in result.checks if check.name != CHARGED)
            charged = found.get(result.subject, ())
            now = replace(result, checks=(*kept, Check.of(CHARGED, charged)) if charged else kept)
            if now.checks != result.checks and result.subject in by_name:
                changed.append((by_name[result.subject], respect(now, overrides)))
        if changed:
            execution = self._stores.executions.newest(plan)
            self._stores.validations.save_atoms(plan, changed, execution.execution_id if execution else None)

    def override(self, plan: str, override: Override) -> tuple[ValidationResult, ...]:
        """Record a person's word against a finding, with the reason, and weigh the stored result anew; answers what it is now.

        Raises ValueError without a reason, NotFoundError where the unit has no such finding.
        """
        if not override.reason.strip():
            message = "an override needs a reason: say why the finding does not count here"
            raise ValueError(message)
        unit = [result for result in self._stores.validations.of_plan(plan, (override.level,)) if result.subject == override.subject]
        meant = [one for result in unit for one in result.findings if one.rule == override.rule and override.message in ("", one.message)]
        if not meant:
            raise NotFoundError(f"{override.subject} has no finding of {override.rule}", fix="take rule and message as the result shows them")
        self._stores.overrides.add(plan, override)
        judged = tuple(respect(result, [override]) for result in unit)
        for result in judged:
            self._stores.validations.judge_again(plan, result)
        return judged

    def results(self, plan: str, waves: Sequence[int] | None = None) -> tuple[ValidationResult, ...]:
        """Every stored result, the widest level first; with ``waves`` level 1 of those waves' atoms only."""
        found = self._stores.validations.of_plan(plan)
        if waves is None:
            return found
        planned = self._stores.graphs.waves(plan)
        members = {name for wave in (planned.waves if planned else ()) if wave.number in waves for name in wave.atoms}
        return tuple(result for result in found if result.level is not Level.ATOMIC or result.subject in members)

    def integration(self, plan: str) -> Sequence[IntegrationRun]:
        """The rounds of integration tests of the plan's newest execution, the first one first."""
        newest = self._stores.executions.newest(plan)
        return self._stores.integration.of_execution(newest.execution_id) if newest else ()

    def first_errors(self, plan: str) -> list[str]:
        """The first error of every unit that failed, the smallest units first, each place once."""
        failed = [result for result in reversed(self.results(plan)) if not result.passed]
        firsts = [next(finding for finding in result.findings if finding.severity is Severity.ERROR) for result in failed]
        return list(dict.fromkeys(f"{finding.place}: {finding.message}" if finding.place else finding.message for finding in firsts))

    def stubs(self, plan: str) -> list[str]:
        """The atoms whose body is there in name only, sorted; not those where that is what was wanted."""
        results = self._stores.validations.of_plan(plan, (Level.ATOMIC,))
        return [result.subject for result in results if _is_unwritten(result)]

    def untested(self, plan: str) -> Mapping[str, list[str]]:
        """The units whose acceptance tests could not be run, by the reason."""
        tests = self._stores.plans.tests(plan)
        having = {Level.TASK: set(tests.tasks), Level.MILESTONE: set(tests.milestones), Level.MASTERPLAN: {plan} if tests.plan else set()}
        reasons: dict[str, list[str]] = {}
        for result in self._stores.validations.of_plan(plan, WIDER):
            for check in result.checks:
                if check.name == "tests" and check.status is CheckStatus.NOT_RUN and result.subject in having[result.level]:
                    reasons.setdefault(check.reason, []).append(result.subject)
        return reasons

    def _whole(self, plan: str) -> _Whole:
        masterplan = self._plans.stored(plan).masterplan
        contents = self._contents(plan)
        project = {**masterplan.carried, **{task.file: contents[task.name] for task in masterplan.tasks}}
        atoms: dict[str, list[StoredAtom]] = {task.name: [] for task in masterplan.tasks}
        for stored in self._stores.atoms.of_plan(plan):
            atoms[stored.task].append(stored)
        tests = self._stores.plans.tests(plan)
        return _Whole(masterplan, Project(project), atoms, tests, self._digest(masterplan, project, tests))

    def _units(self, whole: _Whole) -> Iterator[_Unit]:
        plan, tests = whole.plan, whole.tests
        ended = {task: all(stored.status in _ENDED for stored in atoms) for task, atoms in whole.atoms.items()}
        grounds = _grounds(whole)
        task_level = TaskValidator(self._sandbox, self._inspector, self._test_seconds)
        milestone_level = MilestoneValidator(self._sandbox, self._inspector, self._test_seconds)
        plan_level = MasterPlanValidator(self._sandbox, self._inspector, self._test_seconds)
        for task in plan.tasks:
            if ended[task.name]:
                own = [stored.atom for stored in whole.atoms[task.name]]
                yield (
                    Level.TASK,
                    task.name,
                    lambda t=task, own=own: task_level.validate(  # type: ignore[misc]
                        t, whole.project.files[t.file], own, whole.project, plan.requirements, tests=tests.tasks.get(t.name, ""), grounds=grounds
                    ),
                )
        for milestone in plan.milestones:
            if all(ended[task.name] for task in milestone.tasks):
                yield (
                    Level.MILESTONE,
                    milestone.name,
                    lambda m=milestone: milestone_level.validate(  # type: ignore[misc]
                        m, whole.project, tests=tests.milestones.get(m.name, ""), grounds=grounds
                    ),
                )
        if all(ended.values()):
            yield Level.MASTERPLAN, plan.name, lambda: plan_level.validate(plan, whole.project, tests=tests.plan, grounds=grounds)

    def _digest(self, plan: Masterplan, project: Mapping[str, bytes], tests: StoredTests) -> str:
        """What a result of levels 2–4 follows from: every file, every test, how strict we are, and whether tests can run at all."""
        strict = f"{self._strictness}\0{sorted(self._thresholds.items())}\0{self._test_seconds:g}\0{self._packages}"
        told = hashlib.sha256(f"{plan.model_dump_json()}\0{tests}\0{strict}\0{self._sandbox.isolation}".encode())
        for file, content in sorted(project.items()):
            told.update(f"\0{file}\0".encode() + hashlib.sha256(content).digest())
        return told.hexdigest()


_OF_ATOM = re.compile(r": the code of (\S+) is at fault: ")
_ENDED = (AtomStatus.COMPLETED, AtomStatus.FAILED, AtomStatus.BLOCKED, AtomStatus.SKIPPED)


def charges(results: Sequence[ValidationResult]) -> Mapping[str, tuple[Finding, ...]]:
    """Atom ▸ the failed tests that point at it, as errors at level 1."""
    found: dict[str, dict[str, Finding]] = {}
    for result in results:
        for check in result.checks:
            for finding in check.findings if check.name == "triage" else ():
                if match := _OF_ATOM.search(finding.message):
                    error = replace(finding, severity=Severity.ERROR)
                    found.setdefault(match.group(1), {}).setdefault(finding.message, error)
    return {name: tuple(told.values()) for name, told in found.items()}


def _hangs_on_the_machine(result: ValidationResult) -> bool:
    """Whether a test failed for what this machine lacks: somebody may bring it, and no file of the plan changes by that."""
    return any(finding.rule == f"{RULE}{Blame.ENVIRONMENT.value}" for check in result.checks for finding in check.findings)


def _approved(stored: StoredAtom) -> bool:
    """Whether a person has taken the atom's code as it stands."""
    return stored.human_reviewed and stored.status is AtomStatus.COMPLETED


def _code(stored: StoredAtom) -> bytes:
    return stored.atom.text if stored.code is None else stored.code


def _tested(whole: _Whole) -> Tested:
    return Tested(whole.plan.name, whole.project.files, _grounds(whole).spans, whole.atoms, whole.tests)


def _grounds(whole: _Whole) -> Grounds:
    """What judging failed tests needs: drafts, where the atoms stand now, which are stubs in their draft, which were written anew."""
    drafts = whole.plan.carried
    spans: dict[str, list[tuple[int, str]]] = {}
    stubs, changed = set(), set()
    for members in whole.atoms.values():
        for file in {stored.atom.file for stored in members}:
            own = [stored for stored in members if stored.atom.file == file]
            drafts[file] = b"".join(stored.atom.text for stored in own)
            starts = accumulate((_code(stored).count(b"\n") for stored in own), initial=1)
            spans[file] = [(start, stored.atom.name) for start, stored in zip(starts, own, strict=False)]
        stubs |= {stored.atom.name for stored in members if stored.atom.stub}
        changed |= {stored.atom.name for stored in members if _code(stored) != stored.atom.text}
    return Grounds(Drafts(drafts), whole.plan.requirements, spans, frozenset(stubs), frozenset(changed))


def _is_unwritten(result: ValidationResult) -> bool:
    said = {finding.rule for finding in result.findings if finding.severity is not Severity.INFO}
    return bool(said & {"completeness.stub", "completeness.empty"}) and INSISTED not in said
