"""How far a plan's newest execution is, as its rows tell; and why what failed did."""

from collections import Counter
from uuid import UUID

from mge_assets.model.attempts import AtomStatus
from mge_assets.model.executions import AtomCounts, ExecutionStatus, Progress
from mge_assets.model.findings import Level
from mge_assets.model.wording import counted
from mge_assets.services.control import ExecutionControl
from mge_assets.services.live import LOST, LiveExecution
from mge_assets.store.executions import StoredExecution


class ExecutionProgress(ExecutionControl):
    """Reads how executions stand. ``live`` are those that this process runs."""

    live: dict[UUID, LiveExecution]

    def progress(self, plan: str) -> Progress:
        """How far the plan's newest execution is. Raises NotFoundError for an unknown plan."""
        self._plans.stored(plan)
        row = self._stores.executions.newest(plan)
        waves = self._stores.executions.wave_progress(plan)
        counts = self._counts(plan, row.execution_id if row else None)
        if row is None:
            return Progress(plan, ExecutionStatus.PENDING, counts, 0, len(waves), 0, 0.0, 0.0)
        open_waves = [number for number, atoms, ended in waves if ended < atoms]
        return Progress(
            masterplan=plan,
            status=row.status,
            atoms=counts,
            waves_done=len(waves) - len(open_waves),
            waves=len(waves),
            max_parallel=row.max_in_flight,
            cost_usd=row.cost_usd,
            seconds=row.seconds,
            delivered=row.out or None,
            report=row.report or None,
            wave=open_waves[0] if open_waves else None,
            in_flight=row.in_flight,
            eta_seconds=_eta(row, counts),
            budget_usd=self.budget(plan).hard_usd,
            schedule=row.schedule,
            reason=row.error,
        )

    def reasons(self, plan: str) -> list[str]:
        """Why atoms failed that no check ever saw, such as a model that could not be reached: each reason once, with how many it hit."""
        judged = {result.subject for result in self._stores.validations.of_plan(plan, (Level.ATOMIC,))}
        names = {stored.atom_id: stored.atom.name for stored in self._stores.atoms.of_plan(plan) if stored.status is AtomStatus.FAILED}
        errors = self._stores.executions.last_errors(plan)
        counts = Counter(error for atom, error in errors.items() if names.get(atom) not in judged)
        return [f"{counted(count, 'atom')} not generated: {error}" for error, count in counts.most_common()]

    def _problem(self, plan: str) -> str:
        counts = self._stores.atoms.status_counts(plan)
        lost = [f"{counts[status]} atoms {status.value}" for status in LOST if counts.get(status)]
        names = {1: "atoms", 2: "tasks", 3: "milestones", 4: "masterplan"}
        levels = self._stores.validations.counts(plan)
        failed = [f"validation failed for {found[1]} {names[level]}" for level, found in levels.items() if found[1] and level > 1]
        return "; ".join(lost + failed)

    def _counts(self, plan: str, execution: UUID | None) -> AtomCounts:
        counts = self._stores.atoms.status_counts(plan)
        ran = self._stores.executions.atoms_run(execution) if execution else 0
        done = counts.get(AtomStatus.COMPLETED, 0)
        failed, blocked = (counts.get(status, 0) for status in LOST)
        open_reviews = self._stores.reviews.open_count(plan)
        live = self.live.get(execution) if execution else None
        reused = len(live.reused) if live else max(0, done - ran)
        return AtomCounts(sum(counts.values()), done, failed, blocked, open_reviews, reused if execution else 0)


def _eta(row: StoredExecution, counts: AtomCounts) -> float | None:
    """Seconds until the atoms that are left have ended, at the pace so far; ``None`` where nothing tells the pace."""
    ended = counts.completed + counts.failed + counts.blocked - counts.reused
    left = counts.total - counts.completed - counts.failed - counts.blocked
    if row.status is not ExecutionStatus.RUNNING or ended < 1:
        return None
    return row.seconds / ended * left
