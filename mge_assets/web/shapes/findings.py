"""What validation says: findings, checks and results."""

from dataclasses import asdict
from typing import Self

from pydantic import BaseModel

from mge_assets.model.findings import Check, CheckStatus, Finding, Severity, ValidationResult
from mge_assets.store.integration import IntegrationRun


class FindingShape(BaseModel):
    """One thing that a check found, and where."""

    rule: str
    severity: Severity
    message: str
    fix: str
    file: str | None
    line: int | None
    column: int | None

    @classmethod
    def of(cls, finding: Finding) -> Self:
        """From the value."""
        place = finding.place
        spot = {"file": place.file, "line": place.line, "column": place.column} if place else {"file": None, "line": None, "column": None}
        return cls(rule=finding.rule, severity=finding.severity, message=finding.message, fix=finding.fix, **spot)


class CheckShape(BaseModel):
    """One check; ``reason`` says why it was not run."""

    name: str
    status: CheckStatus
    reason: str
    findings: list[FindingShape]

    @classmethod
    def of(cls, check: Check) -> Self:
        """From the value."""
        return cls(name=check.name, status=check.status, reason=check.reason, findings=[FindingShape.of(f) for f in check.findings])


class CulpritShape(BaseModel):
    """A failed integration test: whose fault it is (code, test or environment), the evidence, and the atom that brought it in, where one did."""

    suite: str
    test: str
    blame: str
    atom: str
    evidence: str
    remedy: str
    message: str
    after: int
    probes: int
    certain: bool


class RoundShape(BaseModel):
    """A round of integration tests: after how many atoms, how many tests ran, say something and failed."""

    number: int
    atoms_landed: int
    tests_run: int
    tests_telling: int
    tests_failed: int
    probes: int
    seconds: float
    unsteady: list[str]
    culprits: list[CulpritShape]

    @classmethod
    def of(cls, run: IntegrationRun) -> Self:
        """From the value."""
        return cls.model_validate(asdict(run))


class IntegrationShape(BaseModel):
    """The rounds of a plan's newest execution, the first one first."""

    masterplan: str
    rounds: list[RoundShape]


class ValidationShape(BaseModel):
    """What one level (1 atomic … 4 masterplan) said of one unit."""

    level: int
    subject: str
    passed: bool
    score: float
    seconds: float
    isolation: str
    checks: list[CheckShape]

    @classmethod
    def of(cls, result: ValidationResult) -> Self:
        """From the value."""
        head = {"level": result.level.value, "subject": result.subject, "passed": result.passed, "score": result.score}
        return cls.model_validate({**head, "seconds": result.seconds, "isolation": result.isolation, "checks": [CheckShape.of(c) for c in result.checks]})
