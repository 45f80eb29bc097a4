"""What the pipeline asks of a sandbox, whichever isolation stands behind it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one run: wall and CPU seconds, bytes of memory for each process, of one file and of captured output, processes.

    ``total_bytes`` bounds the private memory of all processes of the run together.
    """

    wall_seconds: float = 60.0
    cpu_seconds: int = 30
    memory_bytes: int = 2 << 30
    file_bytes: int = 16 << 20
    output_bytes: int = 1 << 20
    processes: int = 64
    total_bytes: int = 3 << 30


@dataclass(frozen=True, slots=True)
class SandboxJob:
    """What to run: ``command`` (``{python}`` stands for the sandbox's interpreter, ``{node}`` for Node's) in a folder that holds ``files``.

    ``collect`` names files, relative to that folder, whose bytes are wanted back afterwards. ``stdin`` is what the command reads on its
    standard input; it never lies in a file. ``link`` is an open socket of ours that the command finds as descriptor 3. ``warm`` allows a
    command ``{python} script …`` to run in a fork of an interpreter that has pytest loaded, where the isolation has one: a fresh process
    in namespaces of its own either way. ``partner`` is a job that runs beside this one in a sandbox of its own: a socket between the two is
    descriptor 3 of both, and the outcome is this job's. ``typescript`` says that files of ``project/`` are TypeScript, which somebody must compile
    before: a sandbox alone refuses such a job. ``packages`` are folders of this machine that the command may import from: Python's before its own, a
    ``node_modules`` as if it lay at the root.
    """

    command: Sequence[str]
    files: Mapping[str, bytes]
    environment: Mapping[str, str] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    collect: Sequence[str] = ()
    stdin: bytes = b""
    link: int | None = None
    warm: bool = False
    partner: "SandboxJob | None" = None
    typescript: bool = False
    packages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SandboxOutcome:
    """How a run ended. ``exit_code`` is ``None`` where a limit ended it, and ``limit`` then says which: wall, cpu, memory, files or
    output. A command that a signal ended has 128 and the signal's number as its exit code. ``files`` are the collected ones that exist.
    ``ended`` says that the end of everything that the run started was seen.
    """

    exit_code: int | None
    stdout: bytes
    stderr: bytes
    seconds: float
    isolation: str
    limit: str = ""
    files: Mapping[str, bytes] = field(default_factory=dict)
    ended: bool = True


class SandboxUnavailableError(Exception):
    """No isolation that is allowed works here, or a tool is missing; the message says how to mend it."""


class Sandbox(Protocol):
    """Runs commands isolated from this machine."""

    @property
    def isolation(self) -> str:
        """The level that runs get here: ``bwrap``, ``namespaces``, …; ``refused`` where none works."""
        ...

    def run(self, job: SandboxJob) -> SandboxOutcome:
        """Run one job to its end. Raises SandboxUnavailableError; never raises for what the code itself does."""
        ...
