"""What an execution is expected to cost and take, and what side-by-side work its dependencies allow."""

import heapq
from collections import deque
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Forecast:
    """Before a cent is spent: atoms to generate, calls, USD and wall seconds (median, and what nine in ten stay under), most atoms in flight at once.

    ``known_calls`` is how many calls of the same model the figures were learnt from; 0 where they are published ones.
    """

    atoms: int
    calls: float
    usd_median: float
    usd_p90: float
    seconds_median: float
    seconds_p90: float
    width: int
    known_calls: int = 0

    def as_row(self) -> dict[str, float]:
        """As it is kept with the execution."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Schedule:
    """Work laid out in time: seconds from the first start to the last end, the most pieces at once, and how many on the average."""

    seconds: float
    width: int
    parallelism: float


def by_wave(waves: Sequence[Sequence[float]], limit: int) -> Schedule:
    """Waves of these durations one after another, the pieces of a wave side by side, ``limit`` at most; the longest pieces first."""
    total = busy = 0.0
    width = 0
    for wave in waves:
        ends = [0.0] * min(limit, len(wave))
        for seconds in sorted(wave, reverse=True):
            heapq.heapreplace(ends, ends[0] + seconds)
        total += max(ends, default=0.0)
        busy += sum(wave)
        width = max(width, len(ends))
    return Schedule(total, width, busy / total if total else 0.0)


def by_dependency(seconds: Mapping[Key, float], needs: Mapping[Key, Sequence[Key]], limit: int) -> Schedule:
    """Each piece as soon as those that it needs are done, ``limit`` at most at once, the longest chain first. Needs that are no pieces are met already."""
    missing = {key: len({need for need in needs.get(key, ()) if need in seconds}) for key in seconds}
    behind: dict[Key, list[Key]] = {key: [] for key in seconds}
    for key in seconds:
        for need in set(needs.get(key, ())):
            if need in behind:
                behind[need].append(key)
    chain = _chains(seconds, behind)
    order = {key: place for place, key in enumerate(seconds)}
    ready = [(-chain[key], order[key], key) for key, count in missing.items() if not count]
    heapq.heapify(ready)
    running: list[tuple[float, int, Key]] = []
    now, width = 0.0, 0
    while ready or running:
        while ready and len(running) < limit:
            _, place, key = heapq.heappop(ready)
            heapq.heappush(running, (now + seconds[key], place, key))
        width = max(width, len(running))
        now, _, ended = heapq.heappop(running)
        for key in behind[ended]:
            missing[key] -= 1
            if not missing[key]:
                heapq.heappush(ready, (-chain[key], order[key], key))
    return Schedule(now, width, sum(seconds.values()) / now if now else 0.0)


def _chains(seconds: Mapping[Key, float], behind: Mapping[Key, Sequence[Key]]) -> dict[Key, float]:
    """For each piece the seconds of the longest chain that begins with it."""
    before: dict[Key, list[Key]] = {key: [] for key in seconds}
    left = {key: len(later) for key, later in behind.items()}
    for key, later in behind.items():
        for each in later:
            before[each].append(key)
    chain = dict(seconds)
    ends = deque(key for key, count in left.items() if not count)
    while ends:
        key = ends.popleft()
        for earlier in before[key]:
            chain[earlier] = max(chain[earlier], seconds[earlier] + chain[key])
            left[earlier] -= 1
            if not left[earlier]:
                ends.append(earlier)
    return chain
