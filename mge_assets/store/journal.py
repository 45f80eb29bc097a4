"""The journal of model calls: what money is counted from."""

from uuid import UUID, uuid4

from sqlalchemy import Engine, func, insert, select, update

from mge_assets.store.retrying import again_after_loss
from mge_assets.store.tables import LlmCallRow
from mge_assets.store.tables.executions import CallState
from mge_resources.llm.port import ModelReply


class JournalStore:
    """Writes a row before a call is sent and settles it after; each in its own committed transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def reserve(self, execution: UUID, atom: UUID, attempt: int, model: str, request_digest: str, usd: float) -> UUID:
        """Book the most that a call can cost; answers the call's id."""
        key = uuid4()
        call = {"call_id": key, "execution_id": execution, "atom_id": atom, "attempt_number": attempt, "llm_model": model}
        booked = {"request_digest": request_digest, "state": CallState.RESERVED, "reserved_usd": usd, "cost_usd": usd}
        with self._engine.begin() as connection:
            connection.execute(insert(LlmCallRow).values(**call, **booked))
        return key

    @again_after_loss
    def settle(self, call: UUID, reply: ModelReply) -> None:
        """Replace the reservation by the bill."""
        bill = {"cost_usd": reply.cost_usd, "tokens_input": reply.tokens_input, "tokens_output": reply.tokens_output}
        self._close(call, state=CallState.SETTLED, **bill)

    @again_after_loss
    def fail(self, call: UUID, error: str, *, known_unbilled: bool) -> None:
        """Close a call that gave no answer; unless it is known to cost nothing, its reservation stays counted."""
        if known_unbilled:
            self._close(call, state=CallState.SETTLED, cost_usd=0, error=error)
        else:
            self._close(call, state=CallState.UNKNOWN, error=error)

    def total_usd(self, execution: UUID) -> float:
        """What an execution has cost so far, open reservations included, in USD."""
        with self._engine.connect() as connection:
            total = select(func.coalesce(func.sum(LlmCallRow.cost_usd), 0)).where(LlmCallRow.execution_id == execution)
            return float(connection.scalar(total) or 0)

    def _close(self, call: UUID, **values: object) -> None:
        with self._engine.begin() as connection:
            connection.execute(update(LlmCallRow).where(LlmCallRow.call_id == call).values(**values, settled_at=func.clock_timestamp()))
