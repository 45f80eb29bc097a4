import pytest

from inventory.identifiers import IdentifierError, Sku, next_sku, parse_sku


def test_what_is_written_is_read_again():
    sku = Sku("TEA", 42)
    assert parse_sku(str(sku)) == sku


def test_blanks_and_case_do_not_matter():
    sku = Sku("TEA", 42)
    assert parse_sku(f" {str(sku).lower()} ") == sku


def test_swapped_digits_are_noticed():
    text = str(Sku("TEA", 1234))
    with pytest.raises(IdentifierError, match="check character"):
        parse_sku(text.replace("1234", "2134"))


@pytest.mark.parametrize("text", ["", "TEA", "TEA-12-X", "1EA-0001-X"])
def test_other_forms_are_refused(text):
    with pytest.raises(IdentifierError):
        parse_sku(text)


def test_the_next_identifier_follows_the_highest_of_its_family():
    assert next_sku("TEA", [Sku("TEA", 7), Sku("TEA", 3), Sku("MUG", 90)]) == Sku("TEA", 8)
    assert next_sku("POT", []) == Sku("POT", 1)


def test_a_full_family_has_no_next():
    with pytest.raises(IdentifierError, match="full"):
        next_sku("TEA", [Sku("TEA", 9999)])
