"""The languages that can be parsed, how a file's name tells its language, and the parsers."""

from enum import StrEnum
from functools import cache
from pathlib import PurePath

from tree_sitter import Language as TreeSitterLanguage
from tree_sitter import Parser, Point, Range, Tree
from tree_sitter_language_pack import get_language

from mge_resources.syntax.continuation import joined


class Language(StrEnum):
    """A language that can be parsed; the value is the grammar's name."""

    PYTHON = "python"
    TYPESCRIPT = "typescript"
    TSX = "tsx"
    JAVASCRIPT = "javascript"
    GO = "go"


SCRIPTS = frozenset({Language.TYPESCRIPT, Language.TSX, Language.JAVASCRIPT})
"""The languages that Node runs."""
JUDGED = SCRIPTS | {Language.PYTHON}
"""The languages whose code is read for more than its syntax: the others are cut into atoms, generated and delivered, and their checks are not run."""
_BY_ENDING = {
    ".py": Language.PYTHON,
    ".pyi": Language.PYTHON,
    ".ts": Language.TYPESCRIPT,
    ".mts": Language.TYPESCRIPT,
    ".cts": Language.TYPESCRIPT,
    ".tsx": Language.TSX,
    ".js": Language.JAVASCRIPT,
    ".mjs": Language.JAVASCRIPT,
    ".cjs": Language.JAVASCRIPT,
    ".jsx": Language.JAVASCRIPT,
    ".go": Language.GO,
}


def detect_language(file: str) -> Language | None:
    """The language that the file's ending stands for, or ``None`` where it stands for none we parse."""
    return _BY_ENDING.get(PurePath(file).suffix.lower())


@cache
def _grammar(language: Language) -> TreeSitterLanguage:
    return get_language(language.value)


def parse(language: Language, source: bytes) -> Tree:
    """The concrete syntax tree of the bytes; never fails, errors are ERROR and MISSING nodes in the tree."""
    tree = Parser(_grammar(language)).parse(source)
    if language is Language.PYTHON and tree.root_node.has_error and (parts := joined(source)) is not None:
        text, ranges = parts
        again = Parser(_grammar(language), included_ranges=ranges).parse(text)
        return tree if again.root_node.has_error else again
    return tree


def parse_lines(language: Language, source: bytes, span: tuple[int, int], rows: tuple[int, int]) -> Tree:
    """The tree of some lines as if there were no others: those from one offset to another, and from one row (from 0) to another.

    Both offsets begin a line, or end the source. Offsets in the tree are the source's.
    """
    lines = Range(Point(rows[0], 0), Point(rows[1], 0), *span)
    return Parser(_grammar(language), included_ranges=[lines]).parse(source)
