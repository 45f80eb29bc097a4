"""Python's lines that go on further left than their statement began, which the grammar takes for the end of the block.

Inside brackets a line may start anywhere. tree-sitter's scanner forgets the brackets where none may close (behind ``a +``, ``x.``, ``if``) and ends the
block there, after which the rest of the file is an error. Such line ends are read as blanks; every position in the tree stays the source's.
"""

import io
import tokenize

from tree_sitter import Point, Range

_SILENT = {tokenize.NL, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT}


def joined(source: bytes) -> tuple[bytes, list[Range]] | None:
    """The source with those line ends as blanks, and its parts with the places where they stand; ``None`` where there are none, or it is no Python."""
    starts = [0, *(place + 1 for place, byte in enumerate(source) if byte == 10), len(source)]
    text = bytearray(source)
    rows: list[int] = []
    try:
        for end, row in _gaps(source):
            text[end : starts[row]] = b" " * (starts[row] - end)
            rows.append(row)
    except (tokenize.TokenError, SyntaxError, UnicodeDecodeError):
        return None
    if not rows:
        return None
    ends = [*rows, len(starts) - 1]
    begins = [0, *rows]
    return bytes(text), [Range(Point(row, 0), Point(end, 0), starts[row], starts[end]) for row, end in zip(begins, ends, strict=True)]


def _gaps(source: bytes) -> list[tuple[int, int]]:
    """For each such line: the offset where the code before it ends (comments come after that), and its row."""
    lines = source.splitlines(keepends=True)
    offsets = [0]
    for line in lines:
        offsets.append(offsets[-1] + len(line))
    found: list[tuple[int, int]] = []
    first = last = None
    for token in tokenize.tokenize(io.BytesIO(source).readline):
        if token.type in _SILENT or token.type == tokenize.ENCODING:
            continue
        if token.type == tokenize.NEWLINE:
            first = last = None
            continue
        if first is None:
            first = token
        elif last is not None and token.start[0] > last.end[0] and token.start[1] < first.start[1] and last.string != "\\":
            row, column = last.end
            end = offsets[row - 1] + len(last.line.splitlines(keepends=True)[-1][:column].encode()) if column else offsets[row - 1]
            found.append((end, token.start[0] - 1))
        last = token
    return found
