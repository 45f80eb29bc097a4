"""Plain values to call a function with: of each type the edges and an ordinary one, the values that the code itself compares with, and their neighbours."""

import json
from collections.abc import Iterable, Sequence
from itertools import product

from mge_assets.stages.atomization.value_types import ANY, ValueType

MOST = 8
"""Values tried for one parameter."""
_PLAIN: dict[str, tuple[object, ...]] = {
    "string": ("abc", "", "A b, c", "ß1-x", "12"),
    "integer": (3, 0, 1, -1, 100),
    "number": (3, 0, 1, -1, 2.5),
    "float": (2.5, 0.0, 1.0, -1.5, 100.0),
    "boolean": (True, False),
    "bytes": (b"abc", b"", b"\xff\x00"),
    "none": (None,),
    "any": (3, "abc", [3, 1, 2], {"a": 1}, 0, "", None, []),
    "list": ([3, 1, 2], [], ["b", "a"]),
    "mapping": ({"a": 1, "b": 2}, {}),
    "tuple": ((1, 2), ()),
    "set": ({1, 2, 3}, set()),
}


def values_of(kind: ValueType) -> list[object]:  # noqa: PLR0911 - a table of types
    """Values of a type, the most ordinary first; none where the type is not one of plain data."""
    match kind.name:
        case "literal":
            return [kind.value]
        case "union":
            return _first_of_each([values_of(part) for part in kind.parts])
        case "list" if kind.parts:
            return _lists(values_of(kind.parts[0]))
        case "set" if kind.parts:
            return [set(filter(_hashable, one)) for one in _lists(values_of(kind.parts[0])) if isinstance(one, list)]
        case "mapping" if len(kind.parts) == 2:
            return _mappings(values_of(kind.parts[0]), values_of(kind.parts[1]))
        case "tuple" if kind.parts:
            return _tuples(kind.parts)
        case "fields":
            return _objects(kind.fields)
        case _:
            return list(_PLAIN.get(kind.name, ()))


def _first_of_each(columns: Sequence[Sequence[object]]) -> list[object]:
    """One of each column in turn: a union's members all get their say."""
    longest = max(map(len, columns), default=0)
    return unique(column[row] for row in range(longest) for column in columns if row < len(column))


def _lists(items: Sequence[object]) -> list[object]:
    if not items:
        return []
    several = [*items[:3], items[0]]
    return unique([several, [], [items[0]], list(reversed(several[:3]))])


def _mappings(keys: Sequence[object], values: Sequence[object]) -> list[object]:
    keys = [key for key in keys if _hashable(key)]
    if not keys or not values:
        return []
    both = {key: values[index % len(values)] for index, key in enumerate(keys[:2])}
    return [both, {}, {keys[0]: values[0]}]


def _tuples(parts: Sequence[ValueType]) -> list[object]:
    if parts[-1].name == "rest":
        return [tuple(one) for one in _lists(values_of(parts[0])) if isinstance(one, list)]
    return [tuple(chosen) for chosen in _few([values_of(part) for part in parts])]


def _objects(fields: Sequence[tuple[str, ValueType]]) -> list[object]:
    chosen = _few([values_of(kind) for _, kind in fields])
    names = [name.rstrip("?") for name, _ in fields]
    needed = [not name.endswith("?") for name, _ in fields]
    found: list[object] = [dict(zip(names, one, strict=True)) for one in chosen]
    if found and not all(needed):
        found.insert(1, {name: value for name, value, must in zip(names, chosen[0], needed, strict=True) if must})
    return found


def _few(columns: Sequence[Sequence[object]]) -> list[tuple[object, ...]]:
    """The ordinary row, and rows that differ from it in one column; none where a column is empty."""
    return combinations(columns, 4)


def combinations(columns: Sequence[Sequence[object]], most: int) -> list[tuple[object, ...]]:
    """Rows of one value each: the first of all, then each column varied alone in turn, then all together, at most so many."""
    if not all(columns):
        return []
    base = tuple(column[0] for column in columns)
    rows = [base]
    for step in range(1, max(map(len, columns), default=1)):
        rows += [(*base[:at], column[step], *base[at + 1 :]) for at, column in enumerate(columns) if step < len(column)]
    if len(columns) > 1 and len(rows) < most:
        rows += list(product(*(column[1:3] for column in columns)))[: most - len(rows)]
    kept: list[tuple[object, ...]] = []
    for row in rows:
        if len(kept) < most and not any(same(row, other) for other in kept):
            kept.append(row)
    return kept


def neighbours(value: object) -> list[object]:
    """A value that the code compares with, and those beside it."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return [value]
    return [value, value - 1, value + 1]


def admits(kind: ValueType, value: object) -> bool:
    """Whether a value that stands in the code may be an argument of this type."""
    if kind.name == "union":
        return any(admits(part, value) for part in kind.parts)
    if kind == ANY or kind.name == "unknown":
        return True
    wanted: dict[str, tuple[type, ...]] = {"string": (str,), "integer": (int,), "number": (int, float), "float": (int, float)}
    return isinstance(value, wanted.get(kind.name, ())) and not isinstance(value, bool)


def same(one: object, other: object) -> bool:
    """Equal and of one type, so that ``1``, ``1.0`` and ``True`` are three values."""
    return repr(one) == repr(other)


def unique(values: Iterable[object]) -> list[object]:
    """The values in order, each once."""
    return list({repr(value): value for value in values}.values())


def _hashable(value: object) -> bool:
    return not isinstance(value, list | dict | set)


def written_in_python(values: tuple[object, ...]) -> str:
    """Arguments as a literal of a tuple."""
    return repr(values)


def written_in_json(values: tuple[object, ...]) -> str:
    """Arguments as a JSON array; empty where one has no such form."""
    try:
        return json.dumps(values, ensure_ascii=False, sort_keys=False)
    except (TypeError, ValueError):
        return ""
