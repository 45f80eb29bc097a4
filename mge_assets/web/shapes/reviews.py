"""Reviews and decisions."""

from collections.abc import Mapping
from typing import Any, Self
from uuid import UUID

from pydantic import BaseModel

from mge_assets.model.decisions import Band, ConfidenceScore, ReviewStatus
from mge_assets.store.reviews import StoredReview
from mge_assets.web.shapes.atoms import AttemptShape
from mge_assets.web.shapes.findings import FindingShape


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


def band_of(confidence: float) -> Band:
    """The confidence band of a score."""
    return ConfidenceScore(confidence, 0, 0, 0, 0).band
