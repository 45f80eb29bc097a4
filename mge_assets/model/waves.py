"""Waves: which atoms can be generated side by side, and in what order the waves follow."""

from dataclasses import dataclass

from mge_assets.model.graph import AtomEdge


@dataclass(frozen=True, slots=True)
class Wave:
    """Atoms (by name, in plan order) that need nothing of one another and only earlier waves."""

    number: int
    atoms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WavePlan:
    """Every atom in exactly one wave. ``cut`` are the edges taken out to break cycles; their targets are given as contracts only."""

    waves: tuple[Wave, ...]
    cut: tuple[AtomEdge, ...]
    critical_path: tuple[str, ...]

    @property
    def max_parallel(self) -> int:
        """Atoms of the widest wave."""
        return max((len(wave.atoms) for wave in self.waves), default=0)
