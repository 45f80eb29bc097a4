"""Feedback: the class of the trouble, the finding, the place and its lines, and nothing of what a test expects."""

import pytest

from mge_assets.model.attempts import Attempt, ErrorClass
from mge_assets.model.errors import Place
from mge_assets.model.findings import Check, CheckStatus, Finding, Level, Severity, ValidationResult
from mge_assets.stages.generation import FeedbackGenerator, build_request, classify
from mge_tests.stages.generation.samples import BEFORE, GOOD, work

FIRST_LINE = BEFORE.count(b"\n") + 1


def result(check: str, rule: str, message: str = "it is wrong", *, line: int | None = None, file: str = "shop.py") -> ValidationResult:
    finding = Finding(rule, Severity.ERROR, message, "mend it", Place(file, line))
    return ValidationResult(Level.ATOMIC, "shop.Basket.total", (Check.of("atomicity", ()), Check.of(check, (finding,))))


def said(judged: ValidationResult | None, *, error: str = "", code: bytes | None = GOOD.encode()) -> str:
    error_class = classify(judged) if judged else ErrorClass.UNKNOWN
    return FeedbackGenerator(work()).feedback(Attempt(2, code, judged, error, error_class))


@pytest.mark.parametrize(
    ("check", "rule", "message", "expected"),
    [
        ("syntax", "syntax.python", "", ErrorClass.SYNTAX),
        ("semantics", "pyflakes.UndefinedName", "", ErrorClass.CONTEXT),
        ("completeness", "completeness.stub", "", ErrorClass.LOGIC),
        ("contract", "contract.signature", "", ErrorClass.TYPE),
        ("type safety", "typescript.any", "", ErrorClass.TYPE),
        ("runtime safety", "python.eval", "", ErrorClass.LOGIC),
        ("imports", "python.unknown", "", ErrorClass.DEPENDENCY),
        ("unit test", "test.failed", "AssertionError: 1 != 2", ErrorClass.LOGIC),
        ("unit test", "test.failed", "NameError: name 'x' is not defined", ErrorClass.CONTEXT),
        ("unit test", "test.failed", "ModuleNotFoundError: No module named 'x'", ErrorClass.DEPENDENCY),
        ("unit test", "test.failed", "TypeError: 'int' is not callable", ErrorClass.TYPE),
        ("unit test", "sandbox.timeout", "", ErrorClass.TIMEOUT),
        ("house rules", "odd.one", "", ErrorClass.UNKNOWN),
    ],
)
def test_trouble_is_classed(check: str, rule: str, message: str, expected: ErrorClass) -> None:
    assert classify(result(check, rule, message)) is expected


def test_a_result_that_passed_and_a_failure_without_findings_are_classed_too() -> None:
    assert classify(ValidationResult(Level.ATOMIC, "a", ())) is ErrorClass.UNKNOWN
    assert classify(ValidationResult(Level.ATOMIC, "a", (Check("syntax", CheckStatus.FAILED),))) is ErrorClass.SYNTAX


def test_every_class_is_named_and_has_its_advice_where_it_costs_least() -> None:
    headings = {FeedbackGenerator(work()).feedback(Attempt(1, None, None, "e", each)).split("\n")[0] for each in ErrorClass}
    assert len(headings) == len(ErrorClass) == 7
    assert all(f"\n- {each.value}: " in build_request(work(), 1, "", 100).system for each in ErrorClass)


def test_what_a_test_called_is_told() -> None:
    text = said(result("unit_test", "unit_test.case", "a test ends with AssertionError; it ran: basket.total()"))
    assert "it ran: basket.total()" in text


def test_the_finding_its_place_and_its_lines_are_named() -> None:
    text = said(result("semantics", "pyflakes.UndefinedName", "undefined name 'summe'", line=FIRST_LINE + 1))
    assert "line 2 of the atom: undefined name 'summe'; mend it [pyflakes.UndefinedName]" in text
    assert f"> {FIRST_LINE + 1:4}         return sum(self.prices)" in text


def test_a_place_outside_the_atom_is_named_by_its_line_in_the_file() -> None:
    assert "line 8 of the file: it is wrong" in said(result("semantics", "x.y", line=8))


def test_a_place_in_another_file_is_not_shown_as_if_it_were_here() -> None:
    assert "line 3" not in said(result("semantics", "x.y", line=3, file="other.py"))


@pytest.mark.parametrize(("check", "rule"), [("unit test", "x.failed"), ("tests", "x.failed"), ("whatever", "test.failed"), ("unit_tests", "x")])
def test_a_tests_expectation_is_not_passed_on(check: str, rule: str) -> None:
    text = said(result(check, rule, "ValueError: expected 41999 but got 41000", line=3, file="tests/test_shop.py"))
    assert "41999" not in text
    assert "ends with ValueError" in text


def test_an_answer_that_could_not_be_read_is_told_why() -> None:
    assert "no fenced block" in said(None, error="the answer holds no fenced block; answer with one", code=None)


def test_warnings_and_passed_checks_are_left_out() -> None:
    note = Finding("style", Severity.WARNING, "a little long", "")
    judged = ValidationResult(Level.ATOMIC, "a", (*result("syntax", "syntax.python").checks, Check.of("style", (note,))))
    assert "a little long" not in said(judged)


def test_a_flood_of_findings_is_cut() -> None:
    flood = tuple(Finding("x.y", Severity.ERROR, f"number {at}", "") for at in range(50))
    text = said(ValidationResult(Level.ATOMIC, "a", (Check.of("semantics", flood),)))
    assert "number 5" in text
    assert "number 6" not in text
