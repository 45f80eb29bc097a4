"""Says, once, that no call gets through to the model any more, and that one does again: a run that waits should not look like one that hangs."""

import logging
import time
from collections.abc import Callable

SILENT_SECONDS = 2.0
"""Long enough that a lost connection or a server that restarts is not worth a word, short enough that nobody wonders."""
_log = logging.getLogger("mge.model")
_log.setLevel(logging.WARNING)  # a terminal that wants to hear of errors only hears of this too


class Reach:
    """The model as one execution reaches it. ``clock`` gives seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._under_way = 0
        self._silent_since: float | None = None
        self._told = False

    def sent(self) -> None:
        """A call is under way."""
        self._under_way += 1

    def ended(self) -> None:
        """A call is under way no more."""
        self._under_way -= 1

    def passed(self) -> None:
        """A call was answered, if with an error."""
        if self._told and self._silent_since is not None:
            _log.warning("calls to the model get through again, after %.0f s", self._clock() - self._silent_since)
        self._silent_since, self._told = None, False

    def refused(self, why: str) -> None:
        """A call was not taken. Others that still wait for their answer may have been."""
        if self._silent_since is None:
            self._silent_since = self._clock()
        silent = self._clock() - self._silent_since
        if silent >= SILENT_SECONDS and not self._told and not self._under_way:
            self._told = True
            _log.warning("for %.0f s no call has got through to the model (%s); each is tried again for about half a minute", silent, why)
