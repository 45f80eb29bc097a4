"""A person's word against a finding: it stays visible, with the reason, and fails nothing any more."""

from collections.abc import Sequence
from dataclasses import replace

from mge_assets.model.attempts import INSISTED
from mge_assets.model.findings import Check, CheckStatus, Finding, Override, Severity, ValidationResult


def respect(result: ValidationResult, overrides: Sequence[Override]) -> ValidationResult:
    """The result with every overridden finding as information that names who overrode it and why."""
    mine = [one for one in overrides if one.level is result.level and one.subject == result.subject]
    return replace(result, checks=tuple(_read(check, mine) for check in result.checks)) if mine else result


def _read(check: Check, overrides: Sequence[Override]) -> Check:
    return check if check.status is CheckStatus.NOT_RUN else Check.of(check.name, tuple(_weigh(finding, overrides) for finding in check.findings), check.share)


def _weigh(finding: Finding, overrides: Sequence[Override]) -> Finding:
    found = next((one for one in overrides if one.rule == finding.rule and one.message in ("", finding.message)), None)
    if found is None or finding.severity is Severity.INFO:
        return finding
    return replace(finding, severity=Severity.INFO, message=f"{finding.message} (overridden by {found.actor}: {found.reason})")


def stood_by(result: ValidationResult, earlier: ValidationResult | None, *, approved: bool) -> ValidationResult:
    """The result with what the model stood by weighed as it was ``earlier``, when the same code was accepted; nothing where a person ``approved`` it."""
    known = {check.name: check for check in earlier.checks if any(finding.rule == INSISTED for finding in check.findings)} if earlier else {}
    return replace(result, checks=tuple(_eased(check, known[check.name], approved=approved) if check.name in known else check for check in result.checks))


def _eased(check: Check, earlier: Check, *, approved: bool) -> Check:
    accepted = {(finding.rule, finding.message) for finding in earlier.findings}
    mine = [finding for finding in check.findings if (finding.rule, finding.message) in accepted]
    if not mine:
        return check
    severity = Severity.INFO if approved else Severity.WARNING
    outcome = "and a person approved it" if approved else "and no test speaks against it: look at it"
    words = f"the model gave this answer again after it was refused, {outcome}"
    weighed = (replace(finding, severity=severity) if finding in mine else finding for finding in check.findings)
    return Check.of(check.name, (*weighed, Finding(INSISTED, severity, words)), check.share)
