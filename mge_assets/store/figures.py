"""Figures over everything that is stored, counted by the database: what the metrics tell. No plan's or atom's name leaves here."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, distinct, func, select, union
from sqlalchemy.dialects.postgresql import distinct_on

from mge_assets.model.attempts import AtomStatus
from mge_assets.model.decisions import OPEN_REVIEWS, ReviewStatus
from mge_assets.model.executions import ExecutionStatus, WaveStatus
from mge_assets.model.findings import Level
from mge_assets.store.retrying import Store
from mge_assets.store.tables import (
    AtomicUnitRow,
    AtomRetryRow,
    DecisionAuditRow,
    ExecutionRow,
    ExecutionWaveRow,
    HumanReviewRow,
    LlmCallRow,
    MasterplanRow,
    ValidationResultRow,
)

_ACCEPTED = (ReviewStatus.APPROVED, ReviewStatus.EDITED)


@dataclass(frozen=True, slots=True)
class Timing:
    """How many there were, and how many wall seconds they took together."""

    count: int
    seconds: float

    @property
    def mean(self) -> float | None:
        """Mean seconds; ``None`` for none."""
        return self.seconds / self.count if self.count else None


@dataclass(frozen=True, slots=True)
class AtomFigures:
    """Atoms as they stand, over all plans. ``executed`` and ``done`` count atoms of executed plans; means are ``None`` where there is nothing to average."""

    executed: int
    done: int
    ever_completed: int
    completeness: float | None
    atomicity: float | None
    confidence: float | None
    loc: float | None
    complexity: float | None
    time: Timing


@dataclass(frozen=True, slots=True)
class AttemptFigures:
    """Attempts over all executions. A run is one atom in one execution; a retry is an attempt after the first call."""

    runs: int
    succeeded: int
    retried_runs: int
    rescued_runs: int
    retries: int
    temperature_changes: int


@dataclass(frozen=True, slots=True)
class ExecutionFigures:
    """Executions, waves and money; ``max_in_flight`` is over each plan's newest execution."""

    plans: int
    max_in_flight: int
    mean_precision: float | None
    cost_usd: float
    time: Timing
    waves: int
    waves_ended: int
    wave_atoms: int
    wave_time: Timing


class FigureStore(Store):
    """Counts. Each method is one or two statements, however many plans there are."""

    def atoms(self) -> AtomFigures:
        """Figures over atoms."""
        atom, audit, attempt = AtomicUnitRow, DecisionAuditRow, AtomRetryRow
        executed = atom.masterplan_id.in_(select(ExecutionRow.masterplan_id))
        took = func.extract("epoch", atom.completed_at - atom.started_at)
        query = select(
            func.count().filter(executed).label("executed"),
            func.count().filter(executed, atom.status == AtomStatus.COMPLETED).label("done"),
            *(func.avg(column).label(name) for name, column in _averages().items()),
            func.count(took).label("timed"),
            func.coalesce(func.sum(took), 0).label("seconds"),
        )
        completed = union(select(attempt.atom_id).where(attempt.success), select(audit.atom_id).where(audit.decision.in_(_ACCEPTED))).subquery()
        with self._engine.connect() as connection:
            row = connection.execute(query).mappings().one()
            ever = connection.scalar(select(func.count()).select_from(completed)) or 0
        means = {name: None if row[name] is None else float(row[name]) for name in _averages()}
        return AtomFigures(row["executed"], row["done"], ever, **means, time=Timing(row["timed"], float(row["seconds"])))

    def attempts(self, model: str | None = None) -> AttemptFigures:
        """Figures over attempts; of executions with one model (or ladder of models), where it is named."""
        table = AtomRetryRow
        run = (table.atom_id, table.execution_id)
        before = func.lag(table.temperature).over(partition_by=run, order_by=table.attempt_number)
        rows = select(*run, table.attempt_number, table.success, (before != table.temperature).label("changed"))
        theirs = select(ExecutionRow.execution_id).where(ExecutionRow.llm_model == model)
        ordered = (rows.where(table.execution_id.in_(theirs), table.attempt_number > 0) if model else rows).subquery()
        column = ordered.c
        runs = (
            select(
                func.bool_or(column.success).label("success"),
                func.count().filter(column.attempt_number > 1).label("retries"),
                func.count().filter(column.changed).label("changes"),
            )
            .group_by(column.atom_id, column.execution_id)
            .subquery()
        )
        retried = runs.c.retries > 0
        counts = (func.count(), func.count().filter(runs.c.success), func.count().filter(retried), func.count().filter(retried, runs.c.success))
        sums = (func.coalesce(func.sum(runs.c.retries), 0), func.coalesce(func.sum(runs.c.changes), 0))
        with self._engine.connect() as connection:
            return AttemptFigures(*(int(value) for value in connection.execute(select(*counts, *sums)).one()))

    def executions(self) -> ExecutionFigures:
        """Figures over executions, waves and model calls."""
        table, wave = ExecutionRow, ExecutionWaveRow
        newest = select(table.max_in_flight).ext(distinct_on(table.masterplan_id)).order_by(table.masterplan_id, table.started_at.desc()).subquery()
        ended = wave.status.in_((WaveStatus.COMPLETED, WaveStatus.PARTIAL, WaveStatus.FAILED))
        with self._engine.connect() as connection:
            plans, time = _executed(connection)
            waves = connection.execute(
                select(
                    func.count(),
                    func.count().filter(ended),
                    func.coalesce(func.sum(wave.atom_count).filter(ended), 0),
                    func.count(wave.duration_seconds),
                    func.coalesce(func.sum(wave.duration_seconds), 0),
                )
            ).one()
            in_flight = connection.scalar(select(func.coalesce(func.max(newest.c.max_in_flight), 0)))
            precision = connection.scalar(select(func.avg(MasterplanRow.precision_percent)))
            cost = connection.scalar(select(func.coalesce(func.sum(LlmCallRow.cost_usd), 0)))
        return ExecutionFigures(plans, in_flight or 0, precision, float(cost or 0), time, waves[0], waves[1], waves[2], Timing(waves[3], float(waves[4] or 0)))

    def validations(self) -> Mapping[Level, tuple[int, int]]:
        """(passed, failed) units by level, each unit by its newest result."""
        table = ValidationResultRow
        query = select(table.level, func.count().filter(table.passed), func.count().filter(~table.passed)).group_by(table.level)
        with self._engine.connect() as connection:
            found = {row[0]: (row[1], row[2]) for row in connection.execute(query)}
        return {level: found.get(level.value, (0, 0)) for level in Level}

    def open_reviews(self) -> int:
        """How many reviews wait for a decision."""
        with self._engine.connect() as connection:
            return connection.scalar(select(func.count()).where(HumanReviewRow.status.in_(OPEN_REVIEWS))) or 0


def _averages() -> Mapping[str, ColumnElement[float]]:
    atom = AtomicUnitRow
    columns = (atom.completeness_score, atom.atomicity_score, atom.confidence_score, atom.estimated_loc, atom.complexity)
    return dict(zip(("completeness", "atomicity", "confidence", "loc", "complexity"), columns, strict=True))  # type: ignore[arg-type]


def _executed(connection: Connection) -> tuple[int, Timing]:
    """Plans that were ever executed, and how long executions took that ended."""
    took = func.extract("epoch", ExecutionRow.completed_at - ExecutionRow.started_at)
    over = ExecutionRow.status.in_((ExecutionStatus.COMPLETED, ExecutionStatus.FAILED))
    row = connection.execute(
        select(func.count(distinct(ExecutionRow.masterplan_id)), func.count(took).filter(over), func.coalesce(func.sum(took).filter(over), 0))
    ).one()
    return row[0], Timing(row[1], float(row[2]))
