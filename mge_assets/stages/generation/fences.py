"""Fenced blocks in a model's answer."""

import re
from dataclasses import dataclass

from mge_resources.syntax import Language

_OPENING = re.compile(r"^(?P<margin>[ \t>*-]*?)(?P<fence>`{3,}|~{3,})[ \t]*(?P<info>[^`\n]*)$")
_NAMES = {
    "python": {Language.PYTHON},
    "py": {Language.PYTHON},
    "python3": {Language.PYTHON},
    "typescript": {Language.TYPESCRIPT, Language.TSX},
    "ts": {Language.TYPESCRIPT, Language.TSX},
    "tsx": {Language.TSX},
    "javascript": {Language.JAVASCRIPT},
    "js": {Language.JAVASCRIPT},
    "jsx": {Language.JAVASCRIPT},
    "go": {Language.GO},
    "golang": {Language.GO},
}


@dataclass(frozen=True, slots=True)
class Block:
    """The code of a fenced block, and the languages that its opening line names (``None`` where it names none that we know)."""

    code: str
    languages: frozenset[Language] | None

    def may_be(self, language: Language) -> bool:
        """Whether the opening line does not speak against this language."""
        return self.languages is None or language in self.languages


def fenced_blocks(text: str) -> list[Block]:
    """The blocks in order; an unclosed one reaches to the end.

    Where there are several, what stands between the first opening and the last closing fence comes first as well: code that holds
    fences itself (in a docstring) looks like several blocks.
    """
    lines = text.split("\n")
    blocks: list[Block] = []
    inside: list[tuple[int, int]] = []
    at = 0
    while at < len(lines):
        opening = _OPENING.match(lines[at])
        if opening is None:
            at += 1
            continue
        end = _closing(lines, at + 1, opening["fence"])
        inside.append((at + 1, end))
        blocks.append(_block(lines[at + 1 : end], opening))
        at = end + 1
    if len(blocks) > 1 and (first := _OPENING.match(lines[inside[0][0] - 1])) is not None:
        blocks.insert(0, _block(lines[inside[0][0] : inside[-1][1]], first))
    return blocks


def _closing(lines: list[str], start: int, fence: str) -> int:
    for number in range(start, len(lines)):
        stripped = lines[number].strip(" \t>")
        if len(stripped) >= len(fence) and set(stripped) == {fence[0]}:
            return number
    return len(lines)


def _block(lines: list[str], opening: re.Match[str]) -> Block:
    words = opening["info"].lower().split()
    names = _NAMES.get(words[0].strip("{}.,:")) if words else None
    margin = opening["margin"]
    blank = " " * len(margin)
    # A block in a list or a quotation is indented as a whole; that margin is the list's and not the code's.
    inner = [line[len(margin) :] if line.startswith((margin, blank)) else line for line in lines] if _all_behind(lines, margin) else lines
    return Block("\n".join(inner), frozenset(names) if names else None)


def _all_behind(lines: list[str], margin: str) -> bool:
    return bool(margin) and all(line.startswith((margin, " " * len(margin))) for line in lines if line.strip(" \t>"))
