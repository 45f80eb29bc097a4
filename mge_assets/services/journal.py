"""The journal as the attempt loop sees it: bound to one execution and one atom, and off the event loop."""

import asyncio
from uuid import UUID

from mge_assets.store.journal import JournalStore
from mge_resources.llm.port import ModelReply


class ExecutionJournal:
    """Journals the calls of one atom in one execution."""

    def __init__(self, store: JournalStore, execution: UUID, atom: UUID) -> None:
        self._store, self._execution, self._atom = store, execution, atom

    async def reserve(self, atom: str, attempt: int, model: str, request_digest: str, usd: float) -> UUID:
        """Book the most that a call can cost, before it is sent."""
        return await asyncio.to_thread(self._store.reserve, self._execution, self._atom, attempt, model, request_digest, usd)

    async def settle(self, call_id: UUID, reply: ModelReply) -> None:
        """Book what it did cost."""
        await asyncio.to_thread(self._store.settle, call_id, reply)

    async def fail(self, call_id: UUID, error: str, known_unbilled: bool) -> None:
        """Book that it gave no answer."""
        await asyncio.to_thread(self._store.fail, call_id, error, known_unbilled=known_unbilled)
