"""What the pipeline asks of checking tools, whichever they are."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from mge_resources.syntax import Language


@dataclass(frozen=True, slots=True)
class Remark:
    """What a tool says of a place: lines from 1, columns from 0 in characters. ``rule`` is the tool's own (``arg-type``, ``S307``, ``TS2304``).

    ``grade`` is how sure and how grave the tool holds it, where it says so: ``high``, ``medium``, ``low``, or nothing.
    """

    tool: str
    rule: str
    file: str
    line: int
    column: int
    message: str
    grade: str = ""


class CheckerUnavailableError(Exception):
    """The tool is missing or gave up; the message says which and how to mend it."""


class Checkers(Protocol):
    """The tools of one installation. Safe to call from many threads."""

    def types(self, language: Language, files: Mapping[str, bytes], focus: Collection[str] | None = None) -> Sequence[Remark]:
        """What the type checker says of the files in ``focus`` (all if ``None``), seen among ``files``: the whole project's of that language's family.

        Raises CheckerUnavailableError.
        """
        ...

    def lint(self, files: Mapping[str, bytes], near: Mapping[str, bytes] | None = None) -> Sequence[Remark]:
        """What ruff and bandit say of each of these Python files; of one that ``near`` has too, bandit reads that much only. Raises CheckerUnavailableError."""
        ...

    def close(self) -> None:
        """End every process that was started."""
        ...
