"""Execution as a use case: walk a plan's waves, generate what can't be re-used, keep every step in the database."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from uuid import UUID

from structlog.typing import FilteringBoundLogger

from mge_assets.model.attempts import AtomOutcome, AtomStatus, Attempt
from mge_assets.model.errors import FencedError, HaltedError, NotFoundError, OrderError
from mge_assets.model.executions import ExecutionMode, ExecutionStatus, Progress, Schedule
from mge_assets.model.findings import Severity
from mge_assets.model.forecasts import Forecast
from mge_assets.model.masterplan import Masterplan
from mge_assets.model.stages import Stage
from mge_assets.services.batching import BATCH_ATOMS, BatchedModel
from mge_assets.services.clock import timed
from mge_assets.services.dependencies import DependencyService
from mge_assets.services.forecasting import History, Terms, forecast
from mge_assets.services.gathering import Gatherer
from mge_assets.services.generating import Generation
from mge_assets.services.heartbeat import Heartbeat
from mge_assets.services.integration import IntegrationTests
from mge_assets.services.journal import Accounts, ExecutionJournal
from mge_assets.services.judging import Judge
from mge_assets.services.live import LiveExecution, PlanAtoms, reusable, unchanged
from mge_assets.services.pacing import Leaders, PacedModel, Pacer
from mge_assets.services.plans import PlanService
from mge_assets.services.progress import ExecutionProgress
from mge_assets.services.recorded import RecordedCases
from mge_assets.services.stores import Stores
from mge_assets.services.unit_tests import UnitTests
from mge_assets.services.yardstick import Yardstick
from mge_assets.stages.generation import accepted, tests_refute
from mge_assets.stages.validation import AtomicValidator, Inspector, read_thresholds
from mge_assets.stages.validation.progressive import Suite
from mge_assets.stages.validation.runs import TestRun
from mge_assets.store.atoms import StoredAtom
from mge_assets.store.executions import NewExecution, WaveSummary
from mge_assets.store.journal import Limits
from mge_assets.store.landings import Landing
from mge_resources.database import DiskFullError
from mge_resources.llm.port import LanguageModel
from mge_resources.sandbox import Sandbox
from mge_resources.settings import Settings

LOST_PROCESS = "its process ended before it did"
BATCH_SECONDS = 7 * 86_400.0
"""For all attempts at an atom whose calls go in message batches, each of which may take a day."""


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
        self._model, self._log, self._settings = model, log, settings
        self._validator, self._sandbox = AtomicValidator(inspector), sandbox
        self._thresholds = read_thresholds(settings.validation_thresholds or "")
        self._generations: dict[UUID, Generation] = {}
        self._integrations: dict[UUID, IntegrationTests] = {}
        self.live = {}
        self._heart = Heartbeat(stores.executions, settings.max_parallel_atoms, lambda: self.live, log)

    def start(self, plan: str, run_id: str, schedule: Schedule = Schedule.WAVE, target: str = "", *, batch: bool = False) -> UUID:
        """Open the execution of a run, or take the plan's open one up again; with ``batch`` its calls go in message batches, at half the price.

        So they do where answers of such batches are still to come. Raises OrderError without waves or batches, ConflictError where the plan is being run.
        """
        stored = self._plans.stored(plan)
        batch = self._model.remote and (batch or bool(self._stores.batches.of_plan(plan)))
        if batch and self._model.batches(1) is None:
            raise OrderError(f"{self._model.name} takes no message batches", fix="leave out --batch, or set MGE_MODEL to a model of Anthropic's")
        waves, atoms = self._dependencies.waves(plan), self._stores.atoms.of_plan(plan)
        mode = stored.masterplan.execution_mode or ExecutionMode.V2_ATOMS
        new = NewExecution(run_id, stored.version, mode, self._model.name, len(waves.waves), len(atoms), schedule=schedule, target=target, batch=batch)
        execution = self._stores.executions.start(plan, new)
        if execution not in self.live:
            live = self.live[execution] = self._open(self._together(stored.masterplan, atoms), self._accounts(execution, batch=batch))
            self._heart.start()
            if self._model.remote:
                self._stores.executions.set_values(execution, forecast=self._forecast(live, schedule, batch=batch).as_row())
            self._log.info("execution started", plan=plan, mode=mode.value, model=self._model.name, atoms=new.atoms, waves=new.waves)
        return execution

    def estimate(self, plan: str, schedule: Schedule = Schedule.WAVE, *, batch: bool = False) -> Forecast:
        """What executing the plan as it stands would cost and take; nothing is sent or stored. Raises OrderError without waves."""
        stored = self._plans.stored(plan)
        together = self._together(stored.masterplan, self._stores.atoms.of_plan(plan))
        return self._forecast(self._open(together, None), schedule, batch=batch)

    def needs(self, execution: UUID) -> Mapping[UUID, tuple[UUID, ...]]:
        """What each atom waits for under the schedule by dependency: the atoms that it needs, if it must be generated."""
        return self._state(execution).atoms.waits()

    def needs_of(self, plan: str) -> Mapping[UUID, tuple[UUID, ...]]:
        """The same of a plan, executed or not. Raises OrderError without waves."""
        return self._together(self._plans.stored(plan).masterplan, self._stores.atoms.of_plan(plan)).waits()

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
        stored = live.atoms.by_id[atom]
        if live.halted is not None:
            return AtomOutcome(stored.atom.name, AtomStatus.READY, stored.atom.text)
        started = datetime.now(UTC)
        try:
            with live.flying():
                outcome, others = await self._outcome(live, atom)
                if not outcome.reused:
                    for key, ended in (*others, *live.with_imports(atom, outcome), (atom, outcome)):
                        await live.writer.put(self._landing(live, key, ended, started))
        except (HaltedError, FencedError, DiskFullError) as error:
            halted = _no_room(error, live.atoms.plan.name) if isinstance(error, DiskFullError) else error
            live.halted = live.halted or halted
            return AtomOutcome(stored.atom.name, AtomStatus.READY, stored.atom.text)
        finally:
            if not live.in_flight:
                await live.model.aclose()
        live.landed(atom, outcome.status, outcome.code)
        self._tell(live, atom, outcome)
        if self._model.remote:
            await self._integration(execution, live).landed(outcome.name, outcome)
        return outcome

    def _integration(self, execution: UUID, live: LiveExecution) -> IntegrationTests:
        """The execution's integration tests, made once. They are run where a model can mend what they find: else nothing changes between two rounds."""
        if execution not in self._integrations:
            tests = self._stores.plans.tests(live.atoms.plan.name)
            every, mend = self._settings.integration_every, partial(self._mend, live)
            self._integrations[execution] = IntegrationTests(live, execution, self._stores, self._sandbox, tests, every, mend)
        return self._integrations[execution]

    async def _mend(self, live: LiveExecution, name: str, suite: Suite, run: TestRun) -> bool:
        started = datetime.now(UTC)
        try:
            with live.flying():
                mended = await self._generation(live).mend(name, suite.file, suite.text, run)
                if mended is not None:
                    atom, outcome = mended
                    for key, ended in (*live.with_imports(atom, outcome), mended):
                        await live.writer.put(self._landing(live, key, ended, started))
        except (HaltedError, FencedError) as halted:
            live.halted = live.halted or halted
            return False
        finally:
            if not live.in_flight:
                await live.model.aclose()
        return mended is not None

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
        self._generations.pop(execution, None)
        self._integrations.pop(execution, None)
        if not self.live:
            self._heart.stop()
        if live is not None:
            self._stores.executions.set_values(execution, max_in_flight=live.max_in_flight)
        status, problem = self._ending(live, plan, error)
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

    def _forecast(self, live: LiveExecution, schedule: Schedule, *, batch: bool) -> Forecast:
        settings, model = self._settings, self._model
        names = {model.name_of(attempt) for attempt in range(1, settings.retry_max_attempts + 1)}
        history = History({name: self._stores.journal.figures(name) for name in sorted(names)}, self._stores.figures.attempts(model.name))
        return forecast(live, model, history, Terms(self._places(batch=batch), schedule, settings.retry_max_attempts, batch))

    def _together(self, plan: Masterplan, atoms: Sequence[StoredAtom]) -> PlanAtoms:
        found = self._dependencies
        return PlanAtoms(plan, atoms, found.graph(plan.name), found.waves(plan.name), found.contracts(plan.name))

    def _accounts(self, execution: UUID, *, batch: bool) -> Accounts:
        lease = self._stores.executions.lease(execution)
        warn = partial(self._log.warning, "soft budget limit passed", plan=lease.plan)
        accounts = Accounts(self._stores.journal, lease, self._limits, Pacer(self._places(batch=batch)), lambda usd: warn(usd=usd))
        accounts.batched = batch
        return accounts

    def _places(self, *, batch: bool) -> int:
        """Atoms in flight at most; one that waits for a batch holds up nobody."""
        limit = self._settings.max_parallel_atoms
        return max(limit, BATCH_ATOMS) if batch else limit

    def _open(self, together: PlanAtoms, accounts: Accounts | None) -> LiveExecution:
        """The execution in memory; without accounts one that is only looked at."""
        pacer = accounts.pacer if accounts else Pacer(self._settings.max_parallel_atoms)
        plan, strictness = together.plan, self._settings.validation_strictness
        tests = self._stores.plans.tests(plan.name) if self._model.remote else None
        yardstick = Yardstick(plan, strictness, self._settings.validation_thresholds or "", tests, self._stores.validations.of_atoms(plan.name))
        live = LiveExecution(
            atoms=together,
            codes={},
            statuses={stored.atom.name: stored.status for stored in together.by_id.values()},
            reused=reusable(together, self._model.name, yardstick),
            pacer=pacer,
            model=PacedModel(self._model, pacer, accounts.leaders if accounts else Leaders()),
            accounts=accounts,
            writer=Gatherer(partial(self._land, accounts)),
            yardstick=yardstick,
            overrides=self._stores.overrides.of_plan(plan.name),
        )
        if accounts is not None and accounts.batched:
            live.model = self._batched(live, accounts)
        for key, stored in together.by_id.items():
            if stored.code is not None and stored.status is AtomStatus.COMPLETED:
                live.landed(key, stored.status, stored.code)
        return live

    def _batched(self, live: LiveExecution, accounts: Accounts) -> BatchedModel:
        asked = (self._settings.batch_poll_seconds, lambda: live.in_flight, lambda: live.halted)
        return BatchedModel(self._model, accounts, self._stores.batches, *asked, self._log)

    def _land(self, accounts: Accounts | None, group: Sequence[Landing]) -> Sequence[None]:
        assert accounts is not None
        self._stores.executions.land(accounts.lease.execution_id, group)
        return [None] * len(group)

    async def _outcome(self, live: LiveExecution, atom: UUID) -> tuple[AtomOutcome, tuple[tuple[UUID, AtomOutcome], ...]]:
        stored = live.atoms.by_id[atom]
        blocked = live.blocked_by(atom)
        if blocked:
            return AtomOutcome(stored.atom.name, AtomStatus.BLOCKED, stored.atom.text, blocked_by=blocked), ()
        recalled = await self._recalled(live, stored)
        return (recalled, ()) if recalled is not None else await self._generation(live).run(atom)

    def _generation(self, live: LiveExecution) -> Generation:
        """The execution's generation, made once. Tests are run where a model can mend what they find."""
        assert live.accounts is not None
        execution = live.accounts.lease.execution_id
        if execution not in self._generations:
            tests = UnitTests(live, self._sandbox, live.yardstick.tests) if live.yardstick.tests else None
            seconds = BATCH_SECONDS if live.accounts.batched else self._settings.atom_timeout
            bounds = self._settings.retry_max_attempts, seconds
            journal = partial(ExecutionJournal, live.accounts)
            judge = Judge(live, self._validator, self._settings.validation_strictness, self._thresholds)
            cases = RecordedCases(live, self._sandbox, tests) if tests else None
            self._generations[execution] = Generation(live, live.model, *bounds, journal, judge, tests, cases)
        return self._generations[execution]

    async def _recalled(self, live: LiveExecution, stored: StoredAtom) -> AtomOutcome | None:
        """The atom as it stands, where what it needs came out as before; or the code that any plan had for the same. Either must pass today's checks here."""
        if stored.rejected_because:
            return None
        print_ = self._print(live, stored)
        if unchanged(stored, print_):
            if live.yardstick.holds(stored) and live.atoms.generates(stored):
                await asyncio.to_thread(self._stores.atoms.set_status, [stored.atom_id], AtomStatus.COMPLETED)
                return AtomOutcome(stored.atom.name, AtomStatus.COMPLETED, stored.code or b"", reused=True)
            code = stored.code
        elif live.atoms.generates(stored):
            code = await asyncio.to_thread(self._stores.memory.recall, print_)
        else:
            code = None
        if code is None:
            return None
        work = live.work(stored.atom_id)
        result = await asyncio.to_thread(self._generation(live).validate, stored.atom, code, work.before, work.after, Severity.ERROR)
        if tests_refute(result):  # it was stood by when it was first taken
            result = accepted(result)
        return AtomOutcome(stored.atom.name, AtomStatus.COMPLETED, code, (Attempt(0, code, result),)) if result.passed else None

    def _landing(self, live: LiveExecution, atom: UUID, outcome: AtomOutcome, started: datetime) -> Landing:
        stored = live.atoms.by_id[atom]
        return Landing(atom, outcome, self._print(live, stored), started, datetime.now(UTC), live.yardstick.mark(stored))

    def _print(self, live: LiveExecution, stored: StoredAtom) -> str:
        return live.atoms.fingerprint(stored, self._model.name, live.codes)

    def _tell(self, live: LiveExecution, atom: UUID, outcome: AtomOutcome) -> None:
        where = {"plan": live.atoms.plan.name, "wave": live.atoms.wave_of[atom], "atom": outcome.name, "mode": live.atoms.mode.value}
        error = outcome.attempts[-1].error if outcome.attempts and outcome.status is not AtomStatus.COMPLETED else ""
        self._log.info("atom ended", **where, status=outcome.status.value, attempts=len(outcome.attempts), usd=outcome.cost_usd, error=error)

    def _ending(self, live: LiveExecution | None, plan: str, error: str) -> tuple[ExecutionStatus, str]:
        """How an execution ends, and the word about it."""
        if live is not None and live.halted is not None and live.unfinished(range(len(live.atoms.waves))):
            cancelled = isinstance(live.halted, HaltedError) and live.halted.cancelled
            return (ExecutionStatus.FAILED if cancelled else ExecutionStatus.PAUSED), str(live.halted)
        problem = error or self._problem(plan)
        return (ExecutionStatus.FAILED if problem else ExecutionStatus.COMPLETED), problem

    def _state(self, execution: UUID) -> LiveExecution:
        live = self.live.get(execution)
        if live is None:
            raise NotFoundError(f"execution {execution} is not running in this process", fix="start it with `mge run PLAN`")
        return live

    def _require_earlier(self, live: LiveExecution, first: int) -> None:
        behind = [f"wave {wave} ({count} atoms)" for wave in range(first) if (count := live.unfinished([wave]))]
        if behind:
            raise OrderError(f"wave {first} can't run before {', '.join(behind[:5])}", fix=f"materialize waves 0 to {first} together")


def _no_room(error: DiskFullError, plan: str) -> HaltedError:
    """The error of an execution whose database has no room: what is in flight is lost, what landed is not."""
    return HaltedError(error.what, fix=f"{error.fix}, then go on with `mge resume {plan}`")


def _needs(atoms: PlanAtoms) -> Mapping[UUID, tuple[UUID, ...]]:
    found = {key: atoms.needs.get(stored.atom.name, ()) for key, stored in atoms.by_id.items() if atoms.generates(stored)}
    return {key: tuple(atoms.by_name[name].atom_id for name in names) for key, names in found.items()}
