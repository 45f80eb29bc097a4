"""One cell of a table: what it holds, and how it is padded."""

import re

NUMBER = re.compile(r"-?[0-9][0-9,]*(\.[0-9]+)?")


def is_number(text: str) -> bool:
    """True where the text is a number, thousands separators allowed."""
    return NUMBER.fullmatch(text) is not None


def number(text: str) -> float:
    """The number that the text stands for. Raises ValueError for words."""
    return float(text.replace(",", ""))


def show(value: float) -> str:
    """A number as people write it: no point where it is whole, else two digits after it."""
    if value == int(value):
        return f"{int(value):,}"
    return f"{value:,.2f}"


def pad(text: str, width: int) -> str:
    """The text at this width: numbers to the right, words to the left."""
    if is_number(text):
        return text.rjust(width)
    return text.ljust(width)
