"""Whether a text that code gives a name to is a secret, by the patterns of ``rules/secrets.json``."""

import re
from functools import cache

from mge_assets.stages.validation.rules import table


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], ...], re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    data = table("secrets")
    values = tuple(re.compile(pattern) for pattern in data["values"])
    return values, re.compile(data["names"], re.IGNORECASE), re.compile(data["shape"]), re.compile(data["harmless"])


def is_secret(name: str, value: str) -> bool:
    """True for a value in the form of a known kind of key, and for a random-looking value under a name such as ``api_key``."""
    values, names, shape, harmless = _patterns()
    if harmless.search(value):
        return False
    return any(pattern.search(value) for pattern in values) or bool(names.search(name) and shape.match(value))
