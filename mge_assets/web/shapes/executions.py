"""Executions as the API shows and takes them."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from mge_assets.model.attempts import AtomStatus
from mge_assets.model.executions import ExecutionStatus, Schedule, WaveStatus
from mge_assets.store.executions import StoredExecution


class StartInput(BaseModel):
    """What is to be executed: a masterplan, in which order its atoms start, what it may cost, and whether it asks the model in message batches."""

    model_config = ConfigDict(extra="forbid")
    masterplan: Annotated[str, Field(min_length=1, max_length=200)]
    schedule: Schedule = Schedule.WAVE
    batch: bool = False
    budget_usd: Annotated[float | None, Field(ge=0)] = None


class ResumeInput(BaseModel):
    """How an execution goes on: with the budget that it had, or another."""

    model_config = ConfigDict(extra="forbid")
    budget_usd: Annotated[float | None, Field(ge=0)] = None


class OrderedShape(BaseModel):
    """What an order did: how the execution stands now. One that runs comes to rest when what it has in flight has ended."""

    execution_id: UUID
    masterplan: str
    status: ExecutionStatus


class ExecutionShape(BaseModel):
    """One execution."""

    execution_id: UUID
    masterplan: str
    status: ExecutionStatus
    version: int
    model: str
    schedule: Schedule
    in_flight: int
    max_in_flight: int
    cost_usd: float
    seconds: float
    reason: str
    started_at: datetime
    completed_at: datetime | None

    @classmethod
    def of(cls, masterplan: str, found: StoredExecution) -> Self:
        """From the row."""
        same = {name: getattr(found, name) for name in ("execution_id", "status", "version", "schedule", "in_flight", "max_in_flight")}
        more = {"cost_usd": found.cost_usd, "seconds": found.seconds, "started_at": found.started_at, "completed_at": found.completed_at}
        return cls(masterplan=masterplan, model=found.llm_model, reason=found.error, **same, **more)


class ExecutionMetricsShape(BaseModel):
    """What an execution's calls cost: how many there were, tokens, USD, and the budget that they count against."""

    calls: int
    open_calls: int
    unknown_calls: int
    tokens_input: int
    tokens_output: int
    cost_usd: float
    plan_committed_usd: float
    plan_budget_usd: float


class WaveStandShape(BaseModel):
    """A wave of the plan: how it stands and what it took."""

    number: int
    status: WaveStatus
    atoms: int
    ended: int
    seconds: float


class AtomStandShape(BaseModel):
    """An atom of the plan: how it stands, and what it cost."""

    atom_id: UUID
    name: str
    status: AtomStatus
    attempts: int
    cost_usd: float
