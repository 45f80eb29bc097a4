"""An answer that the model stands by: what only a reader of code holds against it gives way to tests that pass.

An annotation of the plan can be wrong, a body can be meant to be empty, and a calculator may have to evaluate text. Such an answer is refused
once, with the reason. Given again, it is taken where tests that reach it pass, and goes before a person.
"""

from collections.abc import Iterable
from dataclasses import replace

from mge_assets.model.attempts import INSISTED, Attempt
from mge_assets.model.findings import Check, CheckStatus, Finding, Severity, ValidationResult

_CHECKS = {"type_safety", "completeness"}
_RULES = {"python.eval"}
_TESTS = "unit_test"
_HARMLESS = {"completeness.empty"}


def is_contestable(result: ValidationResult) -> bool:
    """Whether level 1 failed on nothing that tests could not refute: types, an empty body, text that is evaluated."""
    failed = [check for check in result.checks if check.status is CheckStatus.FAILED]
    return bool(failed) and all(check.name in _CHECKS or all(error.rule in _RULES for error in _errors(check)) for check in failed)


def tests_refute(result: ValidationResult) -> bool:
    """Whether level 1 failed on such things alone and its tests pass; an empty special method needs no test."""
    if not is_contestable(result):
        return False
    passed = CheckStatus.PASSED in {check.status for check in result.checks if check.name == _TESTS}
    return passed or {rule for rule, _ in _objections(result)} <= _HARMLESS


def insists(result: ValidationResult, earlier: Iterable[Attempt]) -> bool:
    """Whether tests refute what is held against the answer, and the model was told of the very same before."""
    told = [attempt.validation for attempt in earlier if attempt.number and attempt.validation is not None]
    return tests_refute(result) and any(is_contestable(each) and _objections(each) == _objections(result) for each in told)


def accepted(result: ValidationResult) -> ValidationResult:
    """The result with the errors turned into warnings, and one that says why."""
    return replace(result, checks=tuple(_eased(check) if check.status is CheckStatus.FAILED else check for check in result.checks))


def _eased(check: Check) -> Check:
    eased = tuple(replace(each, severity=Severity.WARNING) if each.severity is Severity.ERROR else each for each in check.findings)
    why = Finding(INSISTED, Severity.WARNING, "the model gave this answer again after it was refused, and no test speaks against it: look at it")
    return Check.of(check.name, (*eased, why))


def _errors(check: Check) -> list[Finding]:
    return [finding for finding in check.findings if finding.severity is Severity.ERROR]


def _objections(result: ValidationResult) -> set[tuple[str, str]]:
    return {(error.rule, error.message) for check in result.checks for error in _errors(check)}
