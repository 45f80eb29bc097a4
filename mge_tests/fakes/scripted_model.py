"""A model that answers from a script: replies and errors in the order in which they are written down."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from mge_resources.llm.port import ModelError, ModelReply, ModelRequest
from mge_resources.llm.prices import TokenUsage


@dataclass
class ScriptedModel:
    """Implements ``LanguageModel``. A text costs 0.01 USD; ``reserves`` is what is booked for a call."""

    script: Iterable[str | ModelReply | ModelError]
    name: str = "scripted"
    remote: bool = True
    reserves: float = 0.05
    requests: list[ModelRequest] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._rest = iter(self.script)

    def name_of(self, attempt: int) -> str:
        return self.name

    def price_usd(self, attempt: int, usage: TokenUsage, *, batch: bool = False) -> float:
        return 0.01

    def batches(self, attempt: int) -> None:
        """None."""

    def reservation_usd(self, request: ModelRequest, *, batch: bool = False) -> float:
        return self.reserves

    async def complete(self, request: ModelRequest) -> ModelReply:
        self.requests.append(request)
        match next(self._rest):
            case ModelError() as error:
                raise error
            case ModelReply() as reply:
                return reply
            case text:
                return ModelReply(text, self.name, tokens_input=100, tokens_output=10, cost_usd=0.01)

    async def aclose(self) -> None:
        """Nothing to close."""
