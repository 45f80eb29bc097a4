"""An execution as it is opened: its plan's atoms read, its accounts and places made, what may be re-used found out."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from structlog.typing import FilteringBoundLogger

from mge_assets.model.attempts import AtomStatus
from mge_assets.model.executions import Schedule
from mge_assets.model.forecasts import Forecast
from mge_assets.model.masterplan import Masterplan
from mge_assets.services.batching import BATCH_ATOMS, BatchedModel
from mge_assets.services.dependencies import DependencyService
from mge_assets.services.forecasting import History, Terms, forecast
from mge_assets.services.gathering import Gatherer
from mge_assets.services.heartbeat import Heartbeat
from mge_assets.services.journal import Accounts
from mge_assets.services.live import LiveExecution, PlanAtoms, reusable
from mge_assets.services.pacing import PacedModel, Pacer
from mge_assets.services.stores import Stores
from mge_assets.services.yardstick import Yardstick
from mge_assets.store.atoms import StoredAtom
from mge_assets.store.journal import Limits
from mge_assets.store.landings import Landing
from mge_resources.llm.port import LanguageModel
from mge_resources.settings import Settings


@dataclass(frozen=True)
class ExecutionOpener:
    """Brings executions into memory."""

    stores: Stores
    dependencies: DependencyService
    model: LanguageModel
    settings: Settings
    log: FilteringBoundLogger
    limits: Limits
    heart: Heartbeat

    def running(self, execution: UUID, together: PlanAtoms, *, batch: bool, wave: int | None) -> LiveExecution:
        """One that this process runs; ``wave`` where it is to run no other."""
        lease = self.stores.executions.lease(execution)
        warn = partial(self.log.warning, "soft budget limit passed", plan=lease.plan)
        pacer = Pacer(self.places(batch=batch), self.heart.press)
        accounts = Accounts(self.stores.journal, lease, self.limits, pacer, lambda usd: warn(usd=usd))
        accounts.batched = batch
        live = self._open(together, accounts)
        live.wave = wave
        return live

    def looked_at(self, together: PlanAtoms) -> LiveExecution:
        """One that nobody runs."""
        return self._open(together, None)

    def together(self, plan: Masterplan, atoms: Sequence[StoredAtom]) -> PlanAtoms:
        """A plan's atoms with what they need of one another. Raises OrderError without waves."""
        found = self.dependencies
        return PlanAtoms(plan, atoms, found.graph(plan.name), found.waves(plan.name), found.contracts(plan.name))

    def forecast(self, live: LiveExecution, schedule: Schedule, *, batch: bool) -> Forecast:
        """What it costs and takes, by what is known of its models."""
        settings, model = self.settings, self.model
        names = {model.name_of(attempt) for attempt in range(1, settings.retry_max_attempts + 1)}
        history = History({name: self.stores.journal.figures(name) for name in sorted(names)}, self.stores.figures.attempts(model.name))
        return forecast(live, model, history, Terms(self.places(batch=batch), schedule, settings.retry_max_attempts, batch))

    def places(self, *, batch: bool) -> int:
        """Atoms in flight at most; one that waits for a batch holds up nobody."""
        limit = self.settings.max_parallel_atoms
        return max(limit, BATCH_ATOMS) if batch else limit

    def _open(self, together: PlanAtoms, accounts: Accounts | None) -> LiveExecution:
        """The execution in memory; without accounts one that is only looked at."""
        pacer = accounts.pacer if accounts else Pacer(self.settings.max_parallel_atoms)
        plan, strictness = together.plan, self.settings.validation_strictness
        tests = self.stores.plans.tests(plan.name) if self.model.remote else None
        known, packages = self.stores.validations.of_atoms(plan.name), self.settings.project_packages or ""
        yardstick = Yardstick(plan, strictness, self.settings.validation_thresholds or "", tests, known, packages)
        live = LiveExecution(
            atoms=together,
            codes={},
            statuses={stored.atom.name: stored.status for stored in together.by_id.values()},
            reused=reusable(together, self.model.name, yardstick),
            pacer=pacer,
            model=PacedModel(self.model, pacer),
            accounts=accounts,
            writer=Gatherer(partial(self._land, accounts)),
            yardstick=yardstick,
            overrides=self.stores.overrides.of_plan(plan.name),
        )
        if accounts is not None and accounts.batched:
            live.model = self._batched(live, accounts)
        for key, stored in together.by_id.items():
            if stored.code is not None and stored.status is AtomStatus.COMPLETED:
                live.landed(key, stored.status, stored.code)
        return live

    def _batched(self, live: LiveExecution, accounts: Accounts) -> BatchedModel:
        asked = (self.settings.batch_poll_seconds, lambda: live.in_flight, lambda: live.halted)
        return BatchedModel(self.model, accounts, self.stores.batches, *asked, self.log)

    def _land(self, accounts: Accounts | None, group: Sequence[Landing]) -> Sequence[None]:
        assert accounts is not None
        self.stores.executions.land(accounts.lease.execution_id, group)
        return [None] * len(group)
