"""Tables of executions: waves, attempts, the journal that money is counted from, delivered files."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from mge_assets.model.attempts import ErrorClass
from mge_assets.model.executions import ExecutionMode, ExecutionStatus, WaveStatus
from mge_assets.store.tables.base import Base, Count, Created, Flag, Money, Seconds, enum_of, parent


class CallState(StrEnum):
    """Reserved before a call is sent, settled when its bill is known, unknown where it never will be."""

    RESERVED = "reserved"
    SETTLED = "settled"
    UNKNOWN = "unknown"


class ExecutionRow(Base):
    """One walk of a plan through generation. At most one of a plan runs at a time."""

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
    """One call to the model: committed with its reservation before it is sent, settled after."""

    __tablename__ = "llm_calls"
    __table_args__ = (Index("ix_llm_calls_state", "state"),)
    call_id: Mapped[UUID] = mapped_column(primary_key=True)
    execution_id: Mapped[UUID] = mapped_column(parent("executions", "execution_id"), index=True)
    atom_id: Mapped[UUID | None] = mapped_column(parent("atomic_units", "atom_id"), index=True)
    attempt_number: Mapped[int]
    llm_model: Mapped[str]
    request_digest: Mapped[str]
    state: Mapped[CallState] = mapped_column(enum_of(CallState, "call_state"))
    reserved_usd: Mapped[Money]
    cost_usd: Mapped[Money]
    tokens_input: Mapped[Count]
    tokens_output: Mapped[Count]
    error: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[Created]
    settled_at: Mapped[datetime | None]


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
