"""Message batches under the attempt loop: a wave's requests are gathered until every atom in flight waits, sent together, and answered when they are there.

To the loop a batch is a slow model. What was sent is put down before it is: a process that ends leaves its batches to the next one, which
fetches their answers instead of sending anything again.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from structlog.typing import FilteringBoundLogger

from mge_assets.model.errors import HaltedError, MgeError
from mge_assets.services.journal import Accounts
from mge_assets.stages.generation import request_digest
from mge_assets.store.batches import BatchStore, StoredBatch
from mge_assets.store.journal import Reservation, Settlement
from mge_resources.llm.port import Batches, LanguageModel, ModelError, ModelReply, ModelRequest
from mge_resources.llm.prices import TokenUsage

BATCH_ATOMS = 1000
"""Atoms in flight where calls go in batches: whatever does not fit in a wave's first batch waits for its second."""
MOST_REQUESTS = 10_000
MOST_BYTES = 64_000_000
"""Of one batch; the service takes 100,000 requests and 256 MB."""
TICK_SECONDS = 0.1
SETTLED_SECONDS = 0.5
"""How long nothing may have come in before a batch goes, where every atom in flight waits."""
LONGEST_SECONDS = 120.0
"""The same where some do not: they validate, or have no room in the budget until others are settled."""
SKEW = timedelta(minutes=5)
"""How far the service's clock may be from the database's."""
KEPT = timedelta(days=29)
"""How long the service keeps answers."""

Answer = ModelReply | ModelError


@dataclass(slots=True)
class _Waiting:
    """An atom's call that waits for its answer; ``request`` as long as it has not been sent."""

    call: Reservation
    request: ModelRequest
    answer: asyncio.Future[ModelReply]


@dataclass
class BatchedModel:
    """A model whose calls go in message batches. Belongs to one execution and to one event loop at a time.

    Args:
        model: whose batches they are.
        accounts: the execution's.
        store: where batches are put down.
        poll_seconds: between two looks at a batch.
        in_flight: how many atoms are in flight.
        halted: why the execution stands still, if it does.
    """

    model: LanguageModel
    accounts: Accounts
    store: BatchStore
    poll_seconds: float
    in_flight: Callable[[], int]
    halted: Callable[[], MgeError | None]
    log: FilteringBoundLogger
    remote: bool = True
    _waiting: dict[UUID, _Waiting] = field(default_factory=dict)
    _pending: dict[UUID, _Waiting] = field(default_factory=dict)
    _open: dict[UUID, StoredBatch] = field(default_factory=dict)
    _worker: asyncio.Task[None] | None = None
    _changed: float = 0.0
    _not_before: float = 0.0
    _cancelled: set[UUID] = field(default_factory=set)

    @property
    def name(self) -> str:
        """As the model's: the same code follows from it."""
        return self.model.name

    def name_of(self, attempt: int) -> str:
        """As the model's."""
        return self.model.name_of(attempt)

    def batches(self, attempt: int) -> Batches | None:
        """As the model's."""
        return self.model.batches(attempt)

    def price_usd(self, attempt: int, usage: TokenUsage, *, batch: bool = True) -> float:
        """At a batch's price."""
        return self.model.price_usd(attempt, usage, batch=batch)

    def reservation_usd(self, request: ModelRequest, *, batch: bool = True) -> float:
        """At a batch's price."""
        return self.model.reservation_usd(request, batch=batch)

    async def complete(self, request: ModelRequest) -> ModelReply:
        """The answer, hours later. Raises ModelError, and whatever the execution was halted with."""
        call = self.accounts.booked[request_digest(request)]
        waiting = _Waiting(call, request, asyncio.get_running_loop().create_future())
        self._waiting[call.call_id] = waiting
        self._changed = time.monotonic()
        if not any(call.call_id in batch.calls for batch in self._open.values()):
            self._pending[call.call_id] = waiting
            self.accounts.unsent.add(call.call_id)
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work())
        try:
            return await waiting.answer
        finally:
            self._waiting.pop(call.call_id, None)
            self._pending.pop(call.call_id, None)

    async def aclose(self) -> None:
        """Stop looking, and close the model's connections."""
        if self._worker is not None and not self._worker.done() and self._worker.get_loop() is asyncio.get_running_loop():
            self._worker.cancel()
            await asyncio.gather(self._worker, return_exceptions=True)
        self._worker = None
        await self.model.aclose()

    async def _work(self) -> None:
        """Send and look, as long as anybody waits. What goes wrong here is raised to all who wait."""
        try:
            await self._take_up()
            looked = float("-inf")
            while self._waiting and not await self._stopped():
                if self._pending and self._is_time():
                    await self._send()
                if time.monotonic() - looked >= self.poll_seconds:
                    await self._look()
                    looked = time.monotonic()
                await asyncio.sleep(min(TICK_SECONDS, self.poll_seconds))
        except Exception as error:  # told to those who wait, each of which handles it as its own
            self._refuse(self._waiting.values(), error)

    async def _take_up(self) -> None:
        """Batches that an earlier process left, with the calls that were sent in them."""
        for batch in await asyncio.to_thread(self.store.of_plan, self.accounts.lease.plan):
            self._open[batch.batch_id] = batch
            self._went(batch.calls)

    def _went(self, calls: Iterable[UUID]) -> None:
        for call in calls:
            self._pending.pop(call, None)
            self.accounts.unsent.discard(call)
            self.accounts.sent.add(call)

    def _is_time(self) -> bool:
        now = time.monotonic()
        if now < self._not_before:
            return False
        quiet, atoms = now - self._changed, {waiting.call.atom_id for waiting in self._waiting.values()}
        busy = self.in_flight() - len(atoms) - self.accounts.queued
        return quiet >= (SETTLED_SECONDS if busy <= 0 else LONGEST_SECONDS)

    async def _stopped(self) -> bool:
        """Where the execution is halted: nobody waits any longer. Only a cancelled one waits for the bills of what was begun."""
        halted = self.halted()
        if halted is None:
            return False
        if not (isinstance(halted, HaltedError) and halted.cancelled):
            self._refuse(self._waiting.values(), halted)
            return True
        self._refuse(self._pending.values(), halted)
        for batch in [each for each in self._open.values() if each.provider_id and each.batch_id not in self._cancelled]:
            self._cancelled.add(batch.batch_id)
            with suppress(ModelError):  # it may have ended just now; what it costs is told by its answers either way
                await self._batches(batch.model).cancel(batch.provider_id)
        return False

    async def _send(self) -> None:
        """One batch for each model that is asked."""
        by_model: dict[str, list[_Waiting]] = {}
        for waiting in self._pending.values():
            by_model.setdefault(waiting.call.model, []).append(waiting)
        for model, group in by_model.items():
            for part in _parts(group):
                await self._send_part(model, part)

    async def _send_part(self, model: str, part: list[_Waiting]) -> None:
        calls = [waiting.call.call_id for waiting in part]
        batch = await asyncio.to_thread(self.store.open, self.accounts.lease, model, calls)
        self._open[batch.batch_id] = batch
        self._went(calls)
        try:
            provider_id = await self._batches(model).submit({str(waiting.call.call_id): waiting.request for waiting in part})
        except ModelError as error:
            if error.unbilled:  # refused, so that nothing arrived; otherwise nobody knows, and looking tells
                await self._withdraw(batch, error)
            return
        await self._arrived(batch, provider_id)
        self.log.info("batch sent", plan=self.accounts.lease.plan, batch=provider_id, calls=len(part), model=model)

    async def _arrived(self, batch: StoredBatch, provider_id: str) -> None:
        await asyncio.to_thread(self.store.arrived, batch.batch_id, provider_id)
        self._open[batch.batch_id] = StoredBatch(batch.batch_id, provider_id, batch.model, batch.calls, batch.created_at)

    async def _withdraw(self, batch: StoredBatch, error: ModelError | None) -> None:
        """It never arrived. Its calls go with the next one, unless asking again can't help."""
        await asyncio.to_thread(self.store.withdraw, batch.batch_id)
        self._open.pop(batch.batch_id, None)
        self.accounts.sent.difference_update(batch.calls)
        for call in batch.calls:
            if (waiting := self._waiting.get(call)) is None:
                continue
            if error is not None and not error.retryable:
                _answer(waiting, error)
            else:
                self._pending[call] = waiting
                self.accounts.unsent.add(call)
        if error is not None:
            self._not_before = time.monotonic() + max(self.poll_seconds, error.retry_after or 0.0)

    async def _look(self) -> None:
        """Fetch the answers of what has ended."""
        for batch in list(self._open.values()):
            try:
                if not batch.provider_id:
                    await self._find(batch)
                elif (await self._batches(batch.model).state(batch.provider_id)).ended:
                    await self._deliver(batch, await self._batches(batch.model).answers(batch.provider_id))
            except ModelError as error:
                if error.retryable:
                    continue
                if datetime.now(UTC) - batch.created_at > KEPT:
                    await self._deliver(batch, {})
                    continue
                plan, fix = self.accounts.lease.plan, "put that right and go on with `mge resume"
                raise HaltedError(f"the message batch {batch.provider_id} can't be read: {error.problem}", fix=f"{fix} {plan}`") from error

    async def _find(self, batch: StoredBatch) -> None:
        """Whether a batch arrived whose sending was cut off: one of the account's that nobody else here sent, and that answers its calls."""
        batches = self._batches(batch.model)
        made = await batches.recent(batch.created_at - SKEW)
        known = await asyncio.to_thread(self.store.known, [state.name for state in made])
        wanted = {str(call) for call in batch.calls}
        unknown = [state for state in made if state.name not in known]
        for state in unknown:
            if state.ended and wanted & set(await batches.answers(state.name)):
                await self._arrived(batch, state.name)
                return
        if all(state.ended for state in unknown):
            await self._withdraw(batch, None)

    async def _deliver(self, batch: StoredBatch, answers: Mapping[str, Answer]) -> None:
        """Give the answers to those who wait for them, and settle the calls of those who no longer do."""
        seconds = (datetime.now(UTC) - batch.created_at).total_seconds()
        self._open.pop(batch.batch_id, None)
        orphans: list[Settlement] = []
        for call in batch.calls:
            answer = answers.get(str(call)) or ModelError("the batch has no answer to this request", fix="ask again", retryable=True)
            self.accounts.sent.discard(call)
            waiting = self._waiting.get(call)
            if waiting is not None:
                _answer(waiting, self._or_halted(call, answer), seconds)
            else:
                orphans.append(_settlement(call, answer))
        await asyncio.to_thread(self.accounts.settle_orphans, orphans)
        await asyncio.to_thread(self.store.ended, batch.batch_id)
        self._changed = time.monotonic()
        self.log.info("batch ended", plan=self.accounts.lease.plan, batch=batch.provider_id, calls=len(batch.calls), seconds=seconds)

    def _or_halted(self, call: UUID, answer: Answer) -> Answer | MgeError:
        """What was cancelled together with the execution is nothing that an attempt failed by, and cost as little as what never left."""
        halted = self.halted()
        if halted is not None and isinstance(answer, ModelError) and answer.unbilled:
            self.accounts.unsent.add(call)
            return halted
        return answer

    def _refuse(self, those: Iterable[_Waiting], error: Exception) -> None:
        for waiting in list(those):
            if not waiting.answer.done():
                waiting.answer.set_exception(error)

    def _batches(self, model: str) -> Batches:
        for attempt in range(1, 11):
            if self.model.name_of(attempt) == model and (found := self.model.batches(attempt)) is not None:
                return found
        plan = self.accounts.lease.plan
        raise HaltedError(f"a message batch went to {model}, which MGE_MODEL no longer names", fix=f"set it again and go on with `mge resume {plan}`")


def _parts(group: list[_Waiting]) -> Iterable[list[_Waiting]]:
    """The calls in parts that one batch each can hold."""
    part: list[_Waiting] = []
    size = 0
    for waiting in group:
        own = sum(len(text.encode(errors="replace")) for text in (waiting.request.system, waiting.request.shared, waiting.request.prompt))
        if part and (len(part) >= MOST_REQUESTS or size + own > MOST_BYTES):
            yield part
            part, size = [], 0
        part.append(waiting)
        size += own
    if part:
        yield part


def _answer(waiting: _Waiting, answer: Answer | MgeError, seconds: float = 0.0) -> None:
    if waiting.answer.done():
        return
    if isinstance(answer, ModelReply):
        waiting.answer.set_result(_after(answer, seconds))
    else:
        if isinstance(answer, ModelError) and answer.billed is not None:
            answer.billed = _after(answer.billed, seconds)
        waiting.answer.set_exception(answer)


def _after(reply: ModelReply, seconds: float) -> ModelReply:
    return ModelReply(reply.text, reply.model, reply.tokens_input, reply.tokens_output, reply.cost_usd, seconds, sent=reply.sent, tokens_read=reply.tokens_read)


def _settlement(call: UUID, answer: Answer) -> Settlement:
    if isinstance(answer, ModelReply):
        return Settlement.of(call, answer)
    if answer.billed is not None:
        return Settlement.of(call, answer.billed, answer)
    return Settlement.failed(call, str(answer), known_unbilled=answer.unbilled)
