"""Orders: lines of items, and the states that an order goes through."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from inventory.catalogue import Catalogue
from inventory.identifiers import Sku
from inventory.money import Money, total
from inventory.pricing import Discount, price
from inventory.reservation import Reservations


class OrderError(ValueError):
    """An order can't do this now."""


class State(Enum):
    """Where an order stands."""

    OPEN = "open"
    PLACED = "placed"
    SHIPPED = "shipped"
    CANCELLED = "cancelled"


NEXT: dict[State, frozenset[State]] = {
    State.OPEN: frozenset({State.PLACED, State.CANCELLED}),
    State.PLACED: frozenset({State.SHIPPED, State.CANCELLED}),
    State.SHIPPED: frozenset(),
    State.CANCELLED: frozenset(),
}


@dataclass
class Order:
    """What somebody buys: pieces by identifier, and the numbers of the reservations that hold them."""

    lines: dict[Sku, int] = field(default_factory=dict)
    state: State = State.OPEN
    reservations: list[int] = field(default_factory=list)

    def add(self, sku: Sku, pieces: int) -> None:
        """Put pieces into the order. Raises OrderError once it is placed."""
        if self.state is not State.OPEN:
            raise OrderError(f"an order that is {self.state.value} can't be changed")
        if pieces <= 0:
            raise OrderError(f"{pieces} pieces can't be ordered")
        self.lines[sku] = self.lines.get(sku, 0) + pieces

    def move(self, state: State) -> None:
        """Go to the next state. Raises OrderError where no way leads there."""
        if state not in NEXT[self.state]:
            raise OrderError(f"an order that is {self.state.value} can't become {state.value}")
        self.state = state


def cost(order: Order, catalogue: Catalogue, rules: tuple[Discount, ...] = ()) -> Money:
    """What the whole order costs, tax included."""
    return total([price(catalogue.get(sku), pieces, rules).total for sku, pieces in order.lines.items()])


def place(order: Order, reservations: Reservations, now: datetime) -> None:
    """Reserve every line, or none of them. Raises OrderError or ReservationError."""
    if not order.lines:
        raise OrderError("an empty order can't be placed")
    done: list[int] = []
    try:
        for sku, pieces in order.lines.items():
            done.append(reservations.reserve(sku, pieces, now).number)
        order.move(State.PLACED)
    except ValueError:
        give_back(done, reservations)
        raise
    order.reservations = done


def give_back(numbers: list[int], reservations: Reservations) -> None:
    """Release reservations that an order holds."""
    for number in numbers:
        reservations.release(number)


def ship(order: Order, reservations: Reservations, now: datetime) -> None:
    """Sell every line. Raises OrderError or ReservationError."""
    order.move(State.SHIPPED)
    for number in order.reservations:
        reservations.fulfil(number, now)
    order.reservations = []


def cancel(order: Order, reservations: Reservations) -> None:
    """Give everything back. Raises OrderError where it is too late."""
    order.move(State.CANCELLED)
    give_back(order.reservations, reservations)
    order.reservations = []
