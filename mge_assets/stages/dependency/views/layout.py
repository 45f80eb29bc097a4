"""Where things stand in a picture: waves are columns, and inside a column neighbours stand level with what they are connected with."""

import math
from collections.abc import Iterable, Sequence

SWEEPS = 8
COLUMN, ROW = 240, 30
"""Distances in pixels: a label of 30 letters fits between two columns."""
_GAP = 50
_FEWEST_ROWS = 12
_SHAPE = 4.0
"""Rows are wrapped so that the whole is about twice as wide as it is high."""


def ordered_columns(columns: Sequence[Sequence[str]], links: Iterable[tuple[str, str]], sweeps: int = SWEEPS) -> list[list[str]]:
    """The columns' members, ordered by the mean place of what they are connected with (barycentre sweeps); what is connected with nothing comes last."""
    near: dict[str, list[str]] = {}
    for source, target in links:
        near.setdefault(source, []).append(target)
        near.setdefault(target, []).append(source)
    rows = [list(column) for column in columns]
    place = {name: number / max(len(column), 1) for column in rows for number, name in enumerate(column)}
    for sweep in range(sweeps):
        for column in rows if sweep % 2 == 0 else rows[::-1]:
            means = {name: sum(place[other] for other in near[name]) / len(near[name]) if name in near else 2.0 for name in column}
            column.sort(key=lambda name: (means[name], name))
            place.update({name: number / max(len(column), 1) for number, name in enumerate(column)})
    return rows


def positions(columns: Sequence[Sequence[str]], row: int = ROW) -> tuple[dict[str, tuple[int, int]], list[int]]:
    """A place for every member, and the left edge of every column. A column that is too tall goes on beside itself; ``row`` is a row's height."""
    total = sum(len(column) for column in columns)
    rows = max(_FEWEST_ROWS, math.ceil(math.sqrt(_SHAPE * total)))
    spot: dict[str, tuple[int, int]] = {}
    lefts: list[int] = []
    left = 0
    for column in columns:
        lefts.append(left)
        wide = max(1, -(-len(column) // rows))
        tall = -(-len(column) // wide) if column else 0
        for number, name in enumerate(column):
            spot[name] = (left + number // tall * COLUMN, (number % tall) * row)
        left += wide * COLUMN + (_GAP if wide > 1 else 0)
    return spot, lefts


def few_columns(numbers: Sequence[int], members: int) -> list[int]:
    """Which column each of these sorted numbers goes into, so that there are not many more columns than rows; neighbours share one."""
    most = max(4, math.ceil(1.3 * math.sqrt(members)))
    if len(numbers) <= most:
        return list(range(len(numbers)))
    return [place * most // len(numbers) for place in range(len(numbers))]
