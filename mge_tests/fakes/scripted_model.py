"""A model that answers from a script: replies and errors in the order in which they are written down."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from mge_resources.llm.port import ModelError, ModelReply, ModelRequest


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

    def reservation_usd(self, request: ModelRequest) -> float:
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
