"""The report as a use case: everything that is stored of a plan's newest run, in one HTML file."""

import os
import sys
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path

from mge_assets.model.attempts import AtomStatus
from mge_assets.model.decisions import ConfidenceScore, ReviewItem
from mge_assets.model.findings import CheckStatus, Level, Severity, ValidationResult
from mge_assets.model.stages import Stage
from mge_assets.model.testfiles import test_runners
from mge_assets.model.waves import Order
from mge_assets.services.execution import ExecutionServiceV2
from mge_assets.services.measures import measures
from mge_assets.services.plans import PlanService
from mge_assets.services.stores import Stores
from mge_assets.stages.delivery import (
    AtomRow,
    DeliveryReport,
    FileRow,
    LevelRow,
    ModelCost,
    NamedFinding,
    ReviewRow,
    StageTime,
    WaveRow,
    report_html,
)
from mge_assets.stages.dependency import dependency_svg
from mge_assets.store.atoms import StoredAtom
from mge_resources.checkers.typescript_package import installed
from mge_resources.syntax import Language


class ReportService:
    """Writes reports."""

    def __init__(self, stores: Stores, plans: PlanService, execution: ExecutionServiceV2, folder: Path, limit: int = 100, tools: Path | None = None) -> None:
        self._stores, self._plans, self._execution, self._folder = stores, plans, execution, folder
        self._limit, self._tools = limit, tools

    def write(self, plan: str) -> Path:
        """Write the report of the plan's newest run; a reader never sees half of one."""
        path = self._folder / plan / "report.html"
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(f".{os.getpid()}.part")
        fresh.write_text(report_html(self.report(plan)), encoding="utf-8")
        fresh.replace(path)
        newest = self._stores.executions.newest(plan)
        if newest:
            self._stores.executions.set_values(newest.execution_id, report=str(path))
        return path

    def report(self, plan: str) -> DeliveryReport:
        """The report as values."""
        progress = self._execution.progress(plan)
        atoms = self._stores.atoms.of_plan(plan)
        results = self._stores.validations.of_plan(plan)
        graph, waves, head = self._stores.graphs.load(plan), self._stores.graphs.waves(plan), self._stores.graphs.head(plan)
        statuses = {stored.atom.name: stored.status.value for stored in atoms}
        out = progress.delivered or ""
        return DeliveryReport(
            plan=plan,
            status=progress.status,
            made=datetime.now(UTC),
            atoms=progress.atoms,
            precision_percent=progress.precision_percent,
            seconds=progress.seconds,
            max_parallel=progress.max_parallel,
            description=self._plans.stored(plan).masterplan.description,
            out=out,
            stages=self._stages(plan),
            waves=self._waves(plan, atoms),
            atom_rows=self._atom_rows(plan, atoms),
            findings=tuple(NamedFinding(r.subject, f) for r in results for f in r.findings if r.level > Level.ATOMIC or f.severity is not Severity.INFO),
            levels=tuple(_level_row(level, [result for result in results if result.level is level]) for level in Level),
            review=self._review(plan, atoms),
            costs=self._costs(atoms),
            measures=measures(self._stores, self._execution, progress, self._limit),
            files=tuple(FileRow(row.path, row.milestone, row.size_bytes, row.digest) for row in self._stores.deliveries.files(plan, out)),
            cut_edges=tuple(f"{edge.source} → {edge.target} ({edge.type.value})" for edge in (waves.cut if waves else ())),
            graph_svg=dependency_svg(graph, waves, statuses) if graph and waves else "",
            next_commands=self.next_commands(plan),
            order=waves.order if waves else Order.CODE,
            orders=tuple(head.figures.values()) if head else (),
        )

    def next_commands(self, plan: str) -> tuple[tuple[str, str], ...]:
        """What a person can do after a run, each with what it does; the most useful first."""
        progress, tests = self._execution.progress(plan), self._stores.plans.tests(plan)
        commands = []
        if progress.atoms.in_review or progress.atoms.failed:
            commands.append(("mge dev", "look at the atoms that wait for a person, on the review page"))
        if progress.delivered and (tests.plan or tests.milestones or tests.tasks):
            paths = [row.path for row in self._stores.deliveries.files(plan, progress.delivered)]
            compiler = installed(self._tools) if self._tools else None
            runners = test_runners(paths, sys.executable, compiler)
            commands += [(f'cd "{progress.delivered}" && {runner}', "run the delivered project's own tests") for runner in runners]
        commands.append((f'mge status "{progress.masterplan}"', "see where every atom stands"))
        return tuple(commands)

    def _stages(self, plan: str) -> tuple[StageTime, ...]:
        seconds = self._stores.plans.seconds(plan)
        return tuple(StageTime(stage, seconds[stage.value]) for stage in Stage if stage.value in seconds)

    def _waves(self, plan: str, atoms: tuple[StoredAtom, ...]) -> tuple[WaveRow, ...]:
        status = {stored.atom_id: stored.status for stored in atoms}
        rows = []
        for number, members, seconds in self._stores.executions.wave_members(plan):
            ended = [status.get(atom) for atom in members]
            completed, failed, blocked = (ended.count(kind) for kind in (AtomStatus.COMPLETED, AtomStatus.FAILED, AtomStatus.BLOCKED))
            rows.append(WaveRow(number, len(members), completed, failed, blocked, seconds))
        return tuple(rows)

    def _atom_rows(self, plan: str, atoms: tuple[StoredAtom, ...]) -> tuple[AtomRow, ...]:
        wave = {atom: number for number, members, _ in self._stores.executions.wave_members(plan) for atom in members}
        return tuple(
            AtomRow(s.atom.name, s.atom.file, s.atom.kind.value, wave.get(s.atom_id), s.status, s.attempts, s.confidence, s.atom.loc, s.atom.complexity)
            for s in atoms
        )

    def _review(self, plan: str, atoms: tuple[StoredAtom, ...]) -> tuple[ReviewRow, ...]:
        by_id = {stored.atom_id: stored for stored in atoms}
        rows = []
        for found in self._stores.reviews.queue(plan):
            parts = found.parts
            score = ConfidenceScore(found.confidence, parts["validation"], parts["attempts"], parts["complexity"], parts["integration"])
            item = ReviewItem(found.atom, score, found.reasons)
            stored = by_id[found.atom_id]
            rows.append(ReviewRow(item, found.code, Language(found.language), found.file, stored.atom.span.start_line, stored.status))
        return tuple(rows)

    @staticmethod
    def _costs(atoms: tuple[StoredAtom, ...]) -> tuple[ModelCost, ...]:
        bills: dict[str, list[StoredAtom]] = defaultdict(list)
        for stored in atoms:
            if stored.bill.model:
                bills[stored.bill.model].append(stored)
        return tuple(
            ModelCost(
                model,
                sum(s.attempts for s in used),
                sum(s.bill.tokens_input for s in used),
                sum(s.bill.tokens_output for s in used),
                sum(s.bill.cost_usd for s in used),
            )
            for model, used in sorted(bills.items())
        )


def _level_row(level: Level, results: list[ValidationResult]) -> LevelRow:
    passed = sum(result.passed for result in results)
    not_run = sum(check.status is CheckStatus.NOT_RUN for result in results for check in result.checks)
    score = sum(result.score for result in results) / len(results) if results else None
    isolation = next((result.isolation for result in results if result.isolation), "")
    return LevelRow(level, len(results), passed, len(results) - passed, not_run, score, sum(result.seconds for result in results), isolation)
