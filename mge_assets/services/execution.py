"""Execution as a use case: walk a plan's waves, generate what can't be re-used, keep every step in the database."""

import os
import socket
from collections import Counter
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from uuid import UUID

from structlog.typing import FilteringBoundLogger

from mge_assets.model.atoms import Atom
from mge_assets.model.attempts import AtomOutcome, AtomStatus
from mge_assets.model.errors import NotFoundError, OrderError
from mge_assets.model.executions import AtomCounts, ExecutionMode, ExecutionStatus, Progress
from mge_assets.model.findings import Level, Severity, ValidationResult
from mge_assets.model.stages import Stage
from mge_assets.services.clock import timed
from mge_assets.services.dependencies import DependencyService
from mge_assets.services.generating import Generation
from mge_assets.services.journal import ExecutionJournal
from mge_assets.services.landing import GroupWriter
from mge_assets.services.live import LOST, LiveExecution, PlanAtoms
from mge_assets.services.plans import PlanService
from mge_assets.services.stores import Stores
from mge_assets.services.unit_tests import UnitTests
from mge_assets.stages.validation import AtomicValidator, apply_strictness
from mge_assets.store.atoms import StoredAtom
from mge_assets.store.executions import NewExecution, WaveSummary
from mge_assets.store.landings import Landing
from mge_resources.llm.port import LanguageModel
from mge_resources.sandbox import Sandbox
from mge_resources.settings import Settings

ENDED = (AtomStatus.COMPLETED, *LOST, AtomStatus.SKIPPED)


@dataclass(frozen=True, slots=True)
class AtomTicket:
    """An atom that is to be run, and the wave that it belongs to; ``number`` is its place in the wave."""

    atom_id: UUID
    name: str
    wave: int
    number: int


class ExecutionServiceV2:
    """Starts executions, runs their atoms, tells how far they are."""

    def __init__(
        self,
        stores: Stores,
        plans: PlanService,
        dependencies: DependencyService,
        model: LanguageModel,
        settings: Settings,
        log: FilteringBoundLogger,
        sandbox: Sandbox,
    ) -> None:
        self._stores, self._plans, self._dependencies, self._model, self._log = stores, plans, dependencies, model, log
        self._max_attempts, self._strictness = settings.retry_max_attempts, settings.validation_strictness
        self._validator, self._sandbox = AtomicValidator(), sandbox
        self._generations: dict[UUID, Generation] = {}
        self._live: dict[UUID, LiveExecution] = {}
        self._names: dict[UUID, str] = {}

    def start(self, plan: str, run_id: str) -> UUID:
        """Open the execution of a run, or answer the open one. Raises OrderError without waves, ConflictError where the plan is being run."""
        stored = self._plans.stored(plan)
        waves, atoms = self._dependencies.waves(plan), self._stores.atoms.of_plan(plan)
        mode = stored.masterplan.execution_mode or ExecutionMode.V2_ATOMS
        owner = f"{socket.gethostname()}/{os.getpid()}"
        new = NewExecution(run_id, stored.version, mode, self._model.name, len(waves.waves), len(atoms), owner)
        execution = self._stores.executions.start(plan, new)
        if execution not in self._live:
            together = PlanAtoms(stored.masterplan, atoms, self._dependencies.graph(plan), waves, self._dependencies.contracts(plan))
            self._live[execution] = self._open(execution, together)
            self._names[execution] = plan
            self._log.info("execution started", plan=plan, mode=mode.value, model=self._model.name, atoms=new.atoms, waves=new.waves)
        return execution

    def atoms(self, execution: UUID, waves: Sequence[int]) -> tuple[AtomTicket, ...]:
        """The atoms of these waves that are to be run; re-used ones are closed at once. Raises OrderError where earlier waves are not done."""
        live = self._state(execution)
        self._require_earlier(live, min(waves, default=0))
        members = [(wave, place, atom) for wave in waves for place, atom in enumerate(live.atoms.waves[wave])]
        todo = [entry for entry in members if entry[2] not in live.reused]
        self._stores.atoms.set_status([atom for *_, atom in todo], AtomStatus.READY)
        for *_, atom in todo:
            live.statuses[live.atoms.by_id[atom].atom.name] = AtomStatus.READY
        return tuple(AtomTicket(atom, live.atoms.by_id[atom].atom.name, wave, place) for wave, place, atom in todo)

    async def run_atom(self, execution: UUID, atom: UUID) -> AtomOutcome:
        """Bring one atom to its end and store how it went."""
        live = self._state(execution)
        started = datetime.now(UTC)
        live.in_flight += 1
        live.max_in_flight = max(live.max_in_flight, live.in_flight)
        try:
            outcome, others = await self._outcome(live, atom)
            for key, ended in (*others, *live.with_imports(atom, outcome), (atom, outcome)):
                await live.writer.land(Landing(key, ended, live.prints[key], started, datetime.now(UTC)))
        finally:
            live.in_flight -= 1
            if not live.in_flight:
                await self._model.aclose()
        live.landed(atom, outcome.status, outcome.code)
        where = {"plan": self._names[execution], "wave": live.atoms.wave_of[atom], "atom": outcome.name, "mode": live.atoms.mode.value}
        error = outcome.attempts[-1].error if outcome.attempts and outcome.status is not AtomStatus.COMPLETED else ""
        self._log.info("atom ended", **where, status=outcome.status.value, attempts=len(outcome.attempts), usd=outcome.cost_usd, error=error)
        return outcome

    def close_waves(self, execution: UUID, waves: Sequence[int]) -> tuple[WaveSummary, ...]:
        """Store how these waves went, and what the generation took."""
        live, plan = self._state(execution), self._names[execution]
        with timed() as clock:
            reused = [sum(atom in live.reused for atom in live.atoms.waves[wave]) for wave in waves]
            close = self._stores.executions.close_wave
            summaries = tuple(close(plan, wave, reused=kept, in_flight=live.max_in_flight) for wave, kept in zip(waves, reused, strict=True))
        self._stores.executions.set_values(execution, current_wave=max(waves, default=0), max_in_flight=live.max_in_flight)
        self._stores.plans.add_seconds(plan, Stage.GENERATION, clock.seconds + sum(summary.seconds for summary in summaries))
        return summaries

    def finish(self, execution: UUID, *, error: str = "") -> Progress:
        """Close the execution: completed where every atom is and every level passed, failed otherwise."""
        row = self._stores.executions.one(execution)
        plan = self._names.pop(execution, None) or self._stores.executions.plan_of(execution)
        if row is None or plan is None:
            raise NotFoundError(f"there is no execution {execution}", fix="start one with `mge run PLAN`")
        problem = error or self._problem(plan)
        self._stores.executions.finish(execution, ExecutionStatus.FAILED if problem else ExecutionStatus.COMPLETED, error=problem)
        live = self._live.pop(execution, None)
        self._generations.pop(execution, None)
        if live is not None:
            self._stores.executions.set_values(execution, max_in_flight=live.max_in_flight)
        progress = self.progress(plan)
        self._stores.plans.set_figures(plan, precision_percent=progress.precision_percent)
        self._log.info("execution ended", plan=plan, status=progress.status.value, problem=problem, usd=progress.cost_usd, seconds=progress.seconds)
        return progress

    def progress(self, plan: str) -> Progress:
        """How far the plan's newest execution is. Raises NotFoundError for an unknown plan."""
        self._plans.stored(plan)
        row = self._stores.executions.newest(plan)
        waves = self._stores.executions.wave_states(plan)
        done = sum(status.value != "pending" for _, status, *_ in waves)
        return Progress(
            masterplan=plan,
            status=row.status if row else ExecutionStatus.PENDING,
            atoms=self._counts(plan, row.execution_id if row else None),
            waves_done=done,
            waves=len(waves),
            max_parallel=row.max_in_flight if row else 0,
            cost_usd=row.cost_usd if row else 0.0,
            seconds=row.seconds if row else 0.0,
            delivered=(row.out or None) if row else None,
            report=(row.report or None) if row else None,
        )

    def exclusively(self, plan: str) -> AbstractContextManager[None]:
        """Keep every other process from executing the plan meanwhile. Raises ConflictError where one is at it."""
        return self._stores.executions.holding(plan)

    def reasons(self, plan: str) -> list[str]:
        """Why atoms failed that no check ever saw, such as a model that could not be reached: each reason once, with how many it hit."""
        judged = {result.subject for result in self._stores.validations.of_plan(plan, (Level.ATOMIC,))}
        names = {stored.atom_id: stored.atom.name for stored in self._stores.atoms.of_plan(plan) if stored.status is AtomStatus.FAILED}
        errors = self._stores.executions.last_errors(plan)
        counts = Counter(error for atom, error in errors.items() if names.get(atom) not in judged)
        return [f"{count} atoms not generated: {error}" for error, count in counts.most_common()]

    def release_all(self) -> None:
        """End every execution that this process has not finished, for when it ends itself."""
        for execution in list(self._live):
            self.finish(execution, error="its process ended before it did")

    def _open(self, execution: UUID, together: PlanAtoms) -> LiveExecution:
        prints = {key: together.fingerprint(stored, self._model.name) for key, stored in together.by_id.items()}
        reused = frozenset(key for key, stored in together.by_id.items() if _reusable(stored, prints[key]))
        live = LiveExecution(
            execution_id=execution,
            atoms=together,
            prints=prints,
            codes={},
            statuses={stored.atom.name: stored.status for stored in together.by_id.values()},
            writer=GroupWriter(lambda group: self._stores.executions.land(execution, group)),
            reused=reused,
        )
        for key, stored in together.by_id.items():
            if stored.code is not None and stored.status is AtomStatus.COMPLETED:
                live.landed(key, stored.status, stored.code)
        return live

    async def _outcome(self, live: LiveExecution, atom: UUID) -> tuple[AtomOutcome, tuple[tuple[UUID, AtomOutcome], ...]]:
        stored = live.atoms.by_id[atom]
        blocked = live.blocked_by(atom)
        if blocked:
            return AtomOutcome(stored.atom.name, AtomStatus.BLOCKED, stored.atom.text, blocked_by=blocked), ()
        return await self._generation(live).run(atom)

    def _generation(self, live: LiveExecution) -> Generation:
        """The execution's generation, made once. Tests are run where a model can mend what they find."""
        if live.execution_id not in self._generations:
            journal = partial(ExecutionJournal, self._stores.journal, live.execution_id)
            tests = UnitTests(live, self._sandbox, self._stores.plans.tests(live.atoms.plan.name)) if self._model.remote else None
            self._generations[live.execution_id] = Generation(live, self._model, self._max_attempts, journal, partial(self._validate, live), tests)
        return self._generations[live.execution_id]

    def _validate(self, live: LiveExecution, atom: Atom, code: bytes, before: bytes, after: bytes, stub: Severity) -> ValidationResult:
        if atom.name in live.atoms.briefing.heads:  # its body is another atom
            return apply_strictness(self._validator.validate(atom, code, before, after, stub=Severity.INFO), self._strictness)
        if stub is Severity.ERROR and live.is_draft(atom, code):
            return self._draft_results(live, atom)
        return apply_strictness(self._validator.validate(atom, code, before, after, stub=stub), self._strictness)

    def _draft_results(self, live: LiveExecution, atom: Atom) -> ValidationResult:
        """Level 1 of a draft's atom: the whole file's are found together when the first is asked for, and its syntax tree is not kept."""
        if atom.file not in live.draft_results:
            atoms = [stored.atom for stored in live.atoms.files[atom.file]]
            results = self._validator.validate_drafts(live.atoms.drafts[atom.file], atoms)
            live.draft_results[atom.file] = {result.subject: apply_strictness(result, self._strictness) for result in results}
        return live.draft_results[atom.file][atom.name]

    def _state(self, execution: UUID) -> LiveExecution:
        live = self._live.get(execution)
        if live is None:
            raise NotFoundError(f"execution {execution} is not running in this process", fix="start it with `mge run PLAN`")
        return live

    def _require_earlier(self, live: LiveExecution, first: int) -> None:
        open_atoms = {wave: sum(live.statuses[live.atoms.by_id[atom].atom.name] not in ENDED for atom in live.atoms.waves[wave]) for wave in range(first)}
        behind = [f"wave {wave} ({count} atoms)" for wave, count in open_atoms.items() if count]
        if behind:
            raise OrderError(f"wave {first} can't run before {', '.join(behind[:5])}", fix=f"materialize waves 0 to {first} together")

    def _problem(self, plan: str) -> str:
        counts = self._stores.atoms.status_counts(plan)
        lost = [f"{counts[status]} atoms {status.value}" for status in LOST if counts.get(status)]
        names = {1: "atoms", 2: "tasks", 3: "milestones", 4: "masterplan"}
        levels = self._stores.validations.counts(plan)
        failed = [f"validation failed for {found[1]} {names[level]}" for level, found in levels.items() if found[1] and level > 1]
        return "; ".join(lost + failed)

    def _counts(self, plan: str, execution: UUID | None) -> AtomCounts:
        counts = self._stores.atoms.status_counts(plan)
        ran = self._stores.executions.atoms_run(execution) if execution else 0
        done = counts.get(AtomStatus.COMPLETED, 0)
        failed, blocked = (counts.get(status, 0) for status in LOST)
        open_reviews = self._stores.reviews.open_count(plan)
        live = self._live.get(execution) if execution else None
        reused = len(live.reused) if live else max(0, done - ran)
        return AtomCounts(sum(counts.values()), done, failed, blocked, open_reviews, reused if execution else 0)


def _reusable(stored: StoredAtom, fingerprint: str) -> bool:
    return stored.status is AtomStatus.COMPLETED and stored.code is not None and stored.fingerprint == fingerprint
