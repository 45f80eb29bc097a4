"""A graph's edges as pictures and single atoms need them: counted by the database, or only those of a few atoms.

What belongs here: questions that do not need the whole graph, which a large plan takes seconds to read. The graph itself is ``graphs``' part.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Connection, Integer, Select, Text, Uuid, any_, cast, column, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from mge_assets.model.graph import AtomEdge, Confidence, Tie
from mge_assets.model.ids import masterplan_id, part_id
from mge_assets.store.retrying import Store
from mge_assets.store.tables import AtomDependencyRow, AtomicUnitRow, DependencyGraphRow, ExecutionWaveRow


@dataclass(frozen=True, slots=True)
class AtomTies:
    """One atom's edges both ways, and those of them that were cut; ``wave`` is ``None`` until waves are planned."""

    wave: int | None
    needs: tuple[AtomEdge, ...]
    needed_by: tuple[AtomEdge, ...]
    cut: frozenset[AtomEdge]


class TieStore(Store):
    """Reads parts of graphs."""

    def near(self, plan: str, atoms: Collection[str]) -> set[str]:
        """Ids of these atoms, of what they need, and of what needs them."""
        edge, own = AtomDependencyRow, select(func.unnest(_each(atoms, Uuid)))
        ends = select(cast(edge.from_atom_id, Text), cast(edge.to_atom_id, Text)).where(edge.graph_id == _graph_of(plan))
        with self._engine.connect() as connection:
            rows = connection.execute(ends.where(or_(edge.from_atom_id.in_(own), edge.to_atom_id.in_(own))))
            return {*atoms, *(end for row in rows for end in row)}

    def between(self, plan: str, parts: Mapping[str, str]) -> Iterator[Tie]:
        """How the parts that atoms (by id) are of depend on one another, edges of each type together. Atoms without a part are left out."""
        names = list(dict.fromkeys(parts.values()))
        number = {name: place for place, name in enumerate(names)}
        with self._engine.connect() as connection:
            for start, end, *told in connection.execute(_counted(plan, parts, [number[part] for part in parts.values()])):
                yield Tie(names[start], names[end], *told)

    def of(self, plan: str, atom: UUID) -> AtomTies | None:
        """One atom's edges; ``None`` where the plan has no graph."""
        wave = ExecutionWaveRow
        with self._engine.connect() as connection:
            if connection.scalar(select(DependencyGraphRow.graph_id).where(DependencyGraphRow.graph_id == _graph_of(plan))) is None:
                return None
            number = connection.scalar(select(wave.wave_number).where(wave.masterplan_id == masterplan_id(plan), any_(wave.atom_ids) == atom))
            needs, needed_by = (_edges(connection, plan, end, atom) for end in (AtomDependencyRow.from_atom_id, AtomDependencyRow.to_atom_id))
        cut = frozenset(edge for edge, is_cut in {**needs, **needed_by}.items() if is_cut)
        return AtomTies(number, tuple(sorted(needs)), tuple(sorted(needed_by)), cut)


def _graph_of(plan: str) -> UUID:
    """The plan's graph. The database plans worse where it has to look this up, as it then knows nothing of how many edges there are."""
    return part_id(masterplan_id(plan), "graph", "")


def _each(values: Iterable[object], kind: type[Uuid[UUID] | Integer]) -> ColumnElement[Any]:
    """The values as one text that the database takes apart: sent one by one, 18,000 take half a second."""
    return cast(func.string_to_array(",".join(map(str, values)), ","), ARRAY(kind))


def _counted(plan: str, atoms: Iterable[str], parts: Iterable[int]) -> Select[*tuple[Any, ...]]:
    edge = AtomDependencyRow
    sent = func.unnest(_each(atoms, Uuid), _each(parts, Integer)).table_valued(column("atom", Uuid), column("part", Integer)).render_derived()
    home = select(sent.c.atom, sent.c.part).cte("home")
    source, target = home.alias("source"), home.alias("target")
    told = (func.count(), func.bool_or(edge.confidence == Confidence.RESOLVED), func.bool_or(edge.cut))
    joined = (edge.from_atom_id == source.c.atom, edge.to_atom_id == target.c.atom, source.c.part != target.c.part)
    by = (source.c.part, target.c.part, edge.dependency_type)
    return select(*by, *told).where(edge.graph_id == _graph_of(plan), *joined).group_by(*by)


def _edges(connection: Connection, plan: str, end: InstrumentedAttribute[UUID], atom: UUID) -> dict[AtomEdge, bool]:
    """The edges that have the atom at this end, and whether each was cut."""
    edge, source, target = AtomDependencyRow, aliased(AtomicUnitRow), aliased(AtomicUnitRow)
    columns = (source.name, target.name, edge.dependency_type, edge.confidence, edge.weight, edge.places, edge.inherits, edge.cut)
    found = select(*columns).join(source, source.atom_id == edge.from_atom_id).join(target, target.atom_id == edge.to_atom_id)
    rows = connection.execute(found.where(edge.graph_id == _graph_of(plan), end == atom))
    return {AtomEdge(start, stop, kind, sure, weight, tuple(places), inherits): cut for start, stop, kind, sure, weight, places, inherits, cut in rows}
