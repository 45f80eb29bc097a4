"""Wall time of a piece of work."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(slots=True)
class Clock:
    """Seconds that the timed block took; 0 until it ends."""

    seconds: float = 0.0


@contextmanager
def timed() -> Iterator[Clock]:
    """Time the block that follows."""
    clock = Clock()
    start = time.perf_counter()
    try:
        yield clock
    finally:
        clock.seconds = time.perf_counter() - start
