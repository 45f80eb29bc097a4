"""A finished table from comma-separated text."""

import csv
import io

from tables.cells import is_number, number, show
from tables.grid import Row, draw, square


def read_rows(text: str) -> list[Row]:
    """The rows of comma-separated text; empty lines are left out, cells are trimmed."""
    reader = csv.reader(io.StringIO(text), skipinitialspace=True)
    return [[cell.strip() for cell in row] for row in reader if row]


def total(column: list[str]) -> str:
    """The sum of a column, or an empty text where one of its cells is no number."""
    if not column or not all(is_number(cell) for cell in column):
        return ""
    return show(sum(number(cell) for cell in column))


def totals(body: list[Row]) -> Row:
    """One cell for each column: its total."""
    return [total(list(column)) for column in zip(*square(body), strict=True)]


def with_totals(rows: list[Row]) -> list[Row]:
    """The rows and, where any column can be summed, a last row of totals."""
    last = totals(rows[1:])
    if not any(last):
        return rows
    label = last[0] or "Total"
    return [*rows, [label, *last[1:]]]


def report(text: str) -> str:
    """The table of comma-separated text whose first line is the header."""
    return draw(with_totals(read_rows(text)))
