"""What the pipeline asks of a language model, whoever answers. Requests and replies are data; nothing in a reply is followed."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from mge_resources.llm.prices import TokenUsage


BYTES_A_TOKEN = 3.0
"""Of code, by what models from 4.7 on count."""
CACHED_BYTES = 3_000
"""Prefixes shorter than this, about 1,000 tokens, are cached by no provider."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What the server says of one of its limits: ``requests``, ``tokens``, ``input-tokens`` or ``output-tokens``, how many a minute, how many are left now."""

    name: str
    a_minute: float
    left: float


@dataclass(frozen=True, slots=True)
class CallSize:
    """What a call takes of the server's limits: tokens of its prompt (an estimate before it is sent), and the most that its answer may have."""

    prompt: float = 0.0
    answer: float = 0.0


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """One call: system prompt, the prefix shared by a wave (worth caching), the part of this call alone.

    ``temperature`` is what is wished for; an adapter sends it where the model takes it. ``draft`` is the code that stands
    there already, for adapters that work without a model.
    """

    system: str
    shared: str
    prompt: str
    attempt: int
    temperature: float
    max_tokens: int
    draft: bytes | None = None

    @property
    def size(self) -> CallSize:
        """What it takes of the server's limits, by an estimate of three bytes a token."""
        return CallSize(sum(len(part.encode(errors="replace")) for part in (self.system, self.shared, self.prompt)) / BYTES_A_TOKEN, self.max_tokens)

    @property
    def prefix(self) -> str:
        """The digest of what a provider's cache may hold for other calls as well; empty where that is too short to be cached."""
        shared = (self.system + self.shared).encode(errors="replace")
        return hashlib.sha256(shared).hexdigest() if len(shared) >= CACHED_BYTES else ""


@dataclass(frozen=True, slots=True)
class ModelReply:
    """The text that came back, and what it cost: tokens, USD, wall seconds. ``verbatim`` marks a draft handed back unread.

    ``sent`` says what stood in for the wished temperature on the wire: ``temperature=0.7``, ``effort=low``, or nothing. Of ``tokens_input``
    ``tokens_read`` came from the provider's cache; ``allowances`` is what the server said of its limits, if it did.
    """

    text: str
    model: str
    tokens_input: int = 0
    tokens_output: int = 0
    cost_usd: float = 0.0
    seconds: float = 0.0
    verbatim: bytes | None = None
    sent: str = ""
    tokens_read: int = 0
    allowances: tuple[Allowance, ...] = ()


class ModelError(Exception):
    """The model could not answer; one line with the reason and the fix.

    Args:
        problem: what is wrong.
        fix: what mends it.
        retryable: whether asking again can help.
        retry_after: seconds that the server asks to wait first, if it said so.
        billed: the answer that came back, could not be used, and was paid for all the same.
        unbilled: known to have cost nothing. Where both are unset nobody knows, and the reservation stays booked.
        allowances: what the server said of its limits, if it did.
    """

    def __init__(
        self,
        problem: str,
        *,
        fix: str,
        retryable: bool,
        retry_after: float | None = None,
        billed: ModelReply | None = None,
        unbilled: bool = False,
        allowances: tuple[Allowance, ...] = (),
    ) -> None:
        super().__init__(f"{problem}; {fix}")
        self.problem, self.fix, self.retryable = problem, fix, retryable
        self.retry_after, self.billed, self.unbilled, self.allowances = retry_after, billed, unbilled, allowances

    def __reduce__(self) -> tuple[object, ...]:
        """Made again from its parts where another process hands it over."""
        options = {"retry_after": self.retry_after, "billed": self.billed, "unbilled": self.unbilled, "allowances": self.allowances}
        return _made_again, (type(self), self.problem, {"fix": self.fix, "retryable": self.retryable, **options})


def _made_again(kind: type[ModelError], problem: str, options: Mapping[str, Any]) -> ModelError:
    return kind(problem, **options)


class TruncatedReplyError(ModelError):
    """The answer ran into ``max_tokens``: the next request needs more of them."""


@dataclass(frozen=True, slots=True)
class BatchState:
    """A message batch as the service tells of it: its name, when it was made, whether its answers can be fetched."""

    name: str
    created_at: datetime
    ended: bool


class Batches(Protocol):
    """Requests that are sent together and answered within a day. Every method raises ModelError."""

    async def submit(self, requests: Mapping[str, ModelRequest]) -> str:
        """Send these requests, each under a name of one's own; answers the service's name of the batch."""
        ...

    async def state(self, batch: str) -> BatchState:
        """How the batch stands."""
        ...

    async def answers(self, batch: str) -> "Mapping[str, ModelReply | ModelError]":
        """What came of each request of an ended batch, by its name; those that the service forgot are missing."""
        ...

    async def cancel(self, batch: str) -> None:
        """Have the service begin no more of it."""
        ...

    async def recent(self, since: datetime) -> tuple[BatchState, ...]:
        """The account's batches that were made since then."""
        ...


class LanguageModel(Protocol):
    """A model that completes prompts."""

    @property
    def remote(self) -> bool:
        """True where a call leaves this process, so that a journal must know of it before it does."""
        ...

    @property
    def name(self) -> str:
        """The model's identifier, or those of a ladder in order: what code follows from."""
        ...

    def name_of(self, attempt: int) -> str:
        """The model that this attempt goes to, as recorded with its calls."""
        ...

    def price_usd(self, attempt: int, usage: "TokenUsage", *, batch: bool = False) -> float:
        """USD for these tokens at the price of the attempt's model today; in a message batch if so asked."""
        ...

    def batches(self, attempt: int) -> Batches | None:
        """Message batches of the model that this attempt goes to; ``None`` where it has none."""
        ...

    def reservation_usd(self, request: ModelRequest, *, batch: bool = False) -> float:
        """The most that this call can cost, alone or in a message batch; booked before it is sent."""
        ...

    async def complete(self, request: ModelRequest) -> ModelReply:
        """The model's answer. Raises ModelError."""
        ...

    async def aclose(self) -> None:
        """Close the connections of the running event loop."""
        ...
