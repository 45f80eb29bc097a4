"""Contracts: whether what a piece of code defined is still there, called the same way."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from operator import attrgetter

from mge_assets.model.findings import Severity
from mge_assets.stages.validation.definitions import Definition
from mge_assets.stages.validation.spots import Spot

_FIX = "keep the names and parameters that the draft's contract gives: other code calls them"


def outermost(definitions: Sequence[Definition], start: int, end: int) -> list[Definition]:
    """Of definitions in order of where they begin: those that begin between the two offsets, without those inside a function that does too."""
    first, behind = (bisect_left(definitions, byte, key=attrgetter("start")) for byte in (start, end))
    inside = definitions[first:behind]
    functions = [definition for definition in inside if definition.kind == "function"]
    return [one for one in inside if not any(other is not one and other.start <= one.start and one.end <= other.end for other in functions)]


def broken(wanted: Sequence[Definition], found: Sequence[Definition], byte: int, line: int) -> Iterator[Spot]:
    """A spot for each definition that is gone or is called another way now; where one is gone the spot stands at ``byte`` and ``line``."""
    for definition in wanted:
        # A name may be defined more than once (overloads, branches of an if): one of the same shape is enough.
        same = [other for other in found if other.name == definition.name and other.kind == definition.kind]
        if not same:
            yield Spot("contract.missing", Severity.ERROR, f"{definition.kind} {definition.name} is gone", _FIX, byte, line)
        elif all(other.calls != definition.calls for other in same):
            message = f"{definition.name} is called as {same[0].calls} now and was {definition.calls}"
            yield Spot("contract.changed", Severity.ERROR, message, _FIX, same[0].start, same[0].line)
