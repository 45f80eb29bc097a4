"""Executions to rows and back: who runs a plan, how its atoms fared, what its waves took."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import case, func, select, update
from sqlalchemy.engine import RowMapping

from mge_assets.model.attempts import AtomStatus
from mge_assets.model.executions import ControlSignal, ExecutionStatus, Schedule, WaveStatus
from mge_assets.model.ids import masterplan_id
from mge_assets.store.landings import Landing, write_landings
from mge_assets.store.leases import LeaseStore, NewExecution, check_fence
from mge_assets.store.tables import AtomicUnitRow, AtomRetryRow, ExecutionRow, ExecutionWaveRow, LlmCallRow, MasterplanRow

__all__ = ["ExecutionStore", "NewExecution", "StoredExecution", "WaveSummary"]


@dataclass(frozen=True, slots=True)
class StoredExecution:
    """An execution's row; ``cost_usd`` is counted from the journal, ``seconds`` is wall time until now or the end, pauses left out."""

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
    schedule: Schedule = Schedule.WAVE
    order: ControlSignal = ControlSignal.GO_ON
    current_wave: int = 0
    in_flight: int = 0
    forecast: Mapping[str, float] = field(default_factory=dict)
    target: str = ""
    batch: bool = False
    wave: int | None = None


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


class ExecutionStore(LeaseStore):
    """Reads and writes executions; as a runner (see ``leases``) it writes only what its lease covers."""

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

    def land(self, execution: UUID, landings: Sequence[Landing]) -> None:
        """Store outcomes with their attempts and level-1 results in one transaction. Raises FencedError where another has taken over."""
        lease = self.lease(execution)
        with self._engine.begin() as connection:
            check_fence(connection, lease)
            write_landings(connection, execution, masterplan_id(lease.plan), landings)

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

    def atom_times(self, plan: str) -> Mapping[UUID, tuple[datetime, datetime]]:
        """When each atom that the newest execution ran began and ended."""
        atom, run = AtomicUnitRow, ExecutionRow
        since = select(run.started_at).where(run.masterplan_id == masterplan_id(plan)).order_by(run.started_at.desc()).limit(1).scalar_subquery()
        query = select(atom.atom_id, atom.started_at, atom.completed_at).where(atom.masterplan_id == masterplan_id(plan), atom.started_at >= since)
        with self._engine.connect() as connection:
            rows = connection.execute(query.where(atom.completed_at.is_not(None)))
            return {row[0]: (row[1], row[2]) for row in rows if row[1] and row[2]}

    def wave_of(self, wave: UUID) -> tuple[str, int] | None:
        """The plan and number of a wave, by its id."""
        table = ExecutionWaveRow
        query = select(MasterplanRow.name, table.wave_number).join(MasterplanRow, MasterplanRow.masterplan_id == table.masterplan_id)
        with self._engine.connect() as connection:
            row = connection.execute(query.where(table.wave_id == wave)).first()
        return (row[0], row[1]) if row else None

    def wave_ids(self, plan: str) -> tuple[UUID, ...]:
        """The ids of a plan's waves, in order."""
        table = ExecutionWaveRow
        with self._engine.connect() as connection:
            return tuple(connection.scalars(select(table.wave_id).where(table.masterplan_id == masterplan_id(plan)).order_by(table.wave_number)))

    def wave_progress(self, plan: str) -> tuple[tuple[int, int, int], ...]:
        """(number, atoms, atoms that came to an end) of each wave, in order, as the atoms stand now."""
        table, atom = ExecutionWaveRow, AtomicUnitRow
        members = select(table.wave_number, table.atom_count, func.unnest(table.atom_ids).label("atom")).where(table.masterplan_id == masterplan_id(plan))
        one = members.subquery()
        ended = func.count().filter(atom.status.in_((AtomStatus.COMPLETED, AtomStatus.FAILED, AtomStatus.BLOCKED, AtomStatus.SKIPPED)))
        query = select(one.c.wave_number, one.c.atom_count, ended).outerjoin(atom, atom.atom_id == one.c.atom).group_by(one.c.wave_number, one.c.atom_count)
        with self._engine.connect() as connection:
            return tuple((row[0], row[1], row[2]) for row in connection.execute(query.order_by(one.c.wave_number)))

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

    def _read(self, condition: Any) -> StoredExecution | None:  # noqa: ANN401 -- a column expression
        table = ExecutionRow.__table__
        cost = select(func.coalesce(func.sum(LlmCallRow.cost_usd), 0)).where(LlmCallRow.execution_id == ExecutionRow.execution_id).scalar_subquery()
        stint = func.extract("epoch", func.clock_timestamp() - ExecutionRow.resumed_at)
        seconds = ExecutionRow.worked_seconds + case((ExecutionRow.status == ExecutionStatus.RUNNING, stint), else_=0)
        query = select(*table.c, cost.label("cost"), seconds.label("seconds")).where(condition).order_by(ExecutionRow.started_at.desc()).limit(1)
        with self._engine.connect() as connection:
            row = connection.execute(query).first()
        if row is None:
            return None
        head = (row.execution_id, row.status, row.version, row.run_id, row.llm_model, row.max_in_flight, row.out, row.report, row.error)
        tail = (row.schedule, row.order, row.current_wave, row.in_flight, row.forecast, row.target, row.batch, row.asked_wave)
        return StoredExecution(*head, row.started_at, row.completed_at, float(row.cost), float(row.seconds), *tail)
