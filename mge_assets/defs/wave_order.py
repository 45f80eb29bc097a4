"""In what order steps start: waves after one another, side by side inside a wave; or each as soon as those that it needs are done. Knows nothing of Dagster.

A wave is read from a step's mapping key, ``w03__…``; steps without one belong to no wave and wait for nobody.
"""

import heapq
import re
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence

_WAVE = re.compile(r"\[(w(\d+)__[^\[\]]*)\]$")


def wave_of(step_key: str) -> int | None:
    """The wave of a mapped step (``graph.op[w03__name]`` gives 3), None for a step that belongs to no wave."""
    found = _WAVE.search(step_key)
    return int(found[2]) if found else None


def mapping_key_of(step_key: str) -> str:
    """The mapping key of a mapped step, empty for any other."""
    found = _WAVE.search(step_key)
    return found[1] if found else ""


class WaveOrder:
    """The steps of one run by wave: which wait, which are under way, and which may start now.

    Args:
        limit: how many steps may be under way at once.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._under_way: set[str] = set()
        self._free: deque[str] = deque()
        self._waiting: list[tuple[int, int, str]] = []
        self._open: defaultdict[int, set[str]] = defaultdict(set)
        self._added = 0

    @property
    def under_way(self) -> int:
        """How many steps have started and not ended."""
        return len(self._under_way)

    def add(self, step_key: str) -> None:
        """A step is ready as far as its inputs go; one that is tried again is added again."""
        wave = wave_of(step_key)
        if wave is None:
            self._free.append(step_key)
            return
        self._added += 1
        self._open[wave].add(step_key)
        heapq.heappush(self._waiting, (wave, self._added, step_key))

    def start(self) -> list[str]:
        """Takes out the steps that may start now: within the limit, and of no wave while an earlier one is open."""
        starting = []
        while len(self._under_way) < self._limit and (step_key := self._next()):
            self._under_way.add(step_key)
            starting.append(step_key)
        return starting

    def _next(self) -> str | None:
        if self._free:
            return self._free.popleft()
        if self._waiting and self._waiting[0][0] <= min(self._open):
            return heapq.heappop(self._waiting)[2]
        return None

    def carry(self) -> set[str]:
        """The steps under way, handed over to the order that takes this one's place."""
        return self._under_way

    def end(self, step_key: str, *, again: bool = False) -> bool:
        """A step ended; ``again`` keeps its wave open for the next try. True where its wave is done or it has none."""
        self._under_way.discard(step_key)
        wave = wave_of(step_key)
        if wave is None:
            return True
        if again:
            return False
        self._open[wave].discard(step_key)
        if self._open[wave]:
            return False
        del self._open[wave]
        return True


class DependencyOrder:
    """The steps of one run by dependency: a step may start when those that it needs have ended, and those with the longest chain behind them come first.

    Args:
        limit: how many steps may be under way at once.
        needs: for each mapping key the keys that it waits for; keys that the run does not have are not waited for.
        under_way: steps that have started already.
    """

    def __init__(self, limit: int, needs: Mapping[str, Sequence[str]], under_way: Iterable[str] = ()) -> None:
        self._limit = limit
        self._under_way = set(under_way)
        self._free: deque[str] = deque()
        self._waiting: list[tuple[int, int, str]] = []
        self._held: dict[str, str] = {}
        self._missing = {key: {need for need in wanted if need in needs} for key, wanted in needs.items()}
        self._behind: defaultdict[str, list[str]] = defaultdict(list)
        for key, wanted in self._missing.items():
            for need in wanted:
                self._behind[need].append(key)
        self._chain = _chains(self._missing, self._behind)
        self._open = set(needs)
        self._added = 0

    @property
    def under_way(self) -> int:
        """How many steps have started and not ended."""
        return len(self._under_way)

    def add(self, step_key: str) -> None:
        """A step is ready as far as Dagster goes; one that is tried again is added again."""
        key = mapping_key_of(step_key)
        if not key:
            self._free.append(step_key)
        elif self._missing.get(key):
            self._held[key] = step_key
        else:
            self._push(key, step_key)

    def start(self) -> list[str]:
        """Takes out the steps that may start now, within the limit."""
        starting: list[str] = []
        while len(self._under_way) < self._limit and (self._free or self._waiting):
            step_key = self._free.popleft() if self._free else heapq.heappop(self._waiting)[2]
            self._under_way.add(step_key)
            starting.append(step_key)
        return starting

    def end(self, step_key: str, *, again: bool = False) -> bool:
        """A step ended; ``again`` keeps those that need it waiting for the next try. True where it is none of the mapped ones, or the last of them."""
        self._under_way.discard(step_key)
        key = mapping_key_of(step_key)
        if not key:
            return True
        if again:
            return False
        self._open.discard(key)
        for later in self._behind[key]:
            self._missing[later].discard(key)
            if not self._missing[later] and later in self._held:
                self._push(later, self._held.pop(later))
        return not self._open

    def _push(self, key: str, step_key: str) -> None:
        self._added += 1
        heapq.heappush(self._waiting, (-self._chain.get(key, 0), self._added, step_key))


def _chains(missing: Mapping[str, set[str]], behind: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """For each key the length of the longest chain of keys that wait for it, one after another."""
    left = {key: len(behind.get(key, ())) for key in missing}
    chain = dict.fromkeys(missing, 0)
    ends = deque(key for key, count in left.items() if not count)
    while ends:
        key = ends.popleft()
        for need in missing[key]:
            chain[need] = max(chain[need], chain[key] + 1)
            left[need] -= 1
            if not left[need]:
                ends.append(need)
    return chain
