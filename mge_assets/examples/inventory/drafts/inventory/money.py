"""Amounts of money in the smallest unit of a currency; never a float."""

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Self

DIGITS = {"EUR": 2, "GBP": 2, "USD": 2, "JPY": 0}


class CurrencyError(ValueError):
    """Two amounts of different currencies, or a currency that is unknown."""


def digits(currency: str) -> int:
    """How many digits the currency has after the point. Raises CurrencyError."""
    if currency not in DIGITS:
        raise CurrencyError(f"unknown currency {currency!r}")
    return DIGITS[currency]


@dataclass(frozen=True)
class Money:
    """An amount: `minor` counts cents, or whatever is smallest."""

    minor: int
    currency: str = "EUR"

    @classmethod
    def of(cls, amount: str, currency: str = "EUR") -> Self:
        """The amount written as a decimal number, rounded half to even."""
        scaled = Decimal(amount).scaleb(digits(currency))
        return cls(int(scaled.quantize(Decimal(1), rounding=ROUND_HALF_EVEN)), currency)

    def __add__(self, other: Self) -> Self:
        same_currency(self, other)
        return type(self)(self.minor + other.minor, self.currency)

    def __sub__(self, other: Self) -> Self:
        same_currency(self, other)
        return type(self)(self.minor - other.minor, self.currency)

    def times(self, count: int) -> Self:
        """The amount, `count` times."""
        return type(self)(self.minor * count, self.currency)

    def percent(self, rate: Decimal) -> Self:
        """This many per cent of the amount, rounded half to even."""
        share = Decimal(self.minor) * rate / 100
        return type(self)(int(share.quantize(Decimal(1), rounding=ROUND_HALF_EVEN)), self.currency)

    def __str__(self) -> str:
        amount = Decimal(self.minor).scaleb(-digits(self.currency))
        return f"{amount:,.{digits(self.currency)}f} {self.currency}"


def same_currency(one: Money, other: Money) -> None:
    """Raises CurrencyError where two amounts can't be added."""
    if one.currency != other.currency:
        raise CurrencyError(f"{one.currency} and {other.currency} can't be mixed")


def total(amounts: list[Money], currency: str = "EUR") -> Money:
    """The sum of amounts; zero of the currency where there are none."""
    return sum(amounts, start=Money(0, currency))


def allocate(amount: Money, shares: list[int]) -> list[Money]:
    """Split an amount by shares without losing a cent: the first parts get what is left over."""
    whole = sum(shares)
    parts = [amount.minor * share // whole for share in shares]
    left = amount.minor - sum(parts)
    return [Money(part + (1 if index < left else 0), amount.currency) for index, part in enumerate(parts)]
