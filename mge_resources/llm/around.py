"""A model around another one: all but its calls is the other's."""

from mge_resources.llm.port import Batches, LanguageModel, ModelRequest
from mge_resources.llm.prices import TokenUsage


class AroundModel:
    """What a model is called, costs and does in batches, told by the ``model`` inside; who derives from it says how it is called."""

    def __init__(self, model: LanguageModel) -> None:
        self._model = model

    @property
    def remote(self) -> bool:
        """As the model's."""
        return self._model.remote

    @property
    def name(self) -> str:
        """As the model's."""
        return self._model.name

    def name_of(self, attempt: int) -> str:
        """As the model's."""
        return self._model.name_of(attempt)

    def price_usd(self, attempt: int, usage: TokenUsage, *, batch: bool = False) -> float:
        """As the model's."""
        return self._model.price_usd(attempt, usage, batch=batch)

    def batches(self, attempt: int) -> Batches | None:
        """As the model's."""
        return self._model.batches(attempt)

    def reservation_usd(self, request: ModelRequest, *, batch: bool = False) -> float:
        """As the model's."""
        return self._model.reservation_usd(request, batch=batch)
