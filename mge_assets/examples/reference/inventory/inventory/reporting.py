"""Reports that people read: what is there, what it is worth, what sells."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from inventory.catalogue import Catalogue, Item
from inventory.money import Money, total
from inventory.stock import Stock, between, turnover

HEADER = ("SKU", "Name", "Pieces", "Value")


@dataclass(frozen=True)
class Line:
    """One item in a report."""

    item: Item
    pieces: int

    @property
    def value(self) -> Money:
        """The list price of all pieces."""
        return self.item.price.times(self.pieces)

    def cells(self) -> tuple[str, ...]:
        """The line as it is printed."""
        return (str(self.item.sku), self.item.name, str(self.pieces), str(self.value))


def stock_lines(catalogue: Catalogue, stock: Stock) -> list[Line]:
    """A line for each item that is there."""
    lines = [Line(item, stock.level(item.sku)) for item in catalogue]
    return [line for line in lines if line.pieces]


def stock_value(catalogue: Catalogue, stock: Stock) -> Money:
    """What everything in stock is worth at list price."""
    return total([line.value for line in stock_lines(catalogue, stock)])


def column_widths(rows: list[tuple[str, ...]]) -> list[int]:
    """The width of every column."""
    return [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]


def markdown_row(cells: Iterable[str], widths: list[int]) -> str:
    """One row of a Markdown table."""
    padded = [cell.ljust(width) for cell, width in zip(cells, widths, strict=True)]
    return f"| {' | '.join(padded)} |"


def markdown_table(rows: list[tuple[str, ...]]) -> str:
    """A Markdown table; the first row is its header."""
    widths = column_widths(rows)
    header, *body = [markdown_row(row, widths) for row in rows]
    rule = markdown_row(["-" * width for width in widths], widths)
    return "\n".join([header, rule, *body]) + "\n"


def stock_report(catalogue: Catalogue, stock: Stock) -> str:
    """What is there, as a Markdown table with the whole value in its last row."""
    lines = stock_lines(catalogue, stock)
    last = ("", "Total", str(sum(line.pieces for line in lines)), str(stock_value(catalogue, stock)))
    return markdown_table([HEADER, *(line.cells() for line in lines), last])


def best_sellers(catalogue: Catalogue, stock: Stock, first: date, last: date) -> list[Line]:
    """Items sold in a span of days, most pieces first."""
    sold = turnover(between(stock.movements, first, last))
    ranked = sorted(sold.items(), key=lambda entry: (-entry[1], entry[0]))
    return [Line(catalogue.get(sku), pieces) for sku, pieces in ranked]
