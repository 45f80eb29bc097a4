"""Models by attempt: the cheap one first, a stronger one where it failed."""

from collections.abc import Sequence

from mge_resources.llm.port import Batches, LanguageModel, ModelReply, ModelRequest
from mge_resources.llm.prices import TokenUsage


class EscalatingModel:
    """One model for each attempt; the last holds for all later ones. Its name is theirs, so that another ladder counts as another model."""

    remote = True

    def __init__(self, models: Sequence[LanguageModel]) -> None:
        self._models = models

    @property
    def name(self) -> str:
        """The models' names in order."""
        return ">".join(model.name for model in self._models)

    def of(self, attempt: int) -> LanguageModel:
        """The model of this attempt."""
        return self._models[min(max(attempt, 1), len(self._models)) - 1]

    def name_of(self, attempt: int) -> str:
        """The name of the attempt's own model."""
        return self.of(attempt).name

    def price_usd(self, attempt: int, usage: TokenUsage, *, batch: bool = False) -> float:
        """What the attempt's own model costs."""
        return self.of(attempt).price_usd(attempt, usage, batch=batch)

    def batches(self, attempt: int) -> Batches | None:
        """Those of the attempt's own model."""
        return self.of(attempt).batches(attempt)

    def reservation_usd(self, request: ModelRequest, *, batch: bool = False) -> float:
        """What the attempt's own model may cost."""
        return self.of(request.attempt).reservation_usd(request, batch=batch)

    async def complete(self, request: ModelRequest) -> ModelReply:
        """The answer of the attempt's model. Raises ModelError."""
        return await self.of(request.attempt).complete(request)

    async def aclose(self) -> None:
        """Close the connections of all."""
        for model in dict.fromkeys(self._models):
            await model.aclose()
