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
    before, region, after = _sound(lines, root)
    cuts = _cuts(margin, source, *region)
    if len(cuts) < 3:  # one chunk would be what there is
        return None
    rows = [lines.row(at) for at in cuts[:-1]]
    rows.append(lines.row(region[1]) if region[1] < len(source) else len(lines))
    chunks = [parse_lines(language, source, span, between).root_node for span, between in zip(pairwise(cuts), pairwise(rows), strict=True)]
    if all(chunk.has_error for chunk in chunks):
        return None
    again = [node for chunk in chunks for node in ([chunk] if chunk.is_error else chunk.children)]
    return [*before, *again, *after]


def _sound(lines: Lines, root: Node) -> tuple[list[Node], tuple[int, int], list[Node]]:
    """The top-level nodes before the first error and after the last, and the offsets between them, each at the margin of a line."""
    whole = (0, len(lines.source))
    if root.is_error:
        return [], whole, []
    children = root.children
    starts = [lines.starts[lines.row(child.start_byte)] for child in children]
    bad = [index for index, child in enumerate(children) if child.has_error or child.is_error or child.is_missing]
    if not bad or any(start >= starts[bad[0]] for start in starts[: bad[0]]):
        return [], whole, []
    after = bad[-1] + 1
    while after < len(children) and starts[after] != children[after].start_byte:
        after += 1  # a node off the margin has lost its beginning to the error
    end = starts[after] if after < len(children) else whole[1]
    return children[: bad[0]], (starts[bad[0]], end), children[after:]


def _cuts(margin: re.Pattern[bytes], source: bytes, start: int, end: int) -> list[int]:
    """The region's start and end, and between them where a definition begins at the margin; a decorator begins what follows it."""
    cuts = [start]
    decorated = False
    for match in margin.finditer(source, start, end):
        if match.start() > start and not decorated:
            cuts.append(match.start())
        decorated = source[match.start()] == _DECORATOR
    return [*cuts, end]
