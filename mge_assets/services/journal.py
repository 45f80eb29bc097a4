"""The accounts of an execution: no call leaves without a place and a booking, and each that left is settled."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from uuid import UUID, uuid4

from mge_assets.model.errors import HaltedError
from mge_assets.services.gathering import Gatherer
from mge_assets.services.pacing import Pacer
from mge_assets.stages.generation import request_digest
from mge_assets.store.journal import Booking, JournalStore, Limits, Refusal, Reservation, Settlement
from mge_assets.store.leases import Lease
from mge_assets.store.tables.executions import UNSENT
from mge_resources.llm.port import CallSize, ModelError, ModelReply, ModelRequest
from mge_resources.llm.warmth import PrefixGate


class Accounts:
    """Books and settles the calls of one execution.

    Args:
        store: where the journal is.
        lease: what the execution is run under.
        limits: the installation's; the plan may have a hard limit of its own.
        pacer: whose places the calls take.
        warn: told once when the plan's cost passes the soft limit.

    ``batched`` says that calls go with message batches. ``queued`` counts the calls that wait for their booking, ``booked`` has every call by its
    request's digest. ``unsent`` are calls that wait to go with a batch, ``sent`` those that went with one and are not answered: given up they stay
    booked, for whoever fetches the answers.
    """

    def __init__(self, store: JournalStore, lease: Lease, limits: Limits, pacer: Pacer, warn: Callable[[float], None]) -> None:
        self._store, self.lease, self._limits, self.pacer, self._warn = store, lease, limits, pacer, warn
        self._books: Gatherer[Reservation, Booking] = Gatherer(lambda calls: store.book(lease, calls, limits))
        self._settlements: Gatherer[Settlement, None] = Gatherer(store.settle_all)
        self._changed: asyncio.Event | None = None
        self._gate = PrefixGate()
        self._leading: dict[UUID, str] = {}
        self.open_calls = 0
        self.queued = 0
        self.booked: dict[str, Reservation] = {}
        self.sent: set[UUID] = set()
        self.unsent: set[UUID] = set()
        self.batched = False

    async def book(self, call: Reservation, size: CallSize, prefix: str = "") -> Booking:
        """A place and a booking, once the server's limits leave room for a call of this size and a call ahead has put its ``prefix`` into the cache.

        Raises HaltedError where the budget does not give it any more, or a person stopped the execution.

        Reservations are for the worst case, so that a call which finds no room waits for those in flight to be settled before it gives up.
        """
        self.queued += 1
        try:
            booking = await self._book(call, size, prefix and f"{call.model} {prefix}")
        finally:
            self.queued -= 1
        if booking.reply is None and booking.error is None:
            self.booked[call.request_digest] = call if booking.sent is None else replace(call, call_id=booking.sent)
        return booking

    async def _book(self, call: Reservation, size: CallSize, prefix: str) -> Booking:
        self.pacer.behind += 1
        try:
            leads = await self._gate.wait(prefix)
        finally:
            self.pacer.behind -= 1
        try:
            await self.pacer.acquire(call.model, size)
            try:
                booking = await self._booked(call)
            except BaseException:
                self.pacer.release()
                raise
        except BaseException:
            if leads:
                self._gate.ended(prefix, warm=False)
            raise
        if booking.reply is not None or booking.error is not None:
            self.pacer.release()
            if leads:
                self._gate.ended(prefix, warm=False)
            return booking
        if leads:
            self._leading[booking.sent or call.call_id] = prefix
        self.open_calls += 1
        if booking.warn:
            self._warn(self._limits.soft_usd)
        return booking

    async def _booked(self, call: Reservation) -> Booking:
        while (booking := await self._books.put(call)).refusal is not None:
            if booking.refusal is not Refusal.BUDGET or not self.open_calls:
                raise await self._halt(booking.refusal, call.usd)
            self._changed = self._changed or asyncio.Event()
            await self._changed.wait()
        return booking

    async def settle(self, settlement: Settlement) -> None:
        """Put down how a call ended, and give its place back. One that went with a batch and was given up is left open."""
        call = settlement.call_id
        try:
            if call in self.unsent:
                settlement = Settlement.failed(call, settlement.error, known_unbilled=True)
            if call not in self.sent:
                await self._settlements.put(settlement)
        finally:
            self.open_calls -= 1
            self.unsent.discard(call)
            self.pacer.release()
            led = self._leading.pop(settlement.call_id, "")
            if led:
                self._gate.ended(led, warm=settlement.text is not None)
            if self._changed is not None:
                self._changed.set()
                self._changed = None

    def settle_orphans(self, settlements: Sequence[Settlement]) -> None:
        """Put down how calls ended that nobody waits for any more; those that are settled stay as they are."""
        self._store.settle_all(settlements)

    async def _halt(self, refusal: Refusal, usd: float) -> HaltedError:
        plan = self.lease.plan
        if refusal is not Refusal.BUDGET:
            return stopped(plan, cancelled=refusal is Refusal.CANCELLED)
        budget = await asyncio.to_thread(self._store.budget, plan, self._limits)
        used = f"${budget.committed_usd:.2f} are spent, and the next call may cost ${usd:.2f}"
        more = max(2 * budget.hard_usd, budget.committed_usd + 2 * usd)
        return HaltedError(f"the budget of ${budget.hard_usd:.2f} is used up: {used}", fix=f"go on with `mge resume {plan} --budget {more:.2f}`")


def stopped(plan: str, *, cancelled: bool) -> HaltedError:
    """The error of an execution that a person stopped."""
    if cancelled:
        return HaltedError("the execution was cancelled", fix=f"start it anew with `mge run`; what was done of {plan} is kept", cancelled=True)
    return HaltedError("the execution was paused", fix=f"go on with `mge resume {plan}`")


@dataclass(frozen=True, slots=True)
class ExecutionJournal:
    """The accounts as the attempt loop sees them: bound to one atom."""

    accounts: Accounts
    atom_id: UUID

    async def reserve(self, atom: str, model: str, request: ModelRequest, usd: float) -> UUID | ModelReply:
        """Book the most that a call can cost, before it is sent; or answer what the very same call brought before. Raises HaltedError, ModelError."""
        batched = self.accounts.batched
        call = Reservation(uuid4(), self.atom_id, atom, request.attempt, model, request_digest(request), usd, UNSENT if batched else "")
        booking = await self.accounts.book(call, request.size, "" if batched else request.prefix)
        if booking.error is not None:
            raise booking.error
        return booking.reply or booking.sent or call.call_id

    async def settle(self, call_id: UUID, reply: ModelReply, error: ModelError | None = None) -> None:
        """Book what it did cost."""
        await self.accounts.settle(Settlement.of(call_id, reply, error))

    async def fail(self, call_id: UUID, error: str, known_unbilled: bool) -> None:
        """Book that it gave no answer."""
        await self.accounts.settle(Settlement.failed(call_id, error, known_unbilled=known_unbilled))
