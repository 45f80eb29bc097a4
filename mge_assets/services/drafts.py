"""Drafts as a use case: what each task's file starts from, and the acceptance tests that it will be held to."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mge_assets.model.findings import Finding
from mge_assets.model.masterplan import Masterplan, Milestone, Task
from mge_assets.model.stages import Stage
from mge_assets.services.clock import timed
from mge_assets.services.plans import PlanService
from mge_assets.stages.drafting import Drafting, prepare_drafts, read_tests
from mge_assets.store.plans import PlanStore, StoredTests


@dataclass(frozen=True, slots=True)
class DraftingReport:
    """A plan's drafts as now stored. ``kept`` of them had the same bytes before; ``missing`` are tasks that have none."""

    plan: str
    drafts: int
    kept: int
    missing: tuple[str, ...]
    findings: tuple[Finding, ...]
    loc: int
    languages: Mapping[str, int]


class DraftService:
    """Reads drafts and tests, from the plan and from beside it."""

    def __init__(self, plans: PlanService, store: PlanStore) -> None:
        self._plans, self._store = plans, store

    def prepare(self, plan: str) -> DraftingReport:
        """Store the plan's drafts and tests. Raises DraftError with all that can't be read; nothing is stored then."""
        with timed() as clock:
            stored = self._plans.stored(plan)
            folder = Path(stored.path).parent
            drafting = prepare_drafts(stored.masterplan, folder)
            tests = _tests(stored.masterplan, folder)
            kept = self._store.save_drafts(plan, drafting.drafts, _by_task(drafting))
            self._store.save_tests(plan, tests)
        self._store.add_seconds(plan, Stage.DRAFTING, clock.seconds)
        languages = Counter(draft.language.value for draft in drafting.drafts)
        loc = sum(1 for draft in drafting.drafts for line in draft.content.split(b"\n") if line.strip())
        return DraftingReport(plan, len(drafting.drafts), kept, drafting.missing, drafting.findings, loc, dict(languages))


def _tests(plan: Masterplan, folder: Path) -> StoredTests:
    def text(element: Masterplan | Milestone | Task) -> str:
        return (read_tests(element, folder) or b"").decode(errors="replace")

    milestones = {milestone.name: text(milestone) for milestone in plan.milestones}
    tasks = {task.name: text(task) for task in plan.tasks}
    return StoredTests(text(plan), {name: found for name, found in milestones.items() if found}, {name: found for name, found in tasks.items() if found})


def _by_task(drafting: Drafting) -> Mapping[str, list[Finding]]:
    owners = {draft.file: draft.task for draft in drafting.drafts}
    findings: dict[str, list[Finding]] = defaultdict(list)
    for finding in drafting.findings:
        if finding.place and finding.place.file in owners:
            findings[owners[finding.place.file]].append(finding)
    return findings
