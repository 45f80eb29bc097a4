"""What stands in a plan file, before it means anything: values with the line and column at which they were written.

Both readers (YAML, JSON) give this tree; nothing here knows what a masterplan is.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from mge_assets.model.errors import Place

_KINDS = {dict: "a mapping", list: "a list", str: "a text", bool: "true or false", int: "a number", float: "a number", type(None): "empty"}

Scalar = str | int | float | bool | None
Plain = Scalar | list["Plain"] | dict[str, "Plain"]
Path = Sequence[str | int]


@dataclass(frozen=True, slots=True)
class Written:
    """A value and where it stands: 1-based line and column. ``keys`` holds where each key of a mapping stands."""

    value: "Scalar | list[Written] | dict[str, Written]"
    line: int
    column: int
    keys: dict[str, tuple[int, int]] = field(default_factory=dict)

    def child(self, step: str | int) -> "Written | None":
        """The element under a key or at an index, or ``None`` where there is none."""
        if isinstance(self.value, dict) and isinstance(step, str):
            return self.value.get(step)
        if isinstance(self.value, list) and isinstance(step, int) and 0 <= step < len(self.value):
            return self.value[step]
        return None


def plain(node: Written) -> Plain:
    """The value without places."""
    if isinstance(node.value, dict):
        return {key: plain(child) for key, child in node.value.items()}
    if isinstance(node.value, list):
        return [plain(child) for child in node.value]
    return node.value


def dotted(path: Path) -> str:
    """A path as people write it: ``phases[0].milestones[1].name``."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).removeprefix(".")


def locate(root: Written | None, file: str, path: Path) -> Place:
    """The place of the element at ``path``: its key's if it has one, or that of the nearest element above it."""
    node = root
    line, column = (root.line, root.column) if root else (None, None)
    for step in path:
        below = node.child(step) if node else None
        if node is None or below is None:
            break
        line, column = node.keys.get(str(step), (below.line, below.column))
        node = below
    return Place(file, line, column, dotted(path) or None)


def describe(value: object) -> str:
    """What kind of value this is, in plain words."""
    return _KINDS.get(type(value), "something else")
