"""The summary of a run, as JSON and for a person."""

from typing import Any

from mge_assets.model.executions import Progress


def summary_json(progress: Progress) -> dict[str, Any]:
    """The summary that `mge run --json` prints: atoms by fate, cost in USD, wall time in seconds, where things were written."""
    atoms = progress.atoms
    return {
        "masterplan": progress.masterplan,
        "status": progress.status.value,
        "atoms": {
            "total": atoms.total,
            "completed": atoms.completed,
            "failed": atoms.failed,
            "blocked": atoms.blocked,
            "in_review": atoms.in_review,
        },
        "waves": progress.waves,
        "max_parallel": progress.max_parallel,
        "precision_percent": progress.precision_percent,
        "cost_usd": round(progress.cost_usd, 6),
        "seconds": round(progress.seconds, 3),
        "delivered": progress.delivered,
        "report": progress.report,
    }


def summary_lines(progress: Progress) -> tuple[str, ...]:
    """The same for a person."""
    atoms = progress.atoms
    fates = [f"{atoms.completed} of {atoms.total} atoms completed"]
    fates += [f"{atoms.reused} of them re-used, as nothing they follow from has changed"] if atoms.reused else []
    fates += [f"{count} {name}" for count, name in ((atoms.failed, "failed"), (atoms.blocked, "blocked"), (atoms.in_review, "in review")) if count]
    return (
        f"{progress.masterplan}: {progress.status.value}",
        f"  atoms      {', '.join(fates)}",
        f"  waves      {progress.waves}" + (f", at most {progress.max_parallel} atoms at once" if progress.max_parallel else ""),
        f"  precision  {progress.precision_percent:.2f} %",
        f"  cost       ${progress.cost_usd:.2f} in {progress.seconds:.1f} s",
        f"  delivered  {progress.delivered or 'nothing'}",
        f"  report     {progress.report or 'none'}",
    )
