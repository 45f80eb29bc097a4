"""Execution as a use case: walk a plan's waves, generate what can't be re-used, keep every step in the database."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from uuid import UUID

from structlog.typing import FilteringBoundLogger

from mge_assets.model.attempts import AtomOutcome, AtomStatus
from mge_assets.model.errors import HaltedError, NotFoundError, OrderError
from mge_assets.model.executions import ExecutionMode, ExecutionStatus, Progress, Schedule
from mge_assets.model.forecasts import Forecast
from mge_assets.model.stages import Stage
from mge_assets.model.wording import counted
from mge_assets.services.atom_runs import AtomRunner, Means
from mge_assets.services.clock import timed
from mge_assets.services.dependencies import DependencyService
from mge_assets.services.heartbeat import Heartbeat
from mge_assets.services.live import ENDED, LiveExecution
from mge_assets.services.opening import ExecutionOpener
from mge_assets.services.plans import PlanService
from mge_assets.services.progress import ExecutionProgress
from mge_assets.services.stores import Stores
from mge_assets.stages.validation import AtomicValidator, Inspector
from mge_assets.store.executions import NewExecution, WaveSummary
from mge_assets.store.journal import Limits
from mge_resources.llm.port import LanguageModel
from mge_resources.sandbox import Sandbox
from mge_resources.settings import Settings

LOST_PROCESS = "its process ended before it did"


@dataclass(frozen=True, slots=True)
class AtomTicket:
    """An atom that is to be run, and the wave that it belongs to; ``number`` is its place in the wave."""

    atom_id: UUID
    name: str
    wave: int
    number: int


class ExecutionServiceV2(ExecutionProgress):
    """Starts executions and runs their atoms; tells how far they are, and takes orders about them."""

    def __init__(  # noqa: PLR0913, PLR0917 -- the parts that executing takes, put together once
        self,
        stores: Stores,
        plans: PlanService,
        dependencies: DependencyService,
        model: LanguageModel,
        settings: Settings,
        log: FilteringBoundLogger,
        sandbox: Sandbox,
        inspector: Inspector,
    ) -> None:
        super().__init__(stores, plans, dependencies, Limits(settings.budget_soft_usd, settings.budget_usd), settings.user)
        self._model, self._log = model, log
        self._means = Means(stores, model, settings, log, sandbox, AtomicValidator(inspector))
        self._runners: dict[UUID, AtomRunner] = {}
        self.live = {}
        self._heart = Heartbeat(stores.executions, stores.places, settings.max_parallel_atoms, lambda: self.live, log)
        self._opener = ExecutionOpener(stores, dependencies, model, settings, log, self._limits, self._heart)

    def start(self, plan: str, run_id: str, schedule: Schedule = Schedule.WAVE, target: str = "", *, batch: bool = False, wave: int | None = None) -> UUID:
        """Open the execution of a run, or take the plan's open one up again; with ``wave`` it runs that one alone.

        With ``batch`` its calls go in message batches, at half the price; so they do where answers of such batches are still to come.
        Raises OrderError without waves or batches, ConflictError where the plan is being run.
        """
        stored = self._plans.stored(plan)
        batch = self._model.remote and (batch or bool(self._stores.batches.of_plan(plan)))
        if batch and self._model.batches(1) is None:
            raise OrderError(f"{self._model.name} takes no message batches", fix="leave out --batch, or set MGE_MODEL to a model of Anthropic's")
        waves, atoms = self._dependencies.waves(plan), self._stores.atoms.of_plan(plan)
        mode = stored.masterplan.execution_mode or ExecutionMode.V2_ATOMS
        head = run_id, stored.version, mode, self._model.name, len(waves.waves), len(atoms)
        new = NewExecution(*head, schedule=schedule, target=target, batch=batch, wave=wave)
        execution = self._stores.executions.start(plan, new)
        if execution not in self.live:
            live = self._opener.running(execution, self._opener.together(stored.masterplan, atoms), batch=batch, wave=wave)
            self.live[execution] = live
            self._heart.start()
            if self._model.remote:
                self._stores.executions.set_values(execution, forecast=self._opener.forecast(live, schedule, batch=batch).as_row())
            self._log.info("execution started", plan=plan, mode=mode.value, model=self._model.name, atoms=new.atoms, waves=new.waves)
        return execution

    def estimate(self, plan: str, schedule: Schedule = Schedule.WAVE, *, batch: bool = False) -> Forecast:
        """What executing the plan as it stands would cost and take; nothing is sent or stored. Raises OrderError without waves."""
        stored = self._plans.stored(plan)
        together = self._opener.together(stored.masterplan, self._stores.atoms.of_plan(plan))
        return self._opener.forecast(self._opener.looked_at(together), schedule, batch=batch)

    def needs(self, execution: UUID) -> Mapping[UUID, tuple[UUID, ...]]:
        """What each atom waits for under the schedule by dependency: the atoms that it needs, if it must be generated."""
        return self._state(execution).atoms.waits()

    def needs_of(self, plan: str) -> Mapping[UUID, tuple[UUID, ...]]:
        """The same of a plan, executed or not. Raises OrderError without waves."""
        return self._opener.together(self._plans.stored(plan).masterplan, self._stores.atoms.of_plan(plan)).waits()

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
        """Bring one atom to its end and store how it went. Where the execution is halted it is left as it was, ``READY``."""
        live = self._state(execution)
        runner = self._runners.get(execution)
        if runner is None:
            runner = self._runners[execution] = AtomRunner(execution, live, self._means)
        return await runner.run(atom)

    async def run_left(self, execution: UUID, waves: Sequence[int]) -> int:
        """Run, wave by wave, the atoms that were begun by no step of the run, because an earlier run counts those steps as done; answers how many."""
        live, many = self._state(execution), 0
        places = asyncio.Semaphore(max(1, live.pacer.limit))

        async def one(atom: UUID) -> None:
            async with places:
                await self.run_atom(execution, atom)

        for wave in waves:
            left = [atom for atom in live.atoms.waves[wave] if live.statuses[live.atoms.by_id[atom].atom.name] not in ENDED]
            if live.halted is None:
                await asyncio.gather(*(one(atom) for atom in left))
                many += len(left)
        return many

    def close_waves(self, execution: UUID, waves: Sequence[int]) -> tuple[WaveSummary, ...]:
        """Store how these waves went, and what the generation took. Raises HaltedError or FencedError where the execution stands still before its end."""
        live = self._state(execution)
        plan = live.atoms.plan.name
        if live.halted is not None and live.unfinished(waves):
            raise live.halted
        with timed() as clock:
            reused = [sum(atom in live.reused for atom in live.atoms.waves[wave]) for wave in waves]
            close = self._stores.executions.close_wave
            summaries = tuple(close(plan, wave, reused=kept, in_flight=live.max_in_flight) for wave, kept in zip(waves, reused, strict=True))
        self._stores.executions.set_values(execution, current_wave=max(waves, default=0), max_in_flight=live.max_in_flight)
        self._stores.plans.add_seconds(plan, Stage.GENERATION, clock.seconds + sum(summary.seconds for summary in summaries))
        return summaries

    def finish(self, execution: UUID, *, error: str = "") -> Progress:
        """Close the execution: paused where it was halted, completed where every atom is and every level passed, failed otherwise."""
        row = self._stores.executions.one(execution)
        plan = self._stores.executions.plan_of(execution)
        if row is None or plan is None:
            raise NotFoundError(f"there is no execution {execution}", fix="start one with `mge run PLAN`")
        live = self.live.pop(execution, None)
        self._runners.pop(execution, None)
        if not self.live:
            self._heart.stop()
        if live is not None:
            self._stores.executions.set_values(execution, max_in_flight=live.max_in_flight)
        status, problem = self._ending(live, plan, error)
        if live is not None and not live.unfinished(live.asked):  # nothing is left of the one wave to go on with
            self._stores.executions.set_values(execution, asked_wave=None)
        self._stores.executions.finish(execution, status, error=problem)
        progress = self.progress(plan)
        self._stores.plans.set_figures(plan, precision_percent=progress.precision_percent)
        self._log.info("execution ended", plan=plan, status=progress.status.value, problem=problem, usd=progress.cost_usd, seconds=progress.seconds)
        return progress

    def exclusively(self, plan: str) -> AbstractContextManager[None]:
        """Keep every other process from executing the plan meanwhile. Raises ConflictError where one is at it."""
        return self._stores.executions.holding(plan)

    def release_all(self) -> None:
        """End every execution that this process has not finished, for when it ends itself."""
        for execution in list(self.live):
            self.finish(execution, error=LOST_PROCESS)
        self._heart.stop()

    def _ending(self, live: LiveExecution | None, plan: str, error: str) -> tuple[ExecutionStatus, str]:
        """How an execution ends, and the word about it."""
        if live is not None and live.halted is not None and live.unfinished(live.asked):
            cancelled = isinstance(live.halted, HaltedError) and live.halted.cancelled
            return (ExecutionStatus.FAILED if cancelled else ExecutionStatus.PAUSED), str(live.halted)
        problem = error or self._problem(plan)
        if not problem and live is not None and live.unfinished(range(len(live.atoms.waves))):
            return ExecutionStatus.PAUSED, f"the waves that were asked for are done; go on with the others by `mge resume {plan}`"
        return (ExecutionStatus.FAILED if problem else ExecutionStatus.COMPLETED), problem

    def _state(self, execution: UUID) -> LiveExecution:
        live = self.live.get(execution)
        if live is None:
            raise NotFoundError(f"execution {execution} is not running in this process", fix="start it with `mge run PLAN`")
        return live

    def _require_earlier(self, live: LiveExecution, first: int) -> None:
        behind = [f"wave {wave} ({counted(count, 'atom')})" for wave in range(first) if (count := live.unfinished([wave]))]
        if behind:
            raise OrderError(f"wave {first} can't run before {', '.join(behind[:5])}", fix=f"materialize waves 0 to {first} together")
