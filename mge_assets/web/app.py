"""The application: the guard, the pages, the API, the metrics and the files that they need, put together once."""

from fastapi import FastAPI
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from mge_assets.services.workspace import Workspace
from mge_assets.telemetry import CONTENT_TYPE, metrics_text
from mge_assets.web import faults
from mge_assets.web.api import PREFIX, api_router
from mge_assets.web.guard import Guard
from mge_assets.web.pages import page_routes
from mge_assets.web.rendering import STATIC


def create_app(workspace: Workspace) -> FastAPI:
    """The application over one workspace, which stays the caller's to close. Bind it to loopback only: there is no log-in yet."""
    app = FastAPI(
        title="MGE",
        version="2",
        description="Masterplans, atoms, dependency graphs, validation, executions and reviews.",
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,  # FastAPI's pages load their scripts from elsewhere, which neither our policy nor a closed network lets them
        redoc_url=None,
    )
    app.add_middleware(Guard)
    faults.install(app)
    app.include_router(api_router(workspace))
    app.include_router(page_routes(workspace))
    app.mount("/static", StaticFiles(directory=STATIC))

    @app.get("/metrics", include_in_schema=False)
    def metrics() -> Response:
        """What Prometheus scrapes."""
        return Response(metrics_text(workspace), headers={"content-type": CONTENT_TYPE})

    return app
