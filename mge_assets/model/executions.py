"""Executions: one walk of a plan from its waves to the delivered project."""

from dataclasses import dataclass
from enum import StrEnum


class ExecutionStatus(StrEnum):
    """Where an execution stands."""

    PENDING = "pending"
    RUNNING = "running"
    PAUSED = "paused"
    COMPLETED = "completed"
    FAILED = "failed"


class WaveStatus(StrEnum):
    """Where a wave stands; ``PARTIAL`` means that it ended with some atoms failed or blocked."""

    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    PARTIAL = "partial"


class Schedule(StrEnum):
    """When an atom may start: after every atom of the earlier waves, or as soon as those that it needs itself are done."""

    WAVE = "wave"
    DEPENDENCY = "dependency"


class ControlSignal(StrEnum):
    """What a person asked of whoever runs an execution."""

    GO_ON = "go_on"
    PAUSE = "pause"
    CANCEL = "cancel"


class ExecutionMode(StrEnum):
    """What the unit of work is (specification §10)."""

    MVP = "mvp"
    V2_ATOMS = "v2_atoms"
    HYBRID = "hybrid"


@dataclass(frozen=True, slots=True)
class AtomCounts:
    """How many atoms stand where. ``reused`` of the completed ones were taken from an earlier run as they were."""

    total: int = 0
    completed: int = 0
    failed: int = 0
    blocked: int = 0
    in_review: int = 0
    reused: int = 0


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an execution is: waves done of waves, atoms by status, cost in USD, wall time in seconds.

    ``wave`` is the first that is not done; ``eta_seconds`` is what the rest takes at the pace so far; ``budget_usd`` is what the plan may cost in all;
    ``reason`` says why it failed or stands still.
    """

    masterplan: str
    status: ExecutionStatus
    atoms: AtomCounts
    waves_done: int
    waves: int
    max_parallel: int
    cost_usd: float
    seconds: float
    delivered: str | None = None
    report: str | None = None
    wave: int | None = None
    in_flight: int = 0
    eta_seconds: float | None = None
    budget_usd: float | None = None
    schedule: Schedule = Schedule.WAVE
    reason: str = ""

    @property
    def precision_percent(self) -> float:
        """Atoms completed of all atoms, in percent; 100 for a plan without atoms."""
        return round(100 * self.atoms.completed / self.atoms.total, 2) if self.atoms.total else 100.0
