"""What a person asks of an execution, from whatever process: start, pause, resume, cancel, try an atom again, spend more."""

from uuid import UUID

from mge_assets.model.attempts import AtomStatus
from mge_assets.model.errors import ConflictError, NotFoundError, OrderError
from mge_assets.model.executions import ControlSignal, ExecutionMode, ExecutionStatus, Schedule
from mge_assets.services.dependencies import DependencyService
from mge_assets.services.plans import PlanService
from mge_assets.services.stores import Stores
from mge_assets.store.executions import NewExecution
from mge_assets.store.journal import Budget, Limits
from mge_assets.store.leases import Asked

_RUN = "start it with `mge run`"
_LOST = (AtomStatus.FAILED, AtomStatus.BLOCKED)


class ExecutionControl:
    """Orders are rows: whoever runs the execution hears them within a second, and sends no call after they are given."""

    def __init__(self, stores: Stores, plans: PlanService, dependencies: DependencyService, limits: Limits, actor: str) -> None:
        self._stores, self._plans, self._dependencies, self._limits, self._actor = stores, plans, dependencies, limits, actor

    def pause(self, plan: str) -> ExecutionStatus:
        """Let what is in flight come to its end and start nothing more; answers how the execution stood. Raises OrderError where there is nothing to pause."""
        return self._ordered(plan, ControlSignal.PAUSE, f"paused by {self._actor}")

    def cancel(self, plan: str) -> ExecutionStatus:
        """End the execution: calls in flight are settled, nothing more is started, what was done is kept. Raises OrderError where there is none."""
        return self._ordered(plan, ControlSignal.CANCEL, f"cancelled by {self._actor}")

    def _ordered(self, plan: str, order: ControlSignal, reason: str) -> ExecutionStatus:
        self._plans.stored(plan)
        stood = self._stores.executions.order(plan, order, reason)
        if stood is None:
            raise OrderError(f"masterplan {plan} is not being executed", fix=_RUN)
        return stood

    def resume(self, plan: str, *, budget_usd: float | None = None) -> ExecutionStatus:
        """Make a plan's execution ready to go on, with another hard limit if one is given; answers how it stood.

        One that still runs goes on; for one that is paused somebody must `start` it, or ask it to `go_on`.
        Raises OrderError where none is open, or the limit is too low, ConflictError where it is being paused or cancelled.
        """
        self._plans.stored(plan)
        if budget_usd is not None:
            self.set_budget(plan, budget_usd)
        stood = self._stores.executions.order(plan, ControlSignal.GO_ON, "")
        if stood is None:
            raise OrderError(f"masterplan {plan} has no execution that could go on", fix=_RUN)
        return stood

    def ask(self, plan: str, *, wave: int | None = None, out: str = "", schedule: Schedule = Schedule.WAVE, batch: bool = False) -> UUID:
        """Put down that the plan, or one wave of it, is to be executed; Dagster's daemon takes it up. Answers the execution.

        Raises NotFoundError for an unknown wave, ConflictError where the plan runs or was asked for already.
        """
        stored = self._plans.stored(plan)
        waves = self._stores.graphs.waves(plan)
        total = len(waves.waves) if waves else 0
        if wave is not None and not 0 <= wave < total:
            raise NotFoundError(f"masterplan {plan} has no wave {wave}", fix=f"its waves are 0 to {total - 1}" if total else "run the plan once first")
        mode = stored.masterplan.execution_mode or ExecutionMode.V2_ATOMS
        new = NewExecution("", stored.version, mode, "", total, 0, schedule=schedule, target=out, batch=batch, wave=wave)
        return self._stores.executions.ask(plan, new)

    def ask_again(self, plan: str, *, wave: int | None = None) -> UUID:
        """Ask for the plan, or one wave of it, on the terms of its newest execution: its schedule, its folder, in batches or not. Raises as `ask` does."""
        newest = self._stores.executions.newest(plan)
        if newest is None:
            return self.ask(plan, wave=wave)
        return self.ask(plan, wave=wave, out=newest.target, schedule=newest.schedule, batch=newest.batch)

    def go_on(self, plan: str) -> UUID:
        """Ask for what is left of a paused execution, on its terms: of one wave alone, where it was to run that. Raises as `ask` does."""
        newest = self._stores.executions.newest(plan)
        return self.ask_again(plan, wave=newest.wave if newest is not None else None)

    def asked(self) -> tuple[Asked, ...]:
        """What was asked for and nobody runs yet."""
        return self._stores.executions.asked()

    def reap(self) -> tuple[tuple[str, str], ...]:
        """Put the executions of dead processes on pause; answers their (plan, run)."""
        return self._stores.executions.reap()

    def retry(self, atom: UUID) -> str:
        """Let the plan's next execution try a failed or blocked atom again, and what it blocks; answers the plan.

        Raises NotFoundError, OrderError for an atom that did not fail, ConflictError while the plan is executed or asked for.
        """
        stored, plan = self._stores.atoms.one(atom), self._stores.atoms.owner(atom)
        if stored is None or plan is None:
            raise NotFoundError(f"there is no atom {atom}", fix="look its id up with `mge status PLAN --json`")
        if stored.status is AtomStatus.COMPLETED:
            raise OrderError(f"{stored.atom.name} is completed", fix="have it written anew on the review page, where you can say what is wrong with it")
        if stored.status not in _LOST:
            raise OrderError(f"{stored.atom.name} was not tried yet", fix=f"`mge run` or `mge resume {plan}` comes to it")
        self.reap()
        newest = self._stores.executions.newest(plan)
        if newest is not None and newest.status is ExecutionStatus.RUNNING:
            raise ConflictError(f"masterplan {plan} is being executed", fix="wait for it, or stop that run first")
        if newest is not None and newest.status is ExecutionStatus.PENDING:
            raise ConflictError(f"masterplan {plan} was asked to be executed already", fix="wait until it is taken up, or cancel it")
        blocked = [other.atom_id for other in self._stores.atoms.of_plan(plan) if other.status is AtomStatus.BLOCKED]
        self._stores.atoms.set_status([atom, *blocked], AtomStatus.PENDING)
        return plan

    def atom_named(self, plan: str, name: str) -> UUID:
        """The id of a plan's atom, by its name or its id. Raises NotFoundError."""
        for stored in self._stores.atoms.of_plan(plan):
            if name in (stored.atom.name, str(stored.atom_id)):
                return stored.atom_id
        raise NotFoundError(f"masterplan {plan} has no atom {name!r}", fix="`mge status PLAN --json` lists them")

    def budget(self, plan: str) -> Budget:
        """What the plan has cost in all its executions, and may cost."""
        return self._stores.journal.budget(plan, self._limits)

    def set_budget(self, plan: str, usd: float) -> None:
        """Give the plan a hard limit of its own, in USD over all its executions. Raises OrderError for less than it has cost already."""
        committed = self.budget(plan).committed_usd
        if usd < committed:
            raise OrderError(f"{plan} has cost ${committed:.2f} already, more than a budget of ${usd:.2f}", fix="give a larger one")
        self._stores.journal.set_hard_limit(plan, usd)
