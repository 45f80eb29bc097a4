"""From bytes to a tree and what the structural queries find in it (specification §3, ``MultiLanguageParser``)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from tree_sitter import Node, Tree

from mge_assets.model.errors import Place
from mge_assets.model.findings import Finding, Severity
from mge_assets.stages.atomization.complexity import DecisionPoints
from mge_assets.stages.atomization.grammar import Grammar, Part, captures, grammar_of
from mge_assets.stages.atomization.recovery import top_nodes
from mge_assets.stages.atomization.text import Lines, loc_of
from mge_assets.stages.atomization.traits import Traits, traits_of
from mge_resources.syntax import Language, detect_language, parse

MAX_ERRORS = 100
"""Syntax findings that are reported for one file."""
_SPACING = 80
_CONTINUES = re.compile(rb"\s*(?:[,;)\].:?=&|+*}]|else\b|catch\b|finally\b|while\b)")
"""What a cut after a brace must not come before: the statement still goes on."""


@dataclass(frozen=True)
class ParsedSource:
    """A file's bytes, tree and lines.

    ``marks`` are what the structural queries found, and if ``full`` the context's too; ``recovered`` are the top-level nodes where some were
    parsed anew after an error.
    """

    file: str
    language: Language
    source: bytes
    tree: Tree
    lines: Lines
    grammar: Grammar
    marks: dict[str, list[Node]]
    full: bool = False
    recovered: tuple[Node, ...] = ()

    @property
    def root(self) -> Node:
        """The tree's root."""
        return self.tree.root_node

    @property
    def tops(self) -> Sequence[Node]:
        """The nodes at the file's top level."""
        return self.recovered or self.root.children

    @property
    def loc(self) -> int:
        """Non-blank lines of the file."""
        return loc_of(self.source)

    @property
    def traits(self) -> Traits:
        """What the node types mean for cutting."""
        return traits_of(self.language, self.tree.language)

    @cached_property
    def decisions(self) -> DecisionPoints:
        """Decision points and functions of the file."""
        return DecisionPoints(self.marks.get("decision", ()), self.marks.get("function", ()))

    def context_marks(self) -> dict[str, list[Node]]:
        """What the context's queries find. Not kept: of names, which are most of it, only offsets and texts are needed."""
        return self.marks if self.full else captures(self.language, self.recovered or (self.root,), self.tree.language, Part.CONTEXT)

    @cached_property
    def errors(self) -> tuple[Finding, ...]:
        """One finding for each region that does not parse, at most 100."""
        if not self.root.has_error:
            return ()
        return tuple(_finding(self, node) for node in _faults(self.root, self.recovered))

    def text(self, node: Node) -> str:
        """A node's text; bytes that are no UTF-8 are replaced."""
        return self.source[node.start_byte : node.end_byte].decode(errors="replace")


class MultiLanguageParser:
    """Parses Python, TypeScript, TSX and JavaScript. Never fails: what does not parse is a finding."""

    def parse(self, source: bytes, file: str, language: Language | None = None, *, full: bool = False) -> ParsedSource:
        """The parsed file; the language is told from the file's ending where none is given. Raises ValueError where it tells none.

        ``full`` says that the context will be asked for, and finds its marks in the same walk.
        """
        language = language or detect_language(file)
        if language is None:
            raise ValueError(f"{file}: no supported language for this ending; name one of {', '.join(Language)}")
        tree, grammar = parse(language, source), grammar_of(language)
        lines = Lines(source)
        margin = grammar.margin if tree.root_node.has_error else None
        recovered = tuple(top_nodes(language, margin, source, lines, tree.root_node) or ()) if margin is not None else ()
        marks = captures(language, recovered or (tree.root_node,), tree.language, Part.FULL if full else Part.STRUCTURE)
        if long_lines := lines.long_lines():
            ends = captures(language, (tree.root_node,), tree.language, Part.MINIFIED).get("close", [])
            lines = Lines(source, _cuts(source, long_lines, ends))
        return ParsedSource(file, language, source, tree, lines, grammar, marks, full, recovered)


def _cuts(source: bytes, long_lines: list[tuple[int, int]], statements: list[Node]) -> list[int]:
    """Offsets after ``;`` and ``}`` tokens of minified lines, at least 80 bytes apart."""
    ends = sorted(end for end in {node.end_byte for node in statements} if source[end - 1 : end] in {b";", b"}"})
    cuts: list[int] = []
    index = 0
    for start, end in long_lines:
        last = start
        while index < len(ends) and ends[index] < end:
            at = ends[index]
            index += 1
            if at - last >= _SPACING and not _CONTINUES.match(source, at) and source[at:end].strip():
                cuts.append(at)
                last = at
    return cuts


def _faults(root: Node, recovered: Sequence[Node]) -> list[Node]:
    """ERROR and MISSING nodes in order, not those inside another ERROR unless that is the root."""
    found: list[Node] = []
    stack = list(reversed(recovered)) or [root]
    while stack and len(found) < MAX_ERRORS:
        node = stack.pop()
        if node.is_missing or (node.is_error and node.id != root.id):
            found.append(node)
        elif node.has_error:
            stack.extend(child for child in reversed(node.children) if child.has_error or child.is_missing)
    return found or [root]


def _finding(parsed: ParsedSource, node: Node) -> Finding:
    line = parsed.lines.number(min(node.start_byte, max(0, len(parsed.source) - 1)))
    last = parsed.lines.number(max(node.start_byte, node.end_byte - 1))
    what = f"{node.type!r} is missing" if node.is_missing else f"lines {line}-{last} do not parse" if last > line else f"line {line} does not parse"
    fix = f"mend the syntax there; until then the region is cut by lines as {parsed.language.value} text"
    return Finding("atomization.syntax", Severity.WARNING, what, fix, Place(parsed.file, line))
