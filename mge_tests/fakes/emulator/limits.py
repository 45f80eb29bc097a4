"""Rate limits: token buckets for requests and tokens a minute, and the headers that tell of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

_MINUTE = 60.0


@dataclass
class _Bucket:
    limit: float
    most: float
    clock: Callable[[], float]
    level: float = field(init=False)
    filled: float = field(init=False)

    def __post_init__(self) -> None:
        self.level, self.filled = self.most, self.clock()

    def left(self) -> float:
        """What may be taken now."""
        now = self.clock()
        self.level = min(self.most, self.level + (now - self.filled) * self.limit / _MINUTE)
        self.filled = now
        return self.level

    def wait(self, amount: float) -> float:
        """Seconds until so much may be taken."""
        return max(0.0, (min(amount, self.most) - self.left()) * _MINUTE / self.limit)


class RateLimits:
    """Limits a minute on requests, uncached input tokens and output tokens; without any, everything passes.

    Output is taken by ``max_tokens`` when a request comes in and given back when its answer begins, as the service does it. ``burst`` is how many
    seconds' worth of a limit may be taken at once: the service says that it may enforce 60 a minute as one a second.
    """

    def __init__(self, limits: Mapping[str, float], clock: Callable[[], float], time_scale: float = 1.0, burst: float = _MINUTE) -> None:
        self._scale = time_scale or 1.0
        self._buckets = {name: _Bucket(limit / self._scale, limit / self._scale * burst / _MINUTE, clock) for name, limit in limits.items()}

    def take(self, **amounts: float) -> float | None:
        """Take these amounts (``requests``, ``input-tokens``, ``output-tokens``) and answer ``None``, or take nothing and answer the seconds to wait."""
        wanted = {name: amount for name, amount in amounts.items() if name in self._buckets}
        wait = max((self._buckets[name].wait(amount) for name, amount in wanted.items()), default=0.0)
        if wait > 0:
            return wait
        for name, amount in wanted.items():
            self._buckets[name].level -= amount
        return None

    def give_back(self, name: str, amount: float) -> None:
        """Return what was taken too much."""
        if name in self._buckets:
            self._buckets[name].level += amount

    def headers(self) -> dict[str, str]:
        """What the service says of its limits with every answer."""
        found: dict[str, str] = {}
        for name, bucket in self._buckets.items():
            left = bucket.left()
            reset = datetime.now(UTC) + timedelta(seconds=bucket.wait(bucket.most))
            remaining = max(0, int(left)) if name == "requests" else max(0, round(left, -3))
            values = {"limit": str(int(bucket.limit)), "remaining": str(int(remaining)), "reset": reset.strftime("%Y-%m-%dT%H:%M:%SZ")}
            found |= {f"anthropic-ratelimit-{name}-{what}": value for what, value in values.items()}
        return found
