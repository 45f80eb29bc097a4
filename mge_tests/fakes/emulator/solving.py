"""Who finds the text of an answer: a request with its atom tag goes in, the model's words come out."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Protocol

from mge_tests.fakes.emulator.requests import Received

Solution = str | Callable[[int], str]
"""Code to answer with, or a function from how often the atom was asked for (from 1) to it."""
UNKNOWN = "I do not know this atom."


class Solver(Protocol):
    """Words an answer."""

    def answer(self, request: Received) -> str:
        """The text of the answer to this request."""
        ...


class NamedSolutions:
    """Code by the atom's name. What holds a fence, or begins with ``raw:``, is answered as it is."""

    def __init__(self, solutions: Mapping[str, Solution]) -> None:
        self._solutions = solutions
        self._asked: Counter[str] = Counter()

    def answer(self, request: Received) -> str:
        """The code in one fenced block."""
        name = request.atom or ""
        solution = self._solutions.get(name)
        if solution is None:
            return UNKNOWN
        self._asked[name] += 1
        code = solution if isinstance(solution, str) else solution(self._asked[name])
        return code if "```" in code or code.startswith("raw:") else f"```\n{code}\n```"
