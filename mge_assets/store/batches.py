"""Message batches as rows: committed before they are sent, so that what was sent is never sent again and its answers are fetched by whoever comes next."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import delete, func, insert, select, update

from mge_assets.model.ids import masterplan_id
from mge_assets.store.leases import Lease, check_fence
from mge_assets.store.retrying import Store, again_after_loss
from mge_assets.store.tables import ExecutionRow, LlmCallRow, MessageBatchRow
from mge_assets.store.tables.executions import UNSENT, CallState


@dataclass(frozen=True, slots=True)
class StoredBatch:
    """Calls that were sent together, or are about to be: ``provider_id`` is empty until it is known that they arrived."""

    batch_id: UUID
    provider_id: str
    model: str
    calls: tuple[UUID, ...]
    created_at: datetime


class BatchStore(Store):
    """Reads and writes message batches."""

    def open(self, lease: Lease, model: str, calls: Sequence[UUID]) -> StoredBatch:
        """Put down that these calls are about to be sent together. Raises FencedError where another runs the execution."""
        return self._open(lease, uuid4(), model, calls)

    @again_after_loss
    def _open(self, lease: Lease, key: UUID, model: str, calls: Sequence[UUID]) -> StoredBatch:
        table, call = MessageBatchRow, LlmCallRow
        with self._engine.begin() as connection:
            check_fence(connection, lease)
            if connection.scalar(select(table.batch_id).where(table.batch_id == key)) is None:
                values = {"batch_id": key, "execution_id": lease.execution_id, "llm_model": model, "call_ids": list(calls)}
                connection.execute(insert(table).values(values))
                connection.execute(update(call).where(call.call_id.in_(calls)).values(batch=str(key)))
            created = connection.scalar(select(table.created_at).where(table.batch_id == key))
        assert created is not None
        return StoredBatch(key, "", model, tuple(calls), created)

    def arrived(self, batch: UUID, provider_id: str) -> None:
        """Put down under what name the server knows the batch."""
        self._set(batch, provider_id=provider_id)

    def ended(self, batch: UUID) -> None:
        """Put down that its answers are here."""
        self._set(batch, ended_at=func.clock_timestamp())

    def withdraw(self, batch: UUID) -> None:
        """It never arrived: its calls are as they were before."""
        table, call = MessageBatchRow, LlmCallRow
        with self._engine.begin() as connection:
            connection.execute(update(call).where(call.batch == str(batch), call.state == CallState.RESERVED).values(batch=UNSENT))
            connection.execute(delete(table).where(table.batch_id == batch))

    def of_plan(self, plan: str) -> tuple[StoredBatch, ...]:
        """The plan's batches whose answers are still to come, the oldest first."""
        table = MessageBatchRow
        query = select(table.batch_id, table.provider_id, table.llm_model, table.call_ids, table.created_at)
        theirs = select(ExecutionRow.execution_id).where(ExecutionRow.masterplan_id == masterplan_id(plan))
        with self._engine.connect() as connection:
            rows = connection.execute(query.where(table.ended_at.is_(None), table.execution_id.in_(theirs)).order_by(table.created_at)).all()
        return tuple(StoredBatch(row[0], row[1], row[2], tuple(row[3]), row[4]) for row in rows)

    def known(self, provider_ids: Collection[str]) -> frozenset[str]:
        """Which of the server's batches are this installation's."""
        table = MessageBatchRow
        with self._engine.connect() as connection:
            return frozenset(connection.scalars(select(table.provider_id).where(table.provider_id.in_(provider_ids))))

    def _set(self, batch: UUID, **values: object) -> None:
        with self._engine.begin() as connection:
            connection.execute(update(MessageBatchRow).where(MessageBatchRow.batch_id == batch).values(**values))
