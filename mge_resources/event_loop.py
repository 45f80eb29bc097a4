"""The event loop for many calls at once: libuv's where it was made for this system, or else Python's own."""

import asyncio
import importlib
from collections.abc import Callable
from contextlib import suppress
from typing import cast


def event_loop() -> asyncio.AbstractEventLoop:
    """A new loop. With uvloop an atom takes 0.1 to 0.5 ms less of processor time."""
    with suppress(ImportError):  # there is none for Windows and PyPy
        return cast("Callable[[], asyncio.AbstractEventLoop]", importlib.import_module("uvloop").new_event_loop)()
    return asyncio.new_event_loop()
