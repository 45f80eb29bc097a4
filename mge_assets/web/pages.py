"""The pages: plans, queue, one review. They work as plain links and forms; htmx and a few keys only make them quicker."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Query
from markupsafe import Markup
from pydantic import BaseModel, Field
from starlette.responses import FileResponse, RedirectResponse, Response

from mge_assets.model.attempts import AtomStatus
from mge_assets.model.decisions import OPEN_REVIEWS, ReviewStatus
from mge_assets.model.errors import ConflictError, MgeError, NotFoundError
from mge_assets.model.findings import Level, Override, Severity
from mge_assets.services.workspace import Workspace
from mge_assets.stages.dependency import MOST_DRAWN, GraphView, Show
from mge_assets.store.reviews import StoredReview
from mge_assets.web.api.graphs import view_of
from mge_assets.web.api.masterplans import masterplan_shape, waves_shape
from mge_assets.web.code import MAX_SHOWN_BYTES, code_css, editable, from_form, lines, shown
from mge_assets.web.diff import MAX_LINES, side_by_side
from mge_assets.web.faults import InputError, status_of
from mge_assets.web.guard import REPORT_POLICY
from mge_assets.web.rendering import page
from mge_assets.web.reviews import DecisionInput, QueueQuery, Whole, decide, queue_view, whole_review
from mge_assets.web.shapes.graphs import GraphViewShape

MOST_ROWS = 200
"""Rows of the queue on one page; the search narrows it."""


class _PageQuery(QueueQuery):
    after: UUID | None = Field(None, description="The review that was decided just now, so that the page can say so.")


class _DecisionForm(BaseModel):
    decision: ReviewStatus
    code_digest: str = Field(pattern="^[0-9a-f]{64}$")
    feedback: str = Field("", max_length=10_000)
    code: str | None = None


class _OverrideForm(BaseModel):
    rule: str = Field(min_length=1, max_length=100)
    message: str = Field("", max_length=10_000)
    reason: str = Field("", max_length=10_000)


def page_routes(workspace: Workspace) -> APIRouter:
    """Routes of the pages."""
    router = APIRouter(include_in_schema=False)

    @router.get("/")
    def plans() -> Response:
        return page("plans.html", plans=[masterplan_shape(workspace, name) for name in workspace.plans.names()], home=str(workspace.settings.root))

    @router.get("/plans/{name}/waves")
    def waves(name: str) -> Response:
        return _waves(workspace, name)

    @router.get("/plans/{name}/graph")
    def graph(name: str, show: Show | None = None, task: str | None = None, wave: int | None = None, atom: str | None = None) -> Response:
        return _graph(workspace, name, view_of(workspace, name, show, task, wave, atom))

    @router.get("/plans/{name}/report")
    def report(name: str) -> Response:
        return FileResponse(_report(workspace, name), media_type="text/html", headers={"content-security-policy": REPORT_POLICY})

    @router.get("/review")
    def queue(query: Annotated[_PageQuery, Query()]) -> Response:
        return _queue(workspace, query)

    @router.get("/review/{review_id}")
    def review(review_id: UUID, query: Annotated[_PageQuery, Query()]) -> Response:
        return _review(workspace, review_id, query)

    @router.post("/review/{review_id}")
    def decision(review_id: UUID, query: Annotated[_PageQuery, Query()], form: Annotated[_DecisionForm, Form()]) -> Response:
        return _decide(workspace, review_id, query, form)

    @router.post("/review/{review_id}/override")
    def override(review_id: UUID, query: Annotated[_PageQuery, Query()], form: Annotated[_OverrideForm, Form()]) -> Response:
        return _override(workspace, review_id, query, form)

    @router.get("/code.css")
    def colours() -> Response:
        return Response(code_css(), media_type="text/css", headers={"cache-control": "max-age=3600"})

    return router


def _waves(workspace: Workspace, name: str) -> Response:
    found = waves_shape(workspace, name)
    status = {stored.atom.name: stored.status for stored in workspace.atoms.of_plan(name)}
    rows = [(wave, [sum(status.get(atom) is kind for atom in wave.atoms) for kind in _FATES]) for wave in found.waves]
    figures = list(workspace.dependencies.figures(name).values())
    return page("waves.html", plan=name, waves=found, rows=rows, figures=figures, order=found.order)


def _graph(workspace: Workspace, name: str, view: GraphView) -> Response:
    head = workspace.stores.graphs.head(name)
    return page(
        "graph.html",
        plan=name,
        view=view,
        drawn=_told(view),
        order=head.wave_order if head else None,
        figures=list(head.figures.values()) if head else [],
        statistics=head.statistics if head else {},
        clusters=len(head.boundaries.clusters) if head else 0,
        atoms_can_be_drawn=view.atoms <= MOST_DRAWN,
    )


def _told(view: GraphView) -> Markup:
    """The view as JSON that can stand in a page as it is: no sign of it means anything to HTML. Links name their ends by number, which makes them
    a quarter as long.
    """
    number = {node.id: place for place, node in enumerate(view.nodes)}
    links = [(number[link.source], number[link.target], link.type, link.count, link.guessed, link.cut) for link in view.links]
    text = json.dumps({**GraphViewShape.model_validate(replace(view, links=()), from_attributes=True).model_dump(mode="json"), "links": links})
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text)  # noqa: S704 -- made harmless above


_FATES = (AtomStatus.COMPLETED, AtomStatus.FAILED, AtomStatus.BLOCKED)


def _report(workspace: Workspace, name: str) -> Path:
    """The stored report's file. Raises NotFoundError where there is none, or where it does not lie among our artefacts."""
    told = workspace.execution.progress(name).report
    path = Path(told).resolve() if told else None
    if path is None or not path.is_file() or not path.is_relative_to(workspace.settings.artefacts.resolve()):
        raise NotFoundError(f"masterplan {name} has no report yet", fix="a run writes it when it delivers: give the plan to `mge run`")
    return path


def _queue(workspace: Workspace, query: _PageQuery) -> Response:
    view = queue_view(workspace, query)
    plans = workspace.plans.names()
    return page("queue.html", query=query, view=view, items=view.items[:MOST_ROWS], plans=plans, decided=_decided(workspace, query.after), most=MOST_ROWS)


def _review(workspace: Workspace, review_id: UUID, query: _PageQuery, form: _DecisionForm | None = None, error: MgeError | None = None) -> Response:
    whole = whole_review(workspace, review_id)
    review, view = whole.review, queue_view(workspace, query)
    return page(
        "review.html",
        status=status_of(error) if error else 200,
        query=query,
        whole=whole,
        review=review,
        lines=lines(review.code, review.language, whole.start_line, whole.findings),
        overridable=tuple(dict.fromkeys(finding for finding in whole.findings if finding.severity is not Severity.INFO)),
        cut=len(review.code) > MAX_SHOWN_BYTES,
        rows=side_by_side(shown(review.draft), shown(review.code)),
        same=review.draft == review.code,
        most=MAX_LINES,
        editor=_editor(whole, form),
        feedback=form.feedback if form else "",
        error=error,
        editing=bool(form and form.decision is ReviewStatus.EDITED),
        position=_position(view.open_items, review_id),
        view=view,
        previous=view.before(review_id),
        following=view.next_after(review_id),
        decided=_decided(workspace, query.after),
    )


def _editor(whole: Whole, form: _DecisionForm | None) -> str | None:
    """What the editor starts with: what was typed before, else the code; ``None`` where a text area would not keep every byte."""
    if not editable(whole.review.code):
        return None
    typed = form.code if form and form.decision is ReviewStatus.EDITED else None
    return typed.replace("\r\n", "\n") if typed is not None else shown(whole.review.code)


def _decide(workspace: Workspace, review_id: UUID, query: _PageQuery, form: _DecisionForm) -> Response:
    following = queue_view(workspace, query).next_after(review_id)
    try:
        code = _edited(workspace, review_id, form)
        decide(workspace, form.decision, DecisionInput(review_id=review_id, code_digest=form.code_digest, feedback=form.feedback, code=code))
    except (InputError, ConflictError) as error:
        return _review(workspace, review_id, query, form, error)
    place = f"/review/{following}" if following else "/review"
    return RedirectResponse(place + query.address(after=review_id), 303)


def _override(workspace: Workspace, review_id: UUID, query: _PageQuery, form: _OverrideForm) -> Response:
    found = workspace.review.get(review_id)
    if not form.reason.strip():
        error = InputError("The reason is missing", fix="say in a sentence why the finding does not count here")
        return _review(workspace, review_id, query, error=error)
    try:
        word = Override(Level.ATOMIC, found.atom, form.rule, form.message.replace("\r\n", "\n"), workspace.settings.user, form.reason.strip())
        workspace.validation.override(found.masterplan, word)
    except NotFoundError as missing:
        return _review(workspace, review_id, query, error=missing)
    return RedirectResponse(f"/review/{review_id}" + query.address(), 303)


def _edited(workspace: Workspace, review_id: UUID, form: _DecisionForm) -> str | None:
    if form.decision is not ReviewStatus.EDITED or form.code is None:
        return None
    code = workspace.review.get(review_id).code
    if not editable(code):
        raise InputError("This code can't be edited on a page without harm to its bytes", fix="reject it, or edit the file in the plan's drafts")
    return from_form(form.code, code).decode()


def _decided(workspace: Workspace, review_id: UUID | None) -> StoredReview | None:
    """The review that was decided just now, as the database tells it."""
    try:
        found = workspace.review.get(review_id) if review_id else None
    except NotFoundError:
        return None
    return found if found and found.status not in OPEN_REVIEWS else None


def _position(items: tuple[StoredReview, ...], review_id: UUID) -> int | None:
    return next((place for place, item in enumerate(items, 1) if item.review_id == review_id), None)
