"""Validation on request: the four levels over the code as it stands, and a person's overrides."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from mge_assets.model.findings import Level, Override, ValidationResult
from mge_assets.services.validation import WIDER
from mge_assets.services.workspace import Workspace
from mge_assets.web.faults import InputError
from mge_assets.web.shapes.findings import IntegrationShape, RoundShape, ValidationShape


class OverrideInput(BaseModel):
    """A finding that does not count, as its result shows it."""

    masterplan: str = Field(max_length=100)
    level: int = Field(ge=1, le=4, description="1 atom, 2 task, 3 milestone, 4 masterplan.")
    subject: str = Field(max_length=1_000, description="The unit's name.")
    rule: str = Field(max_length=100)
    message: str = Field("", max_length=10_000, description="The finding's message; every finding of the rule if left out.")
    reason: str = Field(min_length=1, max_length=10_000, description="Why it does not count.")


class BatchInput(BaseModel):
    """Atoms of any plans to judge together."""

    atoms: list[UUID] = Field(min_length=1, max_length=5_000)


class ValidationsShape(BaseModel):
    """Results, the widest level first."""

    results: list[ValidationShape]


def validation_routes(workspace: Workspace) -> APIRouter:
    """Routes of validation beside an atom's own results."""
    router = APIRouter(prefix="/validation", tags=["validation"])

    def judged(plan: str, levels: tuple[Level, ...], subject: str = "") -> ValidationsShape:
        workspace.plans.stored(plan)
        results = workspace.validation.hierarchical(plan, levels=levels)
        return _shapes([result for result in results if result.level in levels and subject in ("", result.subject)])

    _atom_routes(workspace, router)

    @router.post("/task/{masterplan}/{name}")
    def task(masterplan: str, name: str) -> ValidationsShape:
        """Level 2 of a task, judged anew unless nothing changed since."""
        return judged(masterplan, (Level.TASK,), name)

    @router.post("/milestone/{masterplan}/{name}")
    def milestone(masterplan: str, name: str) -> ValidationsShape:
        """Level 3 of a milestone."""
        return judged(masterplan, (Level.MILESTONE,), name)

    @router.post("/masterplan/{masterplan}")
    def whole(masterplan: str) -> ValidationsShape:
        """Level 4 of the plan."""
        return judged(masterplan, (Level.MASTERPLAN,))

    @router.post("/hierarchical/{masterplan}")
    def hierarchical(masterplan: str, levels: Annotated[list[int] | None, Query()] = None) -> ValidationsShape:
        """Several levels in order, the widest first; 2, 3 and 4 if none is named. Level 1 answers what the last run stored."""
        wanted = tuple(Level(level) for level in levels or [level.value for level in WIDER] if level in {1, 2, 3, 4})
        stored = workspace.validation.results(masterplan) if Level.ATOMIC in wanted else ()
        wider = judged(masterplan, tuple(level for level in wanted if level in WIDER)).results
        return ValidationsShape(results=wider + _shapes([result for result in stored if result.level is Level.ATOMIC]).results)

    @router.get("/integration/{masterplan}")
    def integration(masterplan: str) -> IntegrationShape:
        """The rounds of integration tests of the newest execution: what failed, and which atom brought it in."""
        workspace.plans.stored(masterplan)
        return IntegrationShape(masterplan=masterplan, rounds=[RoundShape.of(run) for run in workspace.validation.integration(masterplan)])

    @router.post("/override")
    def override(given: OverrideInput) -> ValidationsShape:
        """A finding does not count, and why; answers the unit's result as it is now. The reason is kept."""
        if not given.reason.strip():
            raise InputError("The reason is missing", fix="say in a sentence why the finding does not count here")
        workspace.plans.stored(given.masterplan)
        one = Override(Level(given.level), given.subject, given.rule, given.message, workspace.settings.user, given.reason.strip())
        return _shapes(workspace.validation.override(given.masterplan, one))

    return router


def _atom_routes(workspace: Workspace, router: APIRouter) -> None:
    """Level 1 on request."""

    def atoms_judged(ids: Sequence[UUID]) -> ValidationsShape:
        by_plan: dict[str, list[str]] = {}
        for atom in ids:
            by_plan.setdefault(workspace.stores.atoms.owner(atom) or "", []).append(workspace.atoms.get(atom).atom.name)
        return _shapes([result for plan, names in by_plan.items() for result in workspace.validation.atoms(plan, names)])

    @router.post("/atom/{atom_id}")
    def atom(atom_id: UUID) -> ValidationsShape:
        """Level 1 of an atom's code as it stands."""
        return atoms_judged([atom_id])

    @router.post("/batch/atoms")
    def batch(given: BatchInput) -> ValidationsShape:
        """Level 1 of many atoms' code as it stands, in their plans' order."""
        return atoms_judged(list(dict.fromkeys(given.atoms)))


def _shapes(results: Sequence[ValidationResult]) -> ValidationsShape:
    return ValidationsShape(results=[ValidationShape.of(result) for result in results])
