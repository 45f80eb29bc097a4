"""A person's word against a finding: it stays visible, with the reason, and fails nothing any more."""

from collections.abc import Sequence
from dataclasses import replace

from mge_assets.model.findings import Check, CheckStatus, Finding, Override, Severity, ValidationResult


def respect(result: ValidationResult, overrides: Sequence[Override]) -> ValidationResult:
    """The result with every overridden finding as information that names who overrode it and why."""
    mine = [one for one in overrides if one.level is result.level and one.subject == result.subject]
    return replace(result, checks=tuple(_read(check, mine) for check in result.checks)) if mine else result


def _read(check: Check, overrides: Sequence[Override]) -> Check:
    return check if check.status is CheckStatus.NOT_RUN else Check.of(check.name, tuple(_weigh(finding, overrides) for finding in check.findings))


def _weigh(finding: Finding, overrides: Sequence[Override]) -> Finding:
    found = next((one for one in overrides if one.rule == finding.rule and one.message in ("", finding.message)), None)
    if found is None or finding.severity is Severity.INFO:
        return finding
    return replace(finding, severity=Severity.INFO, message=f"{finding.message} (overridden by {found.actor}: {found.reason})")
