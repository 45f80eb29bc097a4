"""One answer from a model, journalled, with transport trouble waited out. What the answer says is not judged here."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from mge_assets.stages.generation.journal import CallJournal
from mge_resources.llm.port import LanguageModel, ModelError, ModelReply, ModelRequest

BACKOFF = (1.0, 2.0, 4.0)
"""Seconds before the second, third and every later try (specification §5)."""
MAX_TRIES = 8
"""Tries of one request: about 27 s of waiting, which outlasts most overloads; a longer one is the operator's."""


@dataclass(frozen=True)
class JournalledCaller:
    """Sends requests. ``sleep`` waits seconds; ``jitter`` gives a number in 0–1 that spreads waits over 75–125 %."""

    model: LanguageModel
    journal: CallJournal
    sleep: Callable[[float], Awaitable[object]]
    jitter: Callable[[], float]

    async def ask(self, atom: str, request: ModelRequest, seconds_left: Callable[[], float]) -> ModelReply:
        """The answer. Raises ModelError once asking again can't help, was tried often enough, or would end too late.

        An answer that came, was paid for and can't be used (``billed``) is not asked for again: that takes a new attempt.
        """
        tries = 0
        while True:
            try:
                return await self._once(atom, request)
            except ModelError as error:
                tries += 1
                wait = self._wait(tries, error)
                if not error.retryable or error.billed is not None or tries >= MAX_TRIES or wait >= seconds_left():
                    raise
            await self.sleep(wait)

    def _wait(self, tries: int, error: ModelError) -> float:
        backoff = BACKOFF[min(tries, len(BACKOFF)) - 1] * (0.75 + self.jitter() / 2)
        return max(backoff, error.retry_after or 0.0)

    async def _once(self, atom: str, request: ModelRequest) -> ModelReply:
        if not self.model.remote:
            return await self.model.complete(request)
        usd = self.model.reservation_usd(request)
        call = await self.journal.reserve(atom, self.model.name_of(request.attempt), request, usd)
        if isinstance(call, ModelReply):
            return call
        try:
            reply = await self.model.complete(request)
        except ModelError as error:
            if error.billed is not None:
                await asyncio.shield(self.journal.settle(call, error.billed, error))
            else:
                await asyncio.shield(self.journal.fail(call, str(error), error.unbilled))
            raise
        except BaseException as error:  # cancelled or broken in flight: nobody knows what it cost
            await asyncio.shield(self.journal.fail(call, f"given up in flight: {type(error).__name__}", False))
            raise
        await asyncio.shield(self.journal.settle(call, reply))
        return reply
