"""Leader first: of calls that share a prefix one goes ahead, so that the others find it in the model's cache instead of each paying to put it there."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

LIFETIME = 270.0
"""Seconds that a prefix is counted on after it was last used; the service keeps it for 300."""
LONGEST_WAIT = 20.0
"""Seconds that a call waits for a leader: a stalled leader costs a second write of the prefix, which is some tenths of a cent."""


class PrefixGate:
    """Who has to wait for whom. Belongs to one event loop; a failed leader hands over to the next."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._warm_until: dict[str, float] = {}
        self._leaders: dict[str, asyncio.Event] = {}

    @asynccontextmanager
    async def turn(self, prefix: str) -> AsyncIterator[None]:
        """Wait until the prefix is warm, or lead. An empty prefix waits for nobody."""
        while prefix and self._warm_until.get(prefix, 0.0) < self._clock():
            leader = self._leaders.get(prefix)
            if leader is None:
                async with self._leading(prefix):
                    yield
                return
            try:
                await asyncio.wait_for(leader.wait(), LONGEST_WAIT)
            except TimeoutError:
                break
        yield
        if prefix:
            self._warm_until[prefix] = self._clock() + LIFETIME

    @asynccontextmanager
    async def _leading(self, prefix: str) -> AsyncIterator[None]:
        event = self._leaders[prefix] = asyncio.Event()
        try:
            yield
            self._warm_until[prefix] = self._clock() + LIFETIME
        finally:
            del self._leaders[prefix]
            event.set()
