"""Plans to rows and back: the newest version in parts, every version in full, and what happened to it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, cast, delete, select, update
from sqlalchemy.dialects.postgresql import JSONB, insert

from mge_assets.model.drafts import Draft, DraftOrigin
from mge_assets.model.executions import ExecutionMode
from mge_assets.model.findings import Finding
from mge_assets.model.ids import masterplan_id, part_id, task_id
from mge_assets.model.masterplan import Masterplan, Task
from mge_assets.model.stages import Stage
from mge_assets.store.retrying import Store, again_after_loss
from mge_assets.store.rows import finding_from_json, finding_to_json, upsert
from mge_assets.store.tables import MasterplanHistoryRow, MasterplanRow, MasterplanVersionRow, MilestoneRow, PhaseRow, SubtaskRow, TaskRow
from mge_resources.syntax import Language, detect_language


@dataclass(frozen=True, slots=True)
class StoredPlan:
    """A plan as stored: its newest version, the file it came from and that file's bytes."""

    masterplan: Masterplan
    version: int
    digest: str
    path: str
    text: bytes


@dataclass(frozen=True, slots=True)
class StoredTests:
    """Acceptance tests as text, of the plan and of each milestone and task that has some."""

    plan: str
    milestones: Mapping[str, str]
    tasks: Mapping[str, str]


class PlanStore(Store):
    """Reads and writes plans."""

    def save(self, plan: Masterplan, *, text: bytes, digest: str, path: str, actor: str) -> tuple[int, bool]:
        """Store a plan; answers its version and whether that is a new one. Atoms of tasks that stay are kept."""
        return self._save(uuid4(), plan, text, digest, path, actor)

    @again_after_loss
    def _save(self, note: UUID, plan: Masterplan, text: bytes, digest: str, path: str, actor: str) -> tuple[int, bool]:
        with self._engine.begin() as connection:
            known = connection.execute(select(MasterplanRow.version, MasterplanRow.digest).where(MasterplanRow.name == plan.name).with_for_update()).first()
            version = known.version if known and known.digest == digest else (known.version + 1 if known else 1)
            _write_plan(connection, plan, version, digest, path)
            if known and known.digest == digest:
                noted = select(MasterplanHistoryRow.history_id).where(MasterplanHistoryRow.history_id == note)
                return version, connection.scalar(noted) is not None  # by the try before this one, whose answer was lost
            _write_parts(connection, plan)
            _write_version(connection, plan, version, digest, text)
            _note(connection, note, plan.name, "registered", actor, {"version": version, "path": path})
            return version, True

    def names(self) -> tuple[str, ...]:
        """Every plan's name, sorted."""
        with self._engine.connect() as connection:
            return tuple(connection.scalars(select(MasterplanRow.name).order_by(MasterplanRow.name)))

    def load(self, name: str) -> StoredPlan | None:
        """The newest version of a plan, or ``None``."""
        query = (
            select(MasterplanRow.version, MasterplanRow.digest, MasterplanRow.plan_path, MasterplanVersionRow.document, MasterplanVersionRow.plan_text)
            .join(MasterplanVersionRow, MasterplanVersionRow.masterplan_id == MasterplanRow.masterplan_id)
            .where(MasterplanRow.name == name, MasterplanVersionRow.version == MasterplanRow.version)
        )
        with self._engine.connect() as connection:
            row = connection.execute(query).first()
        return StoredPlan(Masterplan.model_validate(row.document), row.version, row.digest, row.plan_path, row.plan_text) if row else None

    def save_tests(self, name: str, tests: StoredTests) -> None:
        """Store the acceptance tests as text."""
        plan = masterplan_id(name)
        with self._engine.begin() as connection:
            connection.execute(update(MasterplanRow).where(MasterplanRow.masterplan_id == plan).values(tests=tests.plan))
            for table, key, texts in ((MilestoneRow, MilestoneRow.name, tests.milestones), (TaskRow, TaskRow.name, tests.tasks)):
                connection.execute(update(table).where(table.masterplan_id == plan).values(tests=""))
                for part, text in texts.items():
                    connection.execute(update(table).where(table.masterplan_id == plan, key == part).values(tests=text))

    def tests(self, name: str) -> StoredTests:
        """The stored acceptance tests."""
        plan = masterplan_id(name)
        with self._engine.connect() as connection:
            whole = connection.scalar(select(MasterplanRow.tests).where(MasterplanRow.masterplan_id == plan)) or ""
            parts = [
                {row.name: row.tests for row in connection.execute(select(table.name, table.tests).where(table.masterplan_id == plan, table.tests != ""))}
                for table in (MilestoneRow, TaskRow)
            ]
        return StoredTests(whole, parts[0], parts[1])

    def save_drafts(self, name: str, drafts: Iterable[Draft], findings: Mapping[str, Sequence[Finding]]) -> int:
        """Store drafts by task, with the findings about each; answers how many were there already with the same bytes."""
        plan = masterplan_id(name)
        known = self.draft_digests(name)
        given = list(drafts)
        kept = 0
        with self._engine.begin() as connection:
            gone = (TaskRow.masterplan_id == plan, TaskRow.name.not_in([draft.task for draft in given]))
            connection.execute(update(TaskRow).where(*gone).values(draft=None, draft_origin=None, draft_digest="", findings=[]))
            for draft in given:
                kept += known.get(draft.task) == draft.digest
                values: dict[str, Any] = {"findings": [finding_to_json(f) for f in findings.get(draft.task, ())], "draft_origin": draft.origin}
                if known.get(draft.task) != draft.digest:
                    values |= {"draft": draft.content, "draft_digest": draft.digest}
                connection.execute(update(TaskRow).where(TaskRow.masterplan_id == plan, TaskRow.name == draft.task).values(values))
        return kept

    def drafts(self, name: str) -> tuple[Draft, ...]:
        """Every stored draft, in plan order."""
        query = select(TaskRow).where(TaskRow.masterplan_id == masterplan_id(name), TaskRow.draft.is_not(None)).order_by(TaskRow.position)
        columns = query.with_only_columns(TaskRow.name, TaskRow.file, TaskRow.language, TaskRow.draft, TaskRow.draft_origin)
        with self._engine.connect() as connection:
            return tuple(Draft(row.name, row.file, row.language, row.draft, row.draft_origin or DraftOrigin.CODE) for row in connection.execute(columns))

    def draft_digests(self, name: str) -> dict[str, str]:
        """The digest of each task's stored draft, by task; empty where there is none."""
        return self._by_task(name, "draft_digest")

    def atomized_digests(self, name: str) -> dict[str, str]:
        """The digest of the draft that each task's stored atoms were cut from, by task."""
        return self._by_task(name, "atomized_digest")

    def findings(self, name: str) -> tuple[Finding, ...]:
        """What is to be said of the drafts, in plan order."""
        query = select(TaskRow.findings).where(TaskRow.masterplan_id == masterplan_id(name)).order_by(TaskRow.position)
        with self._engine.connect() as connection:
            return tuple(finding_from_json(finding) for findings in connection.scalars(query) for finding in findings)

    def note(self, name: str, event: str, actor: str, detail: Mapping[str, Any]) -> None:
        """Add to the plan's history."""
        self._note(uuid4(), name, event, actor, detail)

    @again_after_loss
    def _note(self, key: UUID, name: str, event: str, actor: str, detail: Mapping[str, Any]) -> None:
        with self._engine.begin() as connection:
            _note(connection, key, name, event, actor, detail)

    def set_figures(self, name: str, **figures: Any) -> None:  # noqa: ANN401 -- columns of the plan's row
        """Store figures of the plan's newest run (columns of ``masterplans``)."""
        with self._engine.begin() as connection:
            connection.execute(update(MasterplanRow).where(MasterplanRow.name == name).values(**figures))

    def add_seconds(self, name: str, stage: Stage, seconds: float) -> None:
        """Store what a stage of the newest run took, in wall seconds."""
        merged = MasterplanRow.stage_seconds.concat(cast({stage.value: seconds}, JSONB))
        with self._engine.begin() as connection:
            connection.execute(update(MasterplanRow).where(MasterplanRow.name == name).values(stage_seconds=merged))

    def seconds(self, name: str) -> Mapping[str, float]:
        """What each stage of the newest run took, in wall seconds."""
        with self._engine.connect() as connection:
            return connection.scalar(select(MasterplanRow.stage_seconds).where(MasterplanRow.name == name)) or {}

    def _by_task(self, name: str, column: str) -> dict[str, str]:
        wanted = getattr(TaskRow, column)
        with self._engine.connect() as connection:
            rows = connection.execute(select(TaskRow.name, wanted).where(TaskRow.masterplan_id == masterplan_id(name)))
            return {row[0]: row[1] for row in rows}


def task_language(task: Task) -> Language:
    """The task's language, given or told by its file's ending; planning has checked that there is one."""
    language = task.language or detect_language(task.file)
    if language is None:
        message = f"task {task.name} has no language"
        raise ValueError(message)
    return language


def _write_plan(connection: Connection, plan: Masterplan, version: int, digest: str, path: str) -> None:
    row = {
        "masterplan_id": masterplan_id(plan.name),
        "name": plan.name,
        "description": plan.description,
        "version": version,
        "digest": digest,
        "plan_path": path,
        "requirements": list(plan.requirements),
        "execution_mode": plan.execution_mode or ExecutionMode.V2_ATOMS,
    }
    upsert(connection, MasterplanRow, [row])


def _write_version(connection: Connection, plan: Masterplan, version: int, digest: str, text: bytes) -> None:
    owner = masterplan_id(plan.name)
    row = {
        "version_id": part_id(owner, "version", str(version)),
        "masterplan_id": owner,
        "version": version,
        "digest": digest,
        "plan_text": text,
        "document": plan.model_dump(mode="json", exclude_defaults=True),
    }
    upsert(connection, MasterplanVersionRow, [row])


def _write_parts(connection: Connection, plan: Masterplan) -> None:
    owner = masterplan_id(plan.name)
    phases, milestones, tasks, subtasks = _part_rows(plan, owner)
    kept: tuple[tuple[type[TaskRow] | type[MilestoneRow] | type[PhaseRow], Any, list[dict[str, Any]]], ...] = (
        (PhaseRow, PhaseRow.phase_id, phases),
        (MilestoneRow, MilestoneRow.milestone_id, milestones),
        (TaskRow, TaskRow.task_id, tasks),
    )
    for table, _, rows in kept:
        upsert(connection, table, rows)
    for table, key, rows in reversed(kept):
        connection.execute(delete(table).where(table.masterplan_id == owner, key.not_in([row[key.key] for row in rows])))
    connection.execute(delete(SubtaskRow).where(SubtaskRow.task_id.in_([row["task_id"] for row in tasks])))
    upsert(connection, SubtaskRow, subtasks)


def _part_rows(plan: Masterplan, owner: UUID) -> tuple[list[dict[str, Any]], ...]:
    phases: list[dict[str, Any]] = []
    milestones: list[dict[str, Any]] = []
    tasks: list[dict[str, Any]] = []
    subtasks: list[dict[str, Any]] = []
    for phase in plan.phases:
        stretch = part_id(owner, "phase", phase.name)
        phases.append({"phase_id": stretch, "masterplan_id": owner, "position": len(phases), "name": phase.name, "description": phase.description})
        for milestone in phase.milestones:
            goal = part_id(owner, "milestone", milestone.name)
            named = {"name": milestone.name, "description": milestone.description}
            milestones.append({"milestone_id": goal, "phase_id": stretch, "masterplan_id": owner, "position": len(milestones), **named})
            for task in milestone.tasks:
                tasks.append(_task_row(plan.name, task, goal, len(tasks)))
                subtasks += _subtask_rows(tasks[-1]["task_id"], task)
    return phases, milestones, tasks, subtasks


def _task_row(plan: str, task: Task, milestone: UUID, position: int) -> dict[str, Any]:
    return {
        "task_id": task_id(plan, task.name),
        "milestone_id": milestone,
        "masterplan_id": masterplan_id(plan),
        "position": position,
        "name": task.name,
        "description": task.description,
        "file": task.file,
        "language": task_language(task),
        "depends_on": list(task.depends_on),
        "regenerate": task.regenerate,
    }


def _subtask_rows(task: UUID, given: Task) -> list[dict[str, Any]]:
    return [
        {"subtask_id": part_id(task, "subtask", part.name), "task_id": task, "position": position, "name": part.name, "description": part.description}
        for position, part in enumerate(given.subtasks)
    ]


def _note(connection: Connection, key: UUID, name: str, event: str, actor: str, detail: Mapping[str, Any]) -> None:
    row = {"history_id": key, "masterplan_id": masterplan_id(name), "event": event, "actor": actor, "detail": dict(detail)}
    connection.execute(insert(MasterplanHistoryRow).values(row).on_conflict_do_nothing())
