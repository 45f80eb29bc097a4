"""What the newest execution was held against: its forecast, and the work at once that its schedule allowed."""

from uuid import UUID

from mge_assets.model.executions import Progress, Schedule
from mge_assets.model.forecasts import by_dependency, by_wave
from mge_assets.model.wording import counted
from mge_assets.services.execution import ExecutionServiceV2
from mge_assets.services.stores import Stores
from mge_assets.stages.delivery import MeasureRow


def measures(stores: Stores, execution: ExecutionServiceV2, progress: Progress, limit: int) -> tuple[MeasureRow, ...]:
    """Forecast and truth of a run that asked a model, and parallelism of any that ran atoms."""
    newest = stores.executions.newest(progress.masterplan)
    if newest is None:
        return ()
    rows = []
    if newest.forecast.get("atoms"):
        told = newest.forecast
        bill = stores.journal.bill(newest.execution_id)
        rows = [
            MeasureRow("cost", f"${told['usd_median']:.2f}, in nine of ten cases under ${told['usd_p90']:.2f}", f"${progress.cost_usd:.2f}"),
            MeasureRow("time", f"{told['seconds_median']:.0f} s, in nine of ten cases under {told['seconds_p90']:.0f} s", f"{progress.seconds:.0f} s"),
            MeasureRow("calls", f"{told['calls']:.0f}", f"{bill.calls}"),
        ]
    return (*rows, *_integration(stores, newest.execution_id), *_parallelism(stores, execution, progress, limit))


def _integration(stores: Stores, execution: UUID) -> tuple[MeasureRow, ...]:
    """What the integration tests said that ran while atoms were written."""
    rounds = stores.integration.of_execution(execution)
    if not rounds:
        return ()
    last = rounds[-1]
    found = f"{last.tests_telling - last.tests_failed} of {last.tests_telling} in the last of {counted(len(rounds), 'round')}"
    named = sorted({row["atom"] for run in rounds for row in run.culprits if row["atom"]})
    return (MeasureRow("integration tests that pass", "all", found + (f"; traced to {', '.join(named[:3])}" if named else "")),)


def _parallelism(stores: Stores, execution: ExecutionServiceV2, progress: Progress, limit: int) -> tuple[MeasureRow, ...]:
    plan = progress.masterplan
    times = stores.executions.atom_times(plan)
    seconds = {atom: (end - begin).total_seconds() for atom, (begin, end) in times.items()}
    if not seconds:
        return ()
    if progress.schedule is Schedule.WAVE:
        possible = by_wave([[seconds[atom] for atom in members if atom in seconds] for _, members, _ in stores.executions.wave_members(plan)], limit)
    else:
        possible = by_dependency(seconds, execution.needs_of(plan), limit)
    wall = (max(end for _, end in times.values()) - min(begin for begin, _ in times.values())).total_seconds()
    found = sum(seconds.values()) / wall if wall else 0.0
    return (MeasureRow("atoms at once, on the average", f"{possible.parallelism:.1f} possible by {progress.schedule.value}", f"{found:.1f}"),)
