"""Tables of executions: waves, attempts, the journal that money is counted from, delivered files."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Index, Numeric, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from mge_assets.model.attempts import ErrorClass
from mge_assets.model.executions import ControlSignal, ExecutionMode, ExecutionStatus, Schedule, WaveStatus
from mge_assets.store.tables.base import Base, Count, Created, Flag, Money, Seconds, enum_of, parent

UNSENT = "unsent"
"""What stands in place of a message batch while a call waits to go with one."""


class CallState(StrEnum):
    """Reserved before a call is sent, settled when its bill is known, unknown where it never will be."""

    RESERVED = "reserved"
    SETTLED = "settled"
    UNKNOWN = "unknown"


class ExecutionRow(Base):
    """One walk of a plan through generation. At most one of a plan runs at a time.

    Who runs it holds a lease: ``fence`` grows by one with every taker, and what an earlier taker still writes is refused by it.
    ``order`` is what a person asked of the runner; ``target`` the folder to deliver to; ``batch`` says that its calls go in message batches;
    ``worked_seconds`` counts the stints before ``resumed_at``. ``places`` are those of the limit that it holds, ``place_seconds`` what it has used of them.
    """

    __tablename__ = "executions"
    __table_args__ = (Index("uq_executions_running", "masterplan_id", unique=True, postgresql_where=text("status = 'running'")),)
    execution_id: Mapped[UUID] = mapped_column(primary_key=True)
    masterplan_id: Mapped[UUID] = mapped_column(parent("masterplans", "masterplan_id"), index=True)
    run_id: Mapped[str] = mapped_column(unique=True)
    version: Mapped[int]
    status: Mapped[ExecutionStatus] = mapped_column(enum_of(ExecutionStatus, "execution_status"), index=True)
    execution_mode: Mapped[ExecutionMode] = mapped_column(enum_of(ExecutionMode, "execution_mode"))
    llm_model: Mapped[str]
    current_wave: Mapped[Count]
    total_waves: Mapped[Count]
    atoms_total: Mapped[Count]
    max_in_flight: Mapped[Count]
    owner: Mapped[str]
    fence: Mapped[Count]
    lease_until: Mapped[datetime | None]
    order: Mapped[ControlSignal] = mapped_column(enum_of(ControlSignal, "execution_order"), server_default=ControlSignal.GO_ON.value)
    schedule: Mapped[Schedule] = mapped_column(enum_of(Schedule, "execution_schedule"), server_default=Schedule.WAVE.value)
    asked_wave: Mapped[int | None]
    batch: Mapped[Flag]
    target: Mapped[str] = mapped_column(server_default="")
    in_flight: Mapped[Count]
    wanted: Mapped[Count]
    places: Mapped[Count]
    place_seconds: Mapped[float | None]
    forecast: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    worked_seconds: Mapped[Seconds]
    resumed_at: Mapped[datetime] = mapped_column(server_default=func.now())
    error: Mapped[str] = mapped_column(server_default="")
    out: Mapped[str] = mapped_column(server_default="")
    report: Mapped[str] = mapped_column(server_default="")
    started_at: Mapped[datetime] = mapped_column(server_default=func.now())
    completed_at: Mapped[datetime | None]


class ExecutionWaveRow(Base):
    """A wave of the plan and how its newest execution went."""

    __tablename__ = "execution_waves"
    __table_args__ = (UniqueConstraint("masterplan_id", "wave_number"),)
    wave_id: Mapped[UUID] = mapped_column(primary_key=True)
    graph_id: Mapped[UUID] = mapped_column(parent("dependency_graphs", "graph_id"), index=True)
    masterplan_id: Mapped[UUID] = mapped_column(parent("masterplans", "masterplan_id"), index=True)
    wave_number: Mapped[int]
    atom_ids: Mapped[list[UUID]]
    atom_count: Mapped[int]
    status: Mapped[WaveStatus] = mapped_column(enum_of(WaveStatus, "wave_status"), server_default=WaveStatus.PENDING.value, index=True)
    completed_atoms: Mapped[Count]
    failed_atoms: Mapped[Count]
    parallelization_factor: Mapped[Count]
    started_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    duration_seconds: Mapped[float | None]
    created_at: Mapped[Created]


class AtomRetryRow(Base):
    """One attempt at an atom; attempt 0 is the draft taken as it is."""

    __tablename__ = "atom_retry_history"
    __table_args__ = (UniqueConstraint("atom_id", "execution_id", "attempt_number"),)
    retry_id: Mapped[UUID] = mapped_column(primary_key=True, server_default=func.gen_random_uuid())
    atom_id: Mapped[UUID] = mapped_column(parent("atomic_units", "atom_id"), index=True)
    execution_id: Mapped[UUID] = mapped_column(parent("executions", "execution_id"), index=True)
    attempt_number: Mapped[int]
    success: Mapped[bool] = mapped_column(index=True)
    error_type: Mapped[ErrorClass | None] = mapped_column(enum_of(ErrorClass, "error_class"))
    error_message: Mapped[str] = mapped_column(server_default="")
    validation_errors: Mapped[list[Any]] = mapped_column(server_default="[]")
    feedback_prompt: Mapped[str] = mapped_column(server_default="")
    code_generated: Mapped[bytes | None]
    temperature: Mapped[float | None]
    llm_model: Mapped[str] = mapped_column(server_default="")
    llm_cost_usd: Mapped[Money]
    llm_tokens_input: Mapped[Count]
    llm_tokens_output: Mapped[Count]
    duration_seconds: Mapped[Seconds]
    attempted_at: Mapped[Created]


class LlmCallRow(Base):
    """One call to the model: committed with its reservation before it is sent, settled after. It outlives the atom that it was made for.

    ``reply_text`` is what came back, so that an answer that was paid for is never asked for again, ``fault`` why it could not be used;
    ``batch`` is the id of the row of the message batch it went with, ``unsent`` while it waits for one, empty where it goes alone.
    """

    __tablename__ = "llm_calls"
    __table_args__ = (Index("ix_llm_calls_state", "state"), Index("ix_llm_calls_request_digest", "request_digest"))
    call_id: Mapped[UUID] = mapped_column(primary_key=True)
    execution_id: Mapped[UUID] = mapped_column(parent("executions", "execution_id"), index=True)
    atom_id: Mapped[UUID | None] = mapped_column(index=True)
    atom: Mapped[str] = mapped_column(server_default="")
    attempt_number: Mapped[int]
    llm_model: Mapped[str]
    request_digest: Mapped[str]
    state: Mapped[CallState] = mapped_column(enum_of(CallState, "call_state"))
    reserved_usd: Mapped[Money]
    cost_usd: Mapped[Money]
    tokens_input: Mapped[Count]
    tokens_output: Mapped[Count]
    reply_text: Mapped[str | None]
    sent: Mapped[str] = mapped_column(server_default="")
    batch: Mapped[str] = mapped_column(server_default="")
    seconds: Mapped[Seconds]
    error: Mapped[str] = mapped_column(server_default="")
    fault: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[Created]
    settled_at: Mapped[datetime | None]


class MessageBatchRow(Base):
    """Calls that were sent together. The row is committed before they are; ``provider_id`` is empty until it is known that they arrived."""

    __tablename__ = "message_batches"
    batch_id: Mapped[UUID] = mapped_column(primary_key=True)
    execution_id: Mapped[UUID] = mapped_column(parent("executions", "execution_id"), index=True)
    provider_id: Mapped[str] = mapped_column(server_default="")
    llm_model: Mapped[str]
    call_ids: Mapped[list[UUID]]
    created_at: Mapped[Created]
    ended_at: Mapped[datetime | None]


class PlanBudgetRow(Base):
    """What a plan has cost in all its executions and may cost at most; ``committed_usd`` is bills and open reservations together.

    A limit that is null is the installation's. The row's lock makes a hundred reservations at once come one after another.
    """

    __tablename__ = "plan_budgets"
    masterplan_id: Mapped[UUID] = mapped_column(parent("masterplans", "masterplan_id"), primary_key=True)
    hard_usd: Mapped[Decimal | None] = mapped_column(Numeric(14, 6))
    committed_usd: Mapped[Money]
    warned: Mapped[Flag]


class AtomMemoryRow(Base):
    """Generated code that passed, under all that it follows from; any plan may use it again."""

    __tablename__ = "atom_memory"
    fingerprint: Mapped[str] = mapped_column(primary_key=True)
    code: Mapped[bytes]
    llm_model: Mapped[str]
    created_at: Mapped[Created]


class DeliveredFileRow(Base):
    """A file as it was delivered into a folder; how a person's later change to it is told."""

    __tablename__ = "delivered_files"
    __table_args__ = (UniqueConstraint("masterplan_id", "out", "path"),)
    delivered_id: Mapped[UUID] = mapped_column(primary_key=True, server_default=func.gen_random_uuid())
    masterplan_id: Mapped[UUID] = mapped_column(parent("masterplans", "masterplan_id"))
    execution_id: Mapped[UUID | None] = mapped_column(parent("executions", "execution_id"))
    out: Mapped[str]
    path: Mapped[str]
    milestone: Mapped[str]
    digest: Mapped[str]
    size_bytes: Mapped[int]
    complete: Mapped[Flag]
    delivered_at: Mapped[Created]
