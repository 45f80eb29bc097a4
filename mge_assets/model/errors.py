"""What can go wrong, named by the decision that it forces.

    MgeError
    ├── PlanError           the plan file must be corrected; nothing was stored
    ├── DraftError          a draft must be corrected or supplied
    ├── NotFoundError       a name is unknown; the message lists what is known
    ├── OrderError          an earlier stage or wave must be run first
    ├── ConflictError       somebody else is at it, or the world changed meanwhile
    ├── HaltedError         the execution stands still until a person says how it goes on
    ├── FencedError         another process runs the execution now; what this one still writes is refused
    └── DeliveryError       the output folder must be chosen differently; nothing was written

Each renders itself in one line: what is wrong, where, and how to mend it.
"""

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands in a file: 1-based line and column, and the field's path, each as far as known."""

    file: str
    line: int | None = None
    column: int | None = None
    field: str | None = None

    def __str__(self) -> str:
        position = "".join(f":{n}" for n in (self.line, self.column) if n is not None)
        return f"{self.file}{position}" + (f" ({self.field})" if self.field else "")


class MgeError(Exception):
    """Base of every error that MGE raises on purpose.

    Args:
        problem: what is wrong, in a few words.
        fix: what the reader does to mend it.
        place: where it stands, if it stands in a file.
    """

    def __init__(self, problem: str, *, fix: str, place: Place | None = None) -> None:
        super().__init__(problem)
        self.problem, self.fix, self.place = problem, fix, place

    def __str__(self) -> str:
        where = f"{self.place}: " if self.place else ""
        return f"{where}{self.problem}; {self.fix}"


class _GatheredError(MgeError):
    """Errors that are told together. ``others`` holds further errors of the same kind."""

    def __init__(self, problem: str, *, fix: str, place: Place | None = None, others: "tuple[Self, ...]" = ()) -> None:
        super().__init__(problem, fix=fix, place=place)
        self.others = others

    @property
    def every(self) -> "tuple[Self, ...]":
        """This error and the further ones, in order."""
        return (self, *self.others)


class PlanError(_GatheredError):
    """The plan file must be corrected. ``others`` holds further errors of the same file, in its order."""


class DraftError(_GatheredError):
    """A draft must be corrected or supplied. ``others`` holds further drafts' errors, in plan order."""


class NotFoundError(MgeError):
    """A name is unknown."""


class OrderError(MgeError):
    """An earlier stage or wave must be run first."""


class ConflictError(MgeError):
    """Somebody else is at it, or the world changed since it was read."""


class HaltedError(MgeError):
    """The execution stands still: its budget is used up, or a person paused or cancelled it. ``cancelled`` says that it is not to go on."""

    def __init__(self, problem: str, *, fix: str, cancelled: bool = False) -> None:
        super().__init__(problem, fix=fix)
        self.cancelled = cancelled


class FencedError(MgeError):
    """Another process runs the execution now; nothing of this one's is stored any more."""


class DeliveryError(MgeError):
    """The output folder can't take the delivery; nothing was written."""
