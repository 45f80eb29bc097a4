"""In what order steps start: waves after one another, side by side inside a wave. Knows nothing of Dagster.

A wave is read from a step's mapping key, ``w03__…``; steps without one belong to no wave and wait for nobody.
"""

import heapq
import re
from collections import defaultdict, deque

_WAVE = re.compile(r"\[w(\d+)__[^\[\]]*\]$")


def wave_of(step_key: str) -> int | None:
    """The wave of a mapped step (``graph.op[w03__name]`` gives 3), None for a step that belongs to no wave."""
    found = _WAVE.search(step_key)
    return int(found[1]) if found else None


class WaveOrder:
    """The steps of one run: which wait, which are under way, and which may start now.

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
