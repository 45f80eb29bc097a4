"""Plain data as JSON by its exact type, so that what code returns can be compared without trusting how it compares.

Standard library only: this very file is also read by the program that makes the calls inside the sandbox.
"""

from typing import Any, TypeAlias

Plain: TypeAlias = Any
"""None, booleans, numbers, text, bytes, and lists, tuples, sets and dictionaries of such; what types can't say is checked when it is read."""

DEEPEST = 60
_SEQUENCES = {"list": list, "tuple": tuple, "set": set, "frozenset": frozenset}


class NotPlainError(ValueError):
    """The value is no plain data: None, booleans, numbers, text, bytes, and lists, tuples, sets and dictionaries of such."""


def to_json(value: Plain, depth: int = 0) -> Plain:
    """The value as JSON can say it. Raises NotPlainError, also for a type derived from a plain one."""
    kind = type(value)
    if value is None or kind in (bool, str):
        return value
    if kind is int:
        return {"int": hex(value)}
    if kind is float:
        return {"float": value.hex()}
    if kind is bytes:
        return {"bytes": value.hex()}
    if depth < DEEPEST and kind is dict:
        return {"dict": [[to_json(key, depth + 1), to_json(part, depth + 1)] for key, part in value.items()]}
    if depth < DEEPEST and _SEQUENCES.get(kind.__name__) is kind:
        return {kind.__name__: [to_json(part, depth + 1) for part in value]}
    raise NotPlainError(f"a value of type {kind.__name__}")


def from_json(said: Plain, depth: int = 0) -> Plain:
    """The value back. Raises NotPlainError for what ``to_json`` does not say."""
    if said is None or isinstance(said, (bool, str)):
        return said
    if depth > DEEPEST or not isinstance(said, dict) or len(said) != 1:
        raise NotPlainError("no plain data")
    ((kind, body),) = said.items()
    try:
        if kind == "int":
            return int(body, 16)
        if kind == "float":
            return float.fromhex(body)
        if kind == "bytes":
            return bytes.fromhex(body)
        if kind == "dict":
            return {from_json(key, depth + 1): from_json(part, depth + 1) for key, part in body}
        return _SEQUENCES[kind](from_json(part, depth + 1) for part in body)
    except (KeyError, TypeError, ValueError) as error:
        raise NotPlainError(f"no plain data: {error}") from None


def same(left: Plain, right: Plain) -> bool:
    """Whether two plain values are equal, type for type: 1 is not 1.0 nor True; a NaN is the same as a NaN."""
    if type(left) is not type(right):
        return False
    if isinstance(left, (list, tuple)):
        return len(left) == len(right) and all(same(one, other) for one, other in zip(left, right, strict=True))
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(same(part, right[key]) for key, part in left.items())
    return bool(left == right or (left != left and right != right))  # noqa: PLR0124 - only a NaN differs from itself
