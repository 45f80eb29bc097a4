"""How messages count things."""


def counted(count: int, noun: str) -> str:
    """The number with its noun: ``1 atom``, ``2 atoms``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
