"""Stock, reservations and prices together."""

from datetime import date, datetime
from decimal import Decimal

from inventory.catalogue import Catalogue
from inventory.money import Money
from inventory.pricing import VolumeDiscount, price
from inventory.reservation import HOLD, Reservations
from inventory.stock import Stock

NOON = datetime(2026, 3, 2, 12, 0)


def test_promised_pieces_come_back_when_time_runs_out():
    catalogue, stock = Catalogue(), Stock()
    tea = catalogue.create("TEA", "Green tea", Money(450))
    stock.receive(tea.sku, 5, date(2026, 3, 1))
    reservations = Reservations(stock)
    reservations.reserve(tea.sku, 5, NOON)
    assert reservations.available(tea.sku, NOON) == 0
    again = reservations.reserve(tea.sku, 5, NOON + HOLD)
    reservations.fulfil(again.number, NOON + HOLD)
    assert stock.level(tea.sku) == 0


def test_a_large_order_is_cheaper():
    catalogue = Catalogue()
    tea = catalogue.create("TEA", "Green tea", Money(500))
    assert price(tea, 10, [VolumeDiscount(10, Decimal(10))], Decimal(0)).total == Money(4500)
