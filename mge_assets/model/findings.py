"""What checks say: findings, checks, and the result of a validation level."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum

from mge_assets.model.errors import Place


class Severity(StrEnum):
    """How much a finding weighs: an error fails its check, a warning lowers the score, info does neither."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a check found.

    ``rule`` is a stable identifier (``plan.cycle``, ``python.F821``); ``fix`` says what to change.
    """

    rule: str
    severity: Severity
    message: str
    fix: str = ""
    place: Place | None = None

    def __str__(self) -> str:
        where = f"{self.place}: " if self.place else ""
        return f"{where}{self.severity.value}: {self.message}" + (f"; {self.fix}" if self.fix else "") + f" [{self.rule}]"


class CheckStatus(StrEnum):
    """How a check ended; ``NOT_RUN`` never counts as passed."""

    PASSED = "passed"
    FAILED = "failed"
    WARNED = "warned"
    NOT_RUN = "not_run"


@dataclass(frozen=True, slots=True)
class Check:
    """One named check and what it found; ``reason`` says why it was not run, ``share`` how much of what it counts passed, 0–1, where it counts something."""

    name: str
    status: CheckStatus
    findings: tuple[Finding, ...] = ()
    reason: str = ""
    share: float | None = None

    @classmethod
    def of(cls, name: str, findings: tuple[Finding, ...], share: float | None = None) -> "Check":
        """The check that ran and found these."""
        severities = {finding.severity for finding in findings}
        if Severity.ERROR in severities:
            return cls(name, CheckStatus.FAILED, findings, share=share)
        return cls(name, CheckStatus.WARNED if Severity.WARNING in severities else CheckStatus.PASSED, findings, share=share)

    @classmethod
    def not_run(cls, name: str, reason: str) -> "Check":
        """The check that could not be run, and why."""
        return cls(name, CheckStatus.NOT_RUN, (), reason)


class Level(IntEnum):
    """The four validation levels, from the smallest unit to the whole."""

    ATOMIC = 1
    TASK = 2
    MILESTONE = 3
    MASTERPLAN = 4


@dataclass(frozen=True, slots=True)
class Override:
    """A person's word that a finding does not count: of one rule in one unit; with ``message`` only that finding, without it all of the rule.

    ``subject`` is the unit's name at ``level``; ``reason`` is required where it is given.
    """

    level: Level
    subject: str
    rule: str
    message: str
    actor: str
    reason: str


@dataclass(frozen=True, slots=True)
class ValidationResult:
    """What one level says of one unit.

    ``subject`` is the unit's name (of an atom, a task, a milestone or the plan); ``seconds`` is wall time.
    """

    level: Level
    subject: str
    checks: tuple[Check, ...]
    seconds: float = 0.0
    isolation: str = ""

    @property
    def passed(self) -> bool:
        """True where no check failed; a check that was not run neither passes nor fails."""
        return all(check.status is not CheckStatus.FAILED for check in self.checks)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Every finding of every check, in order."""
        return tuple(finding for check in self.checks for finding in check.findings)

    @property
    def score(self) -> float:
        """Share of the checks that ran and passed, 0.0–1.0; a warned check counts half, none run counts 0."""
        ran = [check for check in self.checks if check.status is not CheckStatus.NOT_RUN]
        worth = {CheckStatus.PASSED: 1.0, CheckStatus.WARNED: 0.5}
        return sum(worth.get(check.status, 0.0) for check in ran) / len(ran) if ran else 0.0
