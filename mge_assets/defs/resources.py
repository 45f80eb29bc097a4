"""The workspace as Dagster hands it to steps: opened once a process and shared, however many steps are under way."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import UUID

from dagster import ConfigurableIOManager, ConfigurableResource, InitResourceContext, InputContext, OpExecutionContext, OutputContext
from pydantic import PrivateAttr

from mge_assets.defs.lost_runs import sign
from mge_assets.defs.partitions import BATCH_TAG, OUT_TAG, SCHEDULE_TAG, scope_of
from mge_assets.defs.readiness import tell_needs
from mge_assets.model.executions import Schedule
from mge_assets.services.execution import AtomTicket
from mge_assets.services.workspace import Workspace, open_workspace
from mge_resources.settings import Settings, read_settings


@dataclass(slots=True)
class _Shelf:
    """The process's open workspace and how many use it. Two databases at once in one process are not foreseen."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    workspace: Workspace | None = None
    users: int = 0


_shelf = _Shelf()


@contextmanager
def shared_workspace(settings: Settings | None = None) -> Iterator[Workspace]:
    """The process's workspace, opened by the first who asks and closed by the last who leaves.

    Args:
        settings: what to open it with; read from the environment if left out. Counts only where none is open yet.

    Raises:
        SettingsError, DatabaseError: where it can't be opened.
    """
    with _shelf.lock:
        if _shelf.workspace is None:
            _shelf.workspace = open_workspace(settings or read_settings())
        _shelf.users += 1
        workspace = _shelf.workspace
    try:
        yield workspace
    finally:
        with _shelf.lock:
            _shelf.users -= 1
            if not _shelf.users:
                _shelf.workspace = None
                workspace.close()


@dataclass(frozen=True, slots=True)
class Assignment:
    """What a run executes: its execution, the waves, and the atoms to generate by mapping key."""

    plan: str
    execution_id: UUID
    waves: tuple[int, ...]
    tickets: Mapping[str, AtomTicket]


class WorkspaceResource(ConfigurableResource["WorkspaceResource"]):
    """The installation's services: plans, drafts, atoms, dependencies, execution, validation, review, delivery."""

    _workspace: Workspace = PrivateAttr()
    _assignment: Assignment | None = PrivateAttr(default=None)
    _finished: bool = PrivateAttr(default=False)
    _lock: threading.Lock = PrivateAttr(default_factory=threading.Lock)

    @contextmanager
    def yield_for_execution(self, context: InitResourceContext) -> Iterator["WorkspaceResource"]:
        """Opens the workspace for a run, or shares the one that is open. An execution that the run leaves unfinished is closed as failed."""
        sign(context)
        with shared_workspace() as workspace:
            self._workspace = workspace
            try:
                yield self
            finally:
                if self._assignment and not self._finished:
                    workspace.execution.finish(self._assignment.execution_id, error="the run ended before the plan was done")

    @property
    def services(self) -> Workspace:
        """The open workspace."""
        return self._workspace

    @property
    def assignment(self) -> Assignment | None:
        """The run's assignment, if it was asked for already."""
        return self._assignment

    def assign(self, context: OpExecutionContext) -> Assignment:
        """The run's execution and atoms; the same for every step of the run, also when a run goes on after a failure in a new process.

        Raises:
            OrderError: where earlier waves are not done, or the plan has no waves.
            ConflictError: where another run executes the plan.
        """
        with self._lock:
            if self._assignment is None:
                scope, work = scope_of(context), self._workspace
                total = len(work.dependencies.waves(scope.plan).waves)
                waves = scope.waves(total)
                schedule = Schedule(context.run.tags.get(SCHEDULE_TAG, Schedule.WAVE))
                batch = context.run.tags.get(BATCH_TAG) == "yes"
                alone = waves[0] if len(waves) == 1 < total else None
                execution_id = work.execution.start(scope.plan, context.run_id, schedule, context.run.tags.get(OUT_TAG, ""), batch=batch, wave=alone)
                tickets = {mapping_key(ticket): ticket for ticket in work.execution.atoms(execution_id, waves)}
                if schedule is Schedule.DEPENDENCY:
                    keys = {ticket.atom_id: key for key, ticket in tickets.items()}
                    needs = work.execution.needs(execution_id)
                    tell_needs(context.run_id, {key: [keys[need] for need in needs.get(atom, ()) if need in keys] for atom, key in keys.items()})
                self._assignment = Assignment(scope.plan, execution_id, waves, tickets)
            return self._assignment

    def finish(self) -> None:
        """Closes the run's execution, if it has one: all waves that were asked for are done and judged."""
        if self._assignment:
            self._workspace.execution.finish(self._assignment.execution_id)
            self._finished = True


class NothingKept(ConfigurableIOManager):
    """Keeps nothing between steps, because all data is in our tables. Dagster's in-memory one would do, but forbids to take a failed run up again."""

    def handle_output(self, context: OutputContext, obj: object) -> None:
        """Takes None. Raises TypeError for anything else, which would be lost."""
        if obj is not None:
            message = f"{context.name} is {type(obj).__name__}, but steps hand on nothing; write it to the database"
            raise TypeError(message)

    def load_input(self, context: InputContext) -> None:
        """Gives None."""


def mapping_key(ticket: AtomTicket) -> str:
    """The name of an atom's step: wave first, so that the run page sorts by wave, then place and name in Dagster's letters."""
    name = "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in ticket.name)
    return f"w{ticket.wave:02d}__{ticket.number:04d}_{name[-80:]}"
