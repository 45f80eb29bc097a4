"""Tables of the plan: the masterplan, its parts, its versions and its history."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from mge_assets.model.drafts import DraftOrigin
from mge_assets.model.executions import ExecutionMode
from mge_assets.store.tables.base import DEFERRED, Base, Count, Created, Flag, Money, enum_of, parent
from mge_resources.syntax import Language

_MODE = enum_of(ExecutionMode, "execution_mode")


class DiscoveryDocumentRow(Base):
    """A requirement in plain text and the domain analysis made of it."""

    __tablename__ = "discovery_documents"
    discovery_id: Mapped[UUID] = mapped_column(primary_key=True)
    masterplan_id: Mapped[UUID | None] = mapped_column(parent("masterplans", "masterplan_id"), index=True)
    requirement: Mapped[str]
    document: Mapped[dict[str, Any]]
    llm_model: Mapped[str] = mapped_column(server_default="")
    cost_usd: Mapped[Money]
    created_at: Mapped[Created]


class MasterplanRow(Base):
    """A plan in its newest version, with the figures of its newest run."""

    __tablename__ = "masterplans"
    masterplan_id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    description: Mapped[str] = mapped_column(server_default="")
    version: Mapped[int]
    digest: Mapped[str]
    plan_path: Mapped[str]
    requirements: Mapped[list[str]]
    tests: Mapped[str] = mapped_column(server_default="")
    execution_mode: Mapped[ExecutionMode] = mapped_column(_MODE, server_default=ExecutionMode.V2_ATOMS.value, index=True)
    atomization_config: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    total_atoms: Mapped[Count]
    average_atom_loc: Mapped[float] = mapped_column(server_default="0")
    stage_seconds: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    total_waves: Mapped[Count]
    max_parallelism: Mapped[Count]
    precision_percent: Mapped[float | None]
    created_at: Mapped[Created]
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())


class PhaseRow(Base):
    """A stretch of the work."""

    __tablename__ = "masterplan_phases"
    phase_id: Mapped[UUID] = mapped_column(primary_key=True)
    masterplan_id: Mapped[UUID] = mapped_column(parent("masterplans", "masterplan_id"), index=True)
    position: Mapped[int]
    name: Mapped[str]
    description: Mapped[str] = mapped_column(server_default="")


class MilestoneRow(Base):
    """Tasks that reach something testable together."""

    __tablename__ = "masterplan_milestones"
    milestone_id: Mapped[UUID] = mapped_column(primary_key=True)
    phase_id: Mapped[UUID] = mapped_column(parent("masterplan_phases", "phase_id"), index=True)
    masterplan_id: Mapped[UUID] = mapped_column(parent("masterplans", "masterplan_id"), index=True)
    position: Mapped[int]
    name: Mapped[str]
    description: Mapped[str] = mapped_column(server_default="")
    tests: Mapped[str] = mapped_column(server_default="")


class TaskRow(Base):
    """One file, with its draft's exact bytes. ``atomized_digest`` is the draft that the stored atoms were cut from."""

    __tablename__ = "masterplan_tasks"
    __table_args__ = (UniqueConstraint("masterplan_id", "name", **DEFERRED), UniqueConstraint("masterplan_id", "file", **DEFERRED))
    task_id: Mapped[UUID] = mapped_column(primary_key=True)
    milestone_id: Mapped[UUID] = mapped_column(parent("masterplan_milestones", "milestone_id"), index=True)
    masterplan_id: Mapped[UUID] = mapped_column(parent("masterplans", "masterplan_id"), index=True)
    position: Mapped[int]
    name: Mapped[str]
    description: Mapped[str]
    file: Mapped[str]
    language: Mapped[Language] = mapped_column(enum_of(Language, "language"))
    depends_on: Mapped[list[str]]
    regenerate: Mapped[Flag]
    tests: Mapped[str] = mapped_column(server_default="")
    draft: Mapped[bytes | None]
    draft_origin: Mapped[DraftOrigin | None] = mapped_column(enum_of(DraftOrigin, "draft_origin"))
    draft_digest: Mapped[str] = mapped_column(server_default="")
    atomized_digest: Mapped[str] = mapped_column(server_default="")
    findings: Mapped[list[Any]] = mapped_column(server_default="[]")


class SubtaskRow(Base):
    """A part of a task of about 25 LOC: the unit of work in MVP mode."""

    __tablename__ = "masterplan_subtasks"
    subtask_id: Mapped[UUID] = mapped_column(primary_key=True)
    task_id: Mapped[UUID] = mapped_column(parent("masterplan_tasks", "task_id"), index=True)
    position: Mapped[int]
    name: Mapped[str]
    description: Mapped[str]


class MasterplanVersionRow(Base):
    """A plan file as it stood at one version, byte for byte."""

    __tablename__ = "masterplan_versions"
    __table_args__ = (UniqueConstraint("masterplan_id", "version"),)
    version_id: Mapped[UUID] = mapped_column(primary_key=True)
    masterplan_id: Mapped[UUID] = mapped_column(parent("masterplans", "masterplan_id"))
    version: Mapped[int]
    digest: Mapped[str]
    plan_text: Mapped[bytes]
    document: Mapped[dict[str, Any]]
    created_at: Mapped[Created]


class MasterplanHistoryRow(Base):
    """What happened to a plan, and by whom."""

    __tablename__ = "masterplan_history"
    history_id: Mapped[UUID] = mapped_column(primary_key=True, server_default=func.gen_random_uuid())
    masterplan_id: Mapped[UUID] = mapped_column(parent("masterplans", "masterplan_id"), index=True)
    event: Mapped[str]
    actor: Mapped[str]
    execution_mode: Mapped[ExecutionMode | None] = mapped_column(_MODE)
    detail: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    created_at: Mapped[Created]
