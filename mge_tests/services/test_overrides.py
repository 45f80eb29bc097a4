"""A person's word against a finding is kept with its reason, and later results respect it."""

import pytest

from mge_assets.model.errors import NotFoundError
from mge_assets.model.findings import CheckStatus, Level, Override, Severity
from mge_assets.stages.validation import respect
from mge_tests.stages.validation.test_levels import level_2

CONTENT = b"from pkg.model import Stock\n\ndef sell(amount):\n    return Stock\n"


def test_an_overridden_finding_stays_visible_and_fails_nothing():
    result = level_2("pkg/shop.py", CONTENT)
    assert not result.passed
    word = Override(Level.TASK, "unit", "integration.missing_name", "", "mia", "it is bound at run time")
    judged = respect(result, [word])
    assert judged.passed
    finding = next(one for one in judged.findings if one.rule == "integration.missing_name")
    assert finding.severity is Severity.INFO
    assert "mia: it is bound at run time" in finding.message


@pytest.mark.parametrize(
    "word",
    [
        Override(Level.TASK, "other", "integration.missing_name", "", "mia", "why"),
        Override(Level.MILESTONE, "unit", "integration.missing_name", "", "mia", "why"),
        Override(Level.TASK, "unit", "imports.missing", "", "mia", "why"),
        Override(Level.TASK, "unit", "integration.missing_name", "another message", "mia", "why"),
    ],
)
def test_an_override_is_about_its_own_finding_only(word):
    assert respect(level_2("pkg/shop.py", CONTENT), [word]) == level_2("pkg/shop.py", CONTENT) or not respect(level_2("pkg/shop.py", CONTENT), [word]).passed


def test_a_check_that_was_not_run_is_not_made_to_pass():
    result = respect(level_2("pkg/shop.py", CONTENT), [Override(Level.TASK, "unit", "tests", "", "mia", "why")])
    assert next(check for check in result.checks if check.name == "tests").status is CheckStatus.NOT_RUN


def test_an_override_needs_a_reason_and_a_finding(workspace):
    with pytest.raises(ValueError, match="reason"):
        workspace.validation.override("plan", Override(Level.TASK, "unit", "rule", "", "mia", " "))
    with pytest.raises(NotFoundError, match="no finding"):
        workspace.validation.override("plan", Override(Level.TASK, "unit", "rule", "", "mia", "why"))
