from decimal import Decimal

from inventory.catalogue import Item
from inventory.identifiers import Sku
from inventory.money import Money
from inventory.pricing import FreePieces, TagDiscount, VolumeDiscount, best_discount, price

TEA = Item(Sku("TEA", 1), "Green tea", Money(500), tags=frozenset({"organic"}))
TEN_FROM_FIVE = VolumeDiscount(5, Decimal(10))
FIVE_ON_ORGANIC = TagDiscount("organic", Decimal(5))
FOURTH_FREE = FreePieces(4)


def test_volume_counts_from_its_least_number_on():
    assert TEN_FROM_FIVE.off(TEA, 4) == Money(0)
    assert TEN_FROM_FIVE.off(TEA, 5) == Money(250)


def test_a_tag_counts_for_items_that_carry_it():
    assert FIVE_ON_ORGANIC.off(TEA, 2) == Money(50)
    assert TagDiscount("new", Decimal(5)).off(TEA, 2) == Money(0)


def test_every_fourth_is_free():
    assert FOURTH_FREE.off(TEA, 9) == Money(1000)


def test_the_largest_discount_wins_and_they_do_not_add_up():
    assert best_discount(TEA, 8, [TEN_FROM_FIVE, FIVE_ON_ORGANIC, FOURTH_FREE]) == Money(1000)


def test_no_rule_takes_nothing_off():
    assert best_discount(TEA, 8, []) == Money(0)


def test_tax_is_on_what_is_left():
    line = price(TEA, 5, [TEN_FROM_FIVE], tax=Decimal(20))
    assert line.net == Money(2250)
    assert line.total == Money(2700)
