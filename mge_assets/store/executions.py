"""Executions to rows and back: who runs a plan, how its atoms fared, what its waves took."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, Engine, func, insert, select, text, update
from sqlalchemy.engine import RowMapping
from sqlalchemy.exc import DBAPIError

from mge_assets.model.attempts import AtomStatus
from mge_assets.model.errors import ConflictError
from mge_assets.model.executions import ExecutionMode, ExecutionStatus, WaveStatus
from mge_assets.model.ids import masterplan_id
from mge_assets.store.landings import Landing, write_landings
from mge_assets.store.retrying import again_after_loss
from mge_assets.store.tables import AtomicUnitRow, AtomRetryRow, ExecutionRow, ExecutionWaveRow, LlmCallRow, MasterplanRow


@dataclass(frozen=True, slots=True)
class StoredExecution:
    """An execution's row; ``cost_usd`` is counted from the journal, ``seconds`` is wall time until now or the end."""

    execution_id: UUID
    status: ExecutionStatus
    version: int
    run_id: str
    llm_model: str
    max_in_flight: int
    out: str
    report: str
    error: str
    started_at: datetime
    completed_at: datetime | None
    cost_usd: float
    seconds: float


@dataclass(frozen=True, slots=True)
class NewExecution:
    """What an execution starts with; ``owner`` names the process that runs it."""

    run_id: str
    version: int
    mode: ExecutionMode
    model: str
    waves: int
    atoms: int
    owner: str


@dataclass(frozen=True, slots=True)
class WaveSummary:
    """How a wave went: atoms by fate, wall seconds from its first atom's start to its last one's end."""

    wave: int
    atoms: int
    completed: int
    failed: int
    blocked: int
    reused: int
    seconds: float


class ExecutionStore:
    """Reads and writes executions. One connection a running plan holds its advisory lock until ``release``."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._locks: dict[str, Connection] = {}
        self._open: dict[UUID, str] = {}
        self._held: set[str] = set()

    def start(self, plan: str, new: NewExecution) -> UUID:
        """Open an execution and lock the plan; the same run gets the same one again. Raises ConflictError where another process runs it."""
        known = self._of_run(new.run_id)
        if known in self._open:
            return known
        if plan in self._open.values():
            raise _taken(plan)
        if plan not in self._locks:
            self._locks[plan] = self._lock(plan)
        key = known or uuid4()
        with self._engine.begin() as connection:
            self._end_orphans(connection, plan, key)
            head = {"execution_id": key, "masterplan_id": masterplan_id(plan), "run_id": new.run_id, "status": ExecutionStatus.RUNNING}
            rest = {
                "version": new.version,
                "execution_mode": new.mode,
                "llm_model": new.model,
                "total_waves": new.waves,
                "atoms_total": new.atoms,
                "owner": new.owner,
            }
            statement = update(ExecutionRow).where(ExecutionRow.execution_id == key) if known else insert(ExecutionRow)
            connection.execute(statement.values(**head, **rest))
        self._open[key] = plan
        return key

    @contextmanager
    def holding(self, plan: str) -> Iterator[None]:
        """Keep every other process from executing the plan while the block runs. Raises ConflictError where one is at it."""
        if plan in self._locks:
            raise _taken(plan)
        self._locks[plan] = self._lock(plan)
        self._held.add(plan)
        try:
            yield
        finally:
            self._held.discard(plan)
            self._unlock(plan)

    @again_after_loss
    def finish(self, execution: UUID, status: ExecutionStatus, *, error: str = "") -> None:
        """Close an execution and unlock its plan."""
        with self._engine.begin() as connection:
            values = {"status": status, "error": error, "completed_at": func.clock_timestamp()}
            connection.execute(update(ExecutionRow).where(ExecutionRow.execution_id == execution).values(values))
        self.release(execution)

    def release(self, execution: UUID) -> None:
        """Unlock the plan, unless it is held beyond this execution; harmless where it isn't locked here."""
        plan = self._open.pop(execution, None)
        if plan is not None and plan not in self._held:
            self._unlock(plan)

    def _unlock(self, plan: str) -> None:
        lock = self._locks.pop(plan, None)
        if lock is None:
            return
        try:
            lock.rollback()
            lock.execute(text("SELECT pg_advisory_unlock_all()"))
        except DBAPIError:
            lock.invalidate()  # the server went, and took the lock with it
        lock.close()

    @again_after_loss
    def set_values(self, execution: UUID, **values: Any) -> None:  # noqa: ANN401 -- columns of the execution's row
        """Store columns of the execution's row."""
        with self._engine.begin() as connection:
            connection.execute(update(ExecutionRow).where(ExecutionRow.execution_id == execution).values(**values))

    def newest(self, plan: str) -> StoredExecution | None:
        """The plan's newest execution, or ``None``."""
        return self._read(ExecutionRow.masterplan_id == masterplan_id(plan))

    def one(self, execution: UUID) -> StoredExecution | None:
        """One execution, or ``None``."""
        return self._read(ExecutionRow.execution_id == execution)

    def plan_of(self, execution: UUID) -> str | None:
        """The name of the plan that an execution belongs to."""
        query = select(MasterplanRow.name).join(ExecutionRow, ExecutionRow.masterplan_id == MasterplanRow.masterplan_id)
        with self._engine.connect() as connection:
            return connection.scalar(query.where(ExecutionRow.execution_id == execution))

    def last_errors(self, plan: str) -> dict[UUID, str]:
        """What ended each failed atom's last attempt in the newest execution, by atom; those that have a word for it."""
        attempt, atom = AtomRetryRow, AtomicUnitRow
        newest = select(ExecutionRow.execution_id).where(ExecutionRow.masterplan_id == masterplan_id(plan)).order_by(ExecutionRow.started_at.desc()).limit(1)
        query = select(attempt.atom_id, attempt.error_message).join(atom, atom.atom_id == attempt.atom_id)
        wanted = (attempt.execution_id == newest.scalar_subquery(), atom.status == AtomStatus.FAILED, attempt.error_message != "")
        with self._engine.connect() as connection:
            rows = connection.execute(query.where(*wanted).order_by(attempt.attempt_number))
            return {row[0]: row[1] for row in rows}

    def atoms_run(self, execution: UUID) -> int:
        """How many atoms an execution has run so far, re-used ones left out."""
        with self._engine.connect() as connection:
            query = select(func.count(AtomRetryRow.atom_id.distinct())).where(AtomRetryRow.execution_id == execution)
            return connection.scalar(query) or 0

    @again_after_loss
    def land(self, execution: UUID, landings: Sequence[Landing]) -> None:
        """Store outcomes with their attempts and level-1 results in one transaction."""
        with self._engine.begin() as connection:
            owner = connection.scalar(select(ExecutionRow.masterplan_id).where(ExecutionRow.execution_id == execution))
            write_landings(connection, execution, owner, landings)

    @again_after_loss
    def close_wave(self, plan: str, wave: int, *, reused: int, in_flight: int) -> WaveSummary:
        """Store how a wave went, counted from its atoms."""
        table, atom = ExecutionWaveRow, AtomicUnitRow
        mine = (table.masterplan_id == masterplan_id(plan), table.wave_number == wave)
        with self._engine.begin() as connection:
            counts = (func.count().filter(atom.status == status) for status in (AtomStatus.COMPLETED, AtomStatus.FAILED, AtomStatus.BLOCKED))
            members = select(func.unnest(table.atom_ids)).where(*mine)
            figures = select(func.count(), *counts, func.min(atom.started_at), func.max(atom.completed_at)).where(atom.atom_id.in_(members))
            atoms, done, failed, blocked, begin, end = tuple(connection.execute(figures).one())
            seconds = (end - begin).total_seconds() if begin and end else 0.0
            status = WaveStatus.COMPLETED if done == atoms else WaveStatus.PARTIAL if done else WaveStatus.FAILED
            times = {"started_at": begin, "completed_at": end, "duration_seconds": seconds, "parallelization_factor": in_flight}
            connection.execute(update(table).where(*mine).values(status=status, completed_atoms=done, failed_atoms=failed + blocked, **times))
        return WaveSummary(wave, atoms, done, failed, blocked, reused, seconds)

    def wave_states(self, plan: str) -> tuple[tuple[int, WaveStatus, int, float], ...]:
        """(number, status, atoms, wall seconds) of each wave, in order."""
        table = ExecutionWaveRow
        query = select(table.wave_number, table.status, table.atom_count, func.coalesce(table.duration_seconds, 0))
        with self._engine.connect() as connection:
            rows = connection.execute(query.where(table.masterplan_id == masterplan_id(plan)).order_by(table.wave_number))
            return tuple((row[0], row[1], row[2], float(row[3])) for row in rows)

    def wave_members(self, plan: str) -> tuple[tuple[int, tuple[UUID, ...], float | None], ...]:
        """(number, atoms, wall seconds or ``None``) of each wave, in order."""
        table = ExecutionWaveRow
        query = select(table.wave_number, table.atom_ids, table.duration_seconds).where(table.masterplan_id == masterplan_id(plan))
        with self._engine.connect() as connection:
            return tuple((row[0], tuple(row[1]), row[2]) for row in connection.execute(query.order_by(table.wave_number)))

    def attempts(self, atom: UUID) -> tuple[RowMapping, ...]:
        """Every attempt at an atom, newest execution first, as rows of ``atom_retry_history``."""
        table = AtomRetryRow.__table__
        with self._engine.connect() as connection:
            query = select(table).where(table.c.atom_id == atom).order_by(table.c.attempted_at.desc(), table.c.attempt_number.desc())
            return tuple(connection.execute(query).mappings())

    def _of_run(self, run_id: str) -> UUID | None:
        with self._engine.connect() as connection:
            return connection.scalar(select(ExecutionRow.execution_id).where(ExecutionRow.run_id == run_id))

    def _lock(self, plan: str) -> Connection:
        connection = self._engine.connect()
        locked = connection.scalar(text("SELECT pg_try_advisory_lock(hashtextextended(:plan, 0))"), {"plan": f"mge/{masterplan_id(plan)}"})
        connection.rollback()
        if not locked:
            connection.close()
            raise _taken(plan)
        return connection

    def _end_orphans(self, connection: Connection, plan: str, key: UUID) -> None:
        orphans = (ExecutionRow.masterplan_id == masterplan_id(plan), ExecutionRow.status == ExecutionStatus.RUNNING, ExecutionRow.execution_id != key)
        values = {"status": ExecutionStatus.FAILED, "error": "its process ended before it did", "completed_at": func.clock_timestamp()}
        connection.execute(update(ExecutionRow).where(*orphans).values(values))

    def _read(self, condition: Any) -> StoredExecution | None:  # noqa: ANN401 -- a column expression
        table = ExecutionRow.__table__
        cost = select(func.coalesce(func.sum(LlmCallRow.cost_usd), 0)).where(LlmCallRow.execution_id == ExecutionRow.execution_id).scalar_subquery()
        seconds = func.extract("epoch", func.coalesce(ExecutionRow.completed_at, func.clock_timestamp()) - ExecutionRow.started_at)
        query = select(*table.c, cost.label("cost"), seconds.label("seconds")).where(condition).order_by(ExecutionRow.started_at.desc()).limit(1)
        with self._engine.connect() as connection:
            row = connection.execute(query).first()
        if row is None:
            return None
        head = (row.execution_id, row.status, row.version, row.run_id, row.llm_model, row.max_in_flight, row.out, row.report, row.error)
        return StoredExecution(*head, row.started_at, row.completed_at, float(row.cost), float(row.seconds))


def _taken(plan: str) -> ConflictError:
    return ConflictError(f"masterplan {plan} is being executed by another process", fix="wait for it, or stop that run first")
