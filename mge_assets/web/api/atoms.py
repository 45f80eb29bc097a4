"""Atoms and what validation says of them."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from mge_assets.services.workspace import Workspace
from mge_assets.web.shapes.atoms import AtomBriefShape, AtomResultsShape, AtomShape, AtomsShape
from mge_assets.web.shapes.findings import ValidationShape


def atom_routes(workspace: Workspace) -> APIRouter:
    """Routes of atoms and of validation."""
    router = APIRouter()

    @router.get("/atoms/by-masterplan/{name}", tags=["atomization"])
    def by_masterplan(name: str, offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0, limit: Annotated[int, Query(ge=1, le=5_000)] = 1_000) -> AtomsShape:
        """A masterplan's atoms in plan order, without their code."""
        workspace.plans.stored(name)
        atoms = workspace.atoms.of_plan(name)
        shown = [AtomBriefShape.of(atom) for atom in atoms[offset : offset + limit]]
        return AtomsShape(masterplan=name, total=len(atoms), offset=offset, atoms=shown)

    @router.get("/atoms/{atom_id}", tags=["atomization"])
    def atom(atom_id: UUID) -> AtomShape:
        """One atom with its draft, code and context."""
        return AtomShape.whole(workspace.atoms.get(atom_id), workspace.stores.atoms.owner(atom_id) or "")

    @router.get("/validation/results/{atom_id}", tags=["validation"])
    def results(atom_id: UUID) -> AtomResultsShape:
        """What validation said of an atom last."""
        stored, result = workspace.atoms.get(atom_id), workspace.review.results_of(atom_id)
        return AtomResultsShape(atom_id=atom_id, name=stored.atom.name, results=[ValidationShape.of(result)] if result else [])

    return router
