"""Delivery as a use case: the plan's files into a folder with a history, and a report of the run beside the database."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from mge_assets.model.errors import DeliveryError
from mge_assets.model.stages import Stage
from mge_assets.services.clock import timed
from mge_assets.services.plans import PlanService
from mge_assets.services.reporting import ReportService
from mge_assets.services.stores import Stores
from mge_assets.stages.delivery import AcceptanceTests, Delivery, Element, ProjectFile, assemble, check_folder, deliver, project_files
from mge_assets.store.deliveries import DeliveredFile
from mge_assets.store.plans import StoredTests


@dataclass(frozen=True, slots=True)
class DeliveryReportRow:
    """What a delivery did, and where its report is. ``unchanged`` says that the folder was already as it should be."""

    plan: str
    out: Path
    files: int
    commits: int
    unchanged: bool
    report: Path


class DeliveryService:
    """Delivers plans."""

    def __init__(self, stores: Stores, plans: PlanService, reports: ReportService, default_root: Path) -> None:
        self._stores, self._plans, self._reports, self._root = stores, plans, reports, default_root

    def deliver(self, plan: str, out: Path | None) -> DeliveryReportRow:
        """Write the plan's files, commit them milestone by milestone, and write the report. Raises DeliveryError; nothing is written then."""
        stored = self._plans.stored(plan)
        folder = self._folder(plan, out)
        with timed() as clock:
            files = project_files(stored.masterplan, self.contents(plan), acceptance_tests(stored.masterplan.name, self._stores.plans.tests(plan)))
            previous = dict(self._stores.deliveries.digests(plan, str(folder)))
            delivery = deliver(files, folder, previous or None, when=datetime.now(UTC))
            self._store(plan, folder, files, delivery)
        self._stores.plans.add_seconds(plan, Stage.DELIVERY, clock.seconds)
        report = self._reports.write(plan)
        return DeliveryReportRow(plan, folder, len(delivery.digests), len(delivery.commits), delivery.unchanged, report)

    def check(self, plan: str, out: Path | None, *, force: bool = False) -> None:
        """Refuse, before anything is generated, a folder that can't take the delivery; with ``force`` one of another plan's is taken. Raises DeliveryError."""
        folder = self._folder(plan, out)
        others = [owner for owner in self._stores.deliveries.owners(str(folder))[:1] if owner != plan and folder.exists() and any(folder.iterdir())]
        if others and not force:
            raise DeliveryError(f"'{folder}' holds the delivery of masterplan {others[0]}", fix="choose another folder with --out, or replace it with --force")
        check_folder(folder, self._stores.deliveries.digests(plan, str(folder)))

    def _folder(self, plan: str, out: Path | None) -> Path:
        return (out or self._root / plan).absolute()

    def contents(self, plan: str) -> Mapping[str, bytes]:
        """The bytes of each task's file as they stand: each atom's code, or its draft where it has none yet."""
        parts: dict[str, list[bytes]] = {task.name: [] for task in self._plans.stored(plan).masterplan.tasks}
        for task, text in self._stores.atoms.texts(plan):
            parts[task].append(text)
        return {task: assemble(codes) for task, codes in parts.items()}

    def _store(self, plan: str, folder: Path, files: tuple[ProjectFile, ...], delivery: Delivery) -> None:
        unfinished = self._stores.atoms.unfinished_tasks(plan)
        rows = [
            DeliveredFile(file.path, file.milestone, delivery.digests[file.path], len(file.content), file.task not in unfinished)
            for file in files
            if file.path in delivery.digests
        ]
        execution = self._stores.executions.newest(plan)
        self._stores.deliveries.save(plan, str(folder), rows, execution.execution_id if execution else None)
        if execution:
            self._stores.executions.set_values(execution.execution_id, out=str(folder))


def acceptance_tests(plan: str, tests: StoredTests) -> tuple[AcceptanceTests, ...]:
    """The stored tests as delivery takes them."""
    found = [AcceptanceTests(Element.TASK, name, text) for name, text in tests.tasks.items()]
    found += [AcceptanceTests(Element.MILESTONE, name, text) for name, text in tests.milestones.items()]
    return (*found, AcceptanceTests(Element.PLAN, plan, tests.plan)) if tests.plan else tuple(found)
