"""Doing a unit of work again when the connection was lost in the middle of it.

For work that may be done twice without harm: nobody knows whether a transaction was committed whose answer was lost.
"""

import time
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from sqlalchemy.exc import DBAPIError

P = ParamSpec("P")
R = TypeVar("R")

WAITS = (0.05, 0.1, 0.3, 1.0, 1.0, 1.0, 2.0, 2.0, 3.0)
"""Seconds between the tries. Connecting again waits by itself for a server that is away; these are for one that goes away again and again."""


def again_after_loss(work: Callable[P, R]) -> Callable[P, R]:
    """The work, tried up to ten times while the connection is lost each time; any other error is raised at once."""

    @wraps(work)
    def tried(*arguments: P.args, **options: P.kwargs) -> R:
        for seconds in WAITS:
            try:
                return work(*arguments, **options)
            except DBAPIError as error:
                if not error.connection_invalidated:
                    raise
            time.sleep(seconds)
        return work(*arguments, **options)

    return tried
