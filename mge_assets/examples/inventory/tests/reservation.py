from datetime import date, datetime, timedelta

import pytest

from inventory.identifiers import Sku
from inventory.reservation import HOLD, ReservationError, Reservations
from inventory.stock import Stock

TEA = Sku("TEA", 1)
NOON = datetime(2026, 3, 2, 12, 0)


def shop():
    stock = Stock()
    stock.receive(TEA, 10, date(2026, 3, 1))
    return Reservations(stock)


def test_reserved_pieces_are_not_available_to_others():
    reservations = shop()
    reservations.reserve(TEA, 7, NOON)
    assert reservations.available(TEA, NOON) == 3
    with pytest.raises(ReservationError, match="3 available"):
        reservations.reserve(TEA, 4, NOON)


def test_a_reservation_that_has_run_out_holds_nothing():
    reservations = shop()
    reservations.reserve(TEA, 7, NOON)
    assert reservations.available(TEA, NOON + HOLD) == 10


def test_released_pieces_are_available_again():
    reservations = shop()
    reservations.release(reservations.reserve(TEA, 7, NOON).number)
    assert reservations.available(TEA, NOON) == 10


def test_fulfilling_sells_the_pieces():
    reservations = shop()
    number = reservations.reserve(TEA, 7, NOON).number
    reservations.fulfil(number, NOON)
    assert reservations.stock.level(TEA) == 3
    with pytest.raises(ReservationError):
        reservations.fulfil(number, NOON)


def test_an_extension_counts_from_now():
    reservations = shop()
    number = reservations.reserve(TEA, 1, NOON).number
    later = NOON + timedelta(minutes=20)
    assert reservations.extend(number, later).until == later + HOLD


def test_a_sweep_forgets_what_has_run_out():
    reservations = shop()
    reservations.reserve(TEA, 1, NOON)
    reservations.reserve(TEA, 1, NOON + HOLD)
    assert reservations.sweep(NOON + HOLD) == 1
    assert len(reservations.held) == 1


@pytest.mark.parametrize("pieces", [0, -1])
def test_nothing_can_not_be_reserved(pieces):
    with pytest.raises(ReservationError):
        shop().reserve(TEA, pieces, NOON)
