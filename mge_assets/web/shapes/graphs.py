"""Graphs' boundaries, and what one atom needs."""

from typing import Any, Self
from uuid import UUID

from pydantic import BaseModel

from mge_assets.model.atoms import AtomKind
from mge_assets.model.attempts import AtomStatus
from mge_assets.model.waves import Order
from mge_assets.services.graphs import AtomNeeds
from mge_assets.stages.dependency import Show, ViewColumn, ViewLink, ViewNode
from mge_assets.store.atoms import BriefAtom
from mge_assets.web.shapes.plans import EdgeShape


class FoundAtomShape(BaseModel):
    """An atom in short."""

    atom_id: UUID
    name: str
    task: str
    file: str
    kind: AtomKind
    status: AtomStatus

    @classmethod
    def of(cls, brief: BriefAtom) -> Self:
        """From the value."""
        return cls.model_validate(brief, from_attributes=True)


class FoundAtomsShape(BaseModel):
    """Atoms that were searched for."""

    atoms: list[FoundAtomShape]


class GraphViewShape(BaseModel):
    """A picture of a graph, with places in pixels; ``opened`` is the group or atom that it is about, empty for the whole."""

    show: Show
    opened: str
    atoms: int
    waves: int
    columns: list[ViewColumn]
    nodes: list[ViewNode]
    links: list[ViewLink]
    critical: list[str]


class OrderShape(BaseModel):
    """What one order makes of a plan; parallelism is atoms a wave, and atoms a round of at most ``limit``."""

    waves: int
    sizes: list[int]
    widest: int
    possible_parallelism: float
    limit: int
    allowed_parallelism: float
    rounds: int
    cut: int
    cut_cost: float
    cut_bound: float
    critical_path: list[str]
    path_types: list[str]


class OrdersShape(BaseModel):
    """Both orders side by side, and the one in use."""

    masterplan: str
    order: Order
    orders: dict[Order, OrderShape]


class ExportShape(BaseModel):
    """A plan's graph in one object, for other programs."""

    plan: str
    order: Order
    statistics: dict[str, float]
    orders: dict[Order, OrderShape]
    atoms: list[dict[str, Any]]
    edges: list[dict[str, Any]]
    waves: list[list[str]]
    critical_path: list[str]
    boundaries: dict[str, Any]


class AtomNeedsShape(BaseModel):
    """An atom, what it needs and what needs it."""

    atom: FoundAtomShape
    wave: int | None
    dependencies: list[EdgeShape]
    dependents: list[EdgeShape]

    @classmethod
    def of(cls, found: AtomNeeds) -> Self:
        """From the value."""
        sides = ([EdgeShape.of(edge, cut=edge in found.cut) for edge in edges] for edges in (found.needs, found.needed_by))
        needs, needed_by = sides
        return cls(atom=FoundAtomShape.of(found.atom), wave=found.wave, dependencies=needs, dependents=needed_by)


class RegionShape(BaseModel):
    """A module or package: pairs of its atoms that depend on one another, and on others, both ways."""

    name: str
    atoms: int
    inside: int
    needs: int
    needed_by: int


class ClusterShape(BaseModel):
    """Atoms that depend on one another far more than on others."""

    atoms: list[str]
    modules: list[str]
    cohesion: float


class HubShape(BaseModel):
    """An atom that many need, or that needs many."""

    atom: str
    fan_in: int
    fan_out: int


class BoundariesShape(BaseModel):
    """How a graph falls into parts."""

    modules: list[RegionShape]
    packages: list[RegionShape]
    clusters: list[ClusterShape]
    isolated: list[str]
    hubs: list[HubShape]
    modularity: float
