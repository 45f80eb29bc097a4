"""Persons' overrides of findings, to rows and back."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from mge_assets.model.findings import Level, Override
from mge_assets.model.ids import masterplan_id
from mge_assets.store.retrying import Store
from mge_assets.store.tables import FindingOverrideRow


class OverrideStore(Store):
    """Reads and writes overrides; they are kept as long as their plan."""

    def add(self, plan: str, override: Override) -> None:
        """Record an override; one of the same finding gets the new reason."""
        table = FindingOverrideRow
        row = {
            "masterplan_id": masterplan_id(plan),
            "level": override.level.value,
            "subject": override.subject,
            "rule": override.rule,
            "message": override.message,
            "actor": override.actor,
            "reason": override.reason,
        }
        statement = insert(table).values(row)
        wanted = ["masterplan_id", "level", "subject", "rule", "message"]
        with self._engine.begin() as connection:
            connection.execute(statement.on_conflict_do_update(index_elements=wanted, set_={"actor": override.actor, "reason": override.reason}))

    def of_plan(self, plan: str) -> Sequence[Override]:
        """Every override of the plan, the oldest first."""
        table = FindingOverrideRow.__table__
        with self._engine.connect() as connection:
            rows = connection.execute(select(table).where(table.c.masterplan_id == masterplan_id(plan)).order_by(table.c.created_at)).mappings()
            return tuple(Override(Level(row["level"]), row["subject"], row["rule"], row["message"], row["actor"], row["reason"]) for row in rows)
