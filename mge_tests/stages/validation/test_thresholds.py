"""What score a level asks for is a setting; less fails the unit and says so."""

import pytest

from mge_assets.model.findings import Check, Finding, Level, Severity, ValidationResult
from mge_assets.stages.validation import apply_strictness, read_thresholds

WARNED = ValidationResult(Level.TASK, "unit", (Check.of("a", ()), Check.of("b", (Finding("x", Severity.WARNING, "mild"),))))


def test_a_score_under_the_levels_threshold_fails_the_unit():
    failed = apply_strictness(WARNED, "medium", {Level.TASK: 0.8})
    assert not failed.passed
    assert "0.75" in failed.findings[-1].message
    assert apply_strictness(WARNED, "medium", {Level.TASK: 0.75}).passed
    assert apply_strictness(WARNED, "medium", {Level.MILESTONE: 1.0}).passed
    assert apply_strictness(failed, "medium", {}) == WARNED


def test_thresholds_are_read_by_level():
    assert read_thresholds("task=0.8, masterplan=1") == {Level.TASK: 0.8, Level.MASTERPLAN: 1.0}
    assert read_thresholds("") == {}
    for wrong in ("task", "task=2", "file=0.5", "task=-1"):
        with pytest.raises(ValueError, match="threshold"):
            read_thresholds(wrong)
