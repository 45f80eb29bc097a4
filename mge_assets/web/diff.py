"""Two texts side by side, line by line, with the words that changed inside a changed line."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest

from markupsafe import Markup

from mge_assets.web.code import visible

MAX_LINES = 600
"""Of either side: difflib's time grows with the square of them."""

_WORDS = re.compile(r"\w+|\s+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Half:
    """One side of a row: its line number and its markup (escaped)."""

    number: int
    html: Markup


@dataclass(frozen=True, slots=True)
class Row:
    """A row: ``kind`` is equal, replace, delete or insert; a side that has no line here is ``None``."""

    kind: str
    left: Half | None
    right: Half | None


def side_by_side(left: str, right: str) -> tuple[Row, ...]:
    """The rows of both texts; empty where they are equal or too long to compare."""
    before, after = _lines(left), _lines(right)
    if left == right or max(len(before), len(after)) > MAX_LINES:
        return ()
    return tuple(row for code in SequenceMatcher(None, before, after, autojunk=False).get_opcodes() for row in _rows(code, before, after))


def _lines(text: str) -> list[str]:
    """Without ``splitlines``, which also splits at signs that no editor counts as a line end."""
    parts = text.split("\n")
    return parts if parts[-1] else parts[:-1]


def _rows(code: tuple[str, int, int, int, int], before: list[str], after: list[str]) -> Iterator[Row]:
    kind, left_from, left_to, right_from, right_to = code
    for one, other in zip_longest(range(left_from, left_to), range(right_from, right_to)):
        if one is not None and other is not None and kind == "replace":
            left, right = _words(before[one], after[other])
            yield Row(kind, Half(one + 1, left), Half(other + 1, right))
        else:
            yield Row(kind, _half(before, one), _half(after, other))


def _half(side: list[str], place: int | None) -> Half | None:
    return None if place is None else Half(place + 1, visible(side[place]))


def _words(left: str, right: str) -> tuple[Markup, Markup]:
    """Both lines with the words marked that the other one does not have."""
    before, after = _WORDS.findall(left), _WORDS.findall(right)
    one = other = Markup()
    for kind, left_from, left_to, right_from, right_to in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        one += _marked("del", "".join(before[left_from:left_to]), kind)
        other += _marked("ins", "".join(after[right_from:right_to]), kind)
    return one, other


def _marked(tag: str, text: str, kind: str) -> Markup:
    return visible(text) if kind == "equal" or not text else Markup("<{0}>{1}</{0}>").format(Markup(tag), visible(text))  # noqa: S704  our own tag
