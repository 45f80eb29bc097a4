"""How strict a result is read: the setting turns warnings into information or into errors."""

from dataclasses import replace

from mge_assets.model.findings import Check, CheckStatus, Finding, Severity, ValidationResult

_WARNINGS_BECOME = {"low": Severity.INFO, "medium": Severity.WARNING, "high": Severity.ERROR}


def apply_strictness(result: ValidationResult, strictness: str) -> ValidationResult:
    """The result as ``low`` (warnings count as information), ``medium`` (as found) or ``high`` (warnings count as errors) reads it.

    Errors stay errors and information stays information; a check that was not run stays so. Raises ValueError for another word.
    """
    if strictness not in _WARNINGS_BECOME:
        raise ValueError(f"strictness {strictness!r} is unknown; use one of {', '.join(_WARNINGS_BECOME)}")
    severity = _WARNINGS_BECOME[strictness]
    return replace(result, checks=tuple(_read(check, severity) for check in result.checks))


def _read(check: Check, severity: Severity) -> Check:
    def weigh(finding: Finding) -> Finding:
        return replace(finding, severity=severity) if finding.severity is Severity.WARNING else finding

    return check if check.status is CheckStatus.NOT_RUN else Check.of(check.name, tuple(map(weigh, check.findings)))
