from datetime import date
from pathlib import Path

import pytest

from inventory.catalogue import Catalogue
from inventory.money import Money
from inventory.stock import Stock
from inventory.storage import StorageError, default_path, dump, load, read, save


def shop():
    catalogue, stock = Catalogue(), Stock()
    tea = catalogue.create("TEA", "Green tea", Money(450)).sku
    stock.receive(tea, 10, date(2026, 3, 1))
    stock.sell(tea, 3, date(2026, 3, 2))
    return catalogue, stock


def test_what_is_saved_is_read_again(tmp_path):
    catalogue, stock = shop()
    save(tmp_path / "shop.json", catalogue, stock)
    assert read(tmp_path / "shop.json") == (catalogue, stock)
    assert [path.name for path in tmp_path.iterdir()] == ["shop.json"]


def test_no_file_is_an_empty_shop(tmp_path):
    assert read(tmp_path / "none.json") == (Catalogue(), Stock())


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"version": 99}'])
def test_broken_files_are_refused(text):
    with pytest.raises(StorageError):
        load(text)


def test_the_text_is_stable():
    assert dump(*shop()) == dump(*load(dump(*shop())))


def test_the_place_has_a_name():
    assert isinstance(default_path(), Path)
    assert default_path().suffix == ".json"
