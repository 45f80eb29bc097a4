"""The REST API, version 2: thin readers of the services, grouped as in the specification's §8."""

from typing import Any

from fastapi import APIRouter

from mge_assets.services.workspace import Workspace
from mge_assets.web.api.atoms import atom_routes
from mge_assets.web.api.execution import execution_routes
from mge_assets.web.api.graphs import graph_routes
from mge_assets.web.api.masterplans import masterplan_routes
from mge_assets.web.api.review import review_routes
from mge_assets.web.api.validation import validation_routes
from mge_assets.web.shapes.errors import ErrorShape

PREFIX = "/api/v2"
_ERRORS = {400: "can't be used", 404: "is unknown", 409: "changed meanwhile, or needs an earlier stage", 422: "has the wrong form"}


def api_router(workspace: Workspace) -> APIRouter:
    """Every route under ``/api/v2``."""
    told: dict[int | str, dict[str, Any]] = {
        status: {"model": ErrorShape, "description": f"What was asked for {meaning}."} for status, meaning in _ERRORS.items()
    }
    router = APIRouter(prefix=PREFIX, responses=told)
    for routes in (masterplan_routes, graph_routes, atom_routes, execution_routes, review_routes, validation_routes):
        router.include_router(routes(workspace))
    return router
