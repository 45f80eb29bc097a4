"""The model that is none: hands back the draft, so that everything but the model itself runs on any machine."""

from mge_resources.llm.port import ModelError, ModelReply, ModelRequest
from mge_resources.llm.prices import TokenUsage


class OfflineModel:
    """Answers every request with its own draft, at no cost."""

    name = "offline"
    remote = False

    def name_of(self, attempt: int) -> str:
        """The same for every attempt."""
        return self.name

    def price_usd(self, attempt: int, usage: TokenUsage, *, batch: bool = False) -> float:
        """Nothing."""
        return 0.0

    def batches(self, attempt: int) -> None:
        """None: there is nothing to wait for."""

    def reservation_usd(self, request: ModelRequest, *, batch: bool = False) -> float:
        """Nothing: no call is made."""
        return 0.0

    async def complete(self, request: ModelRequest) -> ModelReply:
        """The request's draft, byte for byte. Raises ModelError where there is none."""
        if request.draft is None:
            raise ModelError("there is no draft and no model to write one", fix="set ANTHROPIC_API_KEY, or give the task a draft", retryable=False)
        return ModelReply(text=request.draft.decode(errors="replace"), model=self.name, verbatim=request.draft)

    async def aclose(self) -> None:
        """Nothing to close."""
