from datetime import date, datetime

import pytest

from inventory.catalogue import Catalogue
from inventory.money import Money
from inventory.orders import Order, OrderError, State, cancel, cost, place, ship
from inventory.reservation import ReservationError, Reservations
from inventory.stock import Stock

NOON = datetime(2026, 3, 2, 12, 0)


def shop():
    catalogue, stock = Catalogue(), Stock()
    tea = catalogue.create("TEA", "Green tea", Money(500)).sku
    mug = catalogue.create("MUG", "Green mug", Money(1000)).sku
    stock.receive(tea, 10, date(2026, 3, 1))
    stock.receive(mug, 1, date(2026, 3, 1))
    return catalogue, Reservations(stock), tea, mug


def test_an_order_goes_from_open_to_shipped():
    _, reservations, tea, _ = shop()
    order = Order()
    order.add(tea, 4)
    place(order, reservations, NOON)
    assert reservations.available(tea, NOON) == 6
    ship(order, reservations, NOON)
    assert order.state is State.SHIPPED
    assert reservations.stock.level(tea) == 6


def test_all_lines_are_reserved_or_none():
    _, reservations, tea, mug = shop()
    order = Order()
    order.add(tea, 4)
    order.add(mug, 2)
    with pytest.raises(ReservationError):
        place(order, reservations, NOON)
    assert reservations.available(tea, NOON) == 10
    assert order.state is State.OPEN


def test_a_cancelled_order_gives_everything_back():
    _, reservations, tea, _ = shop()
    order = Order()
    order.add(tea, 4)
    place(order, reservations, NOON)
    cancel(order, reservations)
    assert reservations.available(tea, NOON) == 10


def test_a_placed_order_can_not_be_changed_nor_an_empty_one_placed():
    _, reservations, tea, _ = shop()
    order = Order()
    with pytest.raises(OrderError):
        place(order, reservations, NOON)
    order.add(tea, 1)
    place(order, reservations, NOON)
    with pytest.raises(OrderError):
        order.add(tea, 1)


def test_the_cost_is_the_sum_of_the_lines_with_tax():
    catalogue, _, tea, mug = shop()
    order = Order()
    order.add(tea, 2)
    order.add(mug, 1)
    assert cost(order, catalogue) == Money(2380)
