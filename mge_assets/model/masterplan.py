"""The masterplan: what to build, as the plan file says it (specification §1).

The same classes check the file, give the published JSON Schema and travel between the stages.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from mge_assets.model.executions import ExecutionMode
from mge_assets.model.waves import Order
from mge_resources.syntax import Language

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_. -]*$", max_length=100)]
"""Letters, digits, ``_ . -`` and blanks: the name is a partition key in Dagster, where ``|`` and ``/`` have a meaning."""

MANIFEST = r"^(?:[^/.\\][^/\\]*/)*(?:package|[tj]sconfig[A-Za-z0-9_.-]*)\.json$"
"""The path, relative to the project, of a file that says how npm or TypeScript see it."""
Manifest = Annotated[str, StringConstraints(pattern=MANIFEST, max_length=500)]


class _Element(BaseModel):
    """Frozen, and strict about unknown keys, so that a misspelt key is an error and not silence."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Subtask(_Element):
    """A part of a task of about 25 LOC, the unit of work in MVP mode."""

    name: Name = Field(description="Unique within its task.")
    description: str = Field(min_length=1, description="What this part does.")


class _Tested(_Element):
    tests: str | None = Field(None, description="Acceptance tests, written out.")
    tests_source: str | None = Field(None, description="Acceptance tests in a file, relative to the plan.")


class Task(_Tested):
    """About 80 LOC in one file that no other task owns."""

    name: Name = Field(description="Unique in the plan.")
    description: str = Field(min_length=1, description="What the file is for; the model reads this.")
    file: str = Field(min_length=1, max_length=500, description="The one file that this task owns, relative to the project.")
    language: Language | None = Field(None, description="From the file's ending if left out.")
    depends_on: tuple[Name, ...] = Field((), description="Names of tasks that come first.")
    code: str | None = Field(None, description="Draft: full code, or a contract with empty bodies.")
    source: str | None = Field(None, description="Draft in a file, relative to the plan.")
    regenerate: bool = Field(False, description="Generate every atom anew, even where the draft is complete and passes.")
    subtasks: tuple[Subtask, ...] = Field((), description="Parts of about 25 LOC, for MVP mode.")


class Milestone(_Tested):
    """Tasks that together reach something that can be tested; delivered as one commit."""

    name: Name
    description: str = ""
    tasks: tuple[Task, ...] = Field(min_length=1)


class Phase(_Element):
    """Milestones that belong to one stretch of the work: Setup, Core, Polish."""

    name: Name
    description: str = ""
    milestones: tuple[Milestone, ...] = Field(min_length=1)


class Masterplan(_Tested):
    """The whole plan."""

    name: Name = Field(description="Identifies the plan; running a changed plan of the same name makes a new version of it.")
    description: str = ""
    requirements: tuple[str, ...] = Field((), description="Third-party packages that generated code may import, as pip writes them.")
    manifests: Mapping[Manifest, str] = Field(
        {},
        description="Files that say how npm and TypeScript see the project (package.json, tsconfig.json, jsconfig.json), by path, written out. They are "
        "delivered as they are; their `paths` count where imports are followed and tests run.",
    )
    execution_mode: ExecutionMode | None = Field(None, description="What the unit of work is; the installation's default if left out.")
    order: Order = Field(
        Order.CODE,
        description="What an atom waits for: the code of all that it depends on, or, by contract, imports, types and base classes alone; calls and other "
        "uses then go by the other's frozen contract, and the waves are far wider.",
    )
    phases: tuple[Phase, ...] = Field(min_length=1)

    @property
    def milestones(self) -> Iterator[Milestone]:
        """Every milestone, in plan order."""
        return (milestone for phase in self.phases for milestone in phase.milestones)

    @property
    def tasks(self) -> Iterator[Task]:
        """Every task, in plan order."""
        return (task for milestone in self.milestones for task in milestone.tasks)

    @property
    def carried(self) -> dict[str, bytes]:
        """The manifests' bytes by path: files of the project that no task owns."""
        return {path: text.encode(errors="surrogateescape") for path, text in self.manifests.items()}
