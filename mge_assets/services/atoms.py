"""Atoms as a use case: cut every task's draft, keep what did not change, give atoms out."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from mge_assets.model.errors import NotFoundError
from mge_assets.model.findings import Finding
from mge_assets.model.stages import Stage
from mge_assets.services.clock import timed
from mge_assets.stages.atomization import atomize
from mge_assets.stages.atomization.blank import blank_file
from mge_assets.stages.atomization.plan_names import PlanNames
from mge_assets.store.atoms import AtomStore, StoredAtom
from mge_assets.store.plans import PlanStore, task_language

ATOMIZER_VERSION = "3"
"""Changes when the same draft would be cut or described differently, so that stored atoms are cut again."""


@dataclass(frozen=True, slots=True)
class AtomizationReport:
    """A plan's atoms as now stored. ``kept_files`` files were not cut again, as their drafts had not changed."""

    plan: str
    atoms: int
    files: int
    kept_files: int
    loc: int
    mean_loc: float
    over_limit: int
    mean_completeness: float
    mean_atomicity: float
    kinds: Mapping[str, int]
    findings: tuple[Finding, ...]


class AtomService:
    """Cuts drafts into atoms and reads them back."""

    def __init__(self, plans: PlanStore, atoms: AtomStore) -> None:
        self._plans, self._atoms = plans, atoms

    def decompose(self, plan: str) -> AtomizationReport:
        """Cut every draft of the plan that is not cut yet."""
        with timed() as clock:
            stored = self._plans.load(plan)
            tasks = tuple(stored.masterplan.tasks) if stored else ()
            done, tests = self._plans.atomized_digests(plan), self._plans.tests(plan).tasks
            drafts = {draft.task: draft for draft in self._plans.drafts(plan)}
            names = PlanNames(task.file for task in tasks)
            findings: list[Finding] = []
            kept = 0
            for task in tasks:
                draft, quoted = drafts.get(task.name), tests.get(task.name, "")
                mark = _mark(task.file, task_language(task), draft.digest if draft else "", quoted, names.mark(task.file))
                if done[task.name] == mark:
                    kept += 1
                    continue
                cut = atomize(draft.content, draft.file, draft.language, tests=quoted) if draft else blank_file(task.file, task_language(task))
                self._atoms.replace(plan, task.name, mark, names.named(cut), task.description)
                findings += cut.errors
        self._plans.add_seconds(plan, Stage.ATOMIZATION, clock.seconds)
        return self._report(plan, kept, tuple(findings))

    def of_plan(self, plan: str) -> tuple[StoredAtom, ...]:
        """Every atom of a plan, in plan order."""
        return self._atoms.of_plan(plan)

    def get(self, atom: UUID) -> StoredAtom:
        """One atom. Raises NotFoundError."""
        found = self._atoms.one(atom)
        if found is None:
            raise NotFoundError(f"there is no atom {atom}", fix="look its id up with `mge status PLAN --json`")
        return found

    def _report(self, plan: str, kept: int, findings: tuple[Finding, ...]) -> AtomizationReport:
        summary = self._atoms.summary(plan)
        self._plans.set_figures(plan, total_atoms=summary.atoms, average_atom_loc=summary.mean_loc)
        return AtomizationReport(
            plan=plan,
            atoms=summary.atoms,
            files=summary.files,
            kept_files=kept,
            loc=summary.loc,
            mean_loc=summary.mean_loc,
            over_limit=summary.over_limit,
            mean_completeness=summary.mean_completeness,
            mean_atomicity=summary.mean_atomicity,
            kinds=summary.kinds,
            findings=findings,
        )


def _mark(*sources: str) -> str:
    """What a task's atoms follow from: the cutter's version, the file's name and language, the draft, and the tests that contexts quote."""
    return hashlib.sha256("\0".join((ATOMIZER_VERSION, *sources)).encode()).hexdigest()
