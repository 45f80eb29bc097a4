from datetime import date

from inventory.catalogue import Catalogue
from inventory.money import Money
from inventory.reporting import best_sellers, column_widths, markdown_table, stock_report, stock_value
from inventory.stock import Stock

MARCH = date(2026, 3, 1), date(2026, 3, 31)


def shop():
    catalogue, stock = Catalogue(), Stock()
    tea = catalogue.create("TEA", "Green tea", Money(450)).sku
    mug = catalogue.create("MUG", "Mug", Money(1200)).sku
    catalogue.create("POT", "Pot", Money(3000))
    for sku in (tea, mug):
        stock.receive(sku, 10, date(2026, 2, 1))
    stock.sell(mug, 2, date(2026, 3, 5))
    stock.sell(tea, 5, date(2026, 3, 31))
    stock.sell(tea, 1, date(2026, 4, 1))
    return catalogue, stock


def test_a_column_is_as_wide_as_its_widest_cell():
    assert column_widths([("a", "bb"), ("ccc", "d")]) == [3, 2]


def test_tables_are_markdown():
    assert markdown_table([("a", "bb"), ("ccc", "d")]) == "| a   | bb |\n| --- | -- |\n| ccc | d  |\n"


def test_the_value_counts_every_piece():
    assert stock_value(*shop()) == Money(4 * 450 + 8 * 1200)


def test_the_report_leaves_out_what_is_not_there_and_ends_in_a_total():
    report = stock_report(*shop())
    assert "Pot" not in report
    assert "114.00 EUR" in report.splitlines()[-1]


def test_best_sellers_of_a_span_come_most_pieces_first():
    lines = best_sellers(*shop(), *MARCH)
    assert [(line.item.name, line.pieces) for line in lines] == [("Green tea", 5), ("Mug", 2)]
