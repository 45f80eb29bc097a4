"""The journal of model calls: what money is counted from, and where an answer that was paid for is found again.

Calls are booked and settled in groups, one transaction a group. The row of the plan's budget is locked meanwhile, so that of a hundred
calls that want the last dollar at once no more are booked than it pays for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ARRAY, Connection, Float, Integer, Numeric, Text, Uuid, bindparam, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from mge_assets.model.executions import ControlSignal
from mge_assets.model.ids import masterplan_id
from mge_assets.store.leases import Lease, check_fence
from mge_assets.store.retrying import Store, again_after_loss
from mge_assets.store.tables import AtomRetryRow, ExecutionRow, LlmCallRow, MasterplanRow, PlanBudgetRow
from mge_assets.store.tables.executions import UNSENT, CallState
from mge_resources.llm.port import ModelError, ModelReply, TruncatedReplyError


@dataclass(frozen=True, slots=True)
class Reservation:
    """A call that is about to be sent, and the most that it can cost in USD. ``batch`` is ``UNSENT`` where it is to go with a message batch."""

    call_id: UUID
    atom_id: UUID
    atom: str
    attempt: int
    model: str
    request_digest: str
    usd: float
    batch: str = ""


class Refusal(StrEnum):
    """Why a call was not booked."""

    BUDGET = "budget"
    PAUSED = "paused"
    CANCELLED = "cancelled"


class Fault(StrEnum):
    """Why an answer that was paid for could not be used: cut off, no use (another may be), or no use whatever is asked again."""

    TRUNCATED = "truncated"
    UNUSABLE = "unusable"
    FINAL = "final"

    @classmethod
    def of(cls, error: ModelError) -> "Fault":
        """The fault that an error stands for."""
        return cls.TRUNCATED if isinstance(error, TruncatedReplyError) else cls.UNUSABLE if error.retryable else cls.FINAL

    def error(self, words: str, billed: ModelReply) -> ModelError:
        """The error again, as the call raised it."""
        kind = TruncatedReplyError if self is Fault.TRUNCATED else ModelError
        problem, _, fix = words.rpartition("; ")
        return kind(problem, fix=fix, retryable=self is not Fault.FINAL, billed=billed)


@dataclass(frozen=True, slots=True)
class Booking:
    """What became of a reservation: booked, refused, or known from the journal without a call. ``warn`` says that this one passed the soft limit.

    ``sent`` is the very same call, booked before and sent with a message batch whose answers are still to come.
    """

    refusal: Refusal | None = None
    reply: ModelReply | None = None
    error: ModelError | None = None
    warn: bool = False
    sent: UUID | None = None


@dataclass(frozen=True, slots=True)
class Settlement:
    """How a call ended: ``state``, its bill in USD and tokens, and what came back, if anything did; ``fault`` says why that could not be used."""

    call_id: UUID
    state: CallState
    usd: float | None = None
    tokens_input: int = 0
    tokens_output: int = 0
    text: str | None = None
    sent: str = ""
    seconds: float = 0.0
    error: str = ""
    fault: str = ""

    @classmethod
    def of(cls, call: UUID, reply: ModelReply, error: ModelError | None = None) -> "Settlement":
        """A call that came back with an answer, which may be one that can't be used."""
        bill = (reply.cost_usd, reply.tokens_input, reply.tokens_output)
        words, fault = (_storable(str(error)), Fault.of(error).value) if error else ("", "")
        return cls(call, CallState.SETTLED, *bill, _storable(reply.text), reply.sent, reply.seconds, words, fault)

    @classmethod
    def failed(cls, call: UUID, error: str, *, known_unbilled: bool) -> "Settlement":
        """A call that gave no answer; unless it is known to have cost nothing, its reservation stays counted."""
        state, usd = (CallState.SETTLED, 0.0) if known_unbilled else (CallState.UNKNOWN, None)
        return cls(call, state, usd, error=_storable(error))


@dataclass(frozen=True, slots=True)
class Limits:
    """What a plan may cost in USD: passing ``soft`` is told, ``hard`` is never passed."""

    soft_usd: float
    hard_usd: float


@dataclass(frozen=True, slots=True)
class Budget:
    """What a plan has cost in all its executions, open reservations included, and its limit in USD (its own, or the installation's)."""

    committed_usd: float
    hard_usd: float


@dataclass(frozen=True, slots=True)
class CallBill:
    """What an execution's calls came to: those still open, and those whose bill nobody will ever know, count with what was booked for them."""

    calls: int
    open_calls: int
    unknown_calls: int
    tokens_input: int
    tokens_output: int
    usd: float


@dataclass(frozen=True, slots=True)
class CallFigures:
    """What calls to a model were like: medians and spreads over those that were answered."""

    calls: int
    tokens_output: float
    seconds: float


class JournalStore(Store):
    """Writes a row before a call is sent and settles it after."""

    def book(self, lease: Lease, calls: Sequence[Reservation], limits: Limits) -> list[Booking]:
        """Book calls, in order, as far as the plan's budget goes and its runner may. Raises FencedError where another has taken over."""
        with self._engine.begin() as connection:
            order = check_fence(connection, lease)
            if order is not ControlSignal.GO_ON:
                return [Booking(Refusal.PAUSED if order is ControlSignal.PAUSE else Refusal.CANCELLED)] * len(calls)
            known = {**_under_way(connection, lease, calls), **_answered(connection, lease, calls)}
            budget = _budget(connection, lease.plan)
            done = set(connection.scalars(select(LlmCallRow.call_id).where(LlmCallRow.call_id.in_([call.call_id for call in calls]))))
            hard = Decimal(str(limits.hard_usd)) if budget.hard_usd is None else budget.hard_usd
            bookings, rows, committed = [], [], budget.committed_usd
            for call in calls:
                if call.call_id in done:  # booked by the try before this one, whose answer was lost
                    bookings.append(Booking())
                elif (answer := known.get((call.atom_id, call.request_digest))) is not None:
                    bookings.append(answer)
                elif committed + _money(call.usd) > hard:
                    bookings.append(Booking(Refusal.BUDGET))
                else:
                    committed += _money(call.usd)
                    warn = committed > Decimal(str(limits.soft_usd)) and not budget.warned and not any(b.warn for b in bookings)
                    bookings.append(Booking(warn=warn))
                    rows.append(_row(lease.execution_id, call))
            if rows:
                connection.execute(insert(LlmCallRow), rows)
                values = {"committed_usd": committed, "warned": budget.warned or any(b.warn for b in bookings)}
                connection.execute(update(PlanBudgetRow).where(PlanBudgetRow.masterplan_id == masterplan_id(lease.plan)).values(values))
        return bookings

    def settle_all(self, settlements: Sequence[Settlement]) -> list[None]:
        """Replace reservations by bills; a call that is settled already stays as it is."""
        with self._engine.begin() as connection:
            connection.execute(_SETTLE, _columns(settlements))
        return [None] * len(settlements)

    def reserve(self, execution: UUID, atom: UUID, attempt: int, model: str, request_digest: str, usd: float) -> UUID:
        """Book one call without asking for a limit; answers the call's id."""
        key = uuid4()
        self._reserve(execution, Reservation(key, atom, "", attempt, model, request_digest, usd))
        return key

    @again_after_loss
    def _reserve(self, execution: UUID, call: Reservation) -> None:
        with self._engine.begin() as connection:
            plan = connection.scalar(_plan_of(execution))
            budget = _budget(connection, str(plan))
            if connection.scalar(select(LlmCallRow.call_id).where(LlmCallRow.call_id == call.call_id)) is None:
                connection.execute(insert(LlmCallRow), [_row(execution, call)])
                values = {"committed_usd": budget.committed_usd + _money(call.usd)}
                connection.execute(update(PlanBudgetRow).where(PlanBudgetRow.masterplan_id == masterplan_id(str(plan))).values(values))

    def settle(self, call: UUID, reply: ModelReply) -> None:
        """Replace the reservation by the bill."""
        self.settle_all([Settlement.of(call, reply)])

    def fail(self, call: UUID, error: str, *, known_unbilled: bool) -> None:
        """Close a call that gave no answer; unless it is known to cost nothing, its reservation stays counted."""
        self.settle_all([Settlement.failed(call, error, known_unbilled=known_unbilled)])

    def total_usd(self, execution: UUID) -> float:
        """What an execution has cost so far, open reservations included, in USD."""
        with self._engine.connect() as connection:
            total = select(func.coalesce(func.sum(LlmCallRow.cost_usd), 0)).where(LlmCallRow.execution_id == execution)
            return float(connection.scalar(total) or 0)

    def bill(self, execution: UUID) -> CallBill:
        """What an execution's calls came to."""
        call = LlmCallRow
        states = (func.count().filter(call.state == state) for state in (CallState.RESERVED, CallState.UNKNOWN))
        sums = (func.coalesce(func.sum(column), 0) for column in (call.tokens_input, call.tokens_output, call.cost_usd))
        with self._engine.connect() as connection:
            row = connection.execute(select(func.count(), *states, *sums).where(call.execution_id == execution)).one()
        return CallBill(row[0], row[1], row[2], int(row[3]), int(row[4]), float(row[5]))

    def budget(self, plan: str, limits: Limits) -> Budget:
        """What the plan has cost so far and may cost."""
        with self._engine.begin() as connection:
            row = _budget(connection, plan)
        return Budget(float(row.committed_usd), limits.hard_usd if row.hard_usd is None else float(row.hard_usd))

    def set_hard_limit(self, plan: str, usd: float) -> None:
        """Give the plan a limit of its own, in USD over all its executions."""
        with self._engine.begin() as connection:
            _budget(connection, plan)
            connection.execute(update(PlanBudgetRow).where(PlanBudgetRow.masterplan_id == masterplan_id(plan)).values(hard_usd=usd))

    def figures(self, model: str) -> CallFigures:
        """What this model's answered calls were like: how many, and their median tokens and seconds. Those of batches tell no seconds."""
        call = LlmCallRow
        middle = (func.percentile_cont(0.5).within_group(column) for column in (call.tokens_output, call.seconds))
        with self._engine.connect() as connection:
            row = connection.execute(select(func.count(), *middle).where(call.llm_model == model, call.tokens_output > 0, call.batch == "")).one()
        return CallFigures(row[0], float(row[1] or 0), float(row[2] or 0))


_SETTLE = text("""
    WITH given AS (
        SELECT * FROM unnest(:ids, :states, :usd, :tokens_in, :tokens_out, :texts, :sent, :seconds, :errors, :faults)
            AS g (call_id, state, usd, tokens_in, tokens_out, reply, sent, seconds, error, fault)
    ), before AS (
        SELECT c.call_id, c.execution_id, c.cost_usd FROM llm_calls c JOIN given USING (call_id) WHERE c.state = 'reserved' FOR UPDATE OF c
    ), closed AS (
        UPDATE llm_calls c SET state = g.state::call_state, cost_usd = coalesce(g.usd, c.cost_usd), tokens_input = g.tokens_in, tokens_output = g.tokens_out,
            reply_text = g.reply, sent = g.sent, seconds = g.seconds, error = g.error, fault = g.fault,
            settled_at = clock_timestamp()
        FROM given g, before b WHERE c.call_id = g.call_id AND b.call_id = c.call_id
        RETURNING c.execution_id, c.cost_usd - b.cost_usd AS change
    )
    UPDATE plan_budgets p SET committed_usd = committed_usd + s.change
    FROM (SELECT e.masterplan_id, sum(closed.change) AS change FROM closed JOIN executions e USING (execution_id) GROUP BY 1) s
    WHERE p.masterplan_id = s.masterplan_id
""").bindparams(
    *(
        bindparam(name, type_=ARRAY(kind))
        for name, kind in (
            ("ids", Uuid()),
            ("states", Text()),
            ("usd", Numeric(14, 6)),
            ("tokens_in", Integer()),
            ("tokens_out", Integer()),
            ("texts", Text()),
            ("sent", Text()),
            ("seconds", Float()),
            ("errors", Text()),
            ("faults", Text()),
        )
    )
)


def _columns(settlements: Sequence[Settlement]) -> dict[str, list[Any]]:
    return {
        "ids": [each.call_id for each in settlements],
        "states": [each.state.value for each in settlements],
        "usd": [None if each.usd is None else _money(each.usd) for each in settlements],
        "tokens_in": [each.tokens_input for each in settlements],
        "tokens_out": [each.tokens_output for each in settlements],
        "texts": [each.text for each in settlements],
        "sent": [each.sent for each in settlements],
        "seconds": [each.seconds for each in settlements],
        "errors": [each.error for each in settlements],
        "faults": [each.fault for each in settlements],
    }


@dataclass(frozen=True, slots=True)
class _Budget:
    committed_usd: Decimal
    hard_usd: Decimal | None
    warned: bool


def _budget(connection: Connection, plan: str) -> _Budget:
    """The plan's budget, locked until the end of the transaction; made where there is none."""
    table, key = PlanBudgetRow, masterplan_id(plan)
    query = select(table.committed_usd, table.hard_usd, table.warned).where(table.masterplan_id == key).with_for_update()
    row = connection.execute(query).first()
    if row is None:
        connection.execute(upsert(table).values(masterplan_id=key).on_conflict_do_nothing())
        row = connection.execute(query).one()
    return _Budget(*row)


def _answered(connection: Connection, lease: Lease, calls: Sequence[Reservation]) -> Mapping[tuple[UUID, str], Booking]:
    """Answers to the very same requests: any of this plan's whose atom came to no end then, and any plan's that passed (which costs nothing again)."""
    call, attempt = LlmCallRow, AtomRetryRow
    ended = select(attempt.atom_id).where(attempt.atom_id == call.atom_id, attempt.execution_id == call.execution_id)
    passed = ended.where(attempt.attempt_number == call.attempt_number, attempt.success).exists().label("passed")
    theirs = select(ExecutionRow.execution_id).where(ExecutionRow.masterplan_id == masterplan_id(lease.plan))
    models = call.llm_model.in_({each.model for each in calls})
    same = (models, call.request_digest.in_([each.request_digest for each in calls]), call.state == CallState.SETTLED, call.reply_text.is_not(None))
    query = select(call.__table__, passed).where(*same, passed | (call.execution_id.in_(theirs) & ~ended.exists())).order_by(call.settled_at)
    found: dict[tuple[UUID, str], Booking] = {}
    for row in connection.execute(query):
        bill = ModelReply(row.reply_text, row.llm_model, row.tokens_input, row.tokens_output, float(row.cost_usd), row.seconds, sent=row.sent)
        if not row.passed:
            found[row.atom_id, row.request_digest] = Booking(error=Fault(row.fault).error(row.error, bill)) if row.fault else Booking(reply=bill)
            continue
        for each in calls:
            if each.request_digest == row.request_digest:
                found[each.atom_id, each.request_digest] = Booking(reply=ModelReply(row.reply_text, row.llm_model, sent=row.sent))
    return found


def _under_way(connection: Connection, lease: Lease, calls: Sequence[Reservation]) -> Mapping[tuple[UUID, str], Booking]:
    """The very same calls of this plan that went with a message batch and are not answered yet."""
    call = LlmCallRow
    theirs = select(ExecutionRow.execution_id).where(ExecutionRow.masterplan_id == masterplan_id(lease.plan))
    same = (call.request_digest.in_([each.request_digest for each in calls]), call.llm_model.in_({each.model for each in calls}))
    query = select(call.atom_id, call.request_digest, call.call_id).where(*same, call.state == CallState.RESERVED, call.batch.not_in(("", UNSENT)))
    rows = connection.execute(query.where(call.execution_id.in_(theirs)))
    return {(row.atom_id, row.request_digest): Booking(sent=row.call_id) for row in rows}


def _row(execution: UUID, call: Reservation) -> dict[str, Any]:
    head = {"call_id": call.call_id, "execution_id": execution, "atom_id": call.atom_id, "atom": call.atom, "attempt_number": call.attempt}
    booked = {"llm_model": call.model, "request_digest": call.request_digest, "batch": call.batch, "state": CallState.RESERVED}
    return {**head, **booked, "reserved_usd": _money(call.usd), "cost_usd": _money(call.usd)}


def _plan_of(execution: UUID) -> Any:  # noqa: ANN401 -- a select of one name
    query = select(MasterplanRow.name).join(ExecutionRow, ExecutionRow.masterplan_id == MasterplanRow.masterplan_id)
    return query.where(ExecutionRow.execution_id == execution)


def _money(usd: float) -> Decimal:
    """As the tables keep it, so that what is added up here and there is the same."""
    return Decimal(str(usd)).quantize(Decimal("0.000001"))


def _storable(words: str) -> str:
    """Text that PostgreSQL takes: no NUL, no half of a surrogate pair."""
    return words.replace("\0", "").encode(errors="replace").decode()
