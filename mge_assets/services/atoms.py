"""Atoms as a use case: cut every task's draft, keep what did not change, give atoms out."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from mge_assets.model.atoms import Atomization
from mge_assets.model.drafts import Draft
from mge_assets.model.errors import NotFoundError
from mge_assets.model.findings import Finding
from mge_assets.model.masterplan import Task
from mge_assets.model.stages import Stage
from mge_assets.services.cases import CaseService, Project, not_run_findings
from mge_assets.services.clock import timed
from mge_assets.services.versions import ATOMIZER_VERSION
from mge_assets.stages.atomization import atomize
from mge_assets.stages.atomization.blank import blank_file
from mge_assets.stages.atomization.case_runs import CaseRun, with_cases
from mge_assets.stages.atomization.plan_names import PlanNames
from mge_assets.store.atoms import AtomStore, StoredAtom
from mge_assets.store.plans import PlanStore, task_language


@dataclass(frozen=True, slots=True)
class AtomizationReport:
    """A plan's atoms as now stored. ``kept_files`` files were not cut again, as their drafts had not changed; ``cases`` were run of those that were."""

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
    cases: int = 0


class AtomService:
    """Cuts drafts into atoms and reads them back."""

    def __init__(self, plans: PlanStore, atoms: AtomStore, cases: CaseService) -> None:
        self._plans, self._atoms, self._cases = plans, atoms, cases

    def decompose(self, plan: str) -> AtomizationReport:
        """Cut every draft of the plan that is not cut yet."""
        with timed() as clock:
            stored = self._plans.load(plan)
            tasks = tuple(stored.masterplan.tasks) if stored else ()
            done, tests = self._plans.atomized_digests(plan), self._plans.tests(plan).tasks
            drafts = {draft.task: draft for draft in self._plans.drafts(plan)}
            names = PlanNames(task.file for task in tasks)
            project = Project({draft.file: draft.content for draft in drafts.values()})
            due: list[tuple[Task, str]] = []
            for task in tasks:
                draft = drafts.get(task.name)
                sources = (task.file, task_language(task), draft.digest if draft else "", tests.get(task.name, ""), names.mark(task.file))
                mark = _mark(*sources, self._cases.mark(task.file, project) if draft else "")
                if done[task.name] != mark:
                    due.append((task, mark))
            runs = self._cases.run([(drafts[task.name].file, drafts[task.name].language) for task, _ in due if task.name in drafts], project)
            findings: list[Finding] = []
            for task, mark in due:
                draft = drafts.get(task.name)
                cut = _cut(draft, tests.get(task.name, ""), runs) if draft else blank_file(task.file, task_language(task))
                self._atoms.replace(plan, task.name, mark, names.named(cut), task.description)
                findings += cut.errors
            findings += not_run_findings(runs)
        self._plans.add_seconds(plan, Stage.ATOMIZATION, clock.seconds)
        return self._report(plan, len(tasks) - len(due), tuple(findings), sum(len(run.cases) for run in runs.values()))

    def of_plan(self, plan: str) -> tuple[StoredAtom, ...]:
        """Every atom of a plan, in plan order."""
        return self._atoms.of_plan(plan)

    def get(self, atom: UUID) -> StoredAtom:
        """One atom. Raises NotFoundError."""
        found = self._atoms.one(atom)
        if found is None:
            raise NotFoundError(f"there is no atom {atom}", fix="look its id up with `mge status PLAN --json`")
        return found

    def _report(self, plan: str, kept: int, findings: tuple[Finding, ...], cases: int) -> AtomizationReport:
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
            cases=cases,
        )


def _cut(draft: Draft, tests: str, runs: Mapping[str, CaseRun]) -> Atomization:
    """The draft's atoms, with the cases that were run of it."""
    cut = atomize(draft.content, draft.file, draft.language, tests=tests)
    return with_cases(cut, runs[draft.file].cases) if draft.file in runs else cut


def _mark(*sources: str) -> str:
    """What a task's atoms follow from: the cutter's version, the file's name and language, the draft, the tests that contexts quote, the code of its cases."""
    return hashlib.sha256("\0".join((ATOMIZER_VERSION, *sources)).encode()).hexdigest()
