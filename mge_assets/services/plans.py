"""Plans as a use case: take a plan file in, keep it current, tell what is known of it."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from mge_assets.model.errors import MgeError, NotFoundError
from mge_assets.model.executions import ExecutionStatus
from mge_assets.model.findings import Finding
from mge_assets.model.stages import Stage
from mge_assets.services.clock import timed
from mge_assets.stages.drafting import prepare_drafts
from mge_assets.stages.planning import LoadedPlan, check, load_masterplan, parse_masterplan
from mge_assets.store.executions import ExecutionStore
from mge_assets.store.plans import PlanStore, StoredPlan


@dataclass(frozen=True, slots=True)
class PlanReport:
    """A plan as it is now stored. ``changed`` says whether this call made a new version."""

    name: str
    version: int
    changed: bool
    phases: int
    milestones: int
    tasks: int
    findings: tuple[Finding, ...]
    path: str
    digest: str


class PlanService:
    """Takes plans in and gives them out."""

    def __init__(self, plans: PlanStore, executions: ExecutionStore, actor: str) -> None:
        self._plans, self._executions, self._actor = plans, executions, actor

    def register(self, path: Path) -> PlanReport:
        """Read, check and store a plan file. Raises PlanError, and DraftError where a draft can't be read; nothing is stored then."""
        loaded = load_masterplan(path.absolute())
        findings = check(loaded)
        prepare_drafts(loaded.masterplan, loaded.folder)  # read twice, once to know that all is there before anything is stored
        return self._store(loaded, findings)

    def refresh(self, name: str) -> PlanReport:
        """Read a known plan's file again; where the file is gone, or now holds another plan, the stored version stands."""
        stored = self.stored(name)
        path = Path(stored.path)
        loaded = load_masterplan(path) if path.is_file() else parse_masterplan(stored.text, path)
        if loaded.masterplan.name != name:
            loaded = parse_masterplan(stored.text, path)
        return self._store(loaded, check(loaded))

    def names(self) -> tuple[str, ...]:
        """Every known plan, sorted by name."""
        return self._plans.names()

    def stored(self, name: str) -> StoredPlan:
        """The newest version of a plan. Raises NotFoundError."""
        stored = self._plans.load(name)
        if stored is None:
            raise unknown_plan(name, self.names())
        return stored

    def unfinished(self) -> tuple[str, ...]:
        """Plans whose newest execution is not completed, and plans that were never executed."""
        newest = {name: self._executions.newest(name) for name in self.names()}
        return tuple(name for name, execution in newest.items() if execution is None or execution.status is not ExecutionStatus.COMPLETED)

    def _store(self, loaded: LoadedPlan, findings: tuple[Finding, ...]) -> PlanReport:
        with timed() as clock:
            plan = loaded.masterplan
            digest = hashlib.sha256(loaded.text).hexdigest()
            version, changed = self._plans.save(plan, text=loaded.text, digest=digest, path=str(loaded.path), actor=self._actor)
        self._plans.add_seconds(plan.name, Stage.PLANNING, clock.seconds)
        counts = (len(plan.phases), sum(1 for _ in plan.milestones), sum(1 for _ in plan.tasks))
        return PlanReport(plan.name, version, changed, *counts, findings, str(loaded.path), digest)


def unknown_plan(name: str, names: tuple[str, ...]) -> MgeError:
    """The error for a plan that nobody registered."""
    known = ", ".join(names[:10]) if names else "none yet"
    return NotFoundError(f"there is no masterplan {name!r}", fix=f"known ones: {known}; give a plan file to `mge run` to add it")
