"""The API's answers: what each holds, as OpenAPI publishes it. Times are wall seconds, money is USD, lines count from 1."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from pydantic import BaseModel

from mge_assets.model.atoms import AtomKind
from mge_assets.model.attempts import AtomStatus, ErrorClass
from mge_assets.model.decisions import Band, ConfidenceScore, ReviewStatus
from mge_assets.model.executions import ExecutionStatus, Progress, WaveStatus
from mge_assets.model.findings import Check, CheckStatus, Finding, Severity, ValidationResult
from mge_assets.model.graph import AtomEdge, Confidence, EdgeType
from mge_assets.store.atoms import StoredAtom
from mge_assets.store.reviews import StoredReview, digest_of
from mge_resources.syntax import Language


class ErrorShape(BaseModel):
    """What is wrong, and how to mend it."""

    error: str
    fix: str


class AtomCountsShape(BaseModel):
    """How many atoms stand where."""

    total: int
    completed: int
    failed: int
    blocked: int
    in_review: int
    reused: int


class ProgressShape(BaseModel):
    """How far a masterplan's newest execution is."""

    masterplan: str
    status: ExecutionStatus
    atoms: AtomCountsShape
    waves_done: int
    waves: int
    max_parallel: int
    precision_percent: float
    cost_usd: float
    seconds: float
    delivered: str | None
    report: str | None

    @classmethod
    def of(cls, progress: Progress) -> Self:
        """From the value."""
        return cls.model_validate(progress, from_attributes=True)


class MasterplanShape(BaseModel):
    """A masterplan and how its newest execution stands."""

    name: str
    version: int
    description: str
    path: str
    tasks: int
    progress: ProgressShape


class MasterplansShape(BaseModel):
    """Every known masterplan, by name."""

    masterplans: list[MasterplanShape]


class TaskShape(BaseModel):
    """A task: one file."""

    name: str
    description: str
    file: str
    language: Language | None
    depends_on: list[str]


class MilestoneShape(BaseModel):
    """A milestone and its tasks."""

    name: str
    description: str
    tasks: list[TaskShape]


class PhaseShape(BaseModel):
    """A phase and its milestones."""

    name: str
    description: str
    milestones: list[MilestoneShape]


class MasterplanDetailShape(MasterplanShape):
    """A masterplan with all of its parts."""

    requirements: list[str]
    phases: list[PhaseShape]


class AtomBriefShape(BaseModel):
    """An atom without its code. ``attempts`` 0 means that its draft was taken as it is."""

    atom_id: UUID
    name: str
    task: str
    file: str
    kind: AtomKind
    language: Language
    start_line: int
    end_line: int
    loc: int
    complexity: int
    completeness: float
    atomicity: float
    status: AtomStatus
    attempts: int
    confidence: float | None
    human_reviewed: bool

    @classmethod
    def of(cls, stored: StoredAtom, **more: Any) -> Self:  # noqa: ANN401 -- fields of a longer shape
        """From the stored atom."""
        atom, span = stored.atom, stored.atom.span
        lines = {"start_line": span.start_line, "end_line": span.end_line, "loc": atom.loc, "complexity": atom.complexity}
        head = {"atom_id": stored.atom_id, "name": atom.name, "task": stored.task, "file": atom.file, "kind": atom.kind, "language": atom.language}
        scores = {"completeness": atom.context.completeness, "atomicity": atom.atomicity.score, "confidence": stored.confidence}
        fate = {"status": stored.status, "attempts": stored.attempts, "human_reviewed": stored.human_reviewed}
        return cls.model_validate({**head, **lines, **scores, **fate, **more})


class AtomsShape(BaseModel):
    """Atoms in plan order: ``atoms`` from ``offset`` on, of ``total``."""

    masterplan: str
    total: int
    offset: int
    atoms: list[AtomBriefShape]


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


class AtomShape(AtomBriefShape):
    """An atom with its draft, its code (``None`` before there is any) and its context. Bytes that are no UTF-8 show as U+FFFD."""

    masterplan: str
    signature: str
    scope: str
    stub: bool
    draft: str
    code: str | None
    code_digest: str
    imports: list[str]
    types: list[str]
    preconditions: list[str]
    postconditions: list[str]
    test_cases: list[str]
    violations: list[FindingShape]
    cost_usd: float

    @classmethod
    def whole(cls, stored: StoredAtom, masterplan: str) -> Self:
        """From the stored atom."""
        atom, context = stored.atom, stored.atom.context
        return cls.of(
            stored,
            masterplan=masterplan,
            signature=atom.signature,
            scope=atom.scope,
            stub=atom.stub,
            draft=_text(atom.text),
            code=None if stored.code is None else _text(stored.code),
            code_digest=digest_of(atom.text if stored.code is None else stored.code),
            **{name: list(getattr(context, name)) for name in context.COMPONENTS},
            violations=[FindingShape.of(violation) for violation in atom.atomicity.violations],
            cost_usd=stored.bill.cost_usd,
        )


class EdgeShape(BaseModel):
    """Atom ``source`` needs atom ``target``. A ``cut`` edge was taken out to break a cycle."""

    source: str
    target: str
    type: EdgeType
    confidence: Confidence
    weight: float
    places: list[str]
    cut: bool

    @classmethod
    def of(cls, edge: AtomEdge, *, cut: bool) -> Self:
        """From the value."""
        parts = {"source": edge.source, "target": edge.target, "type": edge.type, "confidence": edge.confidence}
        return cls.model_validate({**parts, "weight": edge.weight, "places": list(edge.places), "cut": cut})


class NodeShape(BaseModel):
    """An atom in the graph; ``wave`` is ``None`` until waves are planned."""

    name: str
    wave: int | None


class GraphShape(BaseModel):
    """A masterplan's dependency graph."""

    masterplan: str
    atoms: list[NodeShape]
    edges: list[EdgeShape]
    statistics: Mapping[str, float]


class WaveShape(BaseModel):
    """A wave and how it went."""

    number: int
    status: WaveStatus
    atoms: list[str]
    seconds: float


class WavesShape(BaseModel):
    """A masterplan's waves; ``critical_path`` is its longest chain of dependencies."""

    masterplan: str
    waves: list[WaveShape]
    max_parallel: int
    cut: list[EdgeShape]
    critical_path: list[str]


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


class AtomResultsShape(BaseModel):
    """An atom's newest results; empty before it was validated."""

    atom_id: UUID
    name: str
    results: list[ValidationShape]


class AttemptShape(BaseModel):
    """One attempt; number 0 is the draft taken as it is."""

    number: int
    success: bool
    error_class: ErrorClass | None
    error: str
    feedback: str
    temperature: float | None
    model: str
    cost_usd: float
    seconds: float
    at: datetime

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """From a row of ``atom_retry_history``."""
        head = {"number": row["attempt_number"], "success": row["success"], "error_class": row["error_type"], "error": row["error_message"]}
        asked = {"feedback": row["feedback_prompt"], "temperature": row["temperature"], "model": row["llm_model"]}
        return cls.model_validate({**head, **asked, "cost_usd": row["llm_cost_usd"], "seconds": row["duration_seconds"], "at": row["attempted_at"]})


class ReviewBriefShape(BaseModel):
    """An atom that waits, or waited, for a person, and why."""

    review_id: UUID
    atom_id: UUID
    masterplan: str
    atom: str
    file: str
    language: str
    status: ReviewStatus
    priority: int
    confidence: float
    band: Band
    parts: Mapping[str, float]
    reasons: list[str]
    feedback: str
    assigned_to: str

    @classmethod
    def of(cls, review: StoredReview, **more: Any) -> Self:  # noqa: ANN401 -- fields of a longer shape
        """From the stored review."""
        names = set(cls.model_fields) - set(more) - {"band", "reasons"}
        head = {name: getattr(review, name) for name in names}
        return cls.model_validate({**head, "band": band_of(review.confidence), "reasons": list(review.reasons), **more})


class QueueShape(BaseModel):
    """Reviews in the asked order; ``left`` of ``total`` are open."""

    left: int
    total: int
    reviews: list[ReviewBriefShape]


class ReviewShape(ReviewBriefShape):
    """A review with the code. A decision must carry ``code_digest``; where ``stale``, the code is newer than the queue and can't be decided on yet."""

    draft: str
    code: str
    code_digest: str
    stale: bool
    start_line: int
    findings: list[FindingShape]
    attempts: list[AttemptShape]


class DecidedShape(BaseModel):
    """A review as decided, and the open one that comes next."""

    review: ReviewBriefShape
    next: UUID | None
    left: int


class HealthShape(BaseModel):
    """Whether the installation can work: the database answered in so many seconds, and which model it would ask."""

    status: str
    database_seconds: float
    masterplans: int
    model: str


def band_of(confidence: float) -> Band:
    """The confidence band of a score."""
    return ConfidenceScore(confidence, 0, 0, 0, 0).band


def _text(code: bytes) -> str:
    return code.decode("utf-8", errors="replace")
