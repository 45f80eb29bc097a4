"""Findings as people read them: what the same rule says many times, said once with its places."""

from collections.abc import Iterable
from dataclasses import dataclass

from mge_assets.model.findings import Severity
from mge_assets.stages.delivery.report import NamedFinding

MOST_GROUPS, MOST_EXAMPLES = 60, 10
_WEIGHT = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}


@dataclass(frozen=True, slots=True)
class FindingGroup:
    """All findings of one rule and severity: how many, and the first of them."""

    rule: str
    severity: Severity
    count: int
    examples: tuple[NamedFinding, ...]

    @property
    def more(self) -> int:
        """Findings beyond the examples."""
        return self.count - len(self.examples)


def grouped(findings: Iterable[NamedFinding]) -> tuple[FindingGroup, ...]:
    """Groups by severity and rule: errors first, then by how many there are."""
    groups: dict[tuple[Severity, str], list[NamedFinding]] = {}
    for named in findings:
        groups.setdefault((named.finding.severity, named.finding.rule), []).append(named)
    ordered = sorted(groups.items(), key=lambda item: (_WEIGHT[item[0][0]], -len(item[1]), item[0][1]))
    return tuple(FindingGroup(rule, severity, len(items), tuple(items[:MOST_EXAMPLES])) for (severity, rule), items in ordered[:MOST_GROUPS])
