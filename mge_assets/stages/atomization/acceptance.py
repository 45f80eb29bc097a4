"""Acceptance tests as cases: which of them exercise a name."""

import textwrap

from mge_assets.stages.atomization.grammar import grammar_of
from mge_assets.stages.atomization.parsing import MultiLanguageParser
from mge_resources.syntax import Language

_CASES = 5
_LINES = 20


class AcceptanceTests:
    """A task's tests, found by the names that they mention."""

    def __init__(self, tests: str, language: Language) -> None:
        self._by_name: dict[str, list[str]] = {}
        if not tests.strip():
            return
        parsed = MultiLanguageParser().parse(tests.encode(), "tests", language)
        marks = parsed.context_marks()
        identifiers = sorted((node for name in ("use", "owned") for node in marks.get(name, ())), key=lambda node: node.start_byte)
        cases = grammar_of(language).tests(parsed.root)
        index = 0
        for case in cases:
            text = _text(parsed.source[case.start_byte : case.end_byte].decode(errors="replace"), case.start_point.column)
            while index < len(identifiers) and identifiers[index].start_byte < case.end_byte:
                if identifiers[index].start_byte >= case.start_byte:
                    self._note(parsed.text(identifiers[index]), text)
                index += 1

    def _note(self, name: str, case: str) -> None:
        listed = self._by_name.setdefault(name, [])
        if case not in listed[-1:] and len(listed) < _CASES:
            listed.append(case)

    def of(self, name: str) -> tuple[str, ...]:
        """The texts of the cases that mention the name, at most 5."""
        return tuple(self._by_name.get(name, ()))


def _text(text: str, column: int) -> str:
    lines = textwrap.dedent(" " * column + text).split("\n")
    return "\n".join([*lines[:_LINES], "…"] if len(lines) > _LINES else lines)
