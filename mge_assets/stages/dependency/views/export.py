"""The graph for other programs: GraphML with typed attributes, and one JSON object."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from mge_assets.model.graph import AtomGraph, Boundaries
from mge_assets.model.waves import Order, WaveFigures, WavePlan
from mge_assets.stages.dependency.views.views import AtomFacts

_NODE_KEYS = {"kind": "string", "task": "string", "file": "string", "wave": "int", "status": "string", "critical": "boolean"}
_EDGE_KEYS = {"type": "string", "confidence": "string", "weight": "double", "places": "string", "inherits": "boolean", "cut": "boolean"}
_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<graphml xmlns="http://graphml.graphdrawing.org/xmlns" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xsi:schemaLocation="http://graphml.graphdrawing.org/xmlns http://graphml.graphdrawing.org/xmlns/1.0/graphml.xsd">\n'
)


def plan_json(
    plan: str, graph: AtomGraph, waves: WavePlan, facts: Mapping[str, AtomFacts], figures: Mapping[Order, WaveFigures], parts: Boundaries
) -> dict[str, Any]:
    """A plan's graph in one object: atoms with their waves, edges, waves, what each order makes of them, statistics, boundaries."""
    wave = {name: each.number for each in waves.waves for name in each.atoms}
    critical, cut = set(waves.critical_path), {(edge.source, edge.target, edge.type) for edge in waves.cut}
    return {
        "plan": plan,
        "order": waves.order.value,
        "statistics": dict(graph.statistics),
        "orders": {order.value: figures_json(told) for order, told in figures.items()},
        "atoms": [
            {
                "name": n,
                "kind": facts[n].kind,
                "task": facts[n].task,
                "file": facts[n].file,
                "wave": wave[n],
                "status": facts[n].status,
                "critical": n in critical,
            }
            for n in graph.atoms
        ],
        "edges": [
            {
                "source": edge.source,
                "target": edge.target,
                "type": edge.type.value,
                "confidence": edge.confidence.value,
                "weight": edge.weight,
                "places": list(edge.places),
                "inherits": edge.inherits,
                "cut": (edge.source, edge.target, edge.type) in cut,
            }
            for edge in graph.edges
        ],
        "waves": [list(each.atoms) for each in waves.waves],
        "critical_path": list(waves.critical_path),
        "boundaries": asdict(parts),
    }


def figures_json(told: WaveFigures) -> dict[str, Any]:
    """An order's figures; parallelism is atoms a wave, and atoms a round of at most ``limit``."""
    return {
        "waves": told.waves,
        "sizes": list(told.sizes),
        "widest": told.widest,
        "possible_parallelism": round(told.possible, 2),
        "limit": told.limit,
        "allowed_parallelism": round(told.allowed, 2),
        "rounds": told.rounds,
        "cut": told.cut,
        "cut_cost": told.cut_cost,
        "cut_bound": told.cut_bound,
        "critical_path": list(told.critical_path),
        "path_types": list(told.path_types),
    }


def graphml(document: Mapping[str, Any]) -> str:
    """GraphML of what ``plan_json`` gives; the edge's source needs its target."""
    keys = [f'<key id="n_{name}" for="node" attr.name="{name}" attr.type="{kind}"/>' for name, kind in _NODE_KEYS.items()]
    keys += [f'<key id="e_{name}" for="edge" attr.name="{name}" attr.type="{kind}"/>' for name, kind in _EDGE_KEYS.items()]
    nodes = [f"<node id={_quoted(atom['name'])}>{_data('n', _NODE_KEYS, atom)}</node>" for atom in document["atoms"]]
    edges = [
        f'<edge id="e{number}" source={_quoted(edge["source"])} target={_quoted(edge["target"])}>{_data("e", _EDGE_KEYS, edge)}</edge>'
        for number, edge in enumerate(document["edges"])
    ]
    body = [*keys, f'<graph id={_quoted(document["plan"])} edgedefault="directed">', *nodes, *edges, "</graph>"]
    return _HEAD + "\n".join(body) + "\n</graphml>\n"


def _data(prefix: str, keys: Mapping[str, str], values: Mapping[str, Any]) -> str:
    return "".join(f'<data key="{prefix}_{name}">{escape(_clean(_text(values[name])))}</data>' for name in keys)


def _text(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case list():
            return " ".join(map(str, value))
        case _:
            return str(value)


def _quoted(text: str) -> str:
    return quoteattr(_clean(text))


def _clean(text: str) -> str:
    """Without the control characters that XML can't hold."""
    return "".join(letter if letter in "\t\n\r" or letter >= " " else "\ufffd" for letter in text)
