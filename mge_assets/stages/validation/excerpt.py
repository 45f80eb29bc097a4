"""What of a Python file a place in it needs to be read by: the rest is blanked, and every byte keeps its offset and its line."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mge_assets.stages.validation.spots import Lines

_BLANK = bytes.maketrans(bytes(set(range(256)) - set(b"\r\n")), b" " * 254)


def excerpt(tree: ast.Module, lines: Lines, content: bytes, start: int, end: int) -> bytes:
    """The file with the functions and classes blanked that hold nothing of ``start`` up to ``end`` (bytes).

    Imports and statements of the module and of the classes around the place stay, so that names mean what they meant.
    """
    if content.count(b"\r") != content.count(b"\r\n"):
        return content  # Python counts a lone carriage return as a line, we don't
    pieces, at = [], 0
    for first, last in _Apart(lines, content, start, end).spans(tree.body):
        pieces += [content[at:first], content[first:last].translate(_BLANK)]
        at = last
    return b"".join((*pieces, content[at:]))


@dataclass(frozen=True, slots=True)
class _Apart:
    """The definitions apart from a place. A definition has its lines to itself, since nothing may stand before or after one in a line."""

    lines: Lines
    content: bytes
    start: int
    end: int

    def spans(self, body: Sequence[ast.stmt]) -> Iterator[tuple[int, int]]:
        """Their spans in whole lines, in order; one statement of a body is always left."""
        apart = [self._holds_nothing(one) for one in body]
        for one, away in zip(body, apart, strict=True):
            if away and (not all(apart) or one is not body[-1]):
                yield self._span(one)
            elif isinstance(one, ast.ClassDef):
                yield from self.spans(one.body)

    def _holds_nothing(self, one: ast.stmt) -> bool:
        if not isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            return False
        first, last = self._span(one)
        return last <= self.start or self.end <= first

    def _span(self, one: ast.stmt) -> tuple[int, int]:
        first = min([one.lineno, *(decorator.lineno for decorator in getattr(one, "decorator_list", ()))])
        last = self.content.find(b"\n", self.lines.byte(one.end_lineno or one.lineno))
        return self.lines.byte(first), len(self.content) if last < 0 else last + 1
