"""A grid of cells and how it is drawn."""

from tables.cells import pad

Row = list[str]

GAP = "  "


def square(rows: list[Row]) -> list[Row]:
    """The rows, filled up with empty cells so that all are as long as the longest."""
    longest = max((len(row) for row in rows), default=0)
    return [row + [""] * (longest - len(row)) for row in rows]


def column_widths(rows: list[Row]) -> list[int]:
    """The width of every column: that of its widest cell."""
    return [max(len(cell) for cell in column) for column in zip(*square(rows), strict=True)]


def draw_row(row: Row, widths: list[int]) -> str:
    """One line of the table, without blanks at its end."""
    cells = [pad(cell, width) for cell, width in zip(row, widths, strict=True)]
    return GAP.join(cells).rstrip()


def rule(widths: list[int]) -> str:
    """The line that parts the header from the rows."""
    return GAP.join("-" * width for width in widths)


def draw(rows: list[Row]) -> str:
    """The whole table; its first row is the header. An empty list gives an empty text."""
    if not rows:
        return ""
    widths = column_widths(rows)
    header, *body = [draw_row(row, widths) for row in square(rows)]
    return "\n".join([header, rule(widths), *body]) + "\n"
