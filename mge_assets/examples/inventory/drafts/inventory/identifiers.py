"""Stock keeping units: `AAA-9999-C`, three letters, four digits and a check character."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
MODULUS = 31
PATTERN = re.compile(r"(?P<family>[A-Z]{3})-(?P<number>[0-9]{4})-(?P<check>[0-9A-Z])")


class IdentifierError(ValueError):
    """A text is no identifier; the message says why."""


@dataclass(frozen=True, order=True)
class Sku:
    """An identifier that is known to be well formed."""

    family: str
    number: int

    @property
    def check(self) -> str:
        """The character that guards against typing errors."""
        return check_character(self.family, self.number)

    def __str__(self) -> str:
        return f"{self.family}-{self.number:04d}-{self.check}"


def weight(position: int, character: str) -> int:
    """What one character adds to the checksum; neighbours weigh differently, so that swaps show."""
    return (position + 2) * ALPHABET.index(character)


def check_character(family: str, number: int) -> str:
    """The check character of a family and a number."""
    text = f"{family}{number:04d}"
    checksum = sum(weight(position, character) for position, character in enumerate(text))
    return ALPHABET[checksum % MODULUS]


def normalised(text: str) -> str:
    """The text in capitals, without blanks around it or in it."""
    return re.sub(r"\s+", "", text).upper()


def parse_sku(text: str) -> Sku:
    """The identifier in a text. Raises IdentifierError for a wrong form or a wrong check character."""
    match = PATTERN.fullmatch(normalised(text))
    if match is None:
        raise IdentifierError(f"{text!r} is not of the form AAA-9999-C")
    sku = Sku(match["family"], int(match["number"]))
    if sku.check != match["check"]:
        raise IdentifierError(f"{text!r} has a wrong check character, expected {sku.check}")
    return sku


def next_sku(family: str, taken: Iterable[Sku]) -> Sku:
    """The first free identifier of a family. Raises IdentifierError where all are taken."""
    highest = max((sku.number for sku in taken if sku.family == family), default=0)
    if highest >= 9999:
        raise IdentifierError(f"family {family} is full")
    return Sku(family, highest + 1)
