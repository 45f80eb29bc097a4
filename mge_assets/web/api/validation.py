"""Validation on request: levels 2 to 4 over the files as they stand, and a person's overrides."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from mge_assets.model.findings import Level, Override, ValidationResult
from mge_assets.services.validation import WIDER
from mge_assets.services.workspace import Workspace
from mge_assets.web.faults import InputError
from mge_assets.web.shapes.findings import ValidationShape


class OverrideInput(BaseModel):
    """A finding that does not count, as its result shows it."""

    masterplan: str = Field(max_length=100)
    level: int = Field(ge=1, le=4, description="1 atom, 2 task, 3 milestone, 4 masterplan.")
    subject: str = Field(max_length=1_000, description="The unit's name.")
    rule: str = Field(max_length=100)
    message: str = Field("", max_length=10_000, description="The finding's message; every finding of the rule if left out.")
    reason: str = Field(min_length=1, max_length=10_000, description="Why it does not count.")


def validation_routes(workspace: Workspace) -> APIRouter:
    """Routes of validation beside an atom's own results."""
    router = APIRouter(prefix="/validation", tags=["validation"])

    def judged(plan: str, levels: tuple[Level, ...], subject: str = "") -> list[ValidationShape]:
        workspace.plans.stored(plan)
        results = workspace.validation.hierarchical(plan, levels=levels)
        return _shapes([result for result in results if result.level in levels and subject in ("", result.subject)])

    @router.post("/task/{masterplan}/{name}")
    def task(masterplan: str, name: str) -> list[ValidationShape]:
        """Level 2 of a task, judged anew unless nothing changed since."""
        return judged(masterplan, (Level.TASK,), name)

    @router.post("/milestone/{masterplan}/{name}")
    def milestone(masterplan: str, name: str) -> list[ValidationShape]:
        """Level 3 of a milestone."""
        return judged(masterplan, (Level.MILESTONE,), name)

    @router.post("/masterplan/{masterplan}")
    def whole(masterplan: str) -> list[ValidationShape]:
        """Level 4 of the plan."""
        return judged(masterplan, (Level.MASTERPLAN,))

    @router.post("/hierarchical/{masterplan}")
    def hierarchical(masterplan: str, levels: Annotated[list[int] | None, Query()] = None) -> list[ValidationShape]:
        """Several levels in order, the widest first; 2, 3 and 4 if none is named. Level 1 answers what the last run stored."""
        wanted = tuple(Level(level) for level in levels or [level.value for level in WIDER] if level in {1, 2, 3, 4})
        stored = workspace.validation.results(masterplan) if Level.ATOMIC in wanted else ()
        return judged(masterplan, tuple(level for level in wanted if level in WIDER)) + _shapes([result for result in stored if result.level is Level.ATOMIC])

    @router.post("/override")
    def override(given: OverrideInput) -> list[ValidationShape]:
        """A finding does not count, and why; answers the unit's result as it is now. The reason is kept."""
        if not given.reason.strip():
            raise InputError("The reason is missing", fix="say in a sentence why the finding does not count here")
        workspace.plans.stored(given.masterplan)
        one = Override(Level(given.level), given.subject, given.rule, given.message, workspace.settings.user, given.reason.strip())
        return _shapes(workspace.validation.override(given.masterplan, one))

    return router


def _shapes(results: "list[ValidationResult] | tuple[ValidationResult, ...]") -> list[ValidationShape]:
    return [ValidationShape.of(result) for result in results]
