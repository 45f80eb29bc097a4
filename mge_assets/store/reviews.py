"""Reviews to rows and back: the queue, and the audit that is only ever added to."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.engine import RowMapping

from mge_assets.model.attempts import AtomStatus
from mge_assets.model.decisions import CONFIDENCE_PARTS, OPEN_REVIEWS, ReviewItem, ReviewStatus
from mge_assets.model.errors import ConflictError
from mge_assets.model.ids import masterplan_id, part_id
from mge_assets.store.retrying import Store, again_after_loss
from mge_assets.store.tables import AtomicUnitRow, AtomMemoryRow, DecisionAuditRow, HumanReviewRow, MasterplanRow


def digest_of(code: bytes | None) -> str:
    """The digest that a decision is bound to: of the code that was seen."""
    return hashlib.sha256(code or b"").hexdigest()


@dataclass(frozen=True, slots=True)
class StoredReview:
    """A review with the atom that it is about."""

    review_id: UUID
    atom_id: UUID
    masterplan: str
    atom: str
    file: str
    language: str
    status: ReviewStatus
    priority: int
    confidence: float
    parts: Mapping[str, float]
    reasons: tuple[str, ...]
    draft: bytes
    code: bytes
    code_digest: str
    feedback: str
    assigned_to: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decided of the code with this digest; ``code`` is the edited text where the decision is an edit."""

    status: ReviewStatus
    actor: str
    code_digest: str
    feedback: str = ""
    code: bytes | None = None


class ReviewStore(Store):
    """Reads and writes the review queue."""

    def replace_open(self, plan: str, items: Sequence[tuple[UUID, bytes, ReviewItem]]) -> None:
        """Store (atom, code, item) as the plan's open reviews; one already decided on the same code stays decided."""
        owner = masterplan_id(plan)
        table = HumanReviewRow
        rows = [_row(owner, atom, code, item) for atom, code, item in items]
        with self._engine.begin() as connection:
            decided = {(row.atom_id, row.code_digest) for row in connection.execute(select(table.atom_id, table.code_digest).where(*_decided(owner)))}
            fresh = [row for row in rows if (row["atom_id"], row["code_digest"]) not in decided]
            replaced = table.atom_id.in_([row["atom_id"] for row in fresh])
            connection.execute(delete(table).where(table.masterplan_id == owner, table.status.in_(OPEN_REVIEWS) | replaced))
            if fresh:
                connection.execute(insert(table), fresh)

    def queue(self, plan: str | None = None, *, open_only: bool = True, limit: int | None = None) -> tuple[StoredReview, ...]:
        """Reviews, the most urgent and least sure first."""
        table = HumanReviewRow
        query = _full().order_by(table.priority.desc(), table.confidence_score, AtomicUnitRow.name)
        query = query.where(table.status.in_(OPEN_REVIEWS)) if open_only else query
        query = query.where(MasterplanRow.name == plan) if plan else query
        with self._engine.connect() as connection:
            return tuple(_stored(row) for row in connection.execute(query.limit(limit)).mappings())

    def one(self, review: UUID) -> StoredReview | None:
        """One review, or ``None``."""
        with self._engine.connect() as connection:
            row = connection.execute(_full().where(HumanReviewRow.review_id == review)).mappings().first()
        return _stored(row) if row else None

    def decide(self, review: StoredReview, decision: Decision) -> None:
        """Store a decision and its audit. Raises ConflictError where the code changed or somebody decided before."""
        self._decide(review, decision, [])

    @again_after_loss
    def _decide(self, review: StoredReview, decision: Decision, tries: list[Decision]) -> None:
        again = bool(tries)
        tries.append(decision)
        table, atom = HumanReviewRow, AtomicUnitRow
        with self._engine.begin() as connection:
            stands = func.coalesce(atom.code, atom.draft).label("code")
            query = (
                select(table.status, table.code_digest, table.assigned_to, table.human_feedback, stands)
                .join(atom, atom.atom_id == table.atom_id)
                .where(table.review_id == review.review_id)
            )
            now = connection.execute(query.with_for_update()).first()
            if again and now is not None and (now.status, now.assigned_to, now.human_feedback) == (decision.status, decision.actor, decision.feedback):
                return  # by the try before this one, whose answer was lost
            if now is None or now.status not in OPEN_REVIEWS or {now.code_digest, digest_of(now.code)} != {decision.code_digest}:
                raise ConflictError(f"{review.atom} was decided or changed meanwhile", fix="reload the review and look again")
            values = {"status": decision.status, "human_feedback": decision.feedback, "modified_code": decision.code, "reviewed_at": func.now()}
            connection.execute(update(table).where(table.review_id == review.review_id).values(**values, assigned_to=decision.actor))
            fate = {"human_reviewed": True, "needs_human_review": False, "human_feedback": decision.feedback, **_fate(decision)}
            if fate["status"] is AtomStatus.PENDING:  # what a person does not want is forgotten
                rejected = select(atom.fingerprint).where(atom.atom_id == review.atom_id)
                connection.execute(delete(AtomMemoryRow).where(AtomMemoryRow.fingerprint.in_(rejected)))
            connection.execute(update(atom).where(atom.atom_id == review.atom_id).values(**fate))
            audit = {"masterplan": review.masterplan, "atom": review.atom, "atom_id": review.atom_id, "actor": decision.actor}
            said = {"decision": decision.status, "code_digest": decision.code_digest, "feedback": decision.feedback}
            connection.execute(insert(DecisionAuditRow).values(**audit, **said))

    def open_count(self, plan: str) -> int:
        """How many reviews of a plan wait for a decision."""
        return sum(count for status, count in self.counts(plan).items() if status in OPEN_REVIEWS)

    def counts(self, plan: str) -> Mapping[ReviewStatus, int]:
        """How many reviews of a plan stand in each status."""
        table = HumanReviewRow
        query = select(table.status, func.count()).where(table.masterplan_id == masterplan_id(plan)).group_by(table.status)
        with self._engine.connect() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}


def _fate(decision: Decision) -> dict[str, Any]:
    """What a decision does to the atom: approval and edit complete it, rejection and regeneration put it back."""
    if decision.status is ReviewStatus.EDITED:
        return {"status": AtomStatus.COMPLETED, "code": decision.code}
    if decision.status is ReviewStatus.APPROVED:
        return {"status": AtomStatus.COMPLETED}
    return {"status": AtomStatus.PENDING, "fingerprint": ""}


def _decided(owner: UUID) -> tuple[Any, ...]:
    return (HumanReviewRow.masterplan_id == owner, HumanReviewRow.status.not_in(OPEN_REVIEWS))


def _full() -> Any:  # noqa: ANN401 -- a select of three tables
    review, atom = HumanReviewRow.__table__, AtomicUnitRow
    query = select(review, MasterplanRow.name.label("plan"), atom.name.label("atom"), atom.file, atom.language, atom.draft, atom.code)
    return query.join(atom, atom.atom_id == review.c.atom_id).join(MasterplanRow, MasterplanRow.masterplan_id == review.c.masterplan_id)


def _row(owner: UUID, atom: UUID, code: bytes, item: ReviewItem) -> dict[str, Any]:
    score = item.confidence
    parts = {part: getattr(score, part) for part in CONFIDENCE_PARTS}
    head = {"review_id": part_id(atom, "review", ""), "atom_id": atom, "masterplan_id": owner, "code_digest": digest_of(code)}
    return {**head, "confidence_score": score.score, "confidence_parts": parts, "priority": int(score.priority), "reasons": list(item.reasons)}


def _stored(row: RowMapping) -> StoredReview:
    return StoredReview(
        review_id=row["review_id"],
        atom_id=row["atom_id"],
        masterplan=row["plan"],
        atom=row["atom"],
        file=row["file"],
        language=row["language"].value,
        status=row["status"],
        priority=row["priority"],
        confidence=row["confidence_score"],
        parts=row["confidence_parts"],
        reasons=tuple(row["reasons"]),
        draft=row["draft"],
        code=row["code"] if row["code"] is not None else row["draft"],
        code_digest=row["code_digest"],
        feedback=row["human_feedback"],
        assigned_to=row["assigned_to"],
    )
