"""Atoms to rows and back."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Text, cast, delete, func, select, update
from sqlalchemy.engine import RowMapping

from mge_assets.model.atoms import Atom, AtomContext, Atomicity, Atomization, AtomKind, Span
from mge_assets.model.attempts import AtomStatus
from mge_assets.model.cases import case_from_json, case_to_json
from mge_assets.model.ids import atom_id, masterplan_id, task_id
from mge_assets.store.retrying import Store
from mge_assets.store.rows import finding_from_json, finding_to_json, update_rows, upsert
from mge_assets.store.tables import AtomicUnitRow, MasterplanRow, TaskRow


@dataclass(frozen=True, slots=True)
class Bill:
    """What an atom's calls cost in its newest execution."""

    model: str = ""
    tokens_input: int = 0
    tokens_output: int = 0
    cost_usd: float = 0.0


@dataclass(frozen=True, slots=True)
class StoredAtom:
    """An atom with its id, the task that it belongs to, and how it fared so far."""

    atom_id: UUID
    task: str
    atom: Atom
    status: AtomStatus
    code: bytes | None
    fingerprint: str
    attempts: int
    confidence: float | None
    human_reviewed: bool
    human_feedback: str = ""
    bill: Bill = Bill()

    @property
    def rejected_because(self) -> str:
        """What a person found wrong with the code that stood here, where it waits to be written anew."""
        return self.human_feedback if self.status is AtomStatus.PENDING else ""


@dataclass(frozen=True, slots=True)
class BriefAtom:
    """An atom without its texts."""

    atom_id: UUID
    name: str
    task: str
    file: str
    kind: AtomKind
    status: AtomStatus
    confidence: float | None


@dataclass(frozen=True, slots=True)
class AtomSummary:
    """Figures over a plan's atoms."""

    atoms: int
    files: int
    loc: int
    mean_loc: float
    over_limit: int
    mean_completeness: float
    mean_atomicity: float
    kinds: Mapping[str, int]


class AtomStore(Store):
    """Reads and writes atoms."""

    def replace(self, plan: str, task: str, digest: str, atomization: Atomization, description: str) -> None:
        """Store a task's atoms in place of those it had; an atom of the same name keeps its code, status and decisions."""
        owner = task_id(plan, task)
        rows = [_row(plan, task, atom, description) for atom in atomization.atoms]
        with self._engine.begin() as connection:
            gone = AtomicUnitRow.atom_id.not_in([row["atom_id"] for row in rows])
            connection.execute(delete(AtomicUnitRow).where(AtomicUnitRow.task_id == owner, gone))
            upsert(connection, AtomicUnitRow, rows)
            connection.execute(update(TaskRow).where(TaskRow.task_id == owner).values(atomized_digest=digest))

    def of_plan(self, plan: str) -> tuple[StoredAtom, ...]:
        """Every atom of a plan, in plan order: by task, then by place in the file."""
        return self._select(AtomicUnitRow.masterplan_id == masterplan_id(plan))

    def brief(self, plan: str) -> tuple[BriefAtom, ...]:
        """Every atom of a plan in plan order, without its texts, which are most of what a row holds."""
        mine = _briefly().where(AtomicUnitRow.masterplan_id == masterplan_id(plan))
        with self._engine.connect() as connection:
            return tuple(BriefAtom(*row) for row in connection.execute(mine.order_by(TaskRow.position, AtomicUnitRow.atom_number)))

    def plain(self, plan: str) -> Iterator[tuple[str, str, str, str, str, str, float | None]]:
        """As ``brief``, every value but the confidence as the text that it is stored as: thousands of atoms are read in a third of the time."""
        mine = _briefly(as_text=True).where(AtomicUnitRow.masterplan_id == masterplan_id(plan))
        with self._engine.connect() as connection:
            # one after the other: all at once, 19,000 rows take twice as long, as they live until the last
            yield from connection.execute(mine.order_by(TaskRow.position, AtomicUnitRow.atom_number))

    def one_brief(self, atom: UUID) -> BriefAtom | None:
        """One atom without its texts, or ``None``."""
        with self._engine.connect() as connection:
            row = connection.execute(_briefly().where(AtomicUnitRow.atom_id == atom)).first()
        return BriefAtom(*row) if row else None

    def of_task(self, task: UUID) -> tuple[StoredAtom, ...]:
        """Every atom of a task, by place in the file."""
        return self._select(AtomicUnitRow.task_id == task)

    def texts(self, plan: str) -> tuple[tuple[str, bytes], ...]:
        """(task, code) of every atom as it stands, in plan order: its code, or its draft where it has none yet."""
        table = AtomicUnitRow
        query = select(TaskRow.name, func.coalesce(table.code, table.draft)).join(TaskRow, TaskRow.task_id == table.task_id)
        mine = query.where(table.masterplan_id == masterplan_id(plan)).order_by(TaskRow.position, table.atom_number)
        with self._engine.connect() as connection:
            return tuple((row[0], bytes(row[1])) for row in connection.execute(mine))

    def unfinished_tasks(self, plan: str) -> frozenset[str]:
        """The tasks that have an atom which is not completed."""
        open_atom = (AtomicUnitRow.masterplan_id == masterplan_id(plan), AtomicUnitRow.status != AtomStatus.COMPLETED)
        query = select(TaskRow.name).join(AtomicUnitRow, TaskRow.task_id == AtomicUnitRow.task_id).where(*open_atom).distinct()
        with self._engine.connect() as connection:
            return frozenset(connection.scalars(query))

    def one(self, atom: UUID) -> StoredAtom | None:
        """One atom, or ``None``."""
        return next(iter(self._select(AtomicUnitRow.atom_id == atom)), None)

    def owner(self, atom: UUID) -> str | None:
        """The name of the plan that an atom belongs to."""
        query = select(MasterplanRow.name).join(AtomicUnitRow, AtomicUnitRow.masterplan_id == MasterplanRow.masterplan_id)
        with self._engine.connect() as connection:
            return connection.scalar(query.where(AtomicUnitRow.atom_id == atom))

    def summary(self, plan: str) -> AtomSummary:
        """Figures over a plan's atoms, counted by the database."""
        table = AtomicUnitRow
        mine = table.masterplan_id == masterplan_id(plan)
        figures = select(
            func.count(),
            func.count(table.file.distinct()),
            func.coalesce(func.sum(table.estimated_loc), 0),
            func.coalesce(func.avg(table.estimated_loc), 0),
            func.count().filter(table.estimated_loc > 15),
            func.coalesce(func.avg(table.completeness_score), 0),
            func.coalesce(func.avg(table.atomicity_score), 0),
        ).where(mine)
        with self._engine.connect() as connection:
            atoms, files, loc, mean, over, completeness, atomicity = connection.execute(figures).one()
            kinds = {row[0].value: row[1] for row in connection.execute(select(table.kind, func.count()).where(mine).group_by(table.kind).order_by(table.kind))}
        return AtomSummary(atoms, files, loc, float(mean), over, float(completeness), float(atomicity), kinds)

    def status_counts(self, plan: str) -> Mapping[AtomStatus, int]:
        """How many atoms of a plan stand in each status."""
        query = select(AtomicUnitRow.status, func.count()).where(AtomicUnitRow.masterplan_id == masterplan_id(plan)).group_by(AtomicUnitRow.status)
        with self._engine.connect() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def set_status(self, atoms: Sequence[UUID], status: AtomStatus) -> None:
        """Give atoms a status."""
        with self._engine.begin() as connection:
            connection.execute(update(AtomicUnitRow).where(AtomicUnitRow.atom_id.in_(atoms)).values(status=status))

    def set_confidence(self, scores: Iterable[tuple[UUID, float, bool]]) -> None:
        """Store (atom, confidence, waits for a person) in one statement."""
        rows = [{"atom_id": atom, "confidence_score": score, "needs_human_review": waits} for atom, score, waits in scores]
        with self._engine.begin() as connection:
            update_rows(connection, AtomicUnitRow, rows)

    def _select(self, condition: ColumnElement[bool]) -> tuple[StoredAtom, ...]:
        query = (
            select(AtomicUnitRow.__table__, TaskRow.name.label("task_name"))
            .join(TaskRow, TaskRow.task_id == AtomicUnitRow.task_id)
            .where(condition)
            .order_by(TaskRow.position, AtomicUnitRow.atom_number)
        )
        with self._engine.connect() as connection:
            return tuple(_stored(row) for row in connection.execute(query).mappings())


def _briefly(*, as_text: bool = False) -> Select[*tuple[Any, ...]]:
    """What a brief atom has, in its order."""
    table = AtomicUnitRow
    columns = (table.atom_id, table.name, TaskRow.name, table.file, table.kind, table.status)
    told = [cast(each, Text) for each in columns] if as_text else columns
    return select(*told, table.confidence_score).join(TaskRow, TaskRow.task_id == table.task_id)


def _row(plan: str, task: str, atom: Atom, description: str) -> dict[str, Any]:
    context, span = atom.context, atom.span
    return {
        "atom_id": atom_id(plan, task, atom.name),
        "task_id": task_id(plan, task),
        "masterplan_id": masterplan_id(plan),
        "atom_number": atom.number,
        "name": atom.name,
        "description": atom.signature or f"{atom.kind.value} of {description}",
        "kind": atom.kind,
        "language": atom.language,
        "file": atom.file,
        "node_type": atom.node_type,
        "scope": atom.scope,
        "indent": atom.indent,
        "signature": atom.signature,
        "stub": atom.stub,
        "start_byte": span.start_byte,
        "end_byte": span.end_byte,
        "start_line": span.start_line,
        "end_line": span.end_line,
        "estimated_loc": atom.loc,
        "complexity": atom.complexity,
        **{name: list(getattr(context, name)) for name in AtomContext.COMPONENTS},
        "context_json": {"hints": list(context.hints), "exempt": sorted(context.exempt), "cases": [case_to_json(case) for case in context.cases]},
        "completeness_score": context.completeness,
        "atomicity_score": atom.atomicity.score,
        "atomicity_violations": [finding_to_json(violation) for violation in atom.atomicity.violations],
        "is_atomic": not atom.atomicity.violations,
        "draft": atom.text,
    }


def _stored(row: RowMapping) -> StoredAtom:
    components = {name: tuple(row[name]) for name in AtomContext.COMPONENTS}
    more = row["context_json"]
    atom = Atom(
        name=row["name"],
        number=row["atom_number"],
        kind=row["kind"],
        language=row["language"],
        file=row["file"],
        span=Span(row["start_byte"], row["end_byte"], row["start_line"], row["end_line"]),
        text=row["draft"],
        loc=row["estimated_loc"],
        complexity=row["complexity"],
        node_type=row["node_type"],
        scope=row["scope"],
        indent=row["indent"],
        signature=row["signature"],
        stub=row["stub"],
        context=AtomContext(
            **components,
            hints=tuple(more["hints"]),
            exempt=frozenset(more["exempt"]),
            cases=tuple(case_from_json(case) for case in more.get("cases", ())),
        ),
        atomicity=Atomicity(row["atomicity_score"], tuple(finding_from_json(violation) for violation in row["atomicity_violations"])),
    )
    fate = {"status": row["status"], "code": row["code"], "fingerprint": row["fingerprint"], "attempts": row["attempts"]}
    bill = Bill(row["llm_model"], row["llm_tokens_input"], row["llm_tokens_output"], float(row["llm_cost_usd"]))
    decided = {"confidence": row["confidence_score"], "human_reviewed": row["human_reviewed"], "human_feedback": row["human_feedback"]}
    return StoredAtom(row["atom_id"], row["task_name"], atom, **fate, **decided, bill=bill)
