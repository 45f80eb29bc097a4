"""Stock as a ledger of movements: what is there is the sum of what came and went."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from enum import Enum

from inventory.identifiers import Sku


class StockError(ValueError):
    """A movement would leave less than nothing, or moves nothing at all."""


class Reason(Enum):
    """Why stock moved."""

    DELIVERY = "delivery"
    SALE = "sale"
    LOSS = "loss"
    COUNT = "count"


@dataclass(frozen=True)
class Movement:
    """Pieces that came (positive) or went (negative) on a day."""

    sku: Sku
    pieces: int
    reason: Reason
    day: date


@dataclass
class Stock:
    """The ledger and the levels that follow from it."""

    movements: list[Movement] = field(default_factory=list)
    levels: Counter[Sku] = field(default_factory=Counter)

    def level(self, sku: Sku) -> int:
        """Pieces that are there."""
        return self.levels[sku]

    def record(self, movement: Movement) -> None:
        """Write a movement down. Raises StockError, and then nothing is written."""
        check(movement, self.level(movement.sku))
        self.movements.append(movement)
        self.levels[movement.sku] += movement.pieces

    def receive(self, sku: Sku, pieces: int, day: date) -> None:
        """Take a delivery in."""
        self.record(Movement(sku, pieces, Reason.DELIVERY, day))

    def sell(self, sku: Sku, pieces: int, day: date) -> None:
        """Hand pieces out."""
        self.record(Movement(sku, -pieces, Reason.SALE, day))

    def correct(self, sku: Sku, counted: int, day: date) -> int:
        """Make the level what was counted; gives the difference."""
        difference = counted - self.level(sku)
        if difference:
            self.record(Movement(sku, difference, Reason.COUNT, day))
        return difference


def check(movement: Movement, level: int) -> None:
    """Raises StockError for a movement that can't be."""
    if movement.pieces == 0:
        raise StockError("a movement of nothing")
    if level + movement.pieces < 0:
        raise StockError(f"{movement.sku}: {-movement.pieces} wanted, {level} there")


def between(movements: Iterable[Movement], first: date, last: date) -> list[Movement]:
    """The movements of a span of days, both ends included."""
    return [movement for movement in movements if first <= movement.day <= last]


def turnover(movements: Iterable[Movement]) -> Counter[Sku]:
    """Pieces sold, by identifier."""
    sold: Counter[Sku] = Counter()
    for movement in movements:
        if movement.reason is Reason.SALE:
            sold[movement.sku] -= movement.pieces
    return sold


def running_out(stock: Stock, minimum: dict[Sku, int]) -> list[Sku]:
    """Identifiers whose level is under their minimum, the emptiest first."""
    short = [sku for sku, least in minimum.items() if stock.level(sku) < least]
    return sorted(short, key=lambda sku: (stock.level(sku), sku))
