"""The review queue: which atoms a person should look at, and in what order (specification §7)."""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from mge_assets.model.attempts import INSISTED, AtomOutcome, AtomStatus
from mge_assets.model.decisions import Band, ConfidenceScore, Priority, ReviewItem
from mge_assets.model.findings import Finding, Severity

SHARE = 0.2
"""Share of a plan's atoms that is worth a person's time: the bottom 15–20 %."""

_UNSCORED = ConfidenceScore(0.0, 0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class ScoredAtom:
    """An atom of the plan, the confidence in it, and what the checks found in its last attempt."""

    name: str
    confidence: ConfidenceScore
    findings: tuple[Finding, ...] = ()

    @property
    def doubtful(self) -> bool:
        """True where confidence is below the high band, or a check found something of weight."""
        return self.confidence.band is not Band.HIGH or any(finding.severity is not Severity.INFO for finding in self.findings)

    @property
    def insisted(self) -> bool:
        """True where the model stood by an answer that a check refused, and its tests were believed."""
        return any(finding.rule == INSISTED for finding in self.findings)


@dataclass(frozen=True, slots=True)
class ReviewStatistics:
    """The queue in numbers. ``share`` is queued of ``atoms``, 0.0–1.0; ``mean`` and ``lowest`` are confidences, ``None`` for an empty queue."""

    atoms: int
    queued: int
    by_band: Mapping[Band, int]
    by_priority: Mapping[Priority, int]
    mean: float | None
    lowest: float | None

    @property
    def share(self) -> float:
        """Queued of all atoms, 0.0–1.0."""
        return self.queued / self.atoms if self.atoms else 0.0


def select_for_review(scored: Sequence[ScoredAtom], failed: Sequence[AtomOutcome], share: float = SHARE) -> tuple[ReviewItem, ...]:
    """The atoms that go before a person, lowest confidence first, then by name.

    Doubtful atoms are taken until ``share`` of the plan's atoms (rounded up) is reached. Atoms that failed or were blocked, those in the
    critical band, and those whose refused answer the model stood by, are always taken, however many.

    Args:
        scored: every atom that was scored, failed ones too.
        failed: how the atoms ended that failed or were blocked; one that was never scored counts as confidence 0.
        share: the most that is taken beside the ones that must be, of all atoms, 0.0–1.0.
    """
    lost = {outcome.name: outcome for outcome in failed if outcome.status in {AtomStatus.FAILED, AtomStatus.BLOCKED}}
    atoms = {atom.name: atom for atom in (*(ScoredAtom(name, _UNSCORED) for name in lost), *scored)}
    queue = sorted(atoms.values(), key=lambda atom: (atom.confidence.score, atom.name))
    must = {atom.name for atom in queue if atom.name in lost or atom.confidence.band is Band.CRITICAL or atom.insisted}
    room = max(0, math.ceil(round(share * len(atoms), 9)) - len(must))
    may = {atom.name for atom in [atom for atom in queue if atom.doubtful and atom.name not in must][:room]}
    return tuple(ReviewItem(atom.name, atom.confidence, tuple(_reasons(atom, lost.get(atom.name)))) for atom in queue if atom.name in must | may)


def statistics(items: Sequence[ReviewItem], atoms: int) -> ReviewStatistics:
    """The queue in numbers, for a plan of so many atoms."""
    scores = [item.confidence.score for item in items]
    return ReviewStatistics(
        atoms=atoms,
        queued=len(items),
        by_band={band: found for band, found in Counter(item.confidence.band for item in items).items() if found},
        by_priority={priority: found for priority, found in Counter(item.confidence.priority for item in items).items() if found},
        mean=round(sum(scores) / len(scores), 4) if scores else None,
        lowest=min(scores, default=None),
    )


@dataclass(frozen=True, slots=True)
class ReviewQueueManager:
    """Chooses and counts with one share, as an installation sets it."""

    share: float = SHARE

    def select(self, scored: Sequence[ScoredAtom], failed: Sequence[AtomOutcome]) -> tuple[ReviewItem, ...]:
        """The atoms that go before a person; see ``select_for_review``."""
        return select_for_review(scored, failed, self.share)

    def statistics(self, items: Sequence[ReviewItem], atoms: int) -> ReviewStatistics:
        """The queue in numbers; see ``statistics``."""
        return statistics(items, atoms)


def _reasons(atom: ScoredAtom, outcome: AtomOutcome | None) -> Iterator[str]:
    """Why the atom is in the queue, in plain sentences, the weightiest first."""
    if outcome and outcome.status is AtomStatus.BLOCKED:
        yield "It was not generated, because it needs " + _listed(outcome.blocked_by) + "." if outcome.blocked_by else "It was not generated."
    elif outcome:
        yield _failure(outcome)
    if atom.confidence is _UNSCORED:
        return
    if atom.confidence.band is not Band.HIGH:
        yield f"Confidence is {atom.confidence.band.value} ({atom.confidence.score:.2f})."
    said = dict.fromkeys(atom.confidence.issues)
    yield from said
    told = "\n".join(said)
    for finding in atom.findings:
        if finding.severity is not Severity.INFO and finding.message.rstrip(".") not in told:
            yield f"{finding.severity.value.capitalize()}: {finding.message.rstrip('.')}."


def _failure(outcome: AtomOutcome) -> str:
    """How the atom's last attempt ended."""
    last = outcome.attempts[-1] if outcome.attempts else None
    calls = max((attempt.number for attempt in outcome.attempts), default=0)
    tries = {0: "Its draft did not pass", 1: "Its only attempt failed"}.get(calls, f"All {calls} attempts failed")
    return f"{tries}: {last.error.rstrip('.')}." if last and last.error else f"{tries}."


def _listed(names: Sequence[str], most: int = 3) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(f"'{name}'" for name in names[:most]) + more
