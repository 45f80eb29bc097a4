"""Findings on ``depends_on``: names that no task has, and tasks that wait for each other in a circle."""

from collections.abc import Callable, Iterator, Sequence
from difflib import get_close_matches
from itertools import pairwise

import networkx as nx

from mge_assets.model.errors import Place
from mge_assets.model.findings import Finding, Severity
from mge_assets.model.masterplan import Task

PathedTask = tuple[Task, tuple[str | int, ...]]


def order_findings(tasks: Sequence[PathedTask], locate: Callable[..., Place]) -> Iterator[Finding]:
    """Unknown names, then one shortest cycle for each knot of tasks that wait for each other."""
    names = sorted({task.name for task, _ in tasks})
    for task, path in tasks:
        for index, needed in enumerate(task.depends_on):
            if needed not in names:
                yield _unknown(task, needed, names, locate(*path, "depends_on", index))
    yield from _cycles(tasks, locate)


def _unknown(task: Task, needed: str, names: list[str], place: Place) -> Finding:
    near = get_close_matches(needed, names, n=1)
    fix = f"did you mean {near[0]!r}?" if near else "name a task of this plan, or take it away"
    return Finding("plan.depends_on.unknown", Severity.ERROR, f"task {task.name!r} depends on {needed!r}, which is no task", fix, place)


def _cycles(tasks: Sequence[PathedTask], locate: Callable[..., Place]) -> Iterator[Finding]:
    graph: nx.DiGraph[str] = nx.DiGraph()
    paths: dict[str, tuple[str | int, ...]] = {}
    for task, path in tasks:
        graph.add_node(task.name)
        paths.setdefault(task.name, path)
        graph.add_edges_from((task.name, needed) for needed in task.depends_on)
    rank = {name: number for number, name in enumerate(paths)}
    knots = [knot for knot in nx.strongly_connected_components(graph) if len(knot) > 1 or any(graph.has_edge(name, name) for name in knot)]
    for knot in sorted(knots, key=lambda names: min(rank.get(name, len(rank)) for name in names)):
        cycle = _shortest_cycle(graph.subgraph(knot), min(knot, key=lambda name: rank.get(name, len(rank))))
        loop = " ▸ ".join([*cycle, cycle[0]])
        problem = f"`depends_on` goes in a circle: {loop}" if len(cycle) > 1 else f"task {cycle[0]!r} depends on itself"
        yield Finding("plan.cycle", Severity.ERROR, problem, "take one of these dependencies away", locate(*paths[cycle[0]], "depends_on"))


def _shortest_cycle(knot: "nx.DiGraph[str]", start: str) -> list[str]:
    """A shortest cycle through ``start``, which lies on one because the knot is strongly connected."""
    ways = [nx.shortest_path(knot, after, start) for after in sorted(knot.successors(start))]
    way: list[str] = min(ways, key=lambda names: (len(names), names))
    cycle = [start, *way[:-1]] if way[-1] == start else [start, *way]
    assert all(knot.has_edge(one, other) for one, other in pairwise([*cycle, start]))
    return cycle
