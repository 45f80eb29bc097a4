"""Cases that were really run: a call with plain data, and what came of it."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class CaseCall:
    """A call to make, in one module.

    ``target`` is the qualified name there (``add``, ``Store.total``); ``made_with`` are the arguments that its object is made with, ``None`` where
    it needs none (a function, a static method); ``read`` says that it is a property. Arguments are a Python literal of a tuple, or a JSON array.
    ``guessed`` says that nothing told the arguments' types, so that a complaint about them means nothing.
    """

    target: str
    arguments: str
    made_with: str | None = None
    read: bool = False
    guessed: bool = False


@dataclass(frozen=True, slots=True)
class RunCase:
    """A call and its outcome: a value as text, or the exception's class where ``raised``. ``text`` is the whole as a person would write it.

    The outcome is an expectation of other code in the same place. Whoever tests with it must not tell it to the code's author (``failure``).
    """

    call: CaseCall
    outcome: str
    raised: bool
    text: str

    @property
    def expectation(self) -> str:
        """The case in one line."""
        return f"{self.text} raises {self.outcome}" if self.raised else f"{self.text} gives {self.outcome}"

    def failure(self, outcome: str, *, raised: bool) -> str:
        """What to say where another outcome came of it: the call and what came, not what was expected."""
        came = f"raises {outcome}" if raised else f"gives {outcome}"
        return f"{self.text} {came}, which is not what the draft does"


def case_to_json(case: RunCase) -> dict[str, Any]:
    """The case as plain data."""
    return asdict(case)


def case_from_json(row: dict[str, Any]) -> RunCase:
    """The case that ``case_to_json`` made this of."""
    return RunCase(CaseCall(**row["call"]), row["outcome"], row["raised"], row["text"])
