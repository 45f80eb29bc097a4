"""How strict a result is read: settings turn warnings into information or into errors, and say what score a level asks for."""

from collections.abc import Mapping
from dataclasses import replace

from mge_assets.model.findings import Check, CheckStatus, Finding, Level, Severity, ValidationResult

THRESHOLD = "threshold"
"""The check that fails where a unit's score is less than its level asks for."""

_WARNINGS_BECOME = {"low": Severity.INFO, "medium": Severity.WARNING, "high": Severity.ERROR}


def read_thresholds(text: str) -> Mapping[Level, float]:
    """Level ▸ the lowest score, 0–1, at which its units pass, from ``task=0.8,masterplan=0.9``. Raises ValueError."""
    found = {}
    for part in filter(None, text.replace(" ", "").split(",")):
        name, _, score = part.partition("=")
        if name.upper() not in Level.__members__ or not 0 <= float(score or "-1") <= 1:
            raise ValueError(f"threshold {part!r} is none; write {'=0.8, '.join(level.name.lower() for level in Level)}=0.8")
        found[Level[name.upper()]] = float(score)
    return found


def apply_strictness(result: ValidationResult, strictness: str, thresholds: Mapping[Level, float] | None = None) -> ValidationResult:
    """The result as ``low`` (warnings count as information), ``medium`` (as found) or ``high`` (warnings count as errors) reads it.

    A unit whose score then is under its level's threshold fails.

    Errors stay errors and information stays information; a check that was not run stays so. Raises ValueError for another word.
    """
    if strictness not in _WARNINGS_BECOME:
        raise ValueError(f"strictness {strictness!r} is unknown; use one of {', '.join(_WARNINGS_BECOME)}")
    severity = _WARNINGS_BECOME[strictness]
    read = replace(result, checks=tuple(_read(check, severity) for check in result.checks if check.name != THRESHOLD))
    wanted = (thresholds or {}).get(read.level, 0.0)
    if read.score >= wanted:
        return read
    message = f"its score is {read.score:.2f}, and {read.level.name.lower()} level asks for {wanted:.2f}"
    finding = Finding("threshold.score", Severity.ERROR, message, "mend what was warned of, or lower MGE_VALIDATION_THRESHOLDS")
    return replace(read, checks=(*read.checks, Check.of(THRESHOLD, (finding,))))


def _read(check: Check, severity: Severity) -> Check:
    def weigh(finding: Finding) -> Finding:
        return replace(finding, severity=severity) if finding.severity is Severity.WARNING else finding

    return check if check.status is CheckStatus.NOT_RUN else Check.of(check.name, tuple(map(weigh, check.findings)), check.share)
