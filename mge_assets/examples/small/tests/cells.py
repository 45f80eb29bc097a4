import pytest

from tables.cells import is_number, number, pad, show


@pytest.mark.parametrize("text", ["0", "12", "-3.5", "1,200"])
def test_numbers_are_numbers(text):
    assert is_number(text)


@pytest.mark.parametrize("text", ["", "tea", "12 bags"])
def test_words_are_not_numbers(text):
    assert not is_number(text)


def test_thousands_separators_are_read():
    assert number("1,200.5") == 1200.5


def test_numbers_are_shown_as_people_write_them():
    assert show(1200.0) == "1,200"
    assert show(3.14159) == "3.14"


def test_numbers_go_to_the_right_and_words_to_the_left():
    assert pad("12", 4) == "  12"
    assert pad("tea", 4) == "tea "
