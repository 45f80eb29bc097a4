"""The migrations are the declared tables, both ways."""

import pytest
from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import DBAPIError

from mge_assets.store.migrations import differences, migrate
from mge_assets.store.tables import Base
from mge_resources.database import create_engine

SPECIFIED = {
    "discovery_documents", "masterplans", "masterplan_phases", "masterplan_milestones", "masterplan_tasks", "masterplan_subtasks",
    "masterplan_versions", "masterplan_history", "atomic_units", "atom_dependencies", "dependency_graphs", "validation_results",
    "execution_waves", "atom_retry_history", "human_review_queue", "executions", "llm_calls", "delivered_files", "decision_audit",
    "plan_budgets", "atom_memory", "graph_versions", "finding_overrides", "integration_runs", "message_batches",
}  # fmt: skip


@pytest.fixture
def engine(database: str):
    engine = create_engine(database)
    yield engine
    engine.dispose()


def test_every_table_of_the_specification_is_declared():
    assert set(Base.metadata.tables) == SPECIFIED


def test_migrations_equal_the_declared_tables(engine: Engine):
    assert differences(engine) == []


def test_migrations_go_down_to_nothing_and_up_again(engine: Engine):
    migrate(engine, "base")
    assert set(inspect(engine).get_table_names()) == {"alembic_version"}
    with engine.connect() as connection:
        assert (
            connection.scalars(text("SELECT typname FROM pg_type t JOIN pg_namespace n ON n.oid = typnamespace WHERE nspname = 'mge' AND typtype = 'e'")).all()
            == []
        )
    migrate(engine)
    assert differences(engine) == []


def test_every_foreign_key_cascades(engine: Engine):
    keys = [key for table in inspect(engine).get_table_names() for key in inspect(engine).get_foreign_keys(table)]
    assert keys
    assert {key["options"].get("ondelete") for key in keys} == {"CASCADE"}


def test_every_foreign_key_to_a_growing_table_has_an_index(engine: Engine):
    inspector = inspect(engine)
    for table in inspector.get_table_names():
        leading = {next(iter(index["column_names"])) for index in inspector.get_indexes(table)} | set(inspector.get_pk_constraint(table)["constrained_columns"])
        leading |= {unique["column_names"][0] for unique in inspector.get_unique_constraints(table)}
        for key in inspector.get_foreign_keys(table):
            if key["referred_table"] in {"atomic_units", "executions", "masterplans"} and table not in {"delivered_files"}:
                assert key["constrained_columns"][0] in leading, f"{table}.{key['constrained_columns'][0]}"


def test_the_decision_audit_can_only_be_added_to(engine: Engine):
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO decision_audit (masterplan, atom, atom_id, actor, decision, code_digest) "
                "VALUES ('p', 'a', gen_random_uuid(), 'me', 'approved', 'd')"
            )
        )
    for statement in ("UPDATE decision_audit SET actor = 'you'", "DELETE FROM decision_audit", "TRUNCATE decision_audit"):
        with pytest.raises(DBAPIError, match="append-only"), engine.begin() as connection:
            connection.execute(text(statement))
