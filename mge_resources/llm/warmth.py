"""Leader first: of calls that share a prefix one goes ahead, so that the others find it in the model's cache instead of each paying to put it there."""

import asyncio
import time
from collections.abc import Callable

LIFETIME = 270.0
"""Seconds that a prefix is counted on after it was last used; the service keeps it for 300."""
LONGEST_WAIT = 20.0
"""Seconds that a call waits for a leader: a stalled leader costs a second write of the prefix, which is some tenths of a cent."""


class PrefixGate:
    """Who has to wait for whom, before any place or money is taken. Belongs to one event loop; a failed leader hands over to the next."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._warm_until: dict[str, float] = {}
        self._leaders: dict[str, asyncio.Event] = {}

    async def wait(self, prefix: str) -> bool:
        """Until the prefix is warm; True for the one that has to go ahead, who tells ``ended`` afterwards. An empty prefix waits for nobody."""
        while prefix and self._warm_until.get(prefix, float("-inf")) < self._clock():
            leader = self._leaders.get(prefix)
            if leader is None:
                self._leaders[prefix] = asyncio.Event()
                return True
            try:
                async with asyncio.timeout(LONGEST_WAIT):  # wait_for makes a task of its own for each of a thousand
                    await leader.wait()
            except TimeoutError:
                return False
        if prefix:
            self._warm_until[prefix] = self._clock() + LIFETIME
        return False

    def ended(self, prefix: str, *, warm: bool) -> None:
        """The leader's call ended; where it failed, one of those that wait leads in its place."""
        if warm:
            self._warm_until[prefix] = self._clock() + LIFETIME
        self._leaders.pop(prefix).set()
