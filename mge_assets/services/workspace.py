"""Everything that one installation can do, put together once: database, model, sandbox, stores and services."""

from types import TracebackType
from typing import Self

from mge_assets.services.atoms import AtomService
from mge_assets.services.cases import CaseService
from mge_assets.services.delivery import DeliveryService
from mge_assets.services.dependencies import DependencyService
from mge_assets.services.drafts import DraftService
from mge_assets.services.execution import ExecutionServiceV2
from mge_assets.services.graphs import GraphService
from mge_assets.services.kept_results import KeptResults
from mge_assets.services.plans import PlanService
from mge_assets.services.reporting import ReportService
from mge_assets.services.review import ReviewService
from mge_assets.services.stores import Stores, open_stores
from mge_assets.services.validation import ValidationService
from mge_assets.services.versions import ANALYSER_VERSION
from mge_assets.stages.validation import Inspector
from mge_resources.checkers import CompilingSandbox, open_checkers
from mge_resources.llm import open_model
from mge_resources.logging import close_log, open_log
from mge_resources.sandbox import open_sandbox
from mge_resources.settings import Settings


class Workspace:
    """The services of one installation. Close it, or use it as a context manager."""

    def __init__(self, settings: Settings, stores: Stores) -> None:
        self.settings, self.stores = settings, stores
        self.log = open_log(settings.logs)
        key = settings.anthropic_api_key.get_secret_value() if settings.anthropic_api_key else None
        self.model = open_model(
            api_key=key,
            base_url=settings.anthropic_base_url,
            model=settings.model,
            models=settings.models or "",
            prices=settings.model_prices or "",
            in_flight=settings.max_parallel_atoms,
        )
        self.checkers = open_checkers(settings.tools, fetch=settings.fetch_tools)
        sandbox = open_sandbox(settings.sandbox, landlock=settings.sandbox_landlock, packages=settings.project_packages or "")
        self.sandbox = CompilingSandbox(sandbox, self.checkers)
        inspector = Inspector(self.checkers)
        self.plans = PlanService(stores.plans, stores.executions, settings.user)
        self.drafts = DraftService(self.plans, stores.plans)
        self.atoms = AtomService(stores.plans, stores.atoms, CaseService(self.sandbox, settings.root / "cases", settings.case_seconds))
        self.dependencies = DependencyService(stores, settings.max_parallel_atoms, KeptResults(settings.analyses, ANALYSER_VERSION))
        self.graphs = GraphService(stores, self.dependencies)
        self.execution = ExecutionServiceV2(stores, self.plans, self.dependencies, self.model, settings, self.log, self.sandbox, inspector)
        self.reports = ReportService(stores, self.plans, self.execution, settings.artefacts, settings.max_parallel_atoms, settings.tools)
        self.delivery = DeliveryService(stores, self.plans, self.reports, settings.root / "delivered")
        self.validation = ValidationService(stores, self.plans, self.delivery.contents, self.sandbox, inspector, settings)
        self.review = ReviewService(stores, settings.user, self.validation.atoms)

    def close(self) -> None:
        """End what is still running and close every connection and file."""
        self.execution.release_all()
        self.checkers.close()
        self.stores.close()
        close_log(self.settings.logs)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def open_workspace(settings: Settings) -> Workspace:
    """Open the installation's workspace; starts the embedded server where none is given, and migrates. Raises DatabaseError."""
    return Workspace(settings, open_stores(settings))
