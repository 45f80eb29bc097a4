"""Tables of atoms, their dependencies and the graph these make."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from mge_assets.model.atoms import AtomKind
from mge_assets.model.attempts import AtomStatus
from mge_assets.model.graph import Confidence, EdgeType
from mge_assets.model.waves import Order
from mge_assets.store.tables.base import DEFERRED, Base, Count, Created, Flag, Money, enum_of, parent
from mge_resources.syntax import Language


class AtomicUnitRow(Base):
    """An atom: where it stands, what it is, its draft, its code and how it fared.

    ``fingerprint`` covers all that its code follows from; code made under an equal fingerprint is used again.
    """

    __tablename__ = "atomic_units"
    __table_args__ = (
        UniqueConstraint("task_id", "atom_number", **DEFERRED),
        UniqueConstraint("masterplan_id", "name", **DEFERRED),
        Index("ix_atomic_units_review", "needs_human_review", "human_reviewed"),
    )
    atom_id: Mapped[UUID] = mapped_column(primary_key=True)
    task_id: Mapped[UUID] = mapped_column(parent("masterplan_tasks", "task_id"), index=True)
    masterplan_id: Mapped[UUID] = mapped_column(parent("masterplans", "masterplan_id"), index=True)
    atom_number: Mapped[int]
    name: Mapped[str]
    description: Mapped[str] = mapped_column(server_default="")
    kind: Mapped[AtomKind] = mapped_column(enum_of(AtomKind, "atom_kind"))
    language: Mapped[Language] = mapped_column(enum_of(Language, "language"))
    file: Mapped[str]
    node_type: Mapped[str]
    scope: Mapped[str]
    indent: Mapped[str]
    signature: Mapped[str]
    stub: Mapped[Flag]
    start_byte: Mapped[int]
    end_byte: Mapped[int]
    start_line: Mapped[int]
    end_line: Mapped[int]
    estimated_loc: Mapped[int]
    actual_loc: Mapped[int | None]
    complexity: Mapped[int]
    imports: Mapped[list[Any]]
    types: Mapped[list[Any]]
    preconditions: Mapped[list[Any]]
    postconditions: Mapped[list[Any]]
    test_cases: Mapped[list[Any]]
    context_json: Mapped[dict[str, Any]]
    completeness_score: Mapped[float]
    atomicity_score: Mapped[float]
    atomicity_violations: Mapped[list[Any]]
    is_atomic: Mapped[bool]
    draft: Mapped[bytes]
    code: Mapped[bytes | None]
    fingerprint: Mapped[str] = mapped_column(server_default="")
    status: Mapped[AtomStatus] = mapped_column(enum_of(AtomStatus, "atom_status"), server_default=AtomStatus.PENDING.value, index=True)
    attempts: Mapped[Count]
    validation_passed: Mapped[bool | None]
    confidence_score: Mapped[float | None] = mapped_column(index=True)
    needs_human_review: Mapped[Flag]
    human_reviewed: Mapped[Flag]
    human_feedback: Mapped[str] = mapped_column(server_default="")
    llm_model: Mapped[str] = mapped_column(server_default="")
    llm_cost_usd: Mapped[Money]
    llm_tokens_input: Mapped[Count]
    llm_tokens_output: Mapped[Count]
    created_at: Mapped[Created]
    started_at: Mapped[datetime | None]
    generated_at: Mapped[datetime | None]
    validated_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]


class DependencyGraphRow(Base):
    """A plan's graph and its waves; ``digest`` covers the atoms that it was built from, ``wave_figures`` what each order makes of them."""

    __tablename__ = "dependency_graphs"
    graph_id: Mapped[UUID] = mapped_column(primary_key=True)
    masterplan_id: Mapped[UUID] = mapped_column(parent("masterplans", "masterplan_id"), unique=True)
    digest: Mapped[str]
    total_atoms: Mapped[int]
    total_edges: Mapped[int]
    max_depth: Mapped[Count]
    total_waves: Mapped[Count]
    parallelizable_atoms: Mapped[Count]
    critical_path: Mapped[list[str]]
    statistics: Mapped[dict[str, Any]]
    boundaries: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    wave_order: Mapped[Order] = mapped_column(enum_of(Order, "wave_order"), server_default=Order.CODE.value)
    wave_figures: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    svg: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[Created]
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())


class AtomDependencyRow(Base):
    """One atom needs another. ``cut`` edges were taken out to break a cycle: their target is given as a contract only."""

    __tablename__ = "atom_dependencies"
    __table_args__ = (UniqueConstraint("from_atom_id", "to_atom_id", "dependency_type", "confidence"),)
    dependency_id: Mapped[UUID] = mapped_column(primary_key=True, server_default=func.gen_random_uuid())
    graph_id: Mapped[UUID] = mapped_column(parent("dependency_graphs", "graph_id"), index=True)
    from_atom_id: Mapped[UUID] = mapped_column(parent("atomic_units", "atom_id"))
    to_atom_id: Mapped[UUID] = mapped_column(parent("atomic_units", "atom_id"), index=True)
    dependency_type: Mapped[EdgeType] = mapped_column(enum_of(EdgeType, "dependency_type"))
    confidence: Mapped[Confidence] = mapped_column(enum_of(Confidence, "edge_confidence"))
    weight: Mapped[float] = mapped_column(server_default="1")
    places: Mapped[list[str]]
    inherits: Mapped[Flag]
    cut: Mapped[Flag]
    created_at: Mapped[Created]


class GraphVersionRow(Base):
    """A graph as it was: which atoms, with a digest of each, and which needed which. What changed since is told from it."""

    __tablename__ = "graph_versions"
    __table_args__ = (UniqueConstraint("masterplan_id", "digest"),)
    graph_version_id: Mapped[UUID] = mapped_column(primary_key=True)
    masterplan_id: Mapped[UUID] = mapped_column(parent("masterplans", "masterplan_id"))
    version: Mapped[int]
    digest: Mapped[str]
    snapshot: Mapped[bytes]
    built_at: Mapped[datetime] = mapped_column(server_default=func.now())
