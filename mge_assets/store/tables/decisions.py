"""Tables of judgements: what validation found, what waits for a person, what persons decided."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from mge_assets.model.decisions import ReviewStatus
from mge_assets.store.tables.base import Base, Count, Created, Seconds, enum_of, parent


class ValidationResultRow(Base):
    """What one level says of one unit; exactly the unit's own key is set beside the plan's."""

    __tablename__ = "validation_results"
    __table_args__ = (
        CheckConstraint("level BETWEEN 1 AND 4", name="level"),
        Index("ix_validation_results_plan_level", "masterplan_id", "level"),
    )
    validation_id: Mapped[UUID] = mapped_column(primary_key=True, server_default=func.gen_random_uuid())
    masterplan_id: Mapped[UUID] = mapped_column(parent("masterplans", "masterplan_id"))
    atom_id: Mapped[UUID | None] = mapped_column(parent("atomic_units", "atom_id"), index=True)
    task_id: Mapped[UUID | None] = mapped_column(parent("masterplan_tasks", "task_id"), index=True)
    milestone_id: Mapped[UUID | None] = mapped_column(parent("masterplan_milestones", "milestone_id"), index=True)
    execution_id: Mapped[UUID | None] = mapped_column(parent("executions", "execution_id"), index=True)
    level: Mapped[int]
    subject: Mapped[str]
    fingerprint: Mapped[str] = mapped_column(server_default="")
    passed: Mapped[bool] = mapped_column(index=True)
    score: Mapped[float]
    checks_run: Mapped[list[Any]]
    checks_passed: Mapped[Count]
    checks_failed: Mapped[Count]
    errors: Mapped[Count]
    warnings: Mapped[Count]
    isolation: Mapped[str] = mapped_column(server_default="")
    validator_version: Mapped[str] = mapped_column(server_default="")
    duration_seconds: Mapped[Seconds]
    validated_at: Mapped[Created]


class IntegrationRunRow(Base):
    """One round of integration tests while an execution went on: what ran, what failed, and which atom brought it in."""

    __tablename__ = "integration_runs"
    __table_args__ = (Index("ix_integration_runs_plan", "masterplan_id", "created_at"),)
    run_id: Mapped[UUID] = mapped_column(primary_key=True, server_default=func.gen_random_uuid())
    masterplan_id: Mapped[UUID] = mapped_column(parent("masterplans", "masterplan_id"))
    execution_id: Mapped[UUID] = mapped_column(parent("executions", "execution_id"), index=True)
    number: Mapped[int]
    atoms_landed: Mapped[Count]
    tests_run: Mapped[Count]
    tests_telling: Mapped[Count]
    tests_failed: Mapped[Count]
    probes: Mapped[Count]
    unsteady: Mapped[list[str]]
    culprits: Mapped[list[Any]]
    duration_seconds: Mapped[Seconds]
    created_at: Mapped[Created]


class HumanReviewRow(Base):
    """An atom that waits for a person, why, and what the person decided."""

    __tablename__ = "human_review_queue"
    __table_args__ = (Index("ix_human_review_queue_order", "status", "priority", "confidence_score"),)
    review_id: Mapped[UUID] = mapped_column(primary_key=True)
    atom_id: Mapped[UUID] = mapped_column(parent("atomic_units", "atom_id"), unique=True)
    masterplan_id: Mapped[UUID] = mapped_column(parent("masterplans", "masterplan_id"), index=True)
    confidence_score: Mapped[float] = mapped_column(index=True)
    confidence_parts: Mapped[dict[str, Any]]
    priority: Mapped[int]
    reasons: Mapped[list[str]]
    ai_suggestions: Mapped[list[Any]] = mapped_column(server_default="[]")
    code_digest: Mapped[str]
    status: Mapped[ReviewStatus] = mapped_column(enum_of(ReviewStatus, "review_status"), server_default=ReviewStatus.PENDING.value)
    assigned_to: Mapped[str] = mapped_column(server_default="", index=True)
    human_feedback: Mapped[str] = mapped_column(server_default="")
    modified_code: Mapped[bytes | None]
    created_at: Mapped[Created]
    assigned_at: Mapped[datetime | None]
    reviewed_at: Mapped[datetime | None]


class FindingOverrideRow(Base):
    """A person's word that a finding does not count, and why."""

    __tablename__ = "finding_overrides"
    __table_args__ = (UniqueConstraint("masterplan_id", "level", "subject", "rule", "message"),)
    override_id: Mapped[UUID] = mapped_column(primary_key=True, server_default=func.gen_random_uuid())
    masterplan_id: Mapped[UUID] = mapped_column(parent("masterplans", "masterplan_id"))
    level: Mapped[int]
    subject: Mapped[str]
    rule: Mapped[str]
    message: Mapped[str] = mapped_column(server_default="")
    actor: Mapped[str]
    reason: Mapped[str]
    created_at: Mapped[Created]


class DecisionAuditRow(Base):
    """Append-only: who decided what of which code. Bound to no other row, so that it outlives them all."""

    __tablename__ = "decision_audit"
    decision_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    masterplan: Mapped[str]
    atom: Mapped[str]
    atom_id: Mapped[UUID] = mapped_column(index=True)
    actor: Mapped[str]
    decision: Mapped[ReviewStatus] = mapped_column(enum_of(ReviewStatus, "review_status"))
    code_digest: Mapped[str]
    feedback: Mapped[str] = mapped_column(server_default="")
    decided_at: Mapped[Created]
