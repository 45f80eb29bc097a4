"""Going on through a lost connection: what counts as one, how long it is waited for, and what is told meanwhile.

Nobody knows whether a transaction was committed whose answer was lost, so that only work goes through here that may be done twice without harm.
"""

import logging
import threading
import time
from collections.abc import Callable
from itertools import chain, repeat
from typing import TypeVar

import psycopg2
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from mge_resources.database.errors import DatabaseError

C = TypeVar("C")
R = TypeVar("R")

PATIENCE_SECONDS = 60.0
"""How long a server that was there before is waited for where nothing else is set: one of one's own that is restarted takes 1–20 s."""
PATIENCE = "patience"
"""The engine's execution option that says how long its work waits, in seconds."""
_WAITS = (0.05, 0.1, 0.3)
_LAST_WAIT = 1.0
RECONNECT_SECONDS = 0.1
UNSEEN_SECONDS = 10.0
"""Long enough for a server that is started together with us, short enough for somebody who has mistyped its address."""
_COMING = "the database system is "
"""What a server says that starts, stops or recovers; the driver keeps no code of a connection that was refused."""
_GOING = frozenset({"57P01", "57P02", "57P03", "57P05"})
"""PostgreSQL's codes of a server that is stopped, crashed, not ready, or rid of an idle client."""
_REASONS = ("authentication failed", "does not exist", "pg_hba.conf", "too many", "could not translate host name", "permission denied", "does not support SSL")
_log = logging.getLogger("mge.database")
_log.setLevel(logging.WARNING)  # a terminal that wants to hear of errors only hears of this too


def is_loss(error: BaseException) -> bool:
    """Whether the server went away, or had no ear: a mistake in a statement, a constraint and a wrong password are none."""
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or getattr(error.orig, "pgcode", None) in _GOING or (error.statement is None and is_away(error.orig))
    return False


def is_away(error: BaseException | None) -> bool:
    """Whether a server that comes back would take a connection that was refused with this: it was not refused for a reason of its own."""
    words = str(error)
    return not any(reason in words for reason in _REASONS)


def patience_of(engine: Engine) -> float:
    """How long work on this engine waits for its server, in seconds."""
    return float(engine.get_execution_options().get(PATIENCE, PATIENCE_SECONDS))


def through_losses(work: Callable[[], R], patience: float) -> R:
    """Do the work, and do it again while the connection is lost in the middle of it; any other error is raised at once.

    Raises DatabaseError where it is lost again and again for ``patience`` seconds. Connecting waits by itself; see ``connect_through``.
    """
    until = 0.0
    for seconds in chain(_WAITS, repeat(_LAST_WAIT)):
        try:
            return work()
        except DBAPIError as error:
            if not is_loss(error):
                raise
            until = until or time.monotonic() + patience
            if time.monotonic() >= until:
                raise given_up(error.orig or error) from error
        time.sleep(seconds)
    raise AssertionError


def given_up(error: BaseException) -> DatabaseError:
    """The error of those who have waited for nothing."""
    return DatabaseError(f"the database went away and stays away: {first_line(error)}", "look into its log; then run the same again, which goes on from there")


def first_line(error: BaseException) -> str:
    """What the driver says, in one line."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__)


class Outage:
    """A server that does not answer, as this process sees it: told once when it begins and once when it is over, however many threads wait."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._since: float | None = None

    def goes_on(self, error: BaseException, patience: float) -> None:
        """A connection was refused."""
        with self._lock:
            if self._since is None:
                self._since = time.monotonic()
                _log.warning("the database does not answer (%s); waiting up to %.0f s for it", first_line(error), patience)

    def is_over(self) -> None:
        """A connection was made."""
        with self._lock:
            if self._since is not None:
                _log.warning("the database answers again, after %.1f s", time.monotonic() - self._since)
                self._since = None


_outage = Outage()
_seen: set[str] = set()
"""Servers that this process was connected to: one that was never seen may have been named wrongly."""


def connect_through(connect: Callable[[], C], patience: float, where: str = "", restart: Callable[[], bool] | None = None) -> C:
    """Connect, waiting for a server that is away, but no longer than ``UNSEEN_SECONDS`` for one of which nothing was ever seen.

    ``where`` names the server; ``restart`` starts one's own again, and answers False where it was stopped on purpose.
    Raises DatabaseError where it stays away or was stopped, and the driver's error where it refuses for a reason of its own.
    """
    begin = time.monotonic()
    while True:
        try:
            made = connect()
        except psycopg2.Error as error:
            if restart is not None and not restart():
                raise DatabaseError("the database was stopped", "start the same again, which goes on from there") from error
            if not is_away(error):
                raise
            seen = where in _seen or _COMING in str(error)
            limit = patience if seen else min(patience, UNSEEN_SECONDS)
            if time.monotonic() >= begin + limit:
                raise given_up(error) if seen else _never_there(error) from error
            _outage.goes_on(error, limit)
        else:
            _seen.add(where)
            _outage.is_over()
            return made
        time.sleep(0.0 if restart else RECONNECT_SECONDS)


def _never_there(error: BaseException) -> DatabaseError:
    return DatabaseError(f"the database does not answer: {first_line(error)}", "check MGE_DATABASE_URL and that the server runs")
