"""Writing outcomes in groups: while one group is being committed, the next one gathers, so that a hundred atoms in flight
cost a few transactions and not a hundred (group commit). An outcome counts as landed only when its transaction is committed.
"""

import asyncio
from collections.abc import Callable, Sequence

from mge_assets.store.landings import Landing


class GroupWriter:
    """Gathers landings and hands them to ``write`` in groups, one group at a time. Belongs to one event loop."""

    def __init__(self, write: Callable[[Sequence[Landing]], None]) -> None:
        self._write = write
        self._waiting: list[tuple[Landing, asyncio.Future[None]]] = []
        self._flusher: asyncio.Task[None] | None = None

    async def land(self, landing: Landing) -> None:
        """Returns when the landing is committed. Raises what the write raised."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((landing, done))
        if self._flusher is None or self._flusher.done():
            self._flusher = asyncio.create_task(self._flush())
        await done

    async def _flush(self) -> None:
        while self._waiting:
            group, self._waiting = self._waiting, []
            try:
                await asyncio.to_thread(self._write, [landing for landing, _ in group])
            except Exception as error:
                _settle(group, error)
            else:
                _settle(group, None)


def _settle(group: Sequence[tuple[Landing, asyncio.Future[None]]], error: Exception | None) -> None:
    for _, done in group:
        if done.done():
            continue
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)
