"""Masterplans, their executions, graphs and waves, and the installation's health."""

from collections.abc import Mapping
from typing import Self
from uuid import UUID

from pydantic import BaseModel

from mge_assets.model.executions import ExecutionStatus, Progress, Schedule, WaveStatus
from mge_assets.model.graph import AtomEdge, Confidence, EdgeType
from mge_assets.model.waves import Order
from mge_resources.syntax import Language


class AtomCountsShape(BaseModel):
    """How many atoms stand where."""

    total: int
    completed: int
    failed: int
    blocked: int
    in_review: int
    reused: int


class ProgressShape(BaseModel):
    """How far a masterplan's newest execution is."""

    masterplan: str
    status: ExecutionStatus
    atoms: AtomCountsShape
    waves_done: int
    waves: int
    max_parallel: int
    precision_percent: float
    cost_usd: float
    seconds: float
    delivered: str | None
    report: str | None
    wave: int | None
    in_flight: int
    eta_seconds: float | None
    budget_usd: float | None
    schedule: Schedule
    reason: str

    @classmethod
    def of(cls, progress: Progress) -> Self:
        """From the value."""
        return cls.model_validate(progress, from_attributes=True)


class MasterplanShape(BaseModel):
    """A masterplan and how its newest execution stands."""

    name: str
    version: int
    description: str
    path: str
    tasks: int
    progress: ProgressShape


class MasterplansShape(BaseModel):
    """Every known masterplan, by name."""

    masterplans: list[MasterplanShape]


class TaskShape(BaseModel):
    """A task: one file."""

    name: str
    description: str
    file: str
    language: Language | None
    depends_on: list[str]


class MilestoneShape(BaseModel):
    """A milestone and its tasks."""

    name: str
    description: str
    tasks: list[TaskShape]


class PhaseShape(BaseModel):
    """A phase and its milestones."""

    name: str
    description: str
    milestones: list[MilestoneShape]


class MasterplanDetailShape(MasterplanShape):
    """A masterplan with all of its parts."""

    requirements: list[str]
    phases: list[PhaseShape]


class EdgeShape(BaseModel):
    """Atom ``source`` needs atom ``target``. A ``cut`` edge was taken out to break a cycle."""

    source: str
    target: str
    type: EdgeType
    confidence: Confidence
    weight: float
    places: list[str]
    cut: bool

    @classmethod
    def of(cls, edge: AtomEdge, *, cut: bool) -> Self:
        """From the value."""
        parts = {"source": edge.source, "target": edge.target, "type": edge.type, "confidence": edge.confidence}
        return cls.model_validate({**parts, "weight": edge.weight, "places": list(edge.places), "cut": cut})


class NodeShape(BaseModel):
    """An atom in the graph; ``wave`` is ``None`` until waves are planned."""

    name: str
    wave: int | None


class GraphShape(BaseModel):
    """A masterplan's dependency graph."""

    masterplan: str
    atoms: list[NodeShape]
    edges: list[EdgeShape]
    statistics: Mapping[str, float]


class WaveShape(BaseModel):
    """A wave and how it went."""

    wave_id: UUID
    number: int
    status: WaveStatus
    atoms: list[str]
    seconds: float


class WavesShape(BaseModel):
    """A masterplan's waves; ``critical_path`` is its longest chain of dependencies."""

    masterplan: str
    order: Order
    waves: list[WaveShape]
    max_parallel: int
    cut: list[EdgeShape]
    critical_path: list[str]


class HealthShape(BaseModel):
    """Whether the installation can work: the database answered in so many seconds, and which model it would ask."""

    status: str
    database_seconds: float
    masterplans: int
    model: str
