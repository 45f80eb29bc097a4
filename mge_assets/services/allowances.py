"""The server's rate limits as they stand now: what its headers said last, what was sent since, what has filled up again.

A limit is a bucket that fills evenly. What the headers say counts at once where it is less than what was reckoned (others use the limit
too), and by a quarter where it is more: answers come late and out of order, and calls that left meanwhile are not in them.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mge_resources.llm.port import Allowance, CallSize

MINUTE = 60.0
RAISED_BY = 0.25
_NOTHING = CallSize()


@dataclass
class _Bucket:
    a_minute: float
    left: float
    at: float

    def fill(self, now: float, share: float) -> None:
        """Up to now, as far as this execution's share of the limit goes."""
        full = self.a_minute * share
        self.left = min(full, self.left + (now - self.at) * full / MINUTE)
        self.at = now


class Allowances:
    """By model and limit. ``share`` is this execution's part of every limit, 0-1; the rest is for those that run beside it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._buckets: dict[tuple[str, str], _Bucket] = {}
        self.share = 1.0

    def heard(self, model: str, told: Sequence[Allowance]) -> None:
        """What came with an answer."""
        now = self._clock()
        for each in told:
            left = each.left * self.share
            bucket = self._buckets.setdefault((model, each.name), _Bucket(each.a_minute, left, now))
            bucket.a_minute = each.a_minute
            bucket.fill(now, self.share)
            bucket.left = min(left, bucket.left + max(0.0, left - bucket.left) * RAISED_BY)

    def wait(self, model: str, size: CallSize) -> float:
        """Seconds until a call of this size fits; a call that is larger than the whole limit fits when the bucket is full."""
        longest, now = 0.0, self._clock()
        for name, amount in _amounts(size).items():
            bucket = self._buckets.get((model, name))
            if bucket is not None and amount > 0:
                bucket.fill(now, self.share)
                full = bucket.a_minute * self.share
                longest = max(longest, (min(amount, full) - bucket.left) * MINUTE / full)
        return longest

    def take(self, model: str, size: CallSize) -> None:
        """A call of this size leaves."""
        self._add(model, size, -1.0)

    def refused(self, model: str, size: CallSize) -> None:
        """It was turned away, so that it took nothing."""
        self._add(model, size, 1.0)

    def answered(self, model: str, size: CallSize, used: CallSize) -> None:
        """It took less than was reckoned: the answer was shorter, the prompt was in the cache."""
        self._add(model, CallSize(size.prompt - used.prompt, size.answer - used.answer), 1.0, requests=False)

    def _add(self, model: str, size: CallSize, sign: float, *, requests: bool = True) -> None:
        for name, amount in _amounts(size).items():
            bucket = self._buckets.get((model, name))
            if bucket is not None and (requests or name != "requests"):
                bucket.left += sign * amount


def _amounts(size: CallSize) -> dict[str, float]:
    return {"requests": float(size != _NOTHING), "tokens": size.prompt + size.answer, "input-tokens": size.prompt, "output-tokens": size.answer}
