"""Graphs and waves to rows and back."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, delete, func, insert, select, update

from mge_assets.model.graph import AtomEdge, AtomGraph
from mge_assets.model.ids import masterplan_id, part_id
from mge_assets.model.waves import Wave, WavePlan
from mge_assets.store.rows import upsert
from mge_assets.store.tables import AtomDependencyRow, AtomicUnitRow, DependencyGraphRow, ExecutionWaveRow, TaskRow

_NO_WAVES = -1
"""Depth of a graph whose waves were not planned yet; a plan without atoms has depth 0."""


@dataclass(frozen=True, slots=True)
class StoredGraph:
    """A graph's row: the digest of what it was built from, its figures and its picture."""

    digest: str
    atoms: int
    edges: int
    waves: int
    statistics: Mapping[str, float]
    edge_types: Mapping[str, int]
    svg: str


class GraphStore:
    """Reads and writes graphs and waves."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def save(self, plan: str, graph: AtomGraph, ids: Mapping[str, UUID], digest: str) -> None:
        """Store a plan's graph in place of the one it had; its waves go with the old one."""
        owner = masterplan_id(plan)
        key = part_id(owner, "graph", "")
        head = {"graph_id": key, "masterplan_id": owner, "digest": digest, "total_atoms": len(graph.atoms), "total_edges": len(graph.edges)}
        blank = {"max_depth": _NO_WAVES, "total_waves": 0, "parallelizable_atoms": 0, "critical_path": [], "statistics": dict(graph.statistics), "svg": ""}
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
        return StoredGraph(row.digest, row.total_atoms, row.total_edges, row.total_waves, row.statistics, types, row.svg)

    def load(self, plan: str) -> AtomGraph | None:
        """The graph itself, or ``None``."""
        head = self.head(plan)
        if head is None:
            return None
        with self._engine.connect() as connection:
            names = _names(connection, plan)
            edges = connection.execute(
                select(*AtomDependencyRow.__table__.c).join(DependencyGraphRow).where(DependencyGraphRow.masterplan_id == masterplan_id(plan))
            )
            found = sorted(AtomEdge(names[e.from_atom_id], names[e.to_atom_id], e.dependency_type, e.confidence, e.weight, tuple(e.places)) for e in edges)
        return AtomGraph(tuple(names.values()), tuple(found), head.statistics)

    def save_waves(self, plan: str, waves: WavePlan, ids: Mapping[str, UUID], svg: str) -> None:
        """Store a plan's waves in place of those it had, and mark the edges that were cut."""
        owner = masterplan_id(plan)
        key = part_id(owner, "graph", "")
        figures = {"max_depth": len(waves.critical_path), "total_waves": len(waves.waves), "parallelizable_atoms": waves.max_parallel}
        with self._engine.begin() as connection:
            connection.execute(delete(ExecutionWaveRow).where(ExecutionWaveRow.masterplan_id == owner))
            upsert(connection, ExecutionWaveRow, [_wave_row(owner, key, wave, ids) for wave in waves.waves])
            graph = update(DependencyGraphRow).where(DependencyGraphRow.graph_id == key)
            connection.execute(graph.values(**figures, critical_path=list(waves.critical_path), svg=svg))
            edge = AtomDependencyRow
            connection.execute(update(edge).where(edge.graph_id == key, edge.cut).values(cut=False))
            for cut in waves.cut:
                ends = (edge.from_atom_id == ids[cut.source], edge.to_atom_id == ids[cut.target], edge.dependency_type == cut.type)
                connection.execute(update(edge).where(edge.graph_id == key, *ends).values(cut=True))

    def waves(self, plan: str) -> WavePlan | None:
        """The waves, or ``None`` where there are none yet."""
        owner = masterplan_id(plan)
        with self._engine.connect() as connection:
            path = connection.scalar(
                select(DependencyGraphRow.critical_path).where(DependencyGraphRow.masterplan_id == owner, DependencyGraphRow.max_depth > _NO_WAVES)
            )
            if path is None:
                return None
            names = _names(connection, plan)
            wave, edge = ExecutionWaveRow, AtomDependencyRow
            rows = connection.execute(select(wave.wave_number, wave.atom_ids).where(wave.masterplan_id == owner).order_by(wave.wave_number))
            waves = tuple(Wave(row.wave_number, tuple(names[atom] for atom in row.atom_ids)) for row in rows)
            cut_rows = connection.execute(select(*edge.__table__.c).join(DependencyGraphRow).where(DependencyGraphRow.masterplan_id == owner, edge.cut))
            cut = sorted(AtomEdge(names[e.from_atom_id], names[e.to_atom_id], e.dependency_type, e.confidence, e.weight, tuple(e.places)) for e in cut_rows)
        return WavePlan(waves, tuple(cut), tuple(path))


def _names(connection: Connection, plan: str) -> dict[UUID, str]:
    """The plan's atoms by id, in plan order."""
    query = select(AtomicUnitRow.atom_id, AtomicUnitRow.name).join(TaskRow, TaskRow.task_id == AtomicUnitRow.task_id)
    ordered = query.where(AtomicUnitRow.masterplan_id == masterplan_id(plan)).order_by(TaskRow.position, AtomicUnitRow.atom_number)
    return {row.atom_id: row.name for row in connection.execute(ordered)}


def _edge_row(graph: UUID, edge: AtomEdge, ids: Mapping[str, UUID]) -> dict[str, Any]:
    ends = {"graph_id": graph, "from_atom_id": ids[edge.source], "to_atom_id": ids[edge.target]}
    return {**ends, "dependency_type": edge.type, "confidence": edge.confidence, "weight": edge.weight, "places": list(edge.places)}


def _wave_row(owner: UUID, graph: UUID, wave: Wave, ids: Mapping[str, UUID]) -> dict[str, Any]:
    key = part_id(owner, "wave", str(wave.number))
    atoms = [ids[name] for name in wave.atoms]
    return {"wave_id": key, "graph_id": graph, "masterplan_id": owner, "wave_number": wave.number, "atom_ids": atoms, "atom_count": len(atoms)}
