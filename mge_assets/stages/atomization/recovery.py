"""What a syntax error may not take with it: definitions that follow it at the margin are parsed anew, each by itself.

A parser that meets an unclosed bracket may take all the rest of the file into its error. A line at the margin that begins a definition or an
import ends what came before it, whatever that was, as it would for a person.
"""

import re
from itertools import pairwise

from tree_sitter import Node

from mge_assets.stages.atomization.text import Lines
from mge_resources.syntax import Language, parse_lines

_DECORATOR = ord("@")


def top_nodes(language: Language, margin: re.Pattern[bytes], source: bytes, lines: Lines, root: Node) -> list[Node] | None:
    """The file's top-level nodes with errors kept to their own definition; nothing where the tree as it is does so already.

    ``margin`` finds where definitions begin, at lines' beginnings.
    """
    found: list[Node] = []
    mended = False
    for nodes, region in _stretches(lines, root):
        again = _parsed_again(language, margin, source, lines, region) if region is not None else None
        mended = mended or again is not None
        found += nodes if again is None else again
    return found if mended else None


def _parsed_again(language: Language, margin: re.Pattern[bytes], source: bytes, lines: Lines, region: tuple[int, int]) -> list[Node] | None:
    """The nodes of a region, each definition parsed by itself; nothing where that mends none."""
    cuts = _cuts(margin, source, *region)
    if len(cuts) < 3:  # one chunk would be what there is
        return None
    rows = [lines.row(at) for at in cuts[:-1]]
    rows.append(lines.row(region[1]) if region[1] < len(source) else len(lines))
    chunks = [parse_lines(language, source, span, between).root_node for span, between in zip(pairwise(cuts), pairwise(rows), strict=True)]
    if all(chunk.has_error for chunk in chunks):
        return None
    return [node for chunk in chunks for node in ([chunk] if chunk.is_error else chunk.children)]


_Stretch = tuple[list[Node], tuple[int, int] | None]


def _stretches(lines: Lines, root: Node) -> list[_Stretch]:
    """The top-level nodes in runs: those that parse, and those with errors, each with its offsets. A run with errors ends where a sound node begins
    at the margin of a line; one off the margin has lost its beginning to the error.
    """
    whole: list[_Stretch] = [(root.children, (0, len(lines.source)))]
    if root.is_error:
        return whole
    found: list[_Stretch] = []
    start, row_before = -1, -1
    nodes: list[Node] = []
    for child in root.children:
        row = lines.starts[lines.row(child.start_byte)]
        if start < 0 and (child.has_error or child.is_missing):
            if row <= row_before:
                return whole
            found.append((nodes, None))
            nodes, start = [], row
        elif start >= 0 and row == child.start_byte and not (child.has_error or child.is_missing):
            found.append((nodes, (start, row)))
            nodes, start = [], -1
        nodes.append(child)
        row_before = row
    found.append((nodes, (start, len(lines.source)) if start >= 0 else None))
    return found


def _cuts(margin: re.Pattern[bytes], source: bytes, start: int, end: int) -> list[int]:
    """The region's start and end, and between them where a definition begins at the margin; a decorator begins what follows it."""
    cuts = [start]
    decorated = False
    for match in margin.finditer(source, start, end):
        if match.start() > start and not decorated:
            cuts.append(match.start())
        decorated = source[match.start()] == _DECORATOR
    return [*cuts, end]
