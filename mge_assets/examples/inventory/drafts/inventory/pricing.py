"""What an order line costs: the list price, the best discount, and tax."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from inventory.catalogue import Item
from inventory.money import Money

TAX = Decimal(19)


class Discount(Protocol):
    """A rule that takes something off the price of a line."""

    def off(self, item: Item, pieces: int) -> Money:
        """What is taken off; zero where the rule does not apply."""
        ...


@dataclass(frozen=True)
class VolumeDiscount:
    """So many per cent off from a number of pieces."""

    least: int
    rate: Decimal

    def off(self, item: Item, pieces: int) -> Money:
        """The percentage of the line, from the least number on."""
        if pieces < self.least:
            return Money(0, item.price.currency)
        return item.price.times(pieces).percent(self.rate)


@dataclass(frozen=True)
class TagDiscount:
    """So many per cent off for items that carry a tag."""

    tag: str
    rate: Decimal

    def off(self, item: Item, pieces: int) -> Money:
        """The percentage of the line, for items with the tag."""
        if self.tag not in item.tags:
            return Money(0, item.price.currency)
        return item.price.times(pieces).percent(self.rate)


@dataclass(frozen=True)
class FreePieces:
    """One piece free for every so many."""

    every: int

    def off(self, item: Item, pieces: int) -> Money:
        """The price of the free pieces."""
        return item.price.times(pieces // self.every)


@dataclass(frozen=True)
class Price:
    """A line's price: before the discount, the discount, and the tax on the rest."""

    gross: Money
    discount: Money
    tax: Money

    @property
    def net(self) -> Money:
        """What is left after the discount."""
        return self.gross - self.discount

    @property
    def total(self) -> Money:
        """What is paid."""
        return self.net + self.tax


def best_discount(item: Item, pieces: int, rules: Sequence[Discount]) -> Money:
    """The largest of the discounts; they don't add up. Zero where there is no rule."""
    raise NotImplementedError


def price(item: Item, pieces: int, rules: Sequence[Discount] = (), tax: Decimal = TAX) -> Price:
    """The price of so many pieces of an item."""
    gross = item.price.times(pieces)
    discount = best_discount(item, pieces, rules)
    return Price(gross, discount, (gross - discount).percent(tax))
