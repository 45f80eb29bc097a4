"""Level 1 as an execution asks for it: how strict, what persons overrode, and drafts' files judged once for all their atoms."""

from collections.abc import Mapping
from dataclasses import dataclass

from mge_assets.model.atoms import Atom
from mge_assets.model.findings import Level, Severity, ValidationResult
from mge_assets.services.live import LiveExecution
from mge_assets.stages.validation import AtomicValidator, apply_strictness, respect
from mge_resources.settings import Strictness


@dataclass(frozen=True)
class Judge:
    """Level 1 of one execution's atoms, as far as it only reads."""

    live: LiveExecution
    validator: AtomicValidator
    strictness: Strictness
    thresholds: Mapping[Level, float]

    def __call__(self, atom: Atom, code: bytes, before: bytes, after: bytes, stub: Severity) -> ValidationResult:
        """The verdict on this code in the place of the atom."""
        if atom.name in self.live.atoms.briefing.heads:  # its body is another atom
            stub = Severity.INFO
        elif stub is Severity.ERROR and self.live.is_draft(atom, code):
            return self._of_draft(atom)
        return self._weighed(self.validator.validate(atom, code, before, after, stub=stub, project=self.live.project()))

    def _weighed(self, found: ValidationResult) -> ValidationResult:
        return respect(apply_strictness(found, self.strictness, self.thresholds), self.live.overrides)

    def _of_draft(self, atom: Atom) -> ValidationResult:
        """Level 1 of a draft's atom: the whole file's are found together when the first is asked for, and its syntax tree is not kept."""
        live = self.live
        if atom.file not in live.draft_results:
            atoms = [stored.atom for stored in live.atoms.files[atom.file]]
            results = self.validator.validate_drafts(live.atoms.drafts[atom.file], atoms, project=live.atoms.drafts)
            live.draft_results[atom.file] = {result.subject: self._weighed(result) for result in results}
        return live.draft_results[atom.file][atom.name]
