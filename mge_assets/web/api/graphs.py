"""Dependency graphs as pages and other programs take them, and what one atom needs."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import JSONResponse, Response

from mge_assets.services.workspace import Workspace
from mge_assets.stages.dependency import GraphView, Show, figures_json, graphml
from mge_assets.web.shapes.graphs import (
    AtomNeedsShape,
    BoundariesShape,
    ExportShape,
    FoundAtomShape,
    FoundAtomsShape,
    GraphViewShape,
    OrderShape,
    OrdersShape,
)

_IMAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
"""For a picture opened by itself: its own style, and nothing else."""


def graph_routes(workspace: Workspace) -> APIRouter:
    """Routes of looking at graphs."""
    router = APIRouter(prefix="/dependency", tags=["dependency"])

    @router.get("/graph/{name}/view")
    def view(name: str, show: Show | None = None, task: str | None = None, wave: int | None = None, atom: str | None = None) -> GraphViewShape:
        """The graph as the page shows it, with places: whole, or one task, one wave, a task's part of a wave or one atom with what is around it."""
        return GraphViewShape.model_validate(view_of(workspace, name, show, task, wave, atom), from_attributes=True)

    @router.get("/graph/{name}/search")
    def search(name: str, q: Annotated[str, Query(max_length=200)]) -> FoundAtomsShape:
        """The first fifty atoms whose name or file has all the words."""
        workspace.plans.stored(name)
        return FoundAtomsShape(atoms=[FoundAtomShape.of(found) for found in workspace.graphs.search(name, q)])

    @router.get("/graph/{name}/visualize", responses={200: {"content": {"image/svg+xml": {}}}}, response_class=Response)
    def visualize(name: str) -> Response:
        """The picture of the plan as it stands, as SVG."""
        workspace.plans.stored(name)
        return Response(workspace.graphs.svg(name), media_type="image/svg+xml", headers={"content-security-policy": _IMAGE_POLICY})

    @router.get("/graph/{name}/export", responses={200: {"model": ExportShape, "content": {"application/graphml+xml": {}}}}, response_class=JSONResponse)
    def export(name: str, format: Literal["json", "graphml"] = "json") -> Response:  # noqa: A002 -- the parameter's public name
        """Atoms, edges, waves, both orders' figures, statistics and boundaries, for other programs."""
        workspace.plans.stored(name)
        document = workspace.graphs.document(name)
        if format == "graphml":
            return Response(graphml(document), media_type="application/graphml+xml", headers=_file(name, "graphml"))
        return JSONResponse(document)

    @router.get("/graph/{name}/orders")
    def both_orders(name: str) -> OrdersShape:
        """What each order makes of the plan's waves, and which one is in use."""
        workspace.plans.stored(name)
        orders = {order: OrderShape.model_validate(figures_json(told)) for order, told in workspace.dependencies.figures(name).items()}
        return OrdersShape(masterplan=name, order=workspace.dependencies.waves(name).order, orders=orders)

    @router.get("/graph/{name}/boundaries")
    def boundaries(name: str) -> BoundariesShape:
        """Modules, packages, clusters, isolated atoms and hubs."""
        workspace.plans.stored(name)
        workspace.dependencies.graph(name)
        return BoundariesShape.model_validate(workspace.dependencies.boundaries(name), from_attributes=True)

    @router.get("/atom/{atom_id}")
    def atom(atom_id: UUID) -> AtomNeedsShape:
        """What an atom needs, and what needs it. 409 before the graph is built."""
        return AtomNeedsShape.of(workspace.graphs.atom(atom_id))

    return router


def view_of(workspace: Workspace, name: str, show: Show | None, task: str | None, wave: int | None, atom: str | None) -> GraphView:
    """The view that was asked for; the narrowest counts. Raises NotFoundError, and OrderError before the waves are planned."""
    workspace.plans.stored(name)
    if atom is not None:
        return workspace.graphs.around(name, atom)
    if wave is not None:
        return workspace.graphs.group(name, Show.WAVE, str(wave), task or "")
    if task is not None:
        return workspace.graphs.group(name, Show.TASK, task)
    return workspace.graphs.whole(name, show)


def _file(name: str, ending: str) -> dict[str, str]:
    plain = "".join(letter if (letter.isalnum() and letter.isascii()) or letter in "-_." else "_" for letter in name)
    return {"content-disposition": f'attachment; filename="{plain}.{ending}"'}
