"""Who may run an execution, and what a person asked of whoever does: rows, not hopes.

A runner holds a lease that it renews; its fence is a number that grows with every taker. Whatever a runner writes names its
fence, so that one that was stopped, lost its network or slept past its lease changes nothing after another has taken over.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, Connection, Engine, func, insert, select, text, update
from sqlalchemy.engine import Row
from sqlalchemy.exc import DBAPIError

from mge_assets.model.errors import ConflictError, FencedError
from mge_assets.model.executions import ControlSignal, ExecutionMode, ExecutionStatus, Schedule
from mge_assets.model.ids import masterplan_id
from mge_assets.store.owners import is_gone, owner_name
from mge_assets.store.retrying import Store, again_after_loss
from mge_assets.store.tables import ExecutionRow, LlmCallRow, MasterplanRow
from mge_assets.store.tables.executions import UNSENT, CallState
from mge_resources.database import DatabaseError

LEASE_SECONDS = 15.0
"""How long a runner that says nothing is left alone: a dozen heartbeats. A process that is known to have ended is not waited for."""
SILENCE_SECONDS = 60.0
"""How long after its lease a runner is taken for dead by nobody's wish; a database that was away may have kept it from renewing."""
LOST = "its process ended before it did"
_NO_PLACES: dict[str, Any] = {"in_flight": 0, "wanted": 0, "places": 0, "place_seconds": None}
_OPEN = (ExecutionStatus.RUNNING, ExecutionStatus.PAUSED, ExecutionStatus.PENDING)


@dataclass(frozen=True, slots=True)
class NewExecution:
    """What an execution starts with; ``target`` is the folder that it is to be delivered to, empty for the installation's own.

    ``wave`` is the only one that it runs, ``None`` for all of them.
    """

    run_id: str
    version: int
    mode: ExecutionMode
    model: str
    waves: int
    atoms: int
    owner: str = ""
    schedule: Schedule = Schedule.WAVE
    target: str = ""
    batch: bool = False
    wave: int | None = None


@dataclass(frozen=True, slots=True)
class Lease:
    """A right to run: the execution, its plan, and the number that every write names."""

    execution_id: UUID
    plan: str
    run_id: str
    fence: int


@dataclass(frozen=True, slots=True)
class Asked:
    """An execution that was asked for and that nobody runs yet; ``wave`` is ``None`` for all of them."""

    execution_id: UUID
    plan: str
    wave: int | None
    target: str
    schedule: Schedule
    fence: int
    batch: bool = False


class LeaseStore(Store):
    """Takes, renews and gives back leases. One object stands for one runner; two of them in one process are two runners."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self._me = owner_name()
        self._leases: dict[UUID, Lease] = {}
        self._locks: dict[str, Connection] = {}

    def start(self, plan: str, new: NewExecution) -> UUID:
        """Open an execution, or take the plan's open one up: one that is paused, asked for, or whose process is gone. The same run gets the same one again.

        Raises ConflictError where another process runs the plan.
        """
        for lease in self._leases.values():
            if lease.plan == plan:
                if lease.run_id == new.run_id:
                    return lease.execution_id
                raise _taken(plan)
        lease = self._take(plan, new)
        self._leases[lease.execution_id] = lease
        return lease.execution_id

    def lease(self, execution: UUID) -> Lease:
        """This runner's lease. Raises FencedError where it has none."""
        found = self._leases.get(execution)
        if found is None:
            raise fenced()
        return found

    def renew(self, execution: UUID, in_flight: int) -> ControlSignal | None:
        """Heartbeat: renews the lease, says what is in flight, answers what was asked of the runner; ``None`` where another has taken over."""
        lease, table = self.lease(execution), ExecutionRow
        values = {"lease_until": _lease_end(), "in_flight": in_flight}
        with self._engine.begin() as connection:
            return connection.scalar(update(table).where(*_mine(lease)).values(values).returning(table.order))

    def finish(self, execution: UUID, status: ExecutionStatus, *, error: str = "") -> None:
        """End this runner's stint: completed, failed or paused. Nothing happens where another has taken over."""
        lease, table = self._leases.get(execution), ExecutionRow
        mine = _mine(lease) if lease else (table.execution_id == execution,)
        values = {"status": status, "error": error, "worked_seconds": _worked(), "lease_until": None, "order": ControlSignal.GO_ON, **_NO_PLACES}
        ended = {"completed_at": None if status is ExecutionStatus.PAUSED else func.clock_timestamp()}
        with self._engine.begin() as connection:
            connection.execute(update(table).where(*mine).values(values | ended))
        self._leases.pop(execution, None)

    def ask(self, plan: str, new: NewExecution) -> UUID:
        """Put down that the plan is to be executed; whoever looks for such rows takes it up. Raises ConflictError where it runs, or was asked for before."""
        return self._ask(plan, new, [])

    @again_after_loss
    def _ask(self, plan: str, new: NewExecution, tries: list[str]) -> UUID:
        owner, table = masterplan_id(plan), ExecutionRow
        tries.append(plan)
        with self._engine.begin() as connection:
            _alone(connection, plan)
            row = self._open(connection, plan)
            if row is not None and row.status is ExecutionStatus.RUNNING and not _lost(row):
                raise _taken(plan)
            if row is not None and row.status is ExecutionStatus.PENDING:
                if len(tries) > 1:  # it may be the try before this one, whose answer was lost, that asked
                    return UUID(str(row.execution_id))
                raise ConflictError(f"masterplan {plan} was asked to be executed already", fix="wait until it is taken up, or cancel it")
            key = uuid4() if row is None else row.execution_id
            asked = {"status": ExecutionStatus.PENDING, "order": ControlSignal.GO_ON, "error": "", "schedule": new.schedule}
            if row is None:
                connection.execute(insert(table).values(execution_id=key, masterplan_id=owner, run_id=f"asked-{uuid4()}", owner="", **_head(new), **asked))
            else:
                connection.execute(update(table).where(table.execution_id == key).values({**asked, "asked_wave": new.wave, "batch": table.batch | new.batch}))
        return key

    def asked(self) -> tuple[Asked, ...]:
        """What was asked for and nobody runs yet, the oldest first."""
        table = ExecutionRow
        query = select(table.execution_id, MasterplanRow.name, table.asked_wave, table.target, table.schedule, table.fence, table.batch)
        mine = query.join(MasterplanRow, MasterplanRow.masterplan_id == table.masterplan_id).where(table.status == ExecutionStatus.PENDING)
        with self._engine.connect() as connection:
            return tuple(Asked(*row) for row in connection.execute(mine.order_by(table.started_at)))

    def order(self, plan: str, order: ControlSignal, words: str) -> ExecutionStatus | None:
        """Tell the plan's open execution to pause, to be cancelled, or to go on after all; answers how it stood. ``None`` where none is open.

        One that nobody runs is put there at once; one that runs sends no further call from the moment that this returns.
        Raises ConflictError for one that is on its way to stand still and is to do something else: it can't be called back.
        """
        return self._order(plan, order, words, [])

    @again_after_loss
    def _order(self, plan: str, order: ControlSignal, words: str, stood: list[ExecutionStatus]) -> ExecutionStatus | None:
        table = ExecutionRow
        with self._engine.begin() as connection:
            _alone(connection, plan)
            row = self._open(connection, plan)
            if row is None or (stood and row.order is order):  # by the try before this one, whose answer was lost
                return stood[0] if stood else None
            stood.append(ExecutionStatus(row.status))
            mine = update(table).where(table.execution_id == row.execution_id)
            if row.status is ExecutionStatus.RUNNING and not _lost(row):
                if row.order is ControlSignal.CANCEL or (row.order is ControlSignal.PAUSE and order is ControlSignal.GO_ON):
                    raise _stopping(plan, row.order)
                connection.execute(mine.values(order=order))
            elif order is ControlSignal.GO_ON and row.status is ExecutionStatus.RUNNING:  # its process is gone
                connection.execute(mine.values({"status": ExecutionStatus.PAUSED, "error": LOST, "worked_seconds": _worked_until_lost(), "lease_until": None}))
                return ExecutionStatus.PAUSED
            elif order is not ControlSignal.GO_ON:
                status = ExecutionStatus.FAILED if order is ControlSignal.CANCEL else ExecutionStatus.PAUSED
                end = {"completed_at": func.clock_timestamp()} if order is ControlSignal.CANCEL else {}
                connection.execute(mine.values({"status": status, "error": words, "lease_until": None, **end}))
            return ExecutionStatus(row.status)

    def reap(self) -> tuple[tuple[str, str], ...]:
        """Put executions whose process is gone on pause, so that they can be resumed; answers their (plan, run)."""
        table = ExecutionRow
        values = {"status": ExecutionStatus.PAUSED, "error": LOST, "worked_seconds": _worked_until_lost(), "lease_until": None}
        found: list[tuple[str, str]] = []
        with self._engine.begin() as connection:
            running = _standing().where(table.status == ExecutionStatus.RUNNING).with_for_update(of=table, skip_locked=True)
            for row in connection.execute(running):
                if row.silent or is_gone(row.owner):
                    connection.execute(update(table).where(table.execution_id == row.execution_id).values(values))
                    found.append((row.plan, row.run_id))
        return tuple(found)

    @contextmanager
    def holding(self, plan: str) -> Iterator[None]:
        """Keep every other process from executing the plan while the block runs. Raises ConflictError where one is at it."""
        if plan in self._locks:
            raise _taken(plan)
        self._locks[plan] = self._lock(plan)
        try:
            with self._engine.connect() as connection:
                row = self._open(connection, plan)
            if row is not None and row.status is ExecutionStatus.RUNNING and not _lost(row):
                raise _taken(plan)
            yield
        finally:
            self._unlock(plan)

    @again_after_loss
    def _take(self, plan: str, new: NewExecution) -> Lease:
        table = ExecutionRow
        with self._engine.begin() as connection:
            _alone(connection, plan)
            row = self._open(connection, plan) or connection.execute(_standing().where(table.run_id == new.run_id)).first()
            if row is not None and row.status is ExecutionStatus.RUNNING and row.owner != self._me and not _lost(row):
                raise _taken(plan)
            key, fence = (row.execution_id, row.fence + 1) if row is not None else (uuid4(), 1)
            mine = {"run_id": new.run_id, "owner": self._me, "fence": fence, "lease_until": _lease_end(), "resumed_at": func.clock_timestamp(), **_NO_PLACES}
            values = {**_head(new), **mine, "status": ExecutionStatus.RUNNING, "schedule": new.schedule}
            if row is None:
                connection.execute(insert(table).values(execution_id=key, masterplan_id=masterplan_id(plan), **values))
            else:
                before = _worked_until_lost() if row.status is ExecutionStatus.RUNNING else table.worked_seconds
                fresh = {"order": ControlSignal.GO_ON, "error": "", "completed_at": None, "worked_seconds": before}
                connection.execute(update(table).where(table.execution_id == key).values(values | fresh))
            _give_up_calls(connection, plan)
        return Lease(key, plan, new.run_id, fence)

    @staticmethod
    def _open(connection: Connection, plan: str) -> Row[Any] | None:
        """The plan's execution that is not over, if there is one."""
        table = ExecutionRow
        mine = (table.masterplan_id == masterplan_id(plan), table.status.in_(_OPEN))
        return connection.execute(_standing().where(*mine).order_by(table.started_at.desc()).limit(1)).first()

    def _lock(self, plan: str) -> Connection:
        connection = self._engine.connect()
        locked = connection.scalar(text("SELECT pg_try_advisory_lock(hashtextextended(:plan, 0))"), {"plan": f"mge/{masterplan_id(plan)}"})
        connection.rollback()
        if not locked:
            connection.close()
            raise _taken(plan)
        return connection

    def _unlock(self, plan: str) -> None:
        lock = self._locks.pop(plan)
        try:
            lock.rollback()
            lock.execute(text("SELECT pg_advisory_unlock_all()"))
        except (DBAPIError, DatabaseError):
            lock.invalidate()  # the server went, and took the lock with it
        lock.close()


def check_fence(connection: Connection, lease: Lease) -> ControlSignal:
    """Inside a transaction: that the lease still holds and keeps holding until the end of it; answers what was asked of the runner. Raises FencedError."""
    order = connection.scalar(select(ExecutionRow.order).where(*_mine(lease)).with_for_update(read=True))
    if order is None:
        raise fenced()
    return ControlSignal(order)


def _mine(lease: Lease) -> tuple[ColumnElement[bool], ...]:
    table = ExecutionRow
    return (table.execution_id == lease.execution_id, table.fence == lease.fence, table.status == ExecutionStatus.RUNNING)


def _standing() -> Any:  # noqa: ANN401 -- a select of nine columns
    """Executions with what tells whether somebody runs them."""
    table = ExecutionRow
    silent = (table.lease_until < func.clock_timestamp() - timedelta(seconds=SILENCE_SECONDS)).label("silent")
    over = (table.lease_until.is_(None) | (table.lease_until < func.clock_timestamp())).label("over")
    query = select(table.execution_id, table.run_id, table.status, table.owner, table.fence, table.order, over, silent, MasterplanRow.name.label("plan"))
    return query.join(MasterplanRow, MasterplanRow.masterplan_id == table.masterplan_id)


def _lost(row: Row[Any]) -> bool:
    """Whether a running execution's process is gone, or has said nothing for longer than its lease."""
    return bool(row.over) or is_gone(row.owner)


def _lease_end() -> ColumnElement[Any]:
    return func.clock_timestamp() + timedelta(seconds=LEASE_SECONDS)


def _worked() -> ColumnElement[Any]:
    """Seconds of all stints up to now."""
    return ExecutionRow.worked_seconds + func.extract("epoch", func.clock_timestamp() - ExecutionRow.resumed_at)


def _worked_until_lost() -> ColumnElement[Any]:
    """Seconds of all stints, the last up to its last heartbeat."""
    last = func.coalesce(ExecutionRow.lease_until - timedelta(seconds=LEASE_SECONDS), ExecutionRow.resumed_at)
    return ExecutionRow.worked_seconds + func.greatest(0, func.extract("epoch", last - ExecutionRow.resumed_at))


def _head(new: NewExecution) -> dict[str, Any]:
    counts = {"total_waves": new.waves, "atoms_total": new.atoms}
    asked = {"target": new.target, "batch": new.batch, "asked_wave": new.wave}
    return {"version": new.version, "execution_mode": new.mode, "llm_model": new.model, **asked, **counts}


def _alone(connection: Connection, plan: str) -> None:
    """Until the end of the transaction nobody else takes, asks for or stops an execution of this plan."""
    connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:plan, 1))"), {"plan": f"mge/{masterplan_id(plan)}"})


def _give_up_calls(connection: Connection, plan: str) -> None:
    """Calls that a lost process had in flight: nobody will ever know what they cost, so that their reservation stays.

    Those of a batch can be asked after, and those that were to go with one never left.
    """
    call = LlmCallRow
    theirs = select(ExecutionRow.execution_id).where(ExecutionRow.masterplan_id == masterplan_id(plan))
    gone = (call.execution_id.in_(theirs), call.state == CallState.RESERVED, call.batch == "")
    values = {"state": CallState.UNKNOWN, "error": f"in flight when {LOST}", "settled_at": func.clock_timestamp()}
    connection.execute(update(call).where(*gone).values(values))
    connection.execute(_NEVER_SENT, {"unsent": UNSENT, "plan": masterplan_id(plan), "error": f"not sent yet when {LOST}"})


_NEVER_SENT = text("""
    WITH closed AS (
        UPDATE llm_calls c SET state = 'settled', cost_usd = 0, error = :error, settled_at = clock_timestamp() FROM executions e
        WHERE e.execution_id = c.execution_id AND e.masterplan_id = :plan AND c.state = 'reserved' AND c.batch = :unsent
        RETURNING c.reserved_usd
    )
    UPDATE plan_budgets SET committed_usd = committed_usd - (SELECT coalesce(sum(reserved_usd), 0) FROM closed) WHERE masterplan_id = :plan
""")


def _taken(plan: str) -> ConflictError:
    return ConflictError(f"masterplan {plan} is being executed by another process", fix="wait for it, or stop that run first")


def _stopping(plan: str, order: ControlSignal) -> ConflictError:
    if order is ControlSignal.CANCEL:
        return ConflictError(f"masterplan {plan} is being cancelled", fix="start it anew with `mge run` once it has ended")
    return ConflictError(f"masterplan {plan} is being paused", fix=f"go on with `mge resume {plan}` once it stands still, which is within one call's time")


def fenced() -> FencedError:
    """The error of a runner whose lease another has taken."""
    return FencedError("another process runs this execution now", fix="look at it with `mge status`; nothing of this process's is stored any more")
