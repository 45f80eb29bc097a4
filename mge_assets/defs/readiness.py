"""What the steps of a run wait for, told by the step that knows the plan to the executor that starts them; both are in one process."""

from collections.abc import Mapping, Sequence

_needs: dict[str, Mapping[str, Sequence[str]]] = {}


def tell_needs(run_id: str, needs: Mapping[str, Sequence[str]]) -> None:
    """From now on the run's mapped steps start by dependency: each mapping key with those that it waits for."""
    _needs[run_id] = needs


def needs_of(run_id: str) -> Mapping[str, Sequence[str]] | None:
    """The run's needs; ``None`` where it goes by wave."""
    return _needs.get(run_id)


def forget_needs(run_id: str) -> None:
    """The run is over."""
    _needs.pop(run_id, None)
