"""Types as they are written, read into a small tree: Python annotations, TypeScript types, and the words that documentation uses.

What belongs here: reading. What values a type has is in ``values``.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from mge_resources.syntax import read_literal

_TOKEN = re.compile(r"\s*(=>|\.\.\.|[\w$.]+\??|\"[^\"\\]*\"|'[^'\\]*'|-?\d+(?:\.\d+)?|[\[\](){}<>|&,;:?*])")
_NAMES = {
    "str": "string", "string": "string", "text": "string", "int": "integer", "integer": "integer", "number": "number", "float": "float", "double": "float",
    "real": "float", "bool": "boolean", "boolean": "boolean", "bytes": "bytes", "none": "none", "null": "none", "undefined": "none", "void": "none",
    "list": "list", "sequence": "list", "iterable": "list", "collection": "list", "mutablesequence": "list", "array": "list", "readonlyarray": "list",
    "array_like": "list", "dict": "mapping", "mapping": "mapping", "mutablemapping": "mapping", "record": "mapping", "dictionary": "mapping",
    "object": "any", "any": "any", "unknown": "any", "tuple": "tuple", "set": "set", "frozenset": "set", "optional": "optional", "union": "union",
    "literal": "literal", "readonly": "same", "partial": "same", "final": "same", "annotated": "first", "true": "true", "false": "false",
}  # fmt: skip
_DEEP = 4


@dataclass(frozen=True, slots=True)
class ValueType:
    """A type: ``name`` is one of string, integer, number, float, boolean, bytes, none, list, mapping, tuple, set, any, union, literal, fields, unknown.

    ``parts`` are what it is made of; ``value`` is a literal's; ``fields`` are an object's, a name that ends in ``?`` may be left out.
    """

    name: str
    parts: tuple["ValueType", ...] = ()
    value: object = None
    fields: tuple[tuple[str, "ValueType"], ...] = ()


UNKNOWN = ValueType("unknown")
ANY = ValueType("any")


def read_type(written: str, named: Mapping[str, str] | None = None) -> ValueType:
    """The type of an annotation; ``named`` are other types of the file as they are written, by name. What is not understood is unknown."""
    return _Reader(written.strip().strip("\"'") if written[:1] in {'"', "'"} and written.count(written[0]) == 2 else written, named or {}, 0).whole()


class _Reader:
    """A recursive reader of one text. Brackets of Python and of TypeScript mean the same here."""

    def __init__(self, text: str, named: Mapping[str, str], depth: int) -> None:
        self._tokens = _tokens(text)
        self._at, self._named, self._depth = 0, named, depth

    def whole(self) -> ValueType:
        if not self._tokens:
            return UNKNOWN
        found = self._union()
        return found if self._at == len(self._tokens) else UNKNOWN

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _take(self) -> str:
        self._at += 1
        return self._tokens[self._at - 1] if self._at <= len(self._tokens) else ""

    def _accept(self, sign: str) -> bool:
        if self._peek() != sign:
            return False
        self._at += 1
        return True

    def _union(self) -> ValueType:
        self._accept("|")
        found = [self._one()]
        while self._peek() in {"|", "&"}:
            if self._take() == "&":
                found.append(UNKNOWN)
            found.append(self._one())
        return found[0] if len(found) == 1 else ValueType("union", tuple(found))

    def _one(self) -> ValueType:
        found = self._base()
        while self._peek() == "[" and self._tokens[self._at + 1 : self._at + 2] == ["]"]:
            self._at += 2
            found = ValueType("list", (found,))
        return found

    def _base(self) -> ValueType:
        sign = self._take()
        if sign in {"(", "["}:
            parts = self._listed(")" if sign == "(" else "]")
            return parts[0] if sign == "(" and len(parts) == 1 else ValueType("tuple", parts)
        if sign == "{":
            return self._object()
        if sign[:1] in {'"', "'"}:
            return ValueType("literal", value=sign[1:-1])
        if re.fullmatch(r"-?\d+(\.\d+)?", sign):
            return ValueType("literal", value=read_literal(sign))
        if sign == "readonly":
            return self._one()
        return self._generic(sign, self._arguments())

    def _arguments(self) -> tuple[ValueType, ...]:
        if self._peek() == "[" and self._tokens[self._at + 1 : self._at + 2] != ["]"]:
            self._at += 1
            return self._listed("]")
        return self._listed(">") if self._accept("<") else ()

    def _listed(self, end: str) -> tuple[ValueType, ...]:
        found: list[ValueType] = []
        while self._peek() not in {end, ""}:
            found.append(ValueType("rest") if self._accept("...") else self._union())
            if not self._accept(",") and self._peek() != end:
                self._at = len(self._tokens) + 1  # not a list of types: the whole is unknown
        self._at += 1
        return tuple(found)

    def _object(self) -> ValueType:
        fields: list[tuple[str, ValueType]] = []
        while self._peek() not in {"}", ""}:
            name = self._take()
            if name == "readonly" and self._peek() not in {":", "?"}:
                name = self._take()
            name += "?" if self._accept("?") else ""
            if not re.fullmatch(r"[\w$]+\??", name) or not self._accept(":"):
                self._at = len(self._tokens) + 1
                return UNKNOWN
            fields.append((name, self._union()))
            if not (self._accept(";") or self._accept(",")) and self._peek() != "}" and self._at < len(self._tokens) and ":" not in self._tokens[self._at :]:
                return UNKNOWN
        self._at += 1
        return ValueType("fields", fields=tuple(fields))

    def _generic(self, sign: str, parts: tuple[ValueType, ...]) -> ValueType:  # noqa: PLR0911 - a table of names
        short = sign.rpartition(".")[2]
        known = _NAMES.get(short.lower(), "")
        if short in self._named and self._depth < _DEEP:
            return _Reader(self._named[short], self._named, self._depth + 1).whole()
        match known:
            case "":
                return UNKNOWN
            case "optional":
                return ValueType("union", (*parts, ValueType("none")))
            case "same" | "first":
                return parts[0] if parts else UNKNOWN
            case "literal":
                return ValueType("union", parts)
            case "true" | "false":
                return ValueType("literal", value=known == "true")
            case _:
                return ValueType(known, parts)


def _tokens(text: str) -> list[str]:
    found: list[str] = []
    at = 0
    text = text.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None or match.group(1) == "=>":
            return []
        sign = match.group(1)
        if sign[-1:] == "?" and len(sign) > 1:
            found += [sign[:-1], "?"]
        else:
            found.append(sign)
        at = match.end()
    return found


def read_words(said: str) -> ValueType:
    """The type that documentation words name: ``int``, ``list of str, optional``, ``string or None``; unknown where the first word is no type."""
    first = re.match(r"\s*\{?\s*([A-Za-z_]+)(?:\s+of\s+([A-Za-z_]+))?", said)
    if first is None:
        return UNKNOWN
    name = _NAMES.get(first.group(1).lower(), "")
    inner = _NAMES.get((first.group(2) or "").lower().removesuffix("s"), "")
    if name in {"", "optional", "union", "literal", "same", "first", "true", "false"}:
        return UNKNOWN
    return ValueType(name, (ValueType(inner),) if inner in {"string", "integer", "number", "float", "boolean"} else ())
