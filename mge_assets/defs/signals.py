"""Signals that end a run, noted even where nobody raises them: Dagster swallows one that comes while it opens or closes a job."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

ENDING = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}


class Noted:
    """The ending signals that arrived."""

    def __init__(self, pipe: int) -> None:
        self._pipe = pipe

    def arrived(self) -> bool:
        """Whether one arrived since the last look."""
        with suppress(BlockingIOError):
            return bool(ENDING & set(os.read(self._pipe, 4096)))
        return False

    def check(self) -> None:
        """Raise KeyboardInterrupt where one arrived since the last look."""
        if self.arrived():
            raise KeyboardInterrupt


_noting: list[Noted] = []
"""The innermost stands last; for the executor, which Dagster makes and hands nothing of ours to."""


def has_arrived() -> bool:
    """Whether an ending signal arrived since the last look, in the block that notes them; no elsewhere."""
    return bool(_noting) and _noting[-1].arrived()


@contextmanager
def noting_signals() -> Iterator[Noted]:
    """Note signals while the block runs, whatever their handlers do with them; does nothing outside the main thread."""
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    os.set_blocking(writing, False)
    main = threading.current_thread() is threading.main_thread()
    before = signal.set_wakeup_fd(writing, warn_on_full_buffer=False) if main else -1
    noted = Noted(reading)
    _noting.append(noted)
    try:
        yield noted
    finally:
        _noting.remove(noted)
        if main:
            signal.set_wakeup_fd(before)
        os.close(reading)
        os.close(writing)
