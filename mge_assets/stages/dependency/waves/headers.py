"""Where a class's header ends in its atom: what is used before that place is, or makes, a base class."""

import re

from mge_assets.model.atoms import Atom, AtomKind
from mge_resources.syntax import Language

_HEADED = {AtomKind.CLASS_HEADER, AtomKind.INTERFACE}
_KEYWORD = re.compile(rb"\b(?:class|interface)\s+[\w$]+")
_OPENING, _CLOSING = b"([", b")]"


def base_span(atom: Atom) -> range:
    """Bytes of the file between a class's or interface's name and its body; empty for other atoms, and for later parts of a class."""
    found = _KEYWORD.search(atom.text) if atom.kind in _HEADED else None
    if found is None:
        return range(0)
    start = atom.span.start_byte
    return range(start + found.end(), start + _end(atom.text, found.end(), b":" if atom.language is Language.PYTHON else b"{"))


def _end(text: bytes, start: int, mark: bytes) -> int:
    """Where the mark stands outside of brackets, or the text's end."""
    depth = 0
    for place in range(start, len(text)):
        letter = text[place : place + 1]
        if letter in _OPENING:
            depth += 1
        elif letter in _CLOSING:
            depth -= 1
        elif letter == mark and depth <= 0:
            return place
    return len(text)
