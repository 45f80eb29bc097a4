"""What went wrong with an attempt: its class, and the words in which the next prompt hears of it.

Findings of tests never pass on what the test expects: a model that knows the answer writes the answer.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from mge_assets.model.attempts import Attempt, ErrorClass
from mge_assets.model.findings import CheckStatus, Finding, Severity, ValidationResult
from mge_assets.stages.generation.prompts import render
from mge_assets.stages.generation.work import AtomWork

MAX_FINDINGS = 6
"""Findings in one feedback; more of them blur the first."""
SAFE = "unit_test.case"
"""Rule of findings of tests whose message holds what was called and nothing of what is expected."""
_LINES_AROUND = 2
_WORDS = {
    ErrorClass.SYNTAX: "syntax indentation parse parsing",
    ErrorClass.TIMEOUT: "timeout timeouterror",
    ErrorClass.DEPENDENCY: "landing import imports dependency dependencies interface interfaces importerror modulenotfounderror attributeerror",
    ErrorClass.CONTEXT: "undefined unbound semantics semantic name names context nameerror unboundlocalerror",
    ErrorClass.TYPE: "type types typing mypy typeerror contract contracts signature",
    ErrorClass.LOGIC: "test tests logic stub completeness runtime safety secret security performance atomicity assertionerror",
}
"""Words in a finding's rule, its check's name or the exception it tells of, and the class they speak for; what stands in the way of all else comes first."""
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_TEST = re.compile(r"(?<![a-z])tests?(?![a-z])", re.IGNORECASE)
_EXCEPTION = re.compile(r"\b[A-Z]\w*(?:Error|Exception)\b")


@dataclass(frozen=True, slots=True)
class _Told:
    words: str
    excerpt: str


def classify(result: ValidationResult) -> ErrorClass:
    """The class of the trouble that stands in the way first; unknown where no failed check's words tell."""
    failed = [check for check in result.checks if check.status is CheckStatus.FAILED]
    errors = [finding for check in failed for finding in check.findings if finding.severity is Severity.ERROR]
    spoken = [
        {word.lower() for finding in errors for word in _WORD.findall(finding.rule)},
        {word.lower() for check in failed for word in _WORD.findall(check.name)},
    ]
    raised = {name.lower() for finding in errors for name in _EXCEPTION.findall(finding.message)}
    for words in (raised | spoken[0], spoken[1]):
        for error_class, known in _WORDS.items():
            if words & set(known.split()):
                return error_class
    return ErrorClass.UNKNOWN


class FeedbackGenerator:
    """Words for the next prompt on one atom's attempts."""

    def __init__(self, work: AtomWork) -> None:
        self._work = work

    def feedback(self, attempt: Attempt, *, repeated: int = 0, strategy: str = "") -> str:
        """What was wrong, where, and the lines in question. ``repeated`` says how often the same code has failed, ``strategy`` what to try then."""
        failures = list(_failures(attempt.validation)) if attempt.validation is not None else []
        code = attempt.code
        return render(
            "feedback",
            attempt=attempt.number,
            kind=(attempt.error_class or ErrorClass.UNKNOWN).value,
            repeated=repeated,
            strategy=strategy,
            error="" if failures else attempt.error,
            findings=[self._told(check, finding, code or b"") for check, finding in failures[:MAX_FINDINGS]],
            code=code or b"",
            language=self._work.atom.language.value,
        )

    def _told(self, check: str, finding: Finding, code: bytes) -> _Told:
        if finding.rule == SAFE:
            words = " ".join(finding.message.split())
        elif _is_test(check, finding):
            raised = next((name for name in _EXCEPTION.findall(finding.message) if name != "AssertionError"), None)
            words = f"a test of this atom ends with {raised}" if raised else "a test of this atom fails"
        else:
            words = " ".join(f"{finding.message}{f'; {finding.fix}' if finding.fix else ''} [{finding.rule}]".split())
        place = finding.place
        if place is None or place.line is None or place.file != self._work.atom.file:
            return _Told(words, "")
        line = place.line - self._work.first_line + 1
        inside = 1 <= line <= code.count(b"\n") + 1
        where = f"line {line} of the atom" if inside else f"line {place.line} of the file"
        return _Told(f"{where}: {words}", self._excerpt(code, place.line))

    def _excerpt(self, code: bytes, line: int) -> str:
        """The file's line with those around it, numbered as in the file and marked."""
        lines = (self._work.before + code + self._work.after).decode(errors="replace").split("\n")
        first = max(1, line - _LINES_AROUND)
        shown = lines[first - 1 : line + _LINES_AROUND]
        return "\n".join(f"{'>' if first + at == line else ' '} {first + at:4} {text.rstrip()}" for at, text in enumerate(shown))


def _is_test(check: str, finding: Finding) -> bool:
    """Whether the finding comes from running a test, so that its message may hold what the test expects."""
    return bool(_TEST.search(check.replace("_", " ")) or _TEST.search(finding.rule.replace("_", " ")))


def _failures(result: ValidationResult) -> Iterator[tuple[str, Finding]]:
    """The errors of the failed checks, each with its check's name."""
    for check in result.checks:
        if check.status is CheckStatus.FAILED:
            yield from ((check.name, finding) for finding in check.findings if finding.severity is Severity.ERROR)
