"""How many calls are in flight: never more than the limit and this execution's share of it, fewer while the server refuses them.

What is counted is the share of calls that were refused for being too many, over about one latency. A few refusals cost nothing
(they are not billed, and each call waits as long as it was told to), so that they change nothing: a rule that halves at the first
refusal, as TCP does, falls to three calls in flight when one in five is refused at random. Where a third is refused the window
shrinks to what got through, and grows again by a tenth with every window that passes nearly whole.
"""

import asyncio
import time
from collections import deque
from collections.abc import Mapping
from uuid import UUID

from mge_resources.llm.port import LanguageModel, ModelError, ModelReply, ModelRequest

TOO_MANY = 0.3
"""Share of refused calls from which the window shrinks."""
FEW = 0.1
"""Share of refused calls below which it grows."""
CACHE_SECONDS = 300.0
"""How long a provider keeps a prompt's prefix that nobody uses."""
CACHE_BYTES = 3_000
"""Prefixes shorter than this, about 1,000 tokens, are cached by no provider."""


class Pacer:
    """Hands out places. ``limit`` is the most; ``ceiling`` this execution's share of it, set from outside as others come and go."""

    def __init__(self, limit: int) -> None:
        self._limit, self._ceiling, self._window = limit, limit, float(limit)
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._passed = self._refused = 0
        self.in_flight = self.most = 0
        self._closed_until = 0.0

    @property
    def room(self) -> int:
        """Places in all, as things stand."""
        return max(1, min(self._ceiling, int(self._window)))

    @property
    def wanted(self) -> int:
        """Places that would be used if there were enough."""
        return self.in_flight + len(self._waiting)

    def set_ceiling(self, ceiling: int) -> None:
        """This execution's share of the limit; may be called from any thread."""
        grown, self._ceiling = ceiling > self._ceiling, max(1, min(ceiling, self._limit))
        if grown and self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake)

    async def acquire(self) -> None:
        """Wait for a place and take it."""
        self._loop = asyncio.get_running_loop()
        if self._waiting or self.in_flight >= self.room or time.monotonic() < self._closed_until:
            place: asyncio.Future[None] = self._loop.create_future()
            self._waiting.append(place)
            self._wake()
            try:
                await place
            except asyncio.CancelledError:
                if place.done() and not place.cancelled():
                    self.release()
                raise
        else:
            self._take()

    def release(self) -> None:
        """Give a place back."""
        self.in_flight -= 1
        self._wake()

    def passed(self) -> None:
        """A call was answered."""
        self._passed += 1
        self._judge()

    def refused(self, retry_after: float | None) -> None:
        """A call was refused because there were too many. Where nothing gets through any more, all wait as long as the server says."""
        self._refused += 1
        if not self._passed and self._refused >= min(10, self.room):
            self._closed_until = max(self._closed_until, time.monotonic() + (retry_after or 0.0))
        self._judge()

    def _judge(self) -> None:
        seen = self._passed + self._refused
        if seen < max(5, self.room):
            return
        share = self._refused / seen
        if share > TOO_MANY:
            self._window = max(1.0, min(self._window, self.room) * max(1 - share, 0.5))
        elif share < FEW:
            self._window = min(float(self._limit), self._window * 1.1 + 1)
        self._passed = self._refused = 0
        self._wake()

    def _take(self) -> None:
        self.in_flight += 1
        self.most = max(self.most, self.in_flight)

    def _wake(self) -> None:
        closed = self._closed_until - time.monotonic()
        if closed > 0 and self._waiting:
            asyncio.get_running_loop().call_later(closed, self._wake)
            return
        while self._waiting and self.in_flight < self.room:
            place = self._waiting.popleft()
            if not place.done():
                self._take()
                place.set_result(None)


class PacedModel:
    """A model whose answers tell the pacer how it goes, and whose first call with a prefix goes ahead of the others, so that these find it cached."""

    def __init__(self, model: LanguageModel, pacer: Pacer) -> None:
        self._model, self._pacer = model, pacer
        self._leaders: dict[int, asyncio.Event] = {}
        self._warm: dict[int, float] = {}

    @property
    def remote(self) -> bool:
        """As the model's."""
        return self._model.remote

    @property
    def name(self) -> str:
        """As the model's."""
        return self._model.name

    def reservation_usd(self, request: ModelRequest) -> float:
        """As the model's."""
        return self._model.reservation_usd(request)

    async def complete(self, request: ModelRequest) -> ModelReply:
        """The model's answer. Raises ModelError."""
        prefix = hash((request.system, request.shared))
        if len(request.system) + len(request.shared) < CACHE_BYTES or not self._model.remote:
            return await self._told(request)
        while not self._is_warm(prefix):
            leader = self._leaders.get(prefix)
            if leader is None:
                return await self._lead(prefix, request)
            await leader.wait()
        self._warm[prefix] = time.monotonic()
        return await self._told(request)

    async def aclose(self) -> None:
        """Close the connections of the running event loop."""
        await self._model.aclose()

    def _is_warm(self, prefix: int) -> bool:
        return time.monotonic() - self._warm.get(prefix, float("-inf")) < CACHE_SECONDS

    async def _lead(self, prefix: int, request: ModelRequest) -> ModelReply:
        """The first call; where it fails, one of those that wait leads in its place."""
        done = self._leaders[prefix] = asyncio.Event()
        try:
            reply = await self._told(request)
            self._warm[prefix] = time.monotonic()
            return reply
        finally:
            del self._leaders[prefix]
            done.set()

    async def _told(self, request: ModelRequest) -> ModelReply:
        try:
            reply = await self._model.complete(request)
        except ModelError as error:
            if error.retryable and error.unbilled:
                self._pacer.refused(error.retry_after)
            else:
                self._pacer.passed()
            raise
        self._pacer.passed()
        return reply


def shares(limit: int, wanted: Mapping[UUID, int]) -> Mapping[UUID, int]:
    """The limit dealt out fairly: equal parts, what one does not want goes to the others, what nobody wants to all; nobody has less than one."""
    dealt: dict[UUID, int] = {}
    left, waiting = limit, sorted(wanted, key=lambda each: (wanted[each], each))
    for place, each in enumerate(waiting):
        dealt[each] = max(1, min(wanted[each], left // (len(waiting) - place)))
        left = max(0, left - dealt[each])
    return {each: part + left // len(dealt) for each, part in dealt.items()}
