"""Places: how many calls to the model may be in flight at once, in all executions together."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Standing:
    """How one execution stands: the places that it holds (its calls in flight and those that it may fill at once), the most that it could
    use of late, and the place-seconds that count as used by it; ``None`` where it has just begun.
    """

    held: int
    claimed: int
    used: float | None = None

    @property
    def waits(self) -> bool:
        """Whether it could use more than it holds."""
        return self.claimed > self.held
