"""Naming: what PEP 8 and the usual JavaScript style ask of names. Warnings for classes, information for functions."""

import re
from collections.abc import Iterable, Iterator

from mge_assets.model.findings import Severity
from mge_assets.stages.validation.definitions import Definition
from mge_assets.stages.validation.spots import Spot
from mge_resources.syntax import Language

_CAP_WORDS = re.compile(r"_*[A-Z][A-Za-z0-9]*_?$")
_SNAKE = re.compile(r"_*[a-z0-9_]+$")
_CAMEL = re.compile(r"[_$#]*[a-z][A-Za-z0-9$]*$")
_FIXED_BY_OTHERS = re.compile(r"(visit|depart|do|test|on|handle)_|(setUp|tearDown)|__|as[A-Z]|assert[A-Z]")
_COMPONENT = re.compile(r"[A-Z][A-Za-z0-9]*$")


def naming_spots(language: Language, definitions: Iterable[Definition]) -> Iterator[Spot]:
    """A spot for each name in another style."""
    for one in definitions:
        name = one.name.rpartition(".")[2]
        if one.kind in {"class", "type"}:
            if not _CAP_WORDS.match(name):
                yield Spot("naming.class", Severity.WARNING, f"class {name!r} is not in CapWords", "rename it", one.start, one.line)
        elif not _well_named(language, name):
            style = "snake_case" if language is Language.PYTHON else "camelCase"
            yield Spot("naming.function", Severity.INFO, f"function {name!r} is not in {style}", "rename it", one.start, one.line)


def _well_named(language: Language, name: str) -> bool:
    if language is Language.PYTHON:
        return bool(_SNAKE.match(name) or _FIXED_BY_OTHERS.match(name))
    return bool(_CAMEL.match(name) or _COMPONENT.match(name) or not name[:1].isalpha())
