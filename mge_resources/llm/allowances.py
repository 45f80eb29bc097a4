"""What a server says of its rate limits with every answer, read from its headers."""

from collections.abc import Iterator, Mapping
from math import isfinite

from mge_resources.llm.port import Allowance

NAMES = ("requests", "tokens", "input-tokens", "output-tokens")


def read_allowances(headers: Mapping[str, str]) -> tuple[Allowance, ...]:
    """The limits that the headers tell of whole; nothing for those that are missing or nonsense."""
    return tuple(_told(headers))


def _told(headers: Mapping[str, str]) -> Iterator[Allowance]:
    for name in NAMES:
        try:
            limit, left = (float(headers.get(f"anthropic-ratelimit-{name}-{what}", "")) for what in ("limit", "remaining"))
        except ValueError:
            continue
        if isfinite(limit) and isfinite(left) and limit > 0 and left >= 0:
            yield Allowance(name, limit, left)
