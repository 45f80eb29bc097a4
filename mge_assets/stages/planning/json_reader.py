"""JSON with the line and column of every value; the standard library's reader tells none and takes keys given twice."""

import json
import re
from bisect import bisect_right

from mge_assets.stages.planning.written import Scalar, Written

MAX_DEPTH = 50
"""Deepest nesting taken; a plan needs 8."""

_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\.)*+"')
_BLANK = re.compile(r"[ \t\n\r]*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_WORDS: dict[str, Scalar] = {"true": True, "false": False, "null": None}


class BrokenError(Exception):
    """The text can't be read: the problem, the fix, and the 1-based line and column (``None`` where unknown)."""

    def __init__(self, problem: str, fix: str, line: int | None = None, column: int | None = None) -> None:
        super().__init__(problem)
        self.problem, self.fix, self.line, self.column = problem, fix, line, column


def read_json(text: str) -> Written:
    """The tree of a JSON text. Raises BrokenError."""
    return _Reader(text).document()


class _Reader:
    """One walk over the text; ``at`` is the offset of the next character."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.starts = [0, *(match.end() for match in re.finditer(r"\n", text))]

    def document(self) -> Written:
        self._skip()
        root = self._value(0)
        if self.at < len(self.text):
            raise self._broken("there is more text after the end", "keep one JSON value in the file")
        return root

    def _position(self, at: int) -> tuple[int, int]:
        line = bisect_right(self.starts, at)
        return line, at - self.starts[line - 1] + 1

    def _broken(self, problem: str, fix: str, at: int | None = None) -> BrokenError:
        return BrokenError(problem, fix, *self._position(self.at if at is None else at))

    def _skip(self) -> None:
        match = _BLANK.match(self.text, self.at)
        self.at = match.end() if match else self.at

    def _peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def _value(self, depth: int) -> Written:
        if depth > MAX_DEPTH:
            raise self._broken(f"nested deeper than {MAX_DEPTH} levels", "a plan needs no more than 8")
        line, column = self._position(self.at)
        match self._peek():
            case "{":
                return self._mapping(line, column, depth)
            case "[":
                return self._list(line, column, depth)
            case '"':
                return Written(self._string(), line, column)
            case _:
                return Written(self._word_or_number(), line, column)

    def _string(self) -> str:
        match = _STRING.match(self.text, self.at)
        try:
            if match:
                text = str(json.loads(match[0]))
                self.at = match.end()
                return text
        except json.JSONDecodeError as error:
            raise self._broken(f"broken text: {error.msg}", "write a backslash as `\\\\`", self.at + error.pos) from error
        raise self._broken("a text is not closed, or breaks its line", "close it with a quotation mark and write line breaks as `\\n`")

    def _word_or_number(self) -> Scalar:
        for word, value in _WORDS.items():
            if self.text.startswith(word, self.at):
                self.at += len(word)
                return value
        match = _NUMBER.match(self.text, self.at)
        if not match:
            found = repr(self._peek()) if self._peek() else "the end of the file"
            raise self._broken(f"a value is missing: found {found}", "write a text in double quotes, a list or a mapping")
        self.at = match.end()
        return float(match[0]) if match[1] or match[2] or len(match[0]) > 300 else int(match[0])

    def _next(self, close: str) -> bool:
        """Step over ``,`` (True) or the closing bracket (False)."""
        self._skip()
        sign = self._peek()
        if sign not in (",", close) or not sign:
            raise self._broken(f"`,` or `{close}` is missing", "add it")
        self.at += 1
        self._skip()
        if sign == "," and self._peek() == close:
            raise self._broken(f"a comma before `{close}`", "take the comma away")
        return sign == ","

    def _list(self, line: int, column: int, depth: int) -> Written:
        self.at += 1
        self._skip()
        items: list[Written] = []
        more = self._peek() != "]"
        self.at += 0 if more else 1
        while more:
            items.append(self._value(depth + 1))
            more = self._next("]")
        self._skip()
        return Written(items, line, column)

    def _mapping(self, line: int, column: int, depth: int) -> Written:
        self.at += 1
        self._skip()
        values: dict[str, Written] = {}
        keys: dict[str, tuple[int, int]] = {}
        more = self._peek() != "}"
        self.at += 0 if more else 1
        while more:
            key, place = self._key(keys)
            values[key], keys[key] = self._value(depth + 1), place
            more = self._next("}")
        self._skip()
        return Written(values, line, column, keys)

    def _key(self, known: dict[str, tuple[int, int]]) -> tuple[str, tuple[int, int]]:
        place, start = self._position(self.at), self.at
        if self._peek() != '"':
            raise self._broken("a key is missing", "write it in double quotes")
        key = self._string()
        if key in known:
            raise self._broken(f"the key {key!r} is given twice, first in line {known[key][0]}", "keep one of them", start)
        self._skip()
        if self._peek() != ":":
            raise self._broken(f"`:` is missing after the key {key!r}", "add it")
        self.at += 1
        self._skip()
        return key, place
