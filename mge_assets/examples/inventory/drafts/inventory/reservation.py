"""Reservations: pieces that are promised for a while before they are sold."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from inventory.identifiers import Sku
from inventory.stock import Stock

HOLD = timedelta(minutes=30)


class ReservationError(ValueError):
    """Pieces can't be reserved, or a reservation is not known."""


@dataclass(frozen=True)
class Reservation:
    """Pieces held for somebody until a moment."""

    number: int
    sku: Sku
    pieces: int
    until: datetime

    def active(self, now: datetime) -> bool:
        """True while the pieces are still held."""
        return now < self.until


@dataclass
class Reservations:
    """All reservations on a stock."""

    stock: Stock
    held: dict[int, Reservation] = field(default_factory=dict)
    last: int = 0

    def promised(self, sku: Sku, now: datetime) -> int:
        """Pieces that active reservations hold."""
        return sum(entry.pieces for entry in self.held.values() if entry.sku == sku)

    def available(self, sku: Sku, now: datetime) -> int:
        """Pieces that are there and not promised to anybody."""
        return self.stock.level(sku) - self.promised(sku, now)

    def reserve(self, sku: Sku, pieces: int, now: datetime) -> Reservation:
        """Hold pieces for half an hour. Raises ReservationError where too few are available."""
        free = self.available(sku, now)
        if not 0 < pieces <= free:
            raise ReservationError(f"{sku}: {pieces} wanted, {free} available")
        self.last += 1
        entry = Reservation(self.last, sku, pieces, now + HOLD)
        self.held[entry.number] = entry
        return entry

    def release(self, number: int) -> None:
        """Give the pieces back. Raises ReservationError for an unknown number."""
        if self.held.pop(number, None) is None:
            raise ReservationError(f"no reservation {number}")

    def fulfil(self, number: int, now: datetime) -> None:
        """Sell what was reserved. Raises ReservationError where it is unknown or has run out."""
        entry = self.held.get(number)
        if entry is None or not entry.active(now):
            raise ReservationError(f"reservation {number} is unknown or has run out")
        self.stock.sell(entry.sku, entry.pieces, now.date())
        del self.held[number]

    def extend(self, number: int, now: datetime) -> Reservation:
        """Hold the pieces for another half hour from now. Raises ReservationError."""
        entry = self.held.get(number)
        if entry is None or not entry.active(now):
            raise ReservationError(f"reservation {number} is unknown or has run out")
        longer = Reservation(number, entry.sku, entry.pieces, now + HOLD)
        self.held[number] = longer
        return longer

    def sweep(self, now: datetime) -> int:
        """Forget reservations that have run out; gives how many."""
        over = [number for number, entry in self.held.items() if not entry.active(now)]
        for number in over:
            del self.held[number]
        return len(over)
