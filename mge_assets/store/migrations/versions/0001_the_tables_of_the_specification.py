"""The tables of the specification."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ENUMS = {
    "atom_kind": postgresql.ENUM(
        "import",
        "constant",
        "type",
        "interface",
        "enum",
        "class_header",
        "method",
        "function",
        "statement_group",
        "entry_point",
        "docstring",
        "data_literal",
        "trivia",
        name="atom_kind",
        create_type=False,
    ),
    "atom_status": postgresql.ENUM("pending", "ready", "running", "completed", "failed", "blocked", "skipped", name="atom_status", create_type=False),
    "call_state": postgresql.ENUM("reserved", "settled", "unknown", name="call_state", create_type=False),
    "dependency_type": postgresql.ENUM("IMPORT", "FUNCTION_CALL", "VARIABLE", "TYPE", "DATA_FLOW", "TEMPORAL", name="dependency_type", create_type=False),
    "draft_origin": postgresql.ENUM("code", "source", "contract", name="draft_origin", create_type=False),
    "edge_confidence": postgresql.ENUM("resolved", "guessed", name="edge_confidence", create_type=False),
    "error_class": postgresql.ENUM("syntax", "type", "logic", "timeout", "dependency", "context", "unknown", name="error_class", create_type=False),
    "execution_mode": postgresql.ENUM("mvp", "v2_atoms", "hybrid", name="execution_mode", create_type=False),
    "execution_status": postgresql.ENUM("pending", "running", "paused", "completed", "failed", name="execution_status", create_type=False),
    "language": postgresql.ENUM("python", "typescript", "tsx", "javascript", name="language", create_type=False),
    "review_status": postgresql.ENUM("pending", "in_review", "approved", "rejected", "edited", "regenerated", name="review_status", create_type=False),
    "wave_status": postgresql.ENUM("pending", "running", "completed", "failed", "partial", name="wave_status", create_type=False),
}

TABLES = (
    "validation_results",
    "llm_calls",
    "human_review_queue",
    "atom_retry_history",
    "atom_dependencies",
    "masterplan_subtasks",
    "atomic_units",
    "masterplan_tasks",
    "masterplan_milestones",
    "execution_waves",
    "delivered_files",
    "masterplan_versions",
    "masterplan_phases",
    "masterplan_history",
    "executions",
    "discovery_documents",
    "dependency_graphs",
    "masterplans",
    "decision_audit",
)


def upgrade() -> None:
    for enum in ENUMS.values():
        enum.create(op.get_bind(), checkfirst=False)
    op.create_table(
        "decision_audit",
        sa.Column("decision_id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("masterplan", sa.Text(), nullable=False),
        sa.Column("atom", sa.Text(), nullable=False),
        sa.Column("atom_id", sa.Uuid(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("decision", ENUMS["review_status"], nullable=False),
        sa.Column("code_digest", sa.Text(), nullable=False),
        sa.Column("feedback", sa.Text(), server_default="", nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("decision_id", name=op.f("pk_decision_audit")),
    )
    op.create_index(op.f("ix_decision_audit_atom_id"), "decision_audit", ["atom_id"], unique=False)
    op.create_table(
        "masterplans",
        sa.Column("masterplan_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("plan_path", sa.Text(), nullable=False),
        sa.Column("requirements", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("tests", sa.Text(), server_default="", nullable=False),
        sa.Column("execution_mode", ENUMS["execution_mode"], server_default="v2_atoms", nullable=False),
        sa.Column("atomization_config", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("total_atoms", sa.Integer(), server_default="0", nullable=False),
        sa.Column("average_atom_loc", sa.Double(), server_default="0", nullable=False),
        sa.Column("stage_seconds", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("total_waves", sa.Integer(), server_default="0", nullable=False),
        sa.Column("max_parallelism", sa.Integer(), server_default="0", nullable=False),
        sa.Column("precision_percent", sa.Double(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("masterplan_id", name=op.f("pk_masterplans")),
        sa.UniqueConstraint("name", name=op.f("uq_masterplans_name")),
    )
    op.create_index(op.f("ix_masterplans_execution_mode"), "masterplans", ["execution_mode"], unique=False)
    op.create_table(
        "dependency_graphs",
        sa.Column("graph_id", sa.Uuid(), nullable=False),
        sa.Column("masterplan_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("total_atoms", sa.Integer(), nullable=False),
        sa.Column("total_edges", sa.Integer(), nullable=False),
        sa.Column("max_depth", sa.Integer(), server_default="0", nullable=False),
        sa.Column("total_waves", sa.Integer(), server_default="0", nullable=False),
        sa.Column("parallelizable_atoms", sa.Integer(), server_default="0", nullable=False),
        sa.Column("critical_path", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("statistics", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("boundaries", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("svg", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["masterplan_id"], ["masterplans.masterplan_id"], name=op.f("fk_dependency_graphs_masterplan_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("graph_id", name=op.f("pk_dependency_graphs")),
        sa.UniqueConstraint("masterplan_id", name=op.f("uq_dependency_graphs_masterplan_id")),
    )
    op.create_table(
        "discovery_documents",
        sa.Column("discovery_id", sa.Uuid(), nullable=False),
        sa.Column("masterplan_id", sa.Uuid(), nullable=True),
        sa.Column("requirement", sa.Text(), nullable=False),
        sa.Column("document", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("llm_model", sa.Text(), server_default="", nullable=False),
        sa.Column("cost_usd", sa.Numeric(precision=14, scale=6), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["masterplan_id"], ["masterplans.masterplan_id"], name=op.f("fk_discovery_documents_masterplan_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("discovery_id", name=op.f("pk_discovery_documents")),
    )
    op.create_index(op.f("ix_discovery_documents_masterplan_id"), "discovery_documents", ["masterplan_id"], unique=False)
    op.create_table(
        "executions",
        sa.Column("execution_id", sa.Uuid(), nullable=False),
        sa.Column("masterplan_id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("status", ENUMS["execution_status"], nullable=False),
        sa.Column("execution_mode", ENUMS["execution_mode"], nullable=False),
        sa.Column("llm_model", sa.Text(), nullable=False),
        sa.Column("current_wave", sa.Integer(), server_default="0", nullable=False),
        sa.Column("total_waves", sa.Integer(), server_default="0", nullable=False),
        sa.Column("atoms_total", sa.Integer(), server_default="0", nullable=False),
        sa.Column("max_in_flight", sa.Integer(), server_default="0", nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.Column("out", sa.Text(), server_default="", nullable=False),
        sa.Column("report", sa.Text(), server_default="", nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["masterplan_id"], ["masterplans.masterplan_id"], name=op.f("fk_executions_masterplan_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("execution_id", name=op.f("pk_executions")),
        sa.UniqueConstraint("run_id", name=op.f("uq_executions_run_id")),
    )
    op.create_index(op.f("ix_executions_masterplan_id"), "executions", ["masterplan_id"], unique=False)
    op.create_index(op.f("ix_executions_status"), "executions", ["status"], unique=False)
    op.create_index("uq_executions_running", "executions", ["masterplan_id"], unique=True, postgresql_where=sa.text("status = 'running'"))
    op.create_table(
        "masterplan_history",
        sa.Column("history_id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("masterplan_id", sa.Uuid(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("execution_mode", ENUMS["execution_mode"], nullable=True),
        sa.Column("detail", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["masterplan_id"], ["masterplans.masterplan_id"], name=op.f("fk_masterplan_history_masterplan_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("history_id", name=op.f("pk_masterplan_history")),
    )
    op.create_index(op.f("ix_masterplan_history_masterplan_id"), "masterplan_history", ["masterplan_id"], unique=False)
    op.create_table(
        "masterplan_phases",
        sa.Column("phase_id", sa.Uuid(), nullable=False),
        sa.Column("masterplan_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["masterplan_id"], ["masterplans.masterplan_id"], name=op.f("fk_masterplan_phases_masterplan_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("phase_id", name=op.f("pk_masterplan_phases")),
    )
    op.create_index(op.f("ix_masterplan_phases_masterplan_id"), "masterplan_phases", ["masterplan_id"], unique=False)
    op.create_table(
        "masterplan_versions",
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("masterplan_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("plan_text", sa.LargeBinary(), nullable=False),
        sa.Column("document", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["masterplan_id"], ["masterplans.masterplan_id"], name=op.f("fk_masterplan_versions_masterplan_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("version_id", name=op.f("pk_masterplan_versions")),
        sa.UniqueConstraint("masterplan_id", "version", name=op.f("uq_masterplan_versions_masterplan_id_version")),
    )
    op.create_table(
        "delivered_files",
        sa.Column("delivered_id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("masterplan_id", sa.Uuid(), nullable=False),
        sa.Column("execution_id", sa.Uuid(), nullable=True),
        sa.Column("out", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("milestone", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("complete", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("delivered_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["execution_id"], ["executions.execution_id"], name=op.f("fk_delivered_files_execution_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["masterplan_id"], ["masterplans.masterplan_id"], name=op.f("fk_delivered_files_masterplan_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("delivered_id", name=op.f("pk_delivered_files")),
        sa.UniqueConstraint("masterplan_id", "out", "path", name=op.f("uq_delivered_files_masterplan_id_out_path")),
    )
    op.create_table(
        "execution_waves",
        sa.Column("wave_id", sa.Uuid(), nullable=False),
        sa.Column("graph_id", sa.Uuid(), nullable=False),
        sa.Column("masterplan_id", sa.Uuid(), nullable=False),
        sa.Column("wave_number", sa.Integer(), nullable=False),
        sa.Column("atom_ids", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("atom_count", sa.Integer(), nullable=False),
        sa.Column("status", ENUMS["wave_status"], server_default="pending", nullable=False),
        sa.Column("completed_atoms", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failed_atoms", sa.Integer(), server_default="0", nullable=False),
        sa.Column("parallelization_factor", sa.Integer(), server_default="0", nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("duration_seconds", sa.Double(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["graph_id"], ["dependency_graphs.graph_id"], name=op.f("fk_execution_waves_graph_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["masterplan_id"], ["masterplans.masterplan_id"], name=op.f("fk_execution_waves_masterplan_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("wave_id", name=op.f("pk_execution_waves")),
        sa.UniqueConstraint("masterplan_id", "wave_number", name=op.f("uq_execution_waves_masterplan_id_wave_number")),
    )
    op.create_index(op.f("ix_execution_waves_graph_id"), "execution_waves", ["graph_id"], unique=False)
    op.create_index(op.f("ix_execution_waves_masterplan_id"), "execution_waves", ["masterplan_id"], unique=False)
    op.create_index(op.f("ix_execution_waves_status"), "execution_waves", ["status"], unique=False)
    op.create_table(
        "masterplan_milestones",
        sa.Column("milestone_id", sa.Uuid(), nullable=False),
        sa.Column("phase_id", sa.Uuid(), nullable=False),
        sa.Column("masterplan_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("tests", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["masterplan_id"], ["masterplans.masterplan_id"], name=op.f("fk_masterplan_milestones_masterplan_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["phase_id"], ["masterplan_phases.phase_id"], name=op.f("fk_masterplan_milestones_phase_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("milestone_id", name=op.f("pk_masterplan_milestones")),
    )
    op.create_index(op.f("ix_masterplan_milestones_masterplan_id"), "masterplan_milestones", ["masterplan_id"], unique=False)
    op.create_index(op.f("ix_masterplan_milestones_phase_id"), "masterplan_milestones", ["phase_id"], unique=False)
    op.create_table(
        "masterplan_tasks",
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("milestone_id", sa.Uuid(), nullable=False),
        sa.Column("masterplan_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("language", ENUMS["language"], nullable=False),
        sa.Column("depends_on", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("regenerate", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("tests", sa.Text(), server_default="", nullable=False),
        sa.Column("draft", sa.LargeBinary(), nullable=True),
        sa.Column("draft_origin", ENUMS["draft_origin"], nullable=True),
        sa.Column("draft_digest", sa.Text(), server_default="", nullable=False),
        sa.Column("atomized_digest", sa.Text(), server_default="", nullable=False),
        sa.Column("findings", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.ForeignKeyConstraint(["masterplan_id"], ["masterplans.masterplan_id"], name=op.f("fk_masterplan_tasks_masterplan_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["milestone_id"], ["masterplan_milestones.milestone_id"], name=op.f("fk_masterplan_tasks_milestone_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("task_id", name=op.f("pk_masterplan_tasks")),
        sa.UniqueConstraint("masterplan_id", "file", deferrable=True, initially="DEFERRED", name=op.f("uq_masterplan_tasks_masterplan_id_file")),
        sa.UniqueConstraint("masterplan_id", "name", deferrable=True, initially="DEFERRED", name=op.f("uq_masterplan_tasks_masterplan_id_name")),
    )
    op.create_index(op.f("ix_masterplan_tasks_masterplan_id"), "masterplan_tasks", ["masterplan_id"], unique=False)
    op.create_index(op.f("ix_masterplan_tasks_milestone_id"), "masterplan_tasks", ["milestone_id"], unique=False)
    op.create_table(
        "atomic_units",
        sa.Column("atom_id", sa.Uuid(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("masterplan_id", sa.Uuid(), nullable=False),
        sa.Column("atom_number", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("kind", ENUMS["atom_kind"], nullable=False),
        sa.Column("language", ENUMS["language"], nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("node_type", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("indent", sa.Text(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.Column("stub", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("start_byte", sa.Integer(), nullable=False),
        sa.Column("end_byte", sa.Integer(), nullable=False),
        sa.Column("start_line", sa.Integer(), nullable=False),
        sa.Column("end_line", sa.Integer(), nullable=False),
        sa.Column("estimated_loc", sa.Integer(), nullable=False),
        sa.Column("actual_loc", sa.Integer(), nullable=True),
        sa.Column("complexity", sa.Integer(), nullable=False),
        sa.Column("imports", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("types", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("preconditions", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("postconditions", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("test_cases", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("context_json", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("completeness_score", sa.Double(), nullable=False),
        sa.Column("atomicity_score", sa.Double(), nullable=False),
        sa.Column("atomicity_violations", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("is_atomic", sa.Boolean(), nullable=False),
        sa.Column("draft", sa.LargeBinary(), nullable=False),
        sa.Column("code", sa.LargeBinary(), nullable=True),
        sa.Column("fingerprint", sa.Text(), server_default="", nullable=False),
        sa.Column("status", ENUMS["atom_status"], server_default="pending", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("validation_passed", sa.Boolean(), nullable=True),
        sa.Column("confidence_score", sa.Double(), nullable=True),
        sa.Column("needs_human_review", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("human_reviewed", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("human_feedback", sa.Text(), server_default="", nullable=False),
        sa.Column("llm_model", sa.Text(), server_default="", nullable=False),
        sa.Column("llm_cost_usd", sa.Numeric(precision=14, scale=6), server_default="0", nullable=False),
        sa.Column("llm_tokens_input", sa.Integer(), server_default="0", nullable=False),
        sa.Column("llm_tokens_output", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("generated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("validated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["masterplan_id"], ["masterplans.masterplan_id"], name=op.f("fk_atomic_units_masterplan_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["task_id"], ["masterplan_tasks.task_id"], name=op.f("fk_atomic_units_task_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("atom_id", name=op.f("pk_atomic_units")),
        sa.UniqueConstraint("masterplan_id", "name", deferrable=True, initially="DEFERRED", name=op.f("uq_atomic_units_masterplan_id_name")),
        sa.UniqueConstraint("task_id", "atom_number", deferrable=True, initially="DEFERRED", name=op.f("uq_atomic_units_task_id_atom_number")),
    )
    op.create_index(op.f("ix_atomic_units_confidence_score"), "atomic_units", ["confidence_score"], unique=False)
    op.create_index(op.f("ix_atomic_units_masterplan_id"), "atomic_units", ["masterplan_id"], unique=False)
    op.create_index("ix_atomic_units_review", "atomic_units", ["needs_human_review", "human_reviewed"], unique=False)
    op.create_index(op.f("ix_atomic_units_status"), "atomic_units", ["status"], unique=False)
    op.create_index(op.f("ix_atomic_units_task_id"), "atomic_units", ["task_id"], unique=False)
    op.create_table(
        "masterplan_subtasks",
        sa.Column("subtask_id", sa.Uuid(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["task_id"], ["masterplan_tasks.task_id"], name=op.f("fk_masterplan_subtasks_task_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("subtask_id", name=op.f("pk_masterplan_subtasks")),
    )
    op.create_index(op.f("ix_masterplan_subtasks_task_id"), "masterplan_subtasks", ["task_id"], unique=False)
    op.create_table(
        "atom_dependencies",
        sa.Column("dependency_id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("graph_id", sa.Uuid(), nullable=False),
        sa.Column("from_atom_id", sa.Uuid(), nullable=False),
        sa.Column("to_atom_id", sa.Uuid(), nullable=False),
        sa.Column("dependency_type", ENUMS["dependency_type"], nullable=False),
        sa.Column("confidence", ENUMS["edge_confidence"], nullable=False),
        sa.Column("weight", sa.Double(), server_default="1", nullable=False),
        sa.Column("places", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("cut", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["from_atom_id"], ["atomic_units.atom_id"], name=op.f("fk_atom_dependencies_from_atom_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["graph_id"], ["dependency_graphs.graph_id"], name=op.f("fk_atom_dependencies_graph_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["to_atom_id"], ["atomic_units.atom_id"], name=op.f("fk_atom_dependencies_to_atom_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("dependency_id", name=op.f("pk_atom_dependencies")),
        sa.UniqueConstraint(
            "from_atom_id", "to_atom_id", "dependency_type", "confidence", name=op.f("uq_atom_dependencies_from_atom_id_to_atom_id_dependency_type_confidence")
        ),
    )
    op.create_index(op.f("ix_atom_dependencies_graph_id"), "atom_dependencies", ["graph_id"], unique=False)
    op.create_index(op.f("ix_atom_dependencies_to_atom_id"), "atom_dependencies", ["to_atom_id"], unique=False)
    op.create_table(
        "atom_retry_history",
        sa.Column("retry_id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("atom_id", sa.Uuid(), nullable=False),
        sa.Column("execution_id", sa.Uuid(), nullable=False),
        sa.Column("attempt_number", sa.Integer(), nullable=False),
        sa.Column("success", sa.Boolean(), nullable=False),
        sa.Column("error_type", ENUMS["error_class"], nullable=True),
        sa.Column("error_message", sa.Text(), server_default="", nullable=False),
        sa.Column("validation_errors", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.Column("feedback_prompt", sa.Text(), server_default="", nullable=False),
        sa.Column("code_generated", sa.LargeBinary(), nullable=True),
        sa.Column("temperature", sa.Double(), nullable=True),
        sa.Column("llm_model", sa.Text(), server_default="", nullable=False),
        sa.Column("llm_cost_usd", sa.Numeric(precision=14, scale=6), server_default="0", nullable=False),
        sa.Column("llm_tokens_input", sa.Integer(), server_default="0", nullable=False),
        sa.Column("llm_tokens_output", sa.Integer(), server_default="0", nullable=False),
        sa.Column("duration_seconds", sa.Double(), server_default="0", nullable=False),
        sa.Column("attempted_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["atom_id"], ["atomic_units.atom_id"], name=op.f("fk_atom_retry_history_atom_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["execution_id"], ["executions.execution_id"], name=op.f("fk_atom_retry_history_execution_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("retry_id", name=op.f("pk_atom_retry_history")),
        sa.UniqueConstraint("atom_id", "execution_id", "attempt_number", name=op.f("uq_atom_retry_history_atom_id_execution_id_attempt_number")),
    )
    op.create_index(op.f("ix_atom_retry_history_atom_id"), "atom_retry_history", ["atom_id"], unique=False)
    op.create_index(op.f("ix_atom_retry_history_execution_id"), "atom_retry_history", ["execution_id"], unique=False)
    op.create_index(op.f("ix_atom_retry_history_success"), "atom_retry_history", ["success"], unique=False)
    op.create_table(
        "human_review_queue",
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("atom_id", sa.Uuid(), nullable=False),
        sa.Column("masterplan_id", sa.Uuid(), nullable=False),
        sa.Column("confidence_score", sa.Double(), nullable=False),
        sa.Column("confidence_parts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("reasons", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("ai_suggestions", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.Column("code_digest", sa.Text(), nullable=False),
        sa.Column("status", ENUMS["review_status"], server_default="pending", nullable=False),
        sa.Column("assigned_to", sa.Text(), server_default="", nullable=False),
        sa.Column("human_feedback", sa.Text(), server_default="", nullable=False),
        sa.Column("modified_code", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("assigned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["atom_id"], ["atomic_units.atom_id"], name=op.f("fk_human_review_queue_atom_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["masterplan_id"], ["masterplans.masterplan_id"], name=op.f("fk_human_review_queue_masterplan_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("review_id", name=op.f("pk_human_review_queue")),
        sa.UniqueConstraint("atom_id", name=op.f("uq_human_review_queue_atom_id")),
    )
    op.create_index(op.f("ix_human_review_queue_assigned_to"), "human_review_queue", ["assigned_to"], unique=False)
    op.create_index(op.f("ix_human_review_queue_confidence_score"), "human_review_queue", ["confidence_score"], unique=False)
    op.create_index(op.f("ix_human_review_queue_masterplan_id"), "human_review_queue", ["masterplan_id"], unique=False)
    op.create_index("ix_human_review_queue_order", "human_review_queue", ["status", "priority", "confidence_score"], unique=False)
    op.create_table(
        "llm_calls",
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("execution_id", sa.Uuid(), nullable=False),
        sa.Column("atom_id", sa.Uuid(), nullable=True),
        sa.Column("attempt_number", sa.Integer(), nullable=False),
        sa.Column("llm_model", sa.Text(), nullable=False),
        sa.Column("request_digest", sa.Text(), nullable=False),
        sa.Column("state", ENUMS["call_state"], nullable=False),
        sa.Column("reserved_usd", sa.Numeric(precision=14, scale=6), server_default="0", nullable=False),
        sa.Column("cost_usd", sa.Numeric(precision=14, scale=6), server_default="0", nullable=False),
        sa.Column("tokens_input", sa.Integer(), server_default="0", nullable=False),
        sa.Column("tokens_output", sa.Integer(), server_default="0", nullable=False),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["atom_id"], ["atomic_units.atom_id"], name=op.f("fk_llm_calls_atom_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["execution_id"], ["executions.execution_id"], name=op.f("fk_llm_calls_execution_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("call_id", name=op.f("pk_llm_calls")),
    )
    op.create_index(op.f("ix_llm_calls_atom_id"), "llm_calls", ["atom_id"], unique=False)
    op.create_index(op.f("ix_llm_calls_execution_id"), "llm_calls", ["execution_id"], unique=False)
    op.create_index("ix_llm_calls_state", "llm_calls", ["state"], unique=False)
    op.create_table(
        "validation_results",
        sa.Column("validation_id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("masterplan_id", sa.Uuid(), nullable=False),
        sa.Column("atom_id", sa.Uuid(), nullable=True),
        sa.Column("task_id", sa.Uuid(), nullable=True),
        sa.Column("milestone_id", sa.Uuid(), nullable=True),
        sa.Column("execution_id", sa.Uuid(), nullable=True),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), server_default="", nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("checks_run", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("checks_passed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("checks_failed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("errors", sa.Integer(), server_default="0", nullable=False),
        sa.Column("warnings", sa.Integer(), server_default="0", nullable=False),
        sa.Column("isolation", sa.Text(), server_default="", nullable=False),
        sa.Column("validator_version", sa.Text(), server_default="", nullable=False),
        sa.Column("duration_seconds", sa.Double(), server_default="0", nullable=False),
        sa.Column("validated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("level BETWEEN 1 AND 4", name=op.f("ck_validation_results_level")),
        sa.ForeignKeyConstraint(["atom_id"], ["atomic_units.atom_id"], name=op.f("fk_validation_results_atom_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["execution_id"], ["executions.execution_id"], name=op.f("fk_validation_results_execution_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["masterplan_id"], ["masterplans.masterplan_id"], name=op.f("fk_validation_results_masterplan_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["milestone_id"], ["masterplan_milestones.milestone_id"], name=op.f("fk_validation_results_milestone_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["task_id"], ["masterplan_tasks.task_id"], name=op.f("fk_validation_results_task_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("validation_id", name=op.f("pk_validation_results")),
    )
    op.create_index(op.f("ix_validation_results_atom_id"), "validation_results", ["atom_id"], unique=False)
    op.create_index(op.f("ix_validation_results_execution_id"), "validation_results", ["execution_id"], unique=False)
    op.create_index(op.f("ix_validation_results_milestone_id"), "validation_results", ["milestone_id"], unique=False)
    op.create_index(op.f("ix_validation_results_passed"), "validation_results", ["passed"], unique=False)
    op.create_index("ix_validation_results_plan_level", "validation_results", ["masterplan_id", "level"], unique=False)
    op.create_index(op.f("ix_validation_results_task_id"), "validation_results", ["task_id"], unique=False)
    op.execute("""
        CREATE FUNCTION decision_audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'decision_audit is append-only'; END $$
    """)
    op.execute("""
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON decision_audit
        FOR EACH STATEMENT EXECUTE FUNCTION decision_audit_is_append_only()
    """)


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
    op.execute("DROP FUNCTION decision_audit_is_append_only")
    for enum in ENUMS.values():
        enum.drop(op.get_bind(), checkfirst=False)
