"""The review queue and decisions."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field

from mge_assets.model.decisions import ReviewStatus
from mge_assets.services.workspace import Workspace
from mge_assets.web.reviews import DecisionInput, QueueQuery, decide, queue_view, whole_review
from mge_assets.web.shapes.findings import FindingShape
from mge_assets.web.shapes.reviews import DecidedShape, QueueShape, ReviewBriefShape, ReviewShape


class _LimitedQuery(QueueQuery):
    assigned_to: str = Field("", max_length=100, description="Reviews that this person has, or decided.")
    limit: int = Field(100, ge=1, le=5_000)


def review_routes(workspace: Workspace) -> APIRouter:
    """Routes of reviews."""
    router = APIRouter(prefix="/review", tags=["review"])

    @router.get("/queue")
    def queue(query: Annotated[_LimitedQuery, Query()]) -> QueueShape:
        """Reviews, the most urgent first unless asked otherwise."""
        view = queue_view(workspace, query)
        wanted = [item for item in view.items if not query.assigned_to or item.assigned_to == query.assigned_to]
        return QueueShape(left=view.left, total=view.total, reviews=[ReviewBriefShape.of(item) for item in wanted[: query.limit]])

    @router.get("/{review_id}")
    def review(review_id: UUID) -> ReviewShape:
        """One review with the code, why it is queued, and how it came about."""
        return _whole(workspace, review_id)

    @router.post("/approve")
    def approve(given: DecisionInput) -> DecidedShape:
        """The code is right."""
        return _decided(workspace, ReviewStatus.APPROVED, given)

    @router.post("/reject")
    def reject(given: DecisionInput) -> DecidedShape:
        """The code is wrong; needs feedback. The atom goes back to pending."""
        return _decided(workspace, ReviewStatus.REJECTED, given)

    @router.post("/edit")
    def edit(given: DecisionInput) -> DecidedShape:
        """The code given takes the place of the atom's."""
        return _decided(workspace, ReviewStatus.EDITED, given)

    @router.post("/regenerate")
    def regenerate(given: DecisionInput) -> DecidedShape:
        """The code is to be made anew; needs feedback. The atom goes back to pending."""
        return _decided(workspace, ReviewStatus.REGENERATED, given)

    return router


def _whole(workspace: Workspace, review_id: UUID) -> ReviewShape:
    whole = whole_review(workspace, review_id)
    review = whole.review
    return ReviewShape.of(
        review,
        draft=review.draft.decode("utf-8", errors="replace"),
        code=review.code.decode("utf-8", errors="replace"),
        code_digest=whole.digest,
        stale=whole.stale,
        start_line=whole.start_line,
        findings=[FindingShape.of(finding) for finding in whole.findings],
        attempts=list(whole.attempts),
    )


def _decided(workspace: Workspace, decision: ReviewStatus, given: DecisionInput) -> DecidedShape:
    before = queue_view(workspace, QueueQuery())
    review = decide(workspace, decision, given)
    return DecidedShape(review=ReviewBriefShape.of(review), next=before.next_after(given.review_id), left=max(0, before.left - 1))
