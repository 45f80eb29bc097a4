"""Figures of an atom graph: density, depth, fan-in and fan-out, components, cycles, edges by type."""

from collections import Counter
from collections.abc import Mapping, Sequence

from mge_assets.model.graph import AtomEdge, Confidence, EdgeType
from mge_assets.stages.dependency.waves.levels import components, levels, weak_components


def statistics(names: Sequence[str], edges: Sequence[AtomEdge]) -> Mapping[str, float]:
    """Figures of the resolved graph.

    ``depth`` counts levels once each cycle is taken as one node; ``pairs`` are ordered pairs of atoms with an edge; ``density`` is their share
    of all there could be; the means of fan-in and fan-out are over the atoms that have any; ``cyclic`` counts atoms that lie on a cycle.
    """
    number = {name: i for i, name in enumerate(dict.fromkeys(names))}
    count = len(number)
    keys = {number[e.source] * count + number[e.target] for e in edges if e.confidence is Confidence.RESOLVED}
    needs: list[list[int]] = [[] for _ in number]
    for node, other in (divmod(key, count) for key in sorted(keys)):
        needs[node].append(other)
    fan_in, fan_out = Counter(other for below in needs for other in below), {node: len(below) for node, below in enumerate(needs) if below}
    groups = components(needs)
    sizes = weak_components(needs)
    cyclic = [len(group) for group in groups if len(group) > 1]
    figures = {
        "atoms": count,
        "edges": len(edges),
        "pairs": len(keys),
        "density": len(keys) / (count * (count - 1)) if count > 1 else 0.0,
        "depth": _depth(needs, groups),
        "fan_in_max": max(fan_in.values(), default=0),
        "fan_in_mean": len(keys) / len(fan_in) if fan_in else 0.0,
        "fan_out_max": max(fan_out.values(), default=0),
        "fan_out_mean": len(keys) / len(fan_out) if fan_out else 0.0,
        "components": len(sizes),
        "largest_component": max(sizes, default=0),
        "isolated": sum(1 for node in range(count) if node not in fan_in and node not in fan_out),
        "cycles": len(cyclic),
        "cyclic": sum(cyclic),
        "largest_cycle": max(cyclic, default=0),
        "guessed": sum(1 for e in edges if e.confidence is Confidence.GUESSED),
    }
    by_type = Counter(edge.type for edge in edges)
    figures |= {f"edges_{kind.value}": by_type[kind] for kind in EdgeType}
    return {name: float(value) for name, value in figures.items()}


def _depth(needs: Sequence[Sequence[int]], groups: Sequence[Sequence[int]]) -> int:
    """Levels of the condensation."""
    home = {node: number for number, group in enumerate(groups) for node in group}
    above: list[set[int]] = [set() for _ in groups]
    for node, below in enumerate(needs):
        above[home[node]].update(home[other] for other in below if home[other] != home[node])
    return max(levels([sorted(below) for below in above]), default=-1) + 1
