"""How long an answer takes: draws from distributions fitted to published figures, the same for the same seed, atom and number of the call."""

import random
from dataclasses import dataclass

_FAMILIES = {"haiku": (0.6, 0.45, 150.0), "sonnet": (1.2, 0.35, 95.0), "opus": (1.6, 0.40, 90.0), "fable": (2.5, 0.45, 65.0), "mythos": (2.5, 0.45, 65.0)}
"""Median seconds to the first token and their sigma (lognormal), tokens per second."""
_SPEED_SIGMA = 0.25
_THINKING = {"low": (80, 0.3), "medium": (300, 0.7), "high": (1000, 0.95), "xhigh": (2000, 1.0), "max": (4000, 1.0)}
"""Median thinking tokens and how likely there are any, by effort."""
_THINKING_SIGMA = 0.8
_STALLS, _STALL_SECONDS = 0.005, (10.0, 60.0)
_LOADED, _LOADED_AT = 0.8, 1000
"""How much slower a request is at so many in flight."""


@dataclass(frozen=True)
class Latencies:
    """Draws seconds. ``time_scale`` multiplies all of them; 0 answers at once. ``thinking`` switches thinking tokens on."""

    seed: int = 0
    time_scale: float = 0.0
    thinking: bool = False

    def thinking_tokens(self, key: str, model: str, effort: str | None) -> int:
        """Thinking tokens of one answer; 20 where thinking is switched off, for a model never stops at none."""
        if not self.thinking:
            return 20
        chance = random.Random(f"{self.seed}/thinking/{key}")
        median, likely = _THINKING[effort or ("medium" if "haiku" in model else "high")]
        return int(chance.lognormvariate(0.0, _THINKING_SIGMA) * median) if chance.random() < likely else 0

    def seconds(self, key: str, model: str, tokens: int, *, cached: bool, in_flight: int) -> float:
        """Wall seconds of one answer of so many tokens, thinking included."""
        if not self.time_scale:
            return 0.0
        chance = random.Random(f"{self.seed}/latency/{key}")
        first, sigma, speed = next((found for family, found in _FAMILIES.items() if family in model), _FAMILIES["sonnet"])
        begin = first * chance.lognormvariate(0.0, sigma) * (0.8 if cached else 1.0)
        seconds = begin + tokens / (speed * chance.lognormvariate(0.0, _SPEED_SIGMA))
        if chance.random() < _STALLS:
            seconds += chance.uniform(*_STALL_SECONDS)
        return seconds * (1.0 + _LOADED * min(1.0, in_flight / _LOADED_AT)) * self.time_scale
