"""What the review page and the review API share: which reviews are meant, what belongs to one, how a decision is carried out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast
from urllib.parse import urlencode
from uuid import UUID

from pydantic import BaseModel, Field

from mge_assets.model.decisions import OPEN_REVIEWS, ReviewStatus
from mge_assets.model.errors import ConflictError
from mge_assets.model.findings import Finding
from mge_assets.model.ids import task_id
from mge_assets.services.workspace import Workspace
from mge_assets.stages.review.confidence import WEIGHTS
from mge_assets.store.atoms import StoredAtom
from mge_assets.store.reviews import StoredReview, digest_of
from mge_assets.web.faults import InputError
from mge_assets.web.shapes.atoms import AttemptShape

_DECISIONS = (ReviewStatus.APPROVED, ReviewStatus.REJECTED, ReviewStatus.EDITED, ReviewStatus.REGENERATED)


class QueueQuery(BaseModel):
    """Which reviews are meant, and in what order. It stands in the address, so that a colleague can open the same view."""

    plan: str = Field("", max_length=100, description="One masterplan's reviews; all if left out.")
    status: Literal["open", "all", "pending", "in_review", "approved", "rejected", "edited", "regenerated"] = "open"
    q: str = Field("", max_length=200, description="Text to look for in the atom's name, its file and the reasons.")
    sort: Literal["urgency", "confidence", "name"] = Field("urgency", description="urgency: highest priority first, then lowest confidence.")

    def address(self, **more: object) -> str:
        """The query string, ``?`` included, without what is left at its default."""
        given = {name: value for name, value in self.model_dump(include=set(QueueQuery.model_fields), exclude_defaults=True).items() if value}
        text = urlencode({**given, **{name: str(value) for name, value in more.items() if value}})
        return f"?{text}" if text else ""


class DecisionInput(BaseModel):
    """A decision on the code that was shown."""

    review_id: UUID
    code_digest: str = Field(pattern="^[0-9a-f]{64}$", description="SHA-256 in hex of the code that was looked at, as the review gives it.")
    feedback: str = Field("", max_length=10_000, description="What is wrong; needed to reject and to regenerate.")
    code: str | None = Field(None, description="The new code, for an edit.")


@dataclass(frozen=True, slots=True)
class QueueView:
    """The reviews of a query. ``left`` of ``total`` wait for a decision, whatever status the query asks for."""

    items: tuple[StoredReview, ...]
    open_items: tuple[StoredReview, ...]
    left: int
    total: int

    def next_after(self, review: UUID) -> UUID | None:
        """The open review that follows, going round; ``None`` if no other one is open."""
        return self._step(review, 1)

    def before(self, review: UUID) -> UUID | None:
        """The open review that comes before, going round; ``None`` if no other one is open."""
        return self._step(review, -1)

    def _step(self, review: UUID, step: int) -> UUID | None:
        ids = [item.review_id for item in self.open_items]
        if review not in ids:
            return ids[0 if step > 0 else -1] if ids else None
        found = ids[(ids.index(review) + step) % len(ids)]
        return None if found == review else found


@dataclass(frozen=True, slots=True)
class Whole:
    """A review with all that a person needs to decide. ``digest`` is of the code as it is now; ``stale`` says that the queue was filled for other code."""

    review: StoredReview
    atom: StoredAtom
    start_line: int
    findings: tuple[Finding, ...]
    attempts: tuple[AttemptShape, ...]
    parts: tuple[tuple[str, float, float], ...]
    digest: str

    @property
    def is_open(self) -> bool:
        """True while it waits for a decision."""
        return self.review.status in OPEN_REVIEWS

    @property
    def stale(self) -> bool:
        """True where the code was made anew after the review was queued, so that a decision would not be about it."""
        return self.digest != self.review.code_digest

    @property
    def elsewhere(self) -> tuple[Finding, ...]:
        """Findings that name no line of the code shown."""
        after = self.start_line + self.review.code.count(b"\n") + 1
        return tuple(f for f in self.findings if not (f.place and f.place.line and self.start_line <= f.place.line < after))


def queue_view(workspace: Workspace, query: QueueQuery) -> QueueView:
    """The reviews of a query, in its order."""
    wanted = query.q.casefold()
    every = [item for item in workspace.review.queue(query.plan or None, open_only=False) if wanted in _text(item)]
    ordered = _ordered(every, query.sort)
    waiting = tuple(item for item in ordered if item.status in OPEN_REVIEWS)
    items = waiting if query.status == "open" else tuple(item for item in ordered if query.status in ("all", item.status.value))
    return QueueView(items, waiting, len(waiting), len(every))


def whole_review(workspace: Workspace, review: UUID) -> Whole:
    """A review with its atom. Raises NotFoundError."""
    found = workspace.review.get(review)
    atom = workspace.atoms.get(found.atom_id)
    result = workspace.review.results_of(found.atom_id)
    parts = tuple((name, weight, found.parts[name]) for name, weight in WEIGHTS.items() if name in found.parts)
    findings = result.findings if result else ()
    return Whole(found, atom, _start_line(workspace, found, atom), findings, last_attempts(workspace, found.atom_id), parts, digest_of(found.code))


def last_attempts(workspace: Workspace, atom: UUID) -> tuple[AttemptShape, ...]:
    """The attempts of the newest execution that ran the atom, the first one first."""
    rows = workspace.stores.executions.attempts(atom)
    return tuple(AttemptShape.of(cast("Mapping[str, Any]", row)) for row in reversed(rows) if row["execution_id"] == rows[0]["execution_id"])


def decide(workspace: Workspace, decision: ReviewStatus, given: DecisionInput) -> StoredReview:
    """Carry out a decision. Raises NotFoundError, InputError where feedback or code is missing, ConflictError where the world changed meanwhile."""
    found = workspace.review.get(given.review_id)
    if decision not in _DECISIONS:
        raise InputError(f"{decision.value} is not a decision", fix=f"choose one of {', '.join(kind.value for kind in _DECISIONS)}")
    if decision in (ReviewStatus.REJECTED, ReviewStatus.REGENERATED) and not given.feedback.strip():
        raise InputError("Feedback is missing", fix="say in a sentence what is wrong with the code: the next attempt is told")
    if decision is ReviewStatus.EDITED and not (given.code or "").strip():
        raise InputError("The new code is missing", fix="change the code in the editor, or choose another decision")
    if found.status not in OPEN_REVIEWS:
        raise ConflictError(f"{found.atom} was already {found.status.value} by {found.assigned_to}", fix="go on with the next one")
    if digest_of(found.code) != given.code_digest:
        raise ConflictError(f"The code of {found.atom} changed after you opened it", fix="look at the code below, then decide again")
    code = given.code.encode() if decision is ReviewStatus.EDITED and given.code else None
    workspace.review.decide(found.review_id, decision, code_digest=given.code_digest, feedback=given.feedback.strip(), code=code)
    return workspace.review.get(found.review_id)


def _text(item: StoredReview) -> str:
    return "\n".join((item.atom, item.file, *item.reasons)).casefold()


def _ordered(items: Sequence[StoredReview], sort: str) -> list[StoredReview]:
    if sort == "name":
        return sorted(items, key=lambda item: (item.atom, item.masterplan))
    if sort == "confidence":
        return sorted(items, key=lambda item: (item.confidence, item.atom))
    return sorted(items, key=lambda item: (-item.priority, item.confidence, item.atom))


def _start_line(workspace: Workspace, review: StoredReview, stored: StoredAtom) -> int:
    """The line of the file, as it stands now, that the atom starts on: findings name lines of the file."""
    siblings = workspace.stores.atoms.of_task(task_id(review.masterplan, stored.task))
    before = (other for other in siblings if other.atom.number < stored.atom.number)
    return 1 + sum((other.atom.text if other.code is None else other.code).count(b"\n") for other in before)
