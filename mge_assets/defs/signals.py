"""Signals that end a run, noted even where nobody raises them: Dagster swallows one that comes while it is closing a job."""

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

    def check(self) -> None:
        """Raise KeyboardInterrupt where one arrived since the last look."""
        with suppress(BlockingIOError):
            if ENDING & set(os.read(self._pipe, 4096)):
                raise KeyboardInterrupt


@contextmanager
def noting_signals() -> Iterator[Noted]:
    """Note signals while the block runs, whatever their handlers do with them; does nothing outside the main thread."""
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    os.set_blocking(writing, False)
    main = threading.current_thread() is threading.main_thread()
    before = signal.set_wakeup_fd(writing, warn_on_full_buffer=False) if main else -1
    try:
        yield Noted(reading)
    finally:
        if main:
            signal.set_wakeup_fd(before)
        os.close(reading)
        os.close(writing)
