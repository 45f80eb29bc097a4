from decimal import Decimal

import pytest

from inventory.money import CurrencyError, Money, allocate, total


def test_amounts_are_exact():
    assert Money.of("0.10") + Money.of("0.20") == Money.of("0.30")


def test_half_a_cent_is_rounded_to_even():
    assert Money.of("0.125").minor == 12
    assert Money.of("0.135").minor == 14


def test_currencies_do_not_mix():
    with pytest.raises(CurrencyError):
        Money(1, "EUR") + Money(1, "USD")


def test_amounts_are_written_with_their_own_digits():
    assert str(Money(123456)) == "1,234.56 EUR"
    assert str(Money(1234, "JPY")) == "1,234 JPY"


def test_percentages_are_rounded():
    assert Money(199).percent(Decimal(19)) == Money(38)


def test_no_cent_is_lost_in_a_split():
    parts = allocate(Money(100), [1, 1, 1])
    assert [part.minor for part in parts] == [34, 33, 33]
    assert total(parts) == Money(100)


def test_nothing_sums_up_to_nothing():
    assert total([]) == Money(0)
