"""All that is known of one file's bytes, computed once: 800 atoms of an unchanged file cost one analysis, not 800."""

import ast
import hashlib
from collections.abc import Callable, Sequence
from threading import RLock
from typing import Any, Generic, TypeVar

from tree_sitter import Tree

from mge_assets.stages.validation.dangers_javascript import javascript_dangers
from mge_assets.stages.validation.dangers_python import python_dangers
from mge_assets.stages.validation.definitions import Definition, python_definitions
from mge_assets.stages.validation.definitions_javascript import javascript_definitions
from mge_assets.stages.validation.names import name_faults
from mge_assets.stages.validation.spots import Lines, Spot
from mge_assets.stages.validation.syntax import compile_python, tree_faults
from mge_resources.syntax import JUDGED, Language, parse

_MOST_KEPT = 48  # files' analyses in memory at once: a large file's syntax tree takes some 20 MB
_T = TypeVar("_T")


class _Once(Generic[_T]):
    """A property computed when first asked for, by one thread alone; functools' own computes in each thread that asks."""

    _lock = RLock()

    def __init__(self, compute: Callable[[Any], _T]) -> None:
        self._compute, self._name, self.__doc__ = compute, f"_{compute.__name__}", compute.__doc__

    def __get__(self, owner: Any, _: type | None = None) -> _T:  # noqa: ANN401 - whatever class holds it
        if self._name not in owner.__dict__:
            with self._lock:
                if self._name not in owner.__dict__:
                    owner.__dict__[self._name] = self._compute(owner)
        value: _T = owner.__dict__[self._name]
        return value


class Analysis:
    """The analyses of some bytes in a language; each is made when first asked for."""

    def __init__(self, language: Language, content: bytes) -> None:
        self.language, self.content = language, content
        self.lines = Lines(content)

    @_Once
    def tree(self) -> Tree:
        """The concrete syntax tree."""
        return parse(self.language, self.content)

    @_Once
    def _compiled(self) -> tuple[ast.Module | None, tuple[Spot, ...]]:
        return compile_python(self.content, self.lines) if self.language is Language.PYTHON else (None, ())

    @property
    def python(self) -> ast.Module | None:
        """Python's own syntax tree; ``None`` where it does not compile or is another language."""
        return self._compiled[0]

    @_Once
    def syntax(self) -> tuple[Spot, ...]:
        """Syntax errors, in order. For Python the compiler's word counts; the tree only tells where else, if the compiler agrees that there is trouble."""
        if self.language is not Language.PYTHON:
            return _in_order(tree_faults(self.tree))
        return _in_order((*self._compiled[1], *tree_faults(self.tree))) if self._compiled[1] else ()

    @_Once
    def names(self) -> tuple[Spot, ...] | None:
        """Undefined names and their like, in order; empty for what is not Python, ``None`` where they can't be told."""
        found = name_faults(self.python, self.lines, self.content) if self.python else ()
        return None if found is None else _in_order(found)

    @_Once
    def dangers(self) -> tuple[Spot, ...]:
        """Dangerous patterns, in order."""
        if self.language is Language.PYTHON:
            return _in_order(python_dangers(self.python, self.lines)) if self.python else ()
        return _in_order(javascript_dangers(self.language, self.tree)) if self.language in JUDGED else ()

    @_Once
    def definitions(self) -> tuple[Definition, ...]:
        """Functions and classes, in order of where they begin; empty where Python does not compile."""
        return tuple(sorted(self._definitions(), key=lambda definition: definition.start))

    def _definitions(self) -> Sequence[Definition]:
        if self.language is Language.PYTHON:
            return python_definitions(self.python, self.lines) if self.python else ()
        return javascript_definitions(self.tree) if self.language in JUDGED else ()


def _in_order(spots: tuple[Spot, ...]) -> tuple[Spot, ...]:
    return tuple(sorted(spots, key=lambda spot: spot.byte))


_kept: dict[tuple[Language, bytes], Analysis] = {}
_keeping = RLock()


def analyse(language: Language, content: bytes) -> Analysis:
    """The analysis of these bytes, from memory where they were seen lately. Safe to call from many threads."""
    key = (language, hashlib.sha256(content).digest())
    with _keeping:
        found = _kept.pop(key, None) or Analysis(language, content)
        _kept[key] = found  # the latest stands last, the oldest goes first
        while len(_kept) > _MOST_KEPT:
            del _kept[next(iter(_kept))]
        return found
