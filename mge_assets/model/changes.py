"""A graph as it was, and what has changed since."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Which atoms there were, each with a digest of its text, in plan order, and which needed which (resolved edges, sorted)."""

    atoms: Mapping[str, str]
    edges: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Change:
    """What changed between two snapshots, in plan order. ``cone`` are the unchanged atoms that need a changed one, near or far; ``near`` those
    of them that need it directly. ``rewired`` are unchanged atoms that now need others than before.
    """

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    rewired: tuple[str, ...]
    near: tuple[str, ...]
    cone: tuple[str, ...]
    atoms: int

    @property
    def nothing(self) -> bool:
        """True where the two are alike."""
        return not (self.added or self.changed or self.removed or self.rewired)
