"""How long a model's answers take, as far as it is published; the figures are data, in ``latencies.yaml``."""

from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict
from ruamel.yaml import YAML


class Latency(BaseModel):
    """Median seconds to the first token, the spread (sigma of the logarithm) of that, tokens a second."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    models: str
    first: float
    spread: float
    speed: float

    def seconds(self, tokens: float) -> float:
        """Median seconds of an answer of so many tokens."""
        return self.first + tokens / self.speed


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    speed_spread: float
    batch: Latency
    models: tuple[Latency, ...]


@cache
def _table() -> _Table:
    return _Table.model_validate(YAML(typ="safe").load(Path(__file__).with_name("latencies.yaml")))


def latency(model: str) -> Latency:
    """What is known of this model, or else of a slow one."""
    return next(each for each in _table().models if fnmatchcase(model, each.models))


def batch_latency() -> Latency:
    """What is known of a message batch: ``first`` is the median of its seconds."""
    return _table().batch


def speed_spread() -> float:
    """Sigma of the logarithm of the tokens a second."""
    return _table().speed_spread
