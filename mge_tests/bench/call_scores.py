"""What is found of the calls that ran, by how the callee is written: the same figures for every language and tool."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

Edge = tuple[str, str]


@dataclass
class Score:
    """Executed calls asked for and found, summed over packages; ``forms`` say in which order they are told."""

    forms: tuple[str, ...]
    asked: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    extra: int = 0
    seconds: float = 0.0

    def count(self, rows: Iterable[tuple[str, str, str]], edges: set[Edge], extra: int, seconds: float) -> None:
        """Add one package: caller, callee and form of what ran; the edges; how many of them never ran."""
        ran = list(rows)
        for source, target, form in ran:
            self.asked[form] += 1
            self.found[form] += (source, target) in edges
        pairs = {(source, target) for source, target, _ in ran}
        self.asked["all"] += len(pairs)
        self.found["all"] += len(pairs & edges)
        self.extra += extra
        self.seconds += seconds

    def line(self, name: str) -> str:
        """One line of figures."""
        shares = " ".join(f"{form} {self.share(form):.1f} ({self.asked[form]})" for form in (*self.forms, "all") if self.asked[form])
        return f"  {name:6} {shares}; extra for each found {self.excess():.3f}; {self.seconds:.1f} s"

    def share(self, form: str) -> float:
        """Recall in per cent."""
        return 100 * self.found[form] / max(1, self.asked[form])

    def excess(self) -> float:
        """Edges that never ran for each one that did."""
        return self.extra / max(1, self.found["all"])
