from datetime import date

import pytest

from inventory.identifiers import Sku
from inventory.stock import Stock, StockError, between, running_out, turnover

TEA, MUG = Sku("TEA", 1), Sku("MUG", 1)
MONDAY, TUESDAY, FRIDAY = date(2026, 3, 2), date(2026, 3, 3), date(2026, 3, 6)


def shop():
    stock = Stock()
    stock.receive(TEA, 10, MONDAY)
    stock.receive(MUG, 4, MONDAY)
    stock.sell(TEA, 3, TUESDAY)
    stock.sell(TEA, 2, FRIDAY)
    return stock


def test_the_level_is_the_sum_of_the_movements():
    stock = shop()
    assert stock.level(TEA) == 5
    assert stock.level(TEA) == sum(entry.pieces for entry in stock.movements if entry.sku == TEA)


def test_more_than_there_is_can_not_be_sold():
    stock = shop()
    with pytest.raises(StockError, match="6 wanted, 5 there"):
        stock.sell(TEA, 6, FRIDAY)
    assert stock.level(TEA) == 5


def test_a_count_corrects_the_level():
    stock = shop()
    assert stock.correct(TEA, 4, FRIDAY) == -1
    assert stock.correct(TEA, 4, FRIDAY) == 0
    assert stock.level(TEA) == 4


def test_spans_include_both_ends():
    assert len(between(shop().movements, MONDAY, TUESDAY)) == 3


def test_turnover_counts_what_was_sold():
    assert turnover(shop().movements) == {TEA: 5}


def test_what_runs_out_is_named_emptiest_first():
    assert running_out(shop(), {TEA: 6, MUG: 5}) == [MUG, TEA]
    assert running_out(shop(), {TEA: 5}) == []
