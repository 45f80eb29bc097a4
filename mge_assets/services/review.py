"""Review as a use case: fill the queue after a run, and carry out what persons decide."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from mge_assets.model.attempts import AtomOutcome, AtomStatus, Attempt
from mge_assets.model.decisions import Band, ReviewItem, ReviewStatus
from mge_assets.model.errors import NotFoundError
from mge_assets.model.findings import CheckStatus, Level, ValidationResult
from mge_assets.model.stages import Stage
from mge_assets.services.clock import timed
from mge_assets.services.stores import Stores
from mge_assets.stages.review import ConfidenceScorer, ScoredAtom, select_for_review
from mge_assets.store.atoms import StoredAtom
from mge_assets.store.reviews import Decision, StoredReview


@dataclass(frozen=True, slots=True)
class ReviewReport:
    """The queue of a plan as it now stands: ``selected`` of ``total`` atoms, and how many atoms fall in each confidence band."""

    plan: str
    selected: int
    total: int
    bands: Mapping[str, int]
    items: tuple[ReviewItem, ...]


class ReviewService:
    """Fills the queue and takes decisions."""

    def __init__(self, stores: Stores, actor: str, judge: Callable[[str, Collection[str]], object]) -> None:
        """``judge`` runs level 1 on atoms of a plan and stores what it finds; code that a person approves or writes is judged like any other."""
        self._stores, self._actor, self._judge = stores, actor, judge
        self._scorer = ConfidenceScorer()

    def fill(self, plan: str) -> ReviewReport:
        """Score every atom and put the doubtful ones before a person."""
        with timed() as clock:
            atoms = self._stores.atoms.of_plan(plan)
            scored = self._scored(plan, atoms)
            errors = self._stores.executions.last_errors(plan)
            lost = [_lost(stored, errors.get(stored.atom_id, "")) for stored in atoms if stored.status in (AtomStatus.FAILED, AtomStatus.BLOCKED)]
            items = select_for_review([entry for _, entry in scored if not _settled(_)], lost)
            self._write(plan, atoms, scored, items)
        self._stores.plans.add_seconds(plan, Stage.REVIEW, clock.seconds)
        bands = Counter(entry.confidence.band.value for _, entry in scored)
        return ReviewReport(plan, len(items), len(atoms), {band.value: bands.get(band.value, 0) for band in Band}, items)

    def queue(self, plan: str | None = None, *, open_only: bool = True, limit: int | None = None) -> tuple[StoredReview, ...]:
        """Reviews, the most urgent and least sure first."""
        return self._stores.reviews.queue(plan, open_only=open_only, limit=limit)

    def get(self, review: UUID) -> StoredReview:
        """One review. Raises NotFoundError."""
        found = self._stores.reviews.one(review)
        if found is None:
            raise NotFoundError(f"there is no review {review}", fix="reload the queue; a newer run may have replaced it")
        return found

    def decide(self, review: UUID, decision: ReviewStatus, *, code_digest: str, feedback: str = "", code: bytes | None = None) -> StoredReview:
        """Carry out a decision. Raises ConflictError where the code changed since it was shown, ValueError where feedback or code is missing."""
        found = self.get(review)
        if decision in (ReviewStatus.REJECTED, ReviewStatus.REGENERATED) and not feedback.strip():
            message = f"{decision.value} needs feedback: say what is wrong with the code"
            raise ValueError(message)
        if decision is ReviewStatus.EDITED and code is None:
            message = "an edit needs the new code"
            raise ValueError(message)
        self._stores.reviews.decide(found, Decision(decision, self._actor, code_digest, feedback, code))
        if decision in (ReviewStatus.APPROVED, ReviewStatus.EDITED):
            self._judge(found.masterplan, [found.atom])
        return found

    def results_of(self, atom: UUID) -> ValidationResult | None:
        """What level 1 said of an atom last."""
        return self._stores.validations.of_atom(atom)

    def _scored(self, plan: str, atoms: tuple[StoredAtom, ...]) -> list[tuple[StoredAtom, ScoredAtom]]:
        results = {result.subject: result for result in self._stores.validations.of_plan(plan, (Level.ATOMIC,))}
        tests = {result.subject: _tests_share(result) for result in self._stores.validations.of_plan(plan, (Level.TASK,))}
        scored = []
        for stored in atoms:
            result = results.get(stored.atom.name) or ValidationResult(Level.ATOMIC, stored.atom.name, ())
            score = self._scorer.score(stored.atom, result, stored.attempts, tests.get(stored.task))
            scored.append((stored, ScoredAtom(stored.atom.name, score, result.findings)))
        return scored

    def _write(self, plan: str, atoms: tuple[StoredAtom, ...], scored: list[tuple[StoredAtom, ScoredAtom]], items: tuple[ReviewItem, ...]) -> None:
        waiting = {item.atom: item for item in items}
        by_name = {stored.atom.name: stored for stored in atoms}
        self._stores.atoms.set_confidence((stored.atom_id, entry.confidence.score, entry.name in waiting) for stored, entry in scored)
        rows = [(by_name[name].atom_id, by_name[name].code or by_name[name].atom.text, item) for name, item in waiting.items()]
        self._stores.reviews.replace_open(plan, rows)


def _lost(stored: StoredAtom, error: str) -> AtomOutcome:
    """How a failed or blocked atom ended, as far as the queue tells it."""
    code = stored.atom.text if stored.code is None else stored.code
    last = Attempt(stored.attempts, None, None, error=error)
    return AtomOutcome(stored.atom.name, stored.status, code, (last,) if stored.status is AtomStatus.FAILED else ())


def _settled(stored: StoredAtom) -> bool:
    """True where a person has decided on the atom as it stands."""
    return stored.human_reviewed and stored.status is AtomStatus.COMPLETED


def _tests_share(result: ValidationResult) -> float | None:
    """How many of the task's acceptance tests passed, 0–1; ``None`` where none ran."""
    check = next((check for check in result.checks if check.name == "tests"), None)
    if check is None or check.status is CheckStatus.NOT_RUN:
        return None
    verdicts = [finding.rule for each in result.checks if each.name == "triage" for finding in each.findings]
    if check.status is CheckStatus.FAILED and verdicts and "triage.code" not in verdicts:
        return None  # the tests are at fault: they speak neither for the atoms nor against them
    return (check.share or 0.0) if check.status is CheckStatus.FAILED else 1.0
