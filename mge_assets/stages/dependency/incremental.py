"""Analysis again after files changed, without looking at what can't have changed the result.

Values flow both ways between files, into what a file calls and back out of it, so an edit of code may resolve calls anywhere: then everything is
analysed anew. What can't: files that stayed the same, and edits of layout (comments, blank lines, spaces, docstrings). Those only move what was
found, and it is moved with them. Two syntax trees are walked side by side for that; whatever differs in more than layout is an edit of code.
"""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import replace

from tree_sitter import Node

from mge_assets.model.graph import CodeEdge, CodeGraph, DataFlow, ImportUse, Symbol, SymbolKind
from mge_assets.stages.dependency.analysis import analyse
from mge_resources.syntax import Language, detect_language, parse

_Extent = tuple[int, int, int]
"""Row and column (in bytes, from 0) where a node starts, and the row where it ends."""
_BLOCKS = {
    *("module", "block", "program", "statement_block", "class_body", "function_definition", "class_definition", "decorated_definition"),
    *("if_statement", "elif_clause", "else_clause", "for_statement", "while_statement", "with_statement", "try_statement", "except_clause", "finally_clause"),
}
"""Where a comment stands between statements; anywhere else it counts as a part of the code."""


def reanalyse(before: Mapping[str, bytes], code: CodeGraph, now: Mapping[str, bytes]) -> CodeGraph:
    """What ``analyse(now)`` gives, from what it gave for ``before``. References are not kept: with them everything is analysed anew."""
    if before.keys() != now.keys() or code.references:
        return analyse(now)
    moves: dict[str, _Move] = {}
    for file, source in now.items():
        if source != before[file]:
            move = _Move.between(file, before[file], source)
            if move is None:
                return analyse(now)
            moves[file] = move
    return (_moved(code, moves) or analyse(now)) if moves else code


class _Move:
    """Where everything of a file went."""

    def __init__(self) -> None:
        self._leaves: dict[int, int] = {}
        self._extents: dict[_Extent, _Extent | None] = {}
        self._starts: list[int] = []
        self._last_row = 0

    @classmethod
    def between(cls, file: str, old: bytes, new: bytes) -> "_Move | None":
        """The move from one text of the file to the other; ``None`` where more than its layout changed."""
        language = detect_language(file)
        if language is None:
            return None
        roots = parse(language, old).root_node, parse(language, new).root_node
        move = cls()
        if roots[0].has_error or roots[1].has_error or not move._walk(*roots, language):
            return None
        move._starts = sorted(move._leaves)
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
            if language is Language.PYTHON and _is_docstring(old) and _is_docstring(new):
                self._leaves[old.start_byte] = new.start_byte
                continue
            below, other = _parts(old), _parts(new)
            if len(below) != len(other) or (not below and old.text != new.text and not old.type.endswith("comment")):
                return False
            if not below:
                self._leaves[old.start_byte] = new.start_byte
            stack += zip(below, other, strict=True)
        return True

    def _note(self, old: Node, new: Node) -> None:
        was, now = _extent(old), _extent(new)
        self._extents[was] = now if self._extents.get(was, now) == now else None

    def byte(self, place: int) -> int | None:
        """Where the code that starts at this byte now starts."""
        if place in self._leaves:
            return self._leaves[place]
        number = bisect_right(self._starts, place) - 1
        return None if number >= 0 or place else 0

    def symbol(self, symbol: Symbol) -> Symbol | None:
        """The symbol in its new place; ``None`` where that is not sure."""
        if symbol.kind is SymbolKind.MODULE:
            return replace(symbol, end_line=self._last_row)
        place, byte = self._extents.get((symbol.line - 1, symbol.column, symbol.end_line - 1)), self.byte(symbol.byte)
        return replace(symbol, line=place[0] + 1, column=place[1], end_line=place[2] + 1, byte=byte) if place and byte is not None else None


def _extent(node: Node) -> _Extent:
    return node.start_point.row, node.start_point.column, node.end_point.row


def _parts(node: Node) -> list[Node]:
    """The node's children without the comments between statements."""
    return [child for child in node.children if node.type not in _BLOCKS or not child.type.endswith("comment")]


def _is_docstring(node: Node) -> bool:
    """True for a plain string that is a statement by itself: it has no effect."""
    if node.type != "string" or node.parent is None or node.parent.type not in {"module", "block", "expression_statement"}:
        return False
    return all(part.type != "interpolation" for part in node.children)


def _moved(code: CodeGraph, moves: Mapping[str, _Move]) -> CodeGraph | None:
    """Everything that was found, in its new place and in the order in which analysis gives it; ``None`` where a place is not sure."""
    symbols = [moves[symbol.file].symbol(symbol) if symbol.file in moves else symbol for symbol in code.symbols]
    edges = [_edge(edge, moves) for edge in code.edges]
    imports = [_import(use, moves) for use in code.imports]
    flows = [_flow(flow, moves) for flow in code.flows]
    if None in symbols or None in edges or None in imports or None in flows:
        return None
    return CodeGraph(
        symbols=tuple(sorted((s for s in symbols if s), key=lambda symbol: (symbol.file, symbol.byte, symbol.id))),
        edges=tuple(sorted((e for e in edges if e), key=lambda e: (e.file, e.byte, e.source, e.target, e.type, e.confidence))),
        imports=tuple(sorted((i for i in imports if i), key=lambda use: (use.file, use.byte, use.written))),
        flows=tuple(sorted((f for f in flows if f), key=lambda flow: (flow.file, flow.byte, flow.source, flow.written))),
    )


def _edge(edge: CodeEdge, moves: Mapping[str, _Move]) -> CodeEdge | None:
    if edge.file not in moves:
        return edge
    byte = moves[edge.file].byte(edge.byte)
    return None if byte is None else replace(edge, byte=byte)


def _import(use: ImportUse, moves: Mapping[str, _Move]) -> ImportUse | None:
    if use.file not in moves:
        return use
    byte, written = moves[use.file].byte(use.byte), moves[use.file].byte(use.written)
    return None if byte is None or written is None else replace(use, byte=byte, written=written)


def _flow(flow: DataFlow, moves: Mapping[str, _Move]) -> DataFlow | None:
    byte = moves[flow.file].byte(flow.byte) if flow.file in moves else flow.byte
    written = moves[flow.source].byte(flow.written) if flow.source in moves else flow.written
    return None if byte is None or written is None else replace(flow, byte=byte, written=written)
