"""Review: how sure we are of an atom, what goes before a person, and what the person decided."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Band(StrEnum):
    """Confidence bands (specification §7)."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    CRITICAL = "critical"


class Priority(IntEnum):
    """Priority in the queue: the less sure we are, the higher it is."""

    CRITICAL = 100
    LOW = 75
    MEDIUM = 50
    HIGH = 25


CONFIDENCE_PARTS = ("validation", "attempts", "complexity", "integration")
"""What a confidence score is made of, in the order of its fields."""


@dataclass(frozen=True, slots=True)
class ConfidenceScore:
    """How sure we are, 0.0–1.0, from four parts of the same range, with what speaks against it."""

    score: float
    validation: float
    attempts: float
    complexity: float
    integration: float
    issues: tuple[str, ...] = ()

    @property
    def band(self) -> Band:
        """The band of the score: high from 0.85, medium from 0.70, low from 0.50, critical below."""
        for bound, band in ((0.85, Band.HIGH), (0.70, Band.MEDIUM), (0.50, Band.LOW)):
            if self.score >= bound:
                return band
        return Band.CRITICAL

    @property
    def priority(self) -> Priority:
        """The priority that belongs to the band."""
        return Priority[self.band.name]


class ReviewStatus(StrEnum):
    """Where a review stands."""

    PENDING = "pending"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    REJECTED = "rejected"
    EDITED = "edited"
    REGENERATED = "regenerated"


OPEN_REVIEWS = (ReviewStatus.PENDING, ReviewStatus.IN_REVIEW)


@dataclass(frozen=True, slots=True)
class ReviewItem:
    """An atom that goes before a person, and why."""

    atom: str
    confidence: ConfidenceScore
    reasons: tuple[str, ...]
