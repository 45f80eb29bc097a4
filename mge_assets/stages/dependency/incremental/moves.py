"""Where the code of a file went when only its layout changed: two syntax trees walked side by side.

Layout is what analysis does not look at: blank lines, spaces, comments and docstrings as far as they tell no types. What reads the same in both
texts is moved as a whole, without being walked.
"""

from bisect import bisect_right
from dataclasses import replace

from tree_sitter import Node

from mge_assets.model.graph import Symbol, SymbolKind
from mge_assets.stages.dependency.javascript.documents import told
from mge_assets.stages.dependency.python.closures import calls_parameter, lines, makes_functions
from mge_assets.stages.dependency.python.docstrings import documented
from mge_resources.syntax import Language, detect_language, parse

_Extent = tuple[int, int, int]
"""Row and column (in bytes, from 0) where a node starts, and the row where it ends."""
_BLOCKS = {
    *("module", "block", "program", "statement_block", "class_body", "function_definition", "class_definition", "decorated_definition"),
    *("if_statement", "elif_clause", "else_clause", "for_statement", "while_statement", "with_statement", "try_statement", "except_clause", "finally_clause"),
}
"""Where a comment stands between statements; anywhere else it counts as a part of the code."""


class Move:
    """Where everything of a file went."""

    def __init__(self, old: bytes, new: bytes) -> None:
        self._old, self._new = old, new
        self._leaves: dict[int, int] = {}
        self._extents: dict[_Extent, _Extent | None] = {}
        self._alike: list[tuple[int, int, int, int]] = []
        self._last_row = 0

    @classmethod
    def between(cls, file: str, old: bytes, new: bytes) -> "Move | None":
        """The move from one text of the file to the other; ``None`` where more than its layout changed."""
        language = detect_language(file)
        if language is None:
            return None
        roots = parse(language, old).root_node, parse(language, new).root_node
        move = cls(old, new)
        if roots[0].has_error or roots[1].has_error or not move._walk(*roots, language):
            return None
        move._alike.sort()
        move._last_row = max(roots[1].end_point.row + (1 if roots[1].end_point.column else 0), 1)
        return move

    def _walk(self, old_root: Node, new_root: Node, language: Language) -> bool:
        """Note where each node went; false where the trees differ in more than layout."""
        stack = [(old_root, new_root)]
        while stack:
            old, new = stack.pop()
            if old.type != new.type:
                return False
            self._note(old, new)
            if self._is_alike(old, new):
                continue
            if language is Language.PYTHON and _is_docstring(old) and _is_docstring(new):
                if documented(_content(old)) != documented(_content(new)):
                    return False
                self._leaves[old.start_byte] = new.start_byte
                continue
            if language is Language.PYTHON and old.type == "function_definition" and _copied_otherwise(old, new):
                return False
            below, other = _parts(old), _parts(new)
            if len(below) != len(other) or not (below or _reads_alike(old, new)):
                return False
            if not below:
                self._leaves[old.start_byte] = new.start_byte
            stack += zip(below, other, strict=True)
        return True

    def _is_alike(self, old: Node, new: Node) -> bool:
        """True, and noted, where the code reads the same and starts in the same column: everything in it goes as far as its start."""
        start, end, other = old.start_byte, old.end_byte, new.start_byte
        if end - start != new.end_byte - other or old.descendant_count != new.descendant_count or not old.child_count:
            return False
        if old.start_point.column != new.start_point.column:
            return False
        if self._old[start:end] != self._new[other : new.end_byte]:
            return False
        self._alike.append((start, end, other - start, new.start_point.row - old.start_point.row))
        return True

    def _note(self, old: Node, new: Node) -> None:
        was, now = _extent(old), _extent(new)
        self._extents[was] = now if self._extents.get(was, now) == now else None

    def _moved_whole(self, place: int) -> tuple[int, int] | None:
        """By how many bytes and rows the place went with code that reads the same."""
        number = bisect_right(self._alike, (place, len(self._old) + 1, 0, 0)) - 1
        if number < 0 or place >= self._alike[number][1]:
            return None
        return self._alike[number][2], self._alike[number][3]

    def byte(self, place: int) -> int | None:
        """Where the code that starts at this byte now starts."""
        if place in self._leaves:
            return self._leaves[place]
        whole = self._moved_whole(place)
        if whole is not None:
            return place + whole[0]
        return None if place else 0

    def symbol(self, symbol: Symbol) -> Symbol | None:
        """The symbol in its new place; ``None`` where that is not sure."""
        if symbol.kind is SymbolKind.MODULE:
            return replace(symbol, end_line=self._last_row)
        extent, byte = (symbol.line - 1, symbol.column, symbol.end_line - 1), self.byte(symbol.byte)
        whole = self._moved_whole(symbol.byte)
        if extent not in self._extents and whole is not None:
            return replace(symbol, line=symbol.line + whole[1], end_line=symbol.end_line + whole[1], byte=symbol.byte + whole[0])
        place = self._extents.get(extent)
        return replace(symbol, line=place[0] + 1, column=place[1], end_line=place[2] + 1, byte=byte) if place and byte is not None else None


def _extent(node: Node) -> _Extent:
    return node.start_point.row, node.start_point.column, node.end_point.row


def _parts(node: Node) -> list[Node]:
    """The node's children without the comments between statements that tell no types."""
    return [child for child in node.children if node.type not in _BLOCKS or not child.type.endswith("comment") or told(child.text or b"")]


def _reads_alike(old: Node, new: Node) -> bool:
    """True for leaves with the same text, and for comments that tell the same types."""
    return old.text == new.text or (old.type.endswith("comment") and told(old.text or b"") == told(new.text or b""))


def _is_docstring(node: Node) -> bool:
    """True for a plain string that is a statement by itself: it has no effect."""
    if node.type != "string" or node.parent is None or node.parent.type not in {"module", "block", "expression_statement"}:
        return False
    return all(part.type != "interpolation" for part in node.children)


def _content(string: Node) -> str:
    return "".join((child.text or b"").decode("utf-8", "replace") for child in string.named_children if child.type == "string_content")


def _copied_otherwise(old: Node, new: Node) -> bool:
    """True for a function that may be copied for each call, where its length changed: short ones are, as far as a bound on all lines allows."""
    return lines(old) != lines(new) and any(_may_be_copied(tree) for tree in (old, new))


def _may_be_copied(tree: Node) -> bool:
    name = tree.child_by_field_name("name")
    return makes_functions(tree) or calls_parameter(tree) or (name is not None and name.text == b"__new__")
