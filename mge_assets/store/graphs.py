"""Graphs and waves to rows and back."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from operator import attrgetter
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Text, cast, delete, func, insert, select, update

from mge_assets.model.graph import AtomEdge, AtomGraph, Boundaries, Cluster, Confidence, EdgeType, Hub, Region
from mge_assets.model.ids import masterplan_id, part_id
from mge_assets.model.waves import Order, Wave, WaveFigures, WavePlan
from mge_assets.store.retrying import Store
from mge_assets.store.rows import upsert
from mge_assets.store.tables import AtomDependencyRow, AtomicUnitRow, DependencyGraphRow, ExecutionWaveRow, TaskRow

_NO_BOUNDARIES = Boundaries()
_NO_FIGURES: Mapping[Order, WaveFigures] = {}
_FOLLOWS = "follows"
_BY_FIELDS = attrgetter(*(each.name for each in fields(AtomEdge)))
_NO_WAVES = -1
"""Depth of a graph whose waves were not planned yet; a plan without atoms has depth 0."""


@dataclass(frozen=True, slots=True)
class StoredGraph:
    """A graph's row: the digest of what it was built from, its figures, what each order makes of it, and its picture."""

    digest: str
    atoms: int
    edges: int
    waves: int
    statistics: Mapping[str, float]
    edge_types: Mapping[str, int]
    svg: str
    boundaries: Boundaries
    figures: Mapping[Order, WaveFigures]
    wave_order: Order
    waves_follow: str


class GraphStore(Store):
    """Reads and writes graphs and waves."""

    def save(self, plan: str, graph: AtomGraph, ids: Mapping[str, UUID], digest: str, boundaries: Boundaries = _NO_BOUNDARIES) -> None:
        """Store a plan's graph in place of the one it had; its waves go with the old one."""
        owner = masterplan_id(plan)
        key = part_id(owner, "graph", "")
        head = {"graph_id": key, "masterplan_id": owner, "digest": digest, "total_atoms": len(graph.atoms), "total_edges": len(graph.edges)}
        blank = {"max_depth": _NO_WAVES, "total_waves": 0, "parallelizable_atoms": 0, "critical_path": [], "statistics": dict(graph.statistics), "svg": ""}
        blank |= {"boundaries": asdict(boundaries)}
        with self._engine.begin() as connection:
            connection.execute(delete(DependencyGraphRow).where(DependencyGraphRow.graph_id == key))
            connection.execute(insert(DependencyGraphRow).values(**head, **blank))
            rows = [_edge_row(key, edge, ids) for edge in graph.edges]
            if rows:
                connection.execute(insert(AtomDependencyRow), rows)

    def head(self, plan: str) -> StoredGraph | None:
        """The graph's row, or ``None``."""
        edge, table = AtomDependencyRow, DependencyGraphRow
        with self._engine.connect() as connection:
            row = connection.execute(select(table).where(table.masterplan_id == masterplan_id(plan)).with_only_columns(*table.__table__.c)).first()
            if row is None:
                return None
            by_type = select(edge.dependency_type, func.count()).where(edge.graph_id == row.graph_id).group_by(edge.dependency_type)
            types = {found[0].value: found[1] for found in connection.execute(by_type.order_by(edge.dependency_type))}
        return StoredGraph(
            row.digest,
            row.total_atoms,
            row.total_edges,
            row.total_waves,
            row.statistics,
            types,
            row.svg,
            _boundaries(row.boundaries),
            _figures(row.wave_figures),
            row.wave_order,
            row.wave_figures.get(_FOLLOWS, ""),
        )

    def mark(self, plan: str) -> str:
        """Changes when the graph or its waves do; empty where there is none. Far cheaper than ``head``, whose figures grow with the plan."""
        table = DependencyGraphRow
        columns = select(table.digest, table.wave_order, table.total_waves, table.wave_figures[_FOLLOWS].as_string())
        with self._engine.connect() as connection:
            row = connection.execute(columns.where(table.masterplan_id == masterplan_id(plan))).first()
        return " ".join(map(str, row)) if row else ""

    def load(self, plan: str, *, places: bool = True) -> AtomGraph | None:
        """The graph itself, or ``None``; without the places that its edges come from where nobody looks at them, which takes half the time."""
        table = DependencyGraphRow
        with self._engine.connect() as connection:
            graph = connection.execute(select(table.graph_id, table.statistics).where(table.masterplan_id == masterplan_id(plan))).first()
            if graph is None:
                return None
            names = _texts(connection, plan)
            found = _edges_with_places(connection, graph.graph_id, names) if places else _edges_without_places(connection, graph.graph_id, names)
        return AtomGraph(tuple(names.values()), tuple(sorted(found, key=_BY_FIELDS)), graph.statistics)

    def save_waves(
        self, plan: str, waves: WavePlan, ids: Mapping[str, UUID], svg: str, told: Mapping[Order, WaveFigures] = _NO_FIGURES, follows: str = ""
    ) -> None:
        """Store a plan's waves in place of those it had, with what each order would make, and mark the edges that were cut.

        ``follows`` is a digest of what they follow from beside the graph.
        """
        owner = masterplan_id(plan)
        key = part_id(owner, "graph", "")
        figures = {"max_depth": len(waves.critical_path), "total_waves": len(waves.waves), "parallelizable_atoms": waves.max_parallel}
        with self._engine.begin() as connection:
            connection.execute(delete(ExecutionWaveRow).where(ExecutionWaveRow.masterplan_id == owner))
            upsert(connection, ExecutionWaveRow, [_wave_row(owner, key, wave, ids) for wave in waves.waves])
            graph = update(DependencyGraphRow).where(DependencyGraphRow.graph_id == key)
            connection.execute(
                graph.values(**figures, critical_path=list(waves.critical_path), svg=svg, wave_order=waves.order, wave_figures=_figures_json(told, follows))
            )
            edge = AtomDependencyRow
            connection.execute(update(edge).where(edge.graph_id == key, edge.cut).values(cut=False))
            for cut in waves.cut:
                ends = (edge.from_atom_id == ids[cut.source], edge.to_atom_id == ids[cut.target], edge.dependency_type == cut.type)
                connection.execute(update(edge).where(edge.graph_id == key, *ends).values(cut=True))

    def waves(self, plan: str) -> WavePlan | None:
        """The waves, or ``None`` where there are none yet."""
        owner = masterplan_id(plan)
        with self._engine.connect() as connection:
            graph = DependencyGraphRow
            columns = select(graph.critical_path, graph.wave_order, graph.wave_figures)
            head = connection.execute(columns.where(graph.masterplan_id == owner, graph.max_depth > _NO_WAVES)).first()
            if head is None:
                return None
            names = _texts(connection, plan)
            wave = ExecutionWaveRow
            # one text each: as many ids of their own take ten times as long to read
            rows = connection.execute(select(wave.wave_number, func.array_to_string(wave.atom_ids, ",")).where(wave.masterplan_id == owner))
            waves = tuple(Wave(number, tuple(names[atom] for atom in atoms.split(",") if atom)) for number, atoms in sorted(tuple(row) for row in rows))
            cut = sorted(_edges_with_places(connection, part_id(owner, "graph", ""), names, AtomDependencyRow.cut.is_(True)))
        told = _figures(head.wave_figures).get(head.wave_order)
        return WavePlan(waves, tuple(cut), tuple(head.critical_path), head.wave_order, told.cut_cost if told else 0.0, told.cut_bound if told else 0.0)


def _texts(connection: Connection, plan: str) -> dict[str, str]:
    """The plan's atoms by id, in plan order; the ids as texts, which are read in half the time."""
    query = select(cast(AtomicUnitRow.atom_id, Text), AtomicUnitRow.name).join(TaskRow, TaskRow.task_id == AtomicUnitRow.task_id)
    ordered = query.where(AtomicUnitRow.masterplan_id == masterplan_id(plan)).order_by(TaskRow.position, AtomicUnitRow.atom_number)
    return {key: name for key, name in connection.execute(ordered)}  # noqa: C416 -- a row is a tuple to Python, and none to mypy


def _edges_with_places(connection: Connection, graph: UUID, names: Mapping[str, str], *wanted: ColumnElement[bool]) -> list[AtomEdge]:
    edge = AtomDependencyRow
    columns = (cast(edge.from_atom_id, Text), cast(edge.to_atom_id, Text), edge.dependency_type, edge.confidence, edge.weight, edge.places, edge.inherits)
    return [
        AtomEdge(names[source], names[target], kind, confidence, weight, tuple(places), inherits)
        for source, target, kind, confidence, weight, places, inherits in connection.execute(select(*columns).where(edge.graph_id == graph, *wanted))
    ]


def _edges_without_places(connection: Connection, graph: UUID, names: Mapping[str, str]) -> list[AtomEdge]:
    """Every edge from one row of a few long texts: 88,000 rows of their own take seven times as long to read."""
    edge = AtomDependencyRow
    columns = (edge.from_atom_id, edge.to_atom_id, edge.dependency_type, edge.confidence, edge.weight, edge.inherits)
    row = connection.execute(select(*(func.string_agg(cast(column, Text), ",") for column in columns)).where(edge.graph_id == graph)).one()
    if row[0] is None:
        return []
    sources, targets, kinds, trust, weights, inherits = (text.split(",") for text in row)
    types, confidences = {kind.value: kind for kind in EdgeType}, {each.value: each for each in Confidence}
    return [
        AtomEdge(names[source], names[target], types[kind], confidences[sure], float(weight), (), inherited == "true")
        for source, target, kind, sure, weight, inherited in zip(sources, targets, kinds, trust, weights, inherits, strict=True)
    ]


def _edge_row(graph: UUID, edge: AtomEdge, ids: Mapping[str, UUID]) -> dict[str, Any]:
    ends = {"graph_id": graph, "from_atom_id": ids[edge.source], "to_atom_id": ids[edge.target]}
    return {**ends, "dependency_type": edge.type, "confidence": edge.confidence, "weight": edge.weight, "places": list(edge.places), "inherits": edge.inherits}


def _wave_row(owner: UUID, graph: UUID, wave: Wave, ids: Mapping[str, UUID]) -> dict[str, Any]:
    key = part_id(owner, "wave", str(wave.number))
    atoms = [ids[name] for name in wave.atoms]
    return {"wave_id": key, "graph_id": graph, "masterplan_id": owner, "wave_number": wave.number, "atom_ids": atoms, "atom_count": len(atoms)}


def _figures_json(told: Mapping[Order, WaveFigures], follows: str) -> dict[str, Any]:
    return {order.value: asdict(figures) for order, figures in told.items()} | {_FOLLOWS: follows}


def _figures(document: Mapping[str, Any]) -> dict[Order, WaveFigures]:
    lists = ("sizes", "critical_path", "path_types")
    return {
        Order(name): WaveFigures(**{**row, "order": Order(name)} | {key: tuple(row[key]) for key in lists})
        for name, row in document.items()
        if name != _FOLLOWS
    }


def _boundaries(document: Mapping[str, Any]) -> Boundaries:
    if not document:
        return _NO_BOUNDARIES
    return Boundaries(
        modules=tuple(Region(**row) for row in document["modules"]),
        packages=tuple(Region(**row) for row in document["packages"]),
        clusters=tuple(Cluster(tuple(row["atoms"]), tuple(row["modules"]), row["cohesion"]) for row in document["clusters"]),
        isolated=tuple(document["isolated"]),
        hubs=tuple(Hub(**row) for row in document["hubs"]),
        modularity=document["modularity"],
    )
