"""Who holds how many of the places that all executions share: a column each, changed by one at a time, so that together they are never more than there are."""

from collections.abc import Callable, Mapping
from uuid import UUID

from sqlalchemy import func, select, text, update

from mge_assets.model.executions import ExecutionStatus
from mge_assets.model.places import Standing
from mge_assets.store.retrying import Store
from mge_assets.store.tables import ExecutionRow

Decide = Callable[[Mapping[UUID, Standing]], Standing | None]
"""From how all stand, the execution's own among them, to how it stands from now on."""


class PlaceStore(Store):
    """Reads how all executions stand that share the places, whatever their plan and process, and puts down how one of them does."""

    def share(self, execution: UUID, decide: Decide) -> int:
        """Have it decided how an execution stands while nobody else changes anything; answers how many executions there are."""
        table = ExecutionRow
        running = (table.status == ExecutionStatus.RUNNING, table.lease_until > func.clock_timestamp(), table.batch.is_(False))
        with self._engine.begin() as connection:
            connection.execute(_ONE_AT_A_TIME)
            query = select(table.execution_id, table.places, table.wanted, table.place_seconds).where(*running)
            found = {row[0]: Standing(*row[1:]) for row in connection.execute(query)}
            stands = decide(found) if execution in found else None
            if stands is not None:
                values = {"places": stands.held, "wanted": stands.claimed, "place_seconds": stands.used}
                connection.execute(update(table).where(table.execution_id == execution).values(values))
        return len(found)


_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtextextended('mge/places', 2))")
