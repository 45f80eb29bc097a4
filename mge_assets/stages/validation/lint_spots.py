"""What ruff and bandit say, weighed by ``rules/lint.json``; what both say of a line is said once."""

from collections.abc import Iterator, Sequence
from functools import cache

from mge_assets.model.findings import Severity
from mge_assets.stages.validation.rules import table
from mge_assets.stages.validation.spots import Lines, Spot
from mge_resources.checkers import Remark


@cache
def _severities() -> dict[str, Severity]:
    rules = table("lint")
    return {code: severity for severity in Severity for code in rules[severity.value]}


def _rule(remark: Remark) -> str:
    """Bandit's B307 is ruff's S307; bandit's own numbers from 600 on that ruff gives to bugbear stay."""
    if remark.tool == "bandit" and f"S{remark.rule[1:]}" in _severities():
        return f"S{remark.rule[1:]}"
    return remark.rule


def lint_spots(lines: Lines, remarks: Sequence[Remark]) -> Iterator[Spot]:
    """A spot for each remark on a file that counts, in order."""
    severities, fix = _severities(), table("lint")["fix"]
    seen: set[tuple[str, int]] = set()
    for remark in sorted(remarks, key=lambda one: (one.line, one.column, one.tool != "ruff")):
        rule = _rule(remark)
        severity = severities.get(rule)
        if severity is not None and (rule, remark.line) not in seen:
            seen.add((rule, remark.line))
            yield Spot(f"{remark.tool}.{rule}", severity, remark.message, fix, lines.byte(remark.line, remark.column), remark.line)


def without_doubles(spots: Sequence[Spot], known: Sequence[Spot]) -> tuple[Spot, ...]:
    """The tools' spots without those that our own rules already made for the line."""
    same = table("lint")["same_as"]
    said = {(code, spot.line) for spot in known for code in same.get(spot.rule, ())}
    return tuple(spot for spot in spots if (spot.rule.partition(".")[2], spot.line) not in said)
