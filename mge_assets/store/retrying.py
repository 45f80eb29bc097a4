"""Doing a unit of work again when the connection was lost in the middle of it."""

import inspect
from collections.abc import Callable
from functools import partial, wraps
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar, cast

from sqlalchemy import Engine

from mge_resources.database import patience_of, through_losses

P = ParamSpec("P")
R = TypeVar("R")


class _OnEngine(Protocol):
    _engine: Engine


S = TypeVar("S", bound=_OnEngine)


def again_after_loss(work: Callable[Concatenate[S, P], R]) -> Callable[Concatenate[S, P], R]:
    """The method of a store, done again while the connection is lost each time; any other error is raised at once."""

    @wraps(work)
    def tried(self: S, *arguments: P.args, **options: P.kwargs) -> R:
        return through_losses(partial(work, self, *arguments, **options), patience_of(self._engine))

    return cast("Callable[Concatenate[S, P], R]", tried)


class Store:
    """What all stores have in common: an engine, and that each of their public methods outlasts a server that goes away.

    A method opens one transaction, or reads. It is called again as a whole where nobody knows whether that transaction was committed, so that it has to
    come to the same the second time: rows that it makes have keys that are made before, or are found again. Generators and contexts can't be called
    again; their statements stand alone, which the connection repeats by itself.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def __init_subclass__(cls, **options: Any) -> None:  # noqa: ANN401 -- as the class has it
        super().__init_subclass__(**options)
        for name, method in list(vars(cls).items()):
            if inspect.isfunction(method) and not name.startswith("_") and not inspect.isgeneratorfunction(inspect.unwrap(method)):
                setattr(cls, name, again_after_loss(method))
