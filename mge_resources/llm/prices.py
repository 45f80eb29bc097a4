"""What tokens cost: the dated price table and the arithmetic on it. The prices themselves are data, in ``prices.yaml``."""

from dataclasses import dataclass
from datetime import date
from functools import cache
from math import isfinite
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field
from ruamel.yaml import YAML

from mge_resources.llm.port import ModelError


@dataclass(frozen=True, slots=True)
class TokenUsage:
    """Tokens of one call. ``input`` counts only what the cache neither took in (``write_…``) nor gave back (``read``)."""

    input: int = 0
    output: int = 0
    write_5m: int = 0
    write_1h: int = 0
    read: int = 0

    @property
    def prompt(self) -> int:
        """Tokens of the whole prompt."""
        return self.input + self.write_5m + self.write_1h + self.read


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Tier(_Row):
    """USD per million tokens, for prompts of at most ``up_to`` tokens."""

    up_to: int | None = None
    input: float
    output: float
    write_5m: float
    write_1h: float
    read: float

    def cost(self, usage: TokenUsage) -> float:
        """USD for these tokens."""
        cached = usage.write_5m * self.write_5m + usage.write_1h * self.write_1h + usage.read * self.read
        return (usage.input * self.input + usage.output * self.output + cached) / 1_000_000


class _Period(_Row):
    since: date = date.min
    tiers: tuple[Tier, ...] = Field(min_length=1)


class _Model(_Row):
    aliases: tuple[str, ...] = ()
    prices: tuple[_Period, ...] = Field(min_length=1)


class PriceTable(_Row):
    """Every model's prices. ``batch_factor`` is what the Batches API charges of them."""

    batch_factor: float
    models: dict[str, _Model]

    def known(self, model: str) -> bool:
        """Whether the model or its alias has a price."""
        return model in self.models or any(model in entry.aliases for entry in self.models.values())

    def with_own(self, prices: str) -> "PriceTable":
        """The table with prices of one's own: ``name=input/output`` in USD per million tokens, separated by commas; reading and writing a cache cost as input.

        Raises ModelError where one can't be read.
        """
        found: dict[str, _Model] = {}
        for each in filter(None, (part.strip() for part in prices.split(","))):
            name, _, figures = each.rpartition("=")
            try:
                paid, made = (float(figure) for figure in figures.split("/"))
            except ValueError as error:
                raise ModelError(f"MGE_MODEL_PRICES: {each!r} is no price", fix="write it as name=input/output", retryable=False, unbilled=True) from error
            if not name or min(paid, made) < 0 or not isfinite(paid + made):
                raise ModelError(f"MGE_MODEL_PRICES: {each!r} is no price", fix="write it as name=input/output", retryable=False, unbilled=True)
            found[name] = _Model(prices=(_Period(tiers=(Tier(input=paid, output=made, write_5m=paid, write_1h=paid, read=paid),)),))
        return self.model_copy(update={"models": {**self.models, **found}}) if found else self

    def unknown(self, model: str) -> ModelError:
        """The error that says that nobody knows what this model costs, and lists those whose price is known."""
        fix = f"set MGE_MODEL to one of {', '.join(self.models)}, its price in MGE_MODEL_PRICES, or ANTHROPIC_BASE_URL to a server on this machine or network"
        return ModelError(f"the model {model!r} has no price", fix=fix, retryable=False, unbilled=True)

    def tier(self, model: str, prompt: int, when: date) -> Tier:
        """The prices that hold on that day for a prompt of so many tokens. Raises ModelError listing the models where this one is unknown."""
        entry = self.models.get(model) or next((each for each in self.models.values() if model in each.aliases), None)
        if entry is None:
            raise self.unknown(model)
        period = max((period for period in entry.prices if period.since <= when), key=lambda period: period.since, default=entry.prices[0])
        return next((tier for tier in period.tiers if tier.up_to is None or prompt <= tier.up_to), period.tiers[-1])


@cache
def price_table() -> PriceTable:
    """The table that travels with the package."""
    return PriceTable.model_validate(YAML(typ="safe").load(Path(__file__).with_name("prices.yaml")))


def price(model: str, usage: TokenUsage, when: date, *, batch: bool = False, table: PriceTable | None = None) -> float:
    """USD for one call's tokens on that day (UTC), by the package's table if none is given. Raises ModelError where the model is unknown."""
    table = table or price_table()
    return table.tier(model, usage.prompt, when).cost(usage) * (table.batch_factor if batch else 1.0)
