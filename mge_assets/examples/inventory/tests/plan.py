"""The whole: from a delivery to a report, and back from the file."""

from datetime import date, datetime

from inventory.catalogue import Catalogue
from inventory.money import Money
from inventory.orders import Order, place, ship
from inventory.reporting import stock_report
from inventory.reservation import Reservations
from inventory.stock import Stock
from inventory.storage import read, save

NOON = datetime(2026, 3, 2, 12, 0)


def test_from_delivery_to_report(tmp_path):
    catalogue, stock = Catalogue(), Stock()
    tea = catalogue.create("TEA", "Green tea", Money(450)).sku
    stock.receive(tea, 10, date(2026, 3, 1))
    order, reservations = Order(), Reservations(stock)
    order.add(tea, 4)
    place(order, reservations, NOON)
    ship(order, reservations, NOON)
    save(tmp_path / "shop.json", catalogue, stock)
    assert "27.00 EUR" in stock_report(*read(tmp_path / "shop.json"))
