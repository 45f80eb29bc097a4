"""Atoms, the attempts at them, and what validation says of them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from pydantic import BaseModel

from mge_assets.model.atoms import AtomKind
from mge_assets.model.attempts import AtomStatus, ErrorClass
from mge_assets.store.atoms import StoredAtom
from mge_assets.store.reviews import digest_of
from mge_assets.web.shapes.findings import FindingShape, ValidationShape
from mge_resources.syntax import Language


class AtomBriefShape(BaseModel):
    """An atom without its code. ``attempts`` 0 means that its draft was taken as it is."""

    atom_id: UUID
    name: str
    task: str
    file: str
    kind: AtomKind
    language: Language
    start_line: int
    end_line: int
    loc: int
    complexity: int
    completeness: float
    atomicity: float
    status: AtomStatus
    attempts: int
    confidence: float | None
    human_reviewed: bool

    @classmethod
    def of(cls, stored: StoredAtom, **more: Any) -> Self:  # noqa: ANN401 -- fields of a longer shape
        """From the stored atom."""
        atom, span = stored.atom, stored.atom.span
        lines = {"start_line": span.start_line, "end_line": span.end_line, "loc": atom.loc, "complexity": atom.complexity}
        head = {"atom_id": stored.atom_id, "name": atom.name, "task": stored.task, "file": atom.file, "kind": atom.kind, "language": atom.language}
        scores = {"completeness": atom.context.completeness, "atomicity": atom.atomicity.score, "confidence": stored.confidence}
        fate = {"status": stored.status, "attempts": stored.attempts, "human_reviewed": stored.human_reviewed}
        return cls.model_validate({**head, **lines, **scores, **fate, **more})


class AtomsShape(BaseModel):
    """Atoms in plan order: ``atoms`` from ``offset`` on, of ``total``."""

    masterplan: str
    total: int
    offset: int
    atoms: list[AtomBriefShape]


class AtomShape(AtomBriefShape):
    """An atom with its draft, its code (``None`` before there is any) and its context. Bytes that are no UTF-8 show as U+FFFD."""

    masterplan: str
    signature: str
    scope: str
    stub: bool
    draft: str
    code: str | None
    code_digest: str
    imports: list[str]
    types: list[str]
    preconditions: list[str]
    postconditions: list[str]
    test_cases: list[str]
    violations: list[FindingShape]
    cost_usd: float

    @classmethod
    def whole(cls, stored: StoredAtom, masterplan: str) -> Self:
        """From the stored atom."""
        atom, context = stored.atom, stored.atom.context
        return cls.of(
            stored,
            masterplan=masterplan,
            signature=atom.signature,
            scope=atom.scope,
            stub=atom.stub,
            draft=text_of(atom.text),
            code=None if stored.code is None else text_of(stored.code),
            code_digest=digest_of(atom.text if stored.code is None else stored.code),
            **{name: list(getattr(context, name)) for name in context.COMPONENTS},
            violations=[FindingShape.of(violation) for violation in atom.atomicity.violations],
            cost_usd=stored.bill.cost_usd,
        )


class AtomResultsShape(BaseModel):
    """An atom's newest results; empty before it was validated."""

    atom_id: UUID
    name: str
    results: list[ValidationShape]


class AttemptShape(BaseModel):
    """One attempt; number 0 is the draft taken as it is."""

    number: int
    success: bool
    error_class: ErrorClass | None
    error: str
    feedback: str
    temperature: float | None
    model: str
    cost_usd: float
    seconds: float
    at: datetime

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """From a row of ``atom_retry_history``."""
        head = {"number": row["attempt_number"], "success": row["success"], "error_class": row["error_type"], "error": row["error_message"]}
        asked = {"feedback": row["feedback_prompt"], "temperature": row["temperature"], "model": row["llm_model"]}
        return cls.model_validate({**head, **asked, "cost_usd": row["llm_cost_usd"], "seconds": row["duration_seconds"], "at": row["attempted_at"]})


def text_of(code: bytes) -> str:
    """Code as text; bytes that are no UTF-8 become U+FFFD."""
    return code.decode("utf-8", errors="replace")
