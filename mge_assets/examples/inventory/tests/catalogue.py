import pytest

from inventory.catalogue import Catalogue, UnknownItemError, read_catalogue
from inventory.identifiers import Sku
from inventory.money import Money


def shop():
    catalogue = Catalogue()
    catalogue.create("TEA", "Green tea", Money(450))
    catalogue.create("TEA", "Black tea", Money(390))
    catalogue.create("MUG", "Green mug", Money(1200))
    return catalogue


def test_new_items_get_the_next_identifier():
    assert [str(item.sku)[:8] for item in shop()] == ["MUG-0001", "TEA-0001", "TEA-0002"]


def test_items_are_found_by_all_of_their_words():
    assert [item.name for item in shop().search("GREEN")] == ["Green mug", "Green tea"]
    assert [item.name for item in shop().search("tea green")] == ["Green tea"]
    assert shop().search("coffee") == []


def test_unknown_items_are_an_error():
    with pytest.raises(UnknownItemError):
        shop().get(Sku("POT", 1))


def test_broken_rows_are_counted_and_left_out():
    good = {"sku": str(Sku("TEA", 1)), "name": "Green tea", "price": "4.50"}
    rows = [good, {**good, "sku": "?"}, {**good, "price": "much"}, {"name": "no identifier"}]
    catalogue, broken = read_catalogue(rows)
    assert len(catalogue) == 1
    assert broken == 3
