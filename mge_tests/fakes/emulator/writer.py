"""A model that knows the finished project: it writes the reference, makes its mistakes by rate, and says when the prompt lacks what it needs."""

import random
from collections import Counter
from dataclasses import dataclass, field

from mge_tests.fakes.emulator.knowledge import Knowledge
from mge_tests.fakes.emulator.mistakes import MISTAKES, Asked
from mge_tests.fakes.emulator.references import Reference, References
from mge_tests.fakes.emulator.requests import AtomTag, Received
from mge_tests.fakes.emulator.solving import UNKNOWN


@dataclass
class ReferenceWriter:
    """Implements ``Solver``.

    Args:
        references: the finished project.
        seed: of which answers are wrong, and how.
        mistakes: share of atoms whose first answer is wrong.
        stubborn: share of those whose second answer is wrong too, the same way.
        kinds: names of mistakes to draw from.
        check_context: whether to refuse when a signature or member that the reference uses is not in the prompt.
    """

    references: References
    seed: int = 0
    mistakes: float = 0.0
    stubborn: float = 0.1
    kinds: tuple[str, ...] = tuple(MISTAKES)
    check_context: bool = False
    refusals: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    made: dict[str, int] = field(default_factory=dict)
    """How often each kind of mistake was made."""
    asked: Counter[str] = field(default_factory=Counter)
    _before: str = ""

    def __post_init__(self) -> None:
        self._knowledge = Knowledge(self.references)

    def answer(self, request: Received) -> str:
        """The reply's text."""
        tag = request.tag
        reference = self.references.find(tag) if tag else None
        if tag is None or reference is None:
            self.unknown.append(tag.name if tag else "")
            return UNKNOWN
        missing = self._knowledge.missing(reference, request.text) if self.check_context else []
        if missing:
            self.refusals.append(f"{tag.name}: {', '.join(missing)}")
            return f"I can't write {tag.name}: the request does not show {', '.join(missing)}."
        self.asked[tag.name] += 1
        wrong = self._wrong(tag, reference, request)
        self._before = reference.code
        return wrong if wrong is not None else fenced(reference.code, tag.language)

    def _wrong(self, tag: AtomTag, reference: Reference, request: Received) -> str | None:
        """The wrong answer that is due, or ``None``."""
        chance = random.Random(f"{self.seed}/mistake/{tag.name}")
        wrong, stubborn = chance.random() < self.mistakes, chance.random() < self.stubborn
        if not wrong or self.asked[tag.name] > (2 if stubborn else 1):
            return None
        asked = Asked(reference.code, tag, request.text, self._before, chance)
        for kind in chance.sample(self.kinds, len(self.kinds)):
            text = MISTAKES[kind](asked)
            if text is not None:
                self.made[kind] = self.made.get(kind, 0) + 1
                return text
        return None


def fenced(code: str, language: str = "") -> str:
    """The code in one fenced block."""
    fence = "`" * (4 if "```" in code else 3)
    return f"{fence}{language}\n{code}\n{fence}"
