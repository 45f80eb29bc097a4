"""Attempts at an atom: what was asked for, what came back, how it was judged."""

from dataclasses import dataclass
from enum import StrEnum

from mge_assets.model.findings import Finding, ValidationResult

TEMPERATURES = (0.7, 0.5, 0.3, 0.3)
"""Requested temperature of attempts 1–4 (specification §5); recorded also where a model takes none."""

INSISTED = "attempt.insisted"
"""Rule of the remark that an answer was refused, given again, and taken because its tests pass."""


class AtomStatus(StrEnum):
    """Where an atom stands in an execution."""

    PENDING = "pending"
    READY = "ready"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    BLOCKED = "blocked"
    SKIPPED = "skipped"


class ErrorClass(StrEnum):
    """What kind of trouble an attempt ran into (specification §5)."""

    SYNTAX = "syntax"
    TYPE = "type"
    LOGIC = "logic"
    TIMEOUT = "timeout"
    DEPENDENCY = "dependency"
    CONTEXT = "context"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt. Number 0 is the draft taken as it is: no call, no cost.

    ``temperature`` is the requested one (``None`` at attempt 0); ``cost_usd`` and the token counts are what was billed.
    ``imports`` are lines that the code needs at the top of its file and that were not there.
    """

    number: int
    code: bytes | None
    validation: ValidationResult | None
    error: str = ""
    error_class: ErrorClass | None = None
    feedback: str = ""
    temperature: float | None = None
    model: str = ""
    tokens_input: int = 0
    tokens_output: int = 0
    cost_usd: float = 0.0
    seconds: float = 0.0
    imports: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """True where code came back and level 1 passed it."""
        return self.code is not None and self.validation is not None and self.validation.passed


@dataclass(frozen=True, slots=True)
class AtomOutcome:
    """How an atom ended: its attempts, its final code (the draft's where all attempts failed), and whether it was re-used."""

    name: str
    status: AtomStatus
    code: bytes
    attempts: tuple[Attempt, ...] = ()
    reused: bool = False
    blocked_by: tuple[str, ...] = ()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The last attempt's findings."""
        last = self.attempts[-1].validation if self.attempts else None
        return last.findings if last else ()

    @property
    def imports(self) -> tuple[str, ...]:
        """What a completed atom's code needs at the top of its file and was not there."""
        return self.attempts[-1].imports if self.attempts and self.status is AtomStatus.COMPLETED else ()

    @property
    def cost_usd(self) -> float:
        """What all attempts cost together."""
        return sum(attempt.cost_usd for attempt in self.attempts)
