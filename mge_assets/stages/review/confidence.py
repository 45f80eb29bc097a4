"""Confidence: how sure we are that an atom is right, from what is known without a person (specification §7)."""

from collections.abc import Iterable, Iterator

from mge_assets.model.atoms import Atom
from mge_assets.model.decisions import ConfidenceScore
from mge_assets.model.findings import Check, CheckStatus, Severity, ValidationResult

WEIGHTS = {"validation": 0.4, "attempts": 0.3, "complexity": 0.2, "integration": 0.1}
"""What each part weighs; where no integration test ran, the other three share its weight in proportion."""

EASY, HARD = 3, 15
"""Cyclomatic complexity below which an atom is simple (1.0), and from which it is as hard as counts (0.0)."""

_BY_ATTEMPTS = {0: 1.0, 1: 1.0, 2: 0.7, 3: 0.4, 4: 0.2}


class ConfidenceScorer:
    """Scores atoms. It keeps nothing, so that one may serve all threads."""

    def score(self, atom: Atom, result: ValidationResult, attempts: int, integration: float | None) -> ConfidenceScore:
        """The confidence in one atom.

        Args:
            atom: the atom.
            result: what level 1 said of its last attempt; where that failed, validation counts nothing.
            attempts: the number of the last attempt; 0 is the draft taken as it is.
            integration: share of the integration tests around it that passed, 0.0–1.0; ``None`` if none ran, which speaks
                neither for nor against (its part is then shown as the score of the other three).
        """
        parts = {
            "validation": result.score if result.passed else 0.0,
            "attempts": self.attempts_part(attempts),
            "complexity": self.complexity_part(atom.complexity),
        }
        if integration is not None:
            parts["integration"] = min(1.0, max(0.0, integration))
        total = sum(WEIGHTS[name] for name in parts)
        score = round(sum(WEIGHTS[name] * part for name, part in parts.items()) / total, 4)
        issues = tuple(self._issues(atom, result, attempts, integration))
        return ConfidenceScore(score, parts["validation"], parts["attempts"], parts["complexity"], parts.get("integration", score), issues)

    def batch(self, atoms: Iterable[tuple[Atom, ValidationResult, int, float | None]]) -> dict[str, ConfidenceScore]:
        """The confidence in each of several atoms, by name, in the order given."""
        return {atom.name: self.score(atom, result, attempts, integration) for atom, result, attempts, integration in atoms}

    @staticmethod
    def attempts_part(attempts: int) -> float:
        """1.0 for a draft taken as it is or a first attempt that passed, then 0.7, 0.4, 0.2, and 0.0 from the fifth on."""
        return _BY_ATTEMPTS.get(max(0, attempts), 0.0)

    @staticmethod
    def complexity_part(complexity: int) -> float:
        """1.0 below a cyclomatic complexity of 3, falling evenly to 0.0 at 15."""
        if complexity < EASY:
            return 1.0
        return max(0.0, (HARD - complexity) / (HARD - (EASY - 1)))

    def _issues(self, atom: Atom, result: ValidationResult, attempts: int, integration: float | None) -> Iterator[str]:
        """What speaks against the atom, in plain sentences."""
        yield from (sentence for check in result.checks if (sentence := _sentence(check)))
        if not any(check.status is not CheckStatus.NOT_RUN for check in result.checks):
            yield "No check of level 1 was run."
        if attempts > 1:
            yield f"It took {attempts} attempts."
        if atom.complexity >= EASY:
            yield f"Its cyclomatic complexity is {atom.complexity}; below {EASY} is wished for."
        if integration is not None and integration < 1:
            yield f"Only {integration:.0%} of the integration tests around it passed."


def _sentence(check: Check) -> str:
    """What a check that failed or warned says, in one sentence; nothing for one that passed or was not run."""
    if check.status not in {CheckStatus.FAILED, CheckStatus.WARNED}:
        return ""
    said = [finding.message for finding in check.findings if finding.severity is not Severity.INFO]
    more = f" (and {len(said) - 1} more)" if len(said) > 1 else ""
    verb = "failed" if check.status is CheckStatus.FAILED else "warned"
    return f"The check '{check.name}' {verb}" + (f": {said[0].rstrip('.')}{more}." if said else ".")
