"""How many calls are in flight: never more than the limit and this execution's part of it, fewer while the server refuses them.

What is counted is the share of calls that were refused for being too many, over about one latency. A few refusals cost nothing
(they are not billed, and each call waits as long as it was told to), so that they change nothing: a rule that halves at the first
refusal, as TCP does, falls to three calls in flight when one in five is refused at random. Where a third is refused the window
shrinks to what got through, and grows again by a tenth with every window that passes nearly whole. Where the server tells its
limits with its answers, calls are sent no faster than these allow, so that hardly one is refused.
"""

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from mge_assets.services.allowances import Allowances
from mge_assets.services.reach import Reach
from mge_resources.llm.around import AroundModel
from mge_resources.llm.port import CallSize, LanguageModel, ModelError, ModelReply, ModelRequest

TOO_MANY = 0.3
"""Share of refused calls from which the window shrinks."""
FEW = 0.1
"""Share of refused calls below which it grows."""
CLAIM_SECONDS = 3.0
"""How long an execution's share is kept for it after it wanted it: between two waves, or while drafts are judged, it wants nothing for a moment."""
_NO_SIZE = CallSize()


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    place: asyncio.Future[None]
    model: str
    size: CallSize


class Pacer:
    """Hands out places. ``limit`` is the most; ``ceiling`` this execution's part of it, set from outside as others come and go.

    ``behind`` counts the calls that wait for the one ahead of them before they ask for a place. ``used`` are the place-seconds so far, as far as
    they count against others; ``pressed`` is called where a look at the parts is worth it now: a place is given back to others, or there is none.
    """

    def __init__(self, limit: int, pressed: Callable[[], None] = lambda: None) -> None:
        self._limit, self._ceiling, self._window = limit, limit, float(limit)
        self._waiting: deque[_Waiting] = deque()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._alarm: asyncio.TimerHandle | None = None
        self._passed = self._refused = 0
        self.in_flight = self.most = self.behind = 0
        self._peak, self._peaked = limit, time.monotonic()
        self.allowances = Allowances()
        self._closed_until = 0.0
        self.pressed = pressed
        self.used: float | None = None
        self._counted = time.monotonic()
        self._lock = threading.RLock()  # the heartbeat's thread takes places away while the loop hands them out

    @property
    def room(self) -> int:
        """Places in all, as things stand."""
        return min(self._ceiling, max(1, int(self._window)))

    @property
    def wanted(self) -> int:
        """Places that would be used if there were enough."""
        return self.in_flight + len(self._waiting) + self.behind

    @property
    def limit(self) -> int:
        """The most places."""
        return self._limit

    @property
    def ceiling(self) -> int:
        """This execution's part of the limit."""
        return self._ceiling

    def count(self, level: float) -> float:
        """The place-seconds used so far; one that has none yet, or waits for no place, stands at ``level`` at least."""
        with self._lock:
            self._tick()
            if self.used is None or self.wanted <= self.in_flight:
                self.used = max(self.used or 0.0, level)
            return self.used

    def _tick(self) -> None:
        with self._lock:
            now = time.monotonic()
            if self.used is not None:
                self.used += self.in_flight * (now - self._counted)
            self._counted = now

    def claim(self) -> int:
        """The most places wanted of late; at first all of them, since an execution that begins has told nothing yet."""
        wanted, now = self.wanted, time.monotonic()
        if wanted >= self._peak or now - self._peaked > CLAIM_SECONDS:
            self._peak, self._peaked = wanted, now
        return self._peak

    def set_ceiling(self, ceiling: int) -> None:
        """This execution's part of the limit; may be called from any thread."""
        with self._lock:
            grown, self._ceiling = ceiling > self._ceiling, max(0, min(ceiling, self._limit))
        self.allowances.share = max(1, self._ceiling) / self._limit
        if grown and self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake)

    async def acquire(self, model: str = "", size: CallSize = _NO_SIZE) -> None:
        """Wait for a place and take it; and until the server's limits leave room for a call of this size to this model."""
        self._loop = asyncio.get_running_loop()
        waiting = _Waiting(self._loop.create_future(), model, size)
        self._waiting.append(waiting)
        self.claim()
        self._wake()
        if not waiting.place.done() and self.in_flight >= self._ceiling and len(self._waiting) == 1:
            self.pressed()
        try:
            await waiting.place
        except asyncio.CancelledError:
            if waiting.place.done() and not waiting.place.cancelled():
                self.release()
            else:
                self._waiting.remove(waiting)
            raise

    def release(self) -> None:
        """Give a place back."""
        self._tick()
        self.in_flight -= 1
        if self.in_flight >= self._ceiling:
            self.pressed()
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

    def _wake(self) -> None:
        """Hand out what places there are, in turn; whoever must wait for its model's limits holds up nobody who asks another model."""
        if not self._waiting:
            return
        soonest = self._closed_until - time.monotonic()
        if soonest <= 0:
            with self._lock:
                soonest = self._hand_out()
        if self._waiting and soonest > 0:
            if self._alarm is not None:
                self._alarm.cancel()
            self._alarm = asyncio.get_running_loop().call_later(soonest, self._wake)

    def _hand_out(self) -> float:
        """Answers the seconds until the limits leave room for another; 0 where it is not they that are waited for."""
        waits: dict[str, float] = {}
        kept: deque[_Waiting] = deque()
        while self._waiting and self.in_flight < self.room:
            each = self._waiting.popleft()
            if each.place.done():
                continue
            wait = waits.get(each.model) or self.allowances.wait(each.model, each.size)
            if wait > 0:
                waits[each.model] = wait
                kept.append(each)
                continue
            self.allowances.take(each.model, each.size)
            self._tick()
            self.in_flight += 1
            self.most = max(self.most, self.in_flight)
            each.place.set_result(None)
        self._waiting = kept + self._waiting
        return min(waits.values(), default=0.0)


class PacedModel(AroundModel):
    """A model whose answers tell the pacer how it goes."""

    def __init__(self, model: LanguageModel, pacer: Pacer) -> None:
        super().__init__(model)
        self._pacer = pacer
        self._reach = Reach()

    async def complete(self, request: ModelRequest) -> ModelReply:
        """The model's answer. Raises ModelError."""
        name, allowances = self._model.name_of(request.attempt), self._pacer.allowances
        try:
            reply = await self._sent(request)
        except ModelError as error:
            turned_away = error.retryable and error.unbilled
            if turned_away:
                allowances.refused(name, request.size)
            allowances.heard(name, error.allowances or (error.billed.allowances if error.billed else ()))
            if turned_away:
                self._pacer.refused(error.retry_after)
                self._reach.refused(error.problem)
            else:
                self._got_through()
            raise
        allowances.answered(name, request.size, CallSize(reply.tokens_input - reply.tokens_read, reply.tokens_output))
        allowances.heard(name, reply.allowances)
        self._got_through()
        return reply

    async def _sent(self, request: ModelRequest) -> ModelReply:
        self._reach.sent()
        try:
            return await self._model.complete(request)
        finally:
            self._reach.ended()

    def _got_through(self) -> None:
        self._pacer.passed()
        self._reach.passed()

    async def aclose(self) -> None:
        """Close the connections of the running event loop."""
        await self._model.aclose()
