"""Waves: which atoms can be generated side by side, and in what order the waves follow."""

from dataclasses import dataclass
from enum import StrEnum

from mge_assets.model.graph import AtomEdge


class Order(StrEnum):
    """What an atom waits for.

    By ``CODE``: the code of all that it depends on. By ``CONTRACT``: a call or another use needs only the other's frozen contract, so
    import statements, types and base classes alone order the waves, and the parts of one definition that are still to be written.
    """

    CODE = "code"
    CONTRACT = "contract"


@dataclass(frozen=True, slots=True)
class Wave:
    """Atoms (by name, in plan order) that need nothing of one another and only earlier waves."""

    number: int
    atoms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WavePlan:
    """Every atom in exactly one wave. ``cut`` are the edges taken out to break cycles; their targets are given as contracts only.

    ``cut_cost`` is what the cut costs, ``cut_bound`` what any cut must cost: where the two are equal, no cheaper one exists.
    """

    waves: tuple[Wave, ...]
    cut: tuple[AtomEdge, ...]
    critical_path: tuple[str, ...]
    order: Order = Order.CODE
    cut_cost: float = 0.0
    cut_bound: float = 0.0

    @property
    def max_parallel(self) -> int:
        """Atoms of the widest wave."""
        return max((len(wave.atoms) for wave in self.waves), default=0)


@dataclass(frozen=True, slots=True)
class WaveFigures:
    """What an order makes of a plan's atoms, in figures.

    ``sizes`` are the atoms of each wave. ``path_types`` are the types of the edges along the critical path, the first is that between its
    first two atoms. ``limit`` is how many atoms may be in flight.
    """

    order: Order
    sizes: tuple[int, ...]
    critical_path: tuple[str, ...]
    path_types: tuple[str, ...]
    cut: int
    cut_cost: float
    cut_bound: float
    limit: int

    @property
    def waves(self) -> int:
        """How many waves there are: as many as the critical path has atoms."""
        return len(self.sizes)

    @property
    def widest(self) -> int:
        """Atoms of the widest wave: what could be in flight at once without a limit."""
        return max(self.sizes, default=0)

    @property
    def possible(self) -> float:
        """Mean width of the waves: the speed-up over one atom at a time that the order allows, without a limit."""
        return sum(self.sizes) / len(self.sizes) if self.sizes else 0.0

    @property
    def rounds(self) -> int:
        """Rounds of at most ``limit`` atoms that the waves take, all atoms being equally long."""
        return sum(-(-size // self.limit) for size in self.sizes)

    @property
    def allowed(self) -> float:
        """The speed-up that is left under the limit: atoms a round."""
        return sum(self.sizes) / self.rounds if self.sizes else 0.0
