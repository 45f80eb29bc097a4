"""What the pipeline asks of a language model, whoever answers. Requests and replies are data; nothing in a reply is followed."""

from dataclasses import dataclass
from typing import Protocol


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


@dataclass(frozen=True, slots=True)
class ModelReply:
    """The text that came back, and what it cost: tokens, USD, wall seconds. ``verbatim`` marks a draft handed back unread.

    ``sent`` says what stood in for the wished temperature on the wire: ``temperature=0.7``, ``effort=low``, or nothing.
    """

    text: str
    model: str
    tokens_input: int = 0
    tokens_output: int = 0
    cost_usd: float = 0.0
    seconds: float = 0.0
    verbatim: bytes | None = None
    sent: str = ""


class ModelError(Exception):
    """The model could not answer; one line with the reason and the fix.

    Args:
        problem: what is wrong.
        fix: what mends it.
        retryable: whether asking again can help.
        retry_after: seconds that the server asks to wait first, if it said so.
        billed: the answer that came back, could not be used, and was paid for all the same.
        unbilled: known to have cost nothing. Where both are unset nobody knows, and the reservation stays booked.
    """

    def __init__(
        self, problem: str, *, fix: str, retryable: bool, retry_after: float | None = None, billed: ModelReply | None = None, unbilled: bool = False
    ) -> None:
        super().__init__(f"{problem}; {fix}")
        self.problem, self.fix, self.retryable = problem, fix, retryable
        self.retry_after, self.billed, self.unbilled = retry_after, billed, unbilled


class TruncatedReplyError(ModelError):
    """The answer ran into ``max_tokens``: the next request needs more of them."""


class LanguageModel(Protocol):
    """A model that completes prompts."""

    @property
    def remote(self) -> bool:
        """True where a call leaves this process, so that a journal must know of it before it does."""
        ...

    @property
    def name(self) -> str:
        """The model's identifier, as recorded with every call."""
        ...

    def reservation_usd(self, request: ModelRequest) -> float:
        """The most that this call can cost; booked before it is sent."""
        ...

    async def complete(self, request: ModelRequest) -> ModelReply:
        """The model's answer. Raises ModelError."""
        ...

    async def aclose(self) -> None:
        """Close the connections of the running event loop."""
        ...
