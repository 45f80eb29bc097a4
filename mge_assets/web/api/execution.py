"""How far executions are, and whether the installation can work."""

from fastapi import APIRouter

from mge_assets.services.clock import timed
from mge_assets.services.workspace import Workspace
from mge_assets.web.shapes.plans import HealthShape, ProgressShape


def execution_routes(workspace: Workspace) -> APIRouter:
    """Routes of executions."""
    router = APIRouter(prefix="/execution", tags=["execution"])

    @router.get("/progress/{name}")
    def progress(name: str) -> ProgressShape:
        """How far a masterplan's newest execution is."""
        return ProgressShape.of(workspace.execution.progress(name))

    @router.get("/health")
    def health() -> HealthShape:
        """Asks the database. 500 where it does not answer."""
        with timed() as clock:
            names = workspace.plans.names()
        return HealthShape(status="ok", database_seconds=clock.seconds, masterplans=len(names), model=workspace.model.name)

    return router
