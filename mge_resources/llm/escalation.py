"""Models by attempt: the cheap one first, a stronger one where it failed."""

from collections.abc import Sequence

from mge_resources.llm.port import LanguageModel, ModelReply, ModelRequest


class EscalatingModel:
    """One model for each attempt; the last holds for all later ones. Its name is theirs, so that another ladder counts as another model."""

    remote = True

    def __init__(self, models: Sequence[LanguageModel]) -> None:
        self._models = models

    @property
    def name(self) -> str:
        """The models' names in order."""
        return ">".join(model.name for model in self._models)

    def reservation_usd(self, request: ModelRequest) -> float:
        """What the attempt's own model may cost."""
        return self._of(request).reservation_usd(request)

    async def complete(self, request: ModelRequest) -> ModelReply:
        """The answer of the attempt's model. Raises ModelError."""
        return await self._of(request).complete(request)

    async def aclose(self) -> None:
        """Close the connections of all."""
        for model in dict.fromkeys(self._models):
            await model.aclose()

    def _of(self, request: ModelRequest) -> LanguageModel:
        return self._models[min(max(request.attempt, 1), len(self._models)) - 1]
