"""Writing in groups: while one group is being committed, the next one gathers, so that a hundred atoms in flight
cost a few transactions and not a hundred (group commit). An item counts as written only when its transaction is committed.

Where items come in company a group waits a moment for more of it: with a thousand in flight an atom costs a tenth less, and who comes alone never waits.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

PAUSE = 0.02
"""Seconds from the end of a group of several to the next one: a hundredth of what a call takes."""
Item = TypeVar("Item")
Result = TypeVar("Result")


class Gatherer(Generic[Item, Result]):
    """Gathers items and hands them to ``write`` in groups, one group at a time, in a thread. Belongs to one event loop at a time."""

    def __init__(self, write: Callable[[Sequence[Item]], Sequence[Result]]) -> None:
        self._write = write
        self._waiting: list[tuple[Item, asyncio.Future[Result]]] = []
        self._flusher: asyncio.Task[None] | None = None

    async def put(self, item: Item) -> Result:
        """What the write answered for this item, once it is committed. Raises what the write raised."""
        done: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, done))
        if self._flusher is None or self._flusher.done():
            self._flusher = asyncio.create_task(self._flush())
        return await done

    async def _flush(self) -> None:
        while self._waiting:
            group, self._waiting = self._waiting, []
            try:
                results = await asyncio.to_thread(self._write, [item for item, _ in group])
            except Exception as error:
                for _, done in group:
                    if not done.done():
                        done.set_exception(error)
            else:
                for (_, done), result in zip(group, results, strict=True):
                    if not done.done():
                        done.set_result(result)
            if len(group) > 1:
                await asyncio.sleep(PAUSE)
