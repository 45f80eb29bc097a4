"""Python's search for garbage in circles, made rare while atoms run.

It looks at everything that is alive again and again, a million values of a plan and of Dagster that stay to the end: that took two of seven milliseconds
of an atom's processor time. What is counted by references is given back at once all the same.
"""

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

THRESHOLDS = (50_000, 20, 20)
"""New values that may be circles before the young are searched (some 20 MB), and how often before the older ones are; Python's own: 700, 10, 10."""
_lock = threading.Lock()
_before: list[tuple[int, int, int]] = []
"""For each block that runs, what was set before it."""


@contextmanager
def rare_collection() -> Iterator[None]:
    """Search rarely while the block runs, and leave out what was alive before it. Blocks may run side by side; the last one to end restores what was."""
    with _lock:
        _before.append(gc.get_threshold())
        gc.freeze()
        gc.set_threshold(*THRESHOLDS)
    try:
        yield
    finally:
        with _lock:
            first = _before[0]
            _before.pop()
            if not _before:
                gc.set_threshold(*first)
                gc.unfreeze()
