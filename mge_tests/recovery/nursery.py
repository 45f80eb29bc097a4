"""Runs of ``mge`` forked off a process that has imported all of it: begun at once instead of after 7 s of imports, in which there is nothing to be lost.

What is killed is a process like any other ``mge``: it has opened nothing before the fork, and there is one thread until then.
"""

import atexit
import multiprocessing
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mge_tests.recovery.killed_at import arm

PRELOADED = (
    "mge_assets.cli",
    "mge_assets.defs.launch",
    "mge_assets.definitions",
    "mge_assets.services.workspace",
    "mge_resources.dagster_storage",
    "mge_resources.llm.claude",
    "mge_tests.recovery.nursery",
)
_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(list(PRELOADED))


@dataclass(frozen=True)
class Run:
    """A process that is ``mge``; ``out`` and ``errors`` are the files that it writes what it says to."""

    process: "multiprocessing.context.ForkServerProcess"
    out: Path
    errors: Path

    @property
    def pid(self) -> int:
        assert self.process.pid is not None
        return self.process.pid

    def wait(self, seconds: float | None = None) -> int | None:
        """Its exit code, negative for a signal; ``None`` where it still runs after so many seconds."""
        self.process.join(seconds)
        return self.process.exitcode

    def kill(self) -> None:
        """End it with -9."""
        self.process.kill()
        self.process.join()

    def workers(self) -> list[int]:
        """Its child processes, and theirs: checkers, a sandbox."""
        return below(self.pid)


def start(arguments: Sequence[str], environment: Mapping[str, str], folder: Path, *, point: str = "", time: int = 1) -> Run:
    """Begin a run of ``mge`` with these arguments; with a point it is killed there, the so manyth time."""
    out, errors = folder / "out.txt", folder / "errors.txt"
    process = _CONTEXT.Process(target=_be_mge, args=(list(arguments), dict(environment), str(out), str(errors), point, time))
    process.start()
    return Run(process, out, errors)


def _be_mge(arguments: list[str], environment: Mapping[str, str], out: str, errors: str, point: str, time: int) -> None:
    def prepare() -> None:
        os.environ.update(environment)
        tempfile.tempdir = None  # it may be known from before the fork
        if point:
            arm(point, time)

    be_mge(arguments, out, errors, prepare)


def be_mge(arguments: Sequence[str], out: str, errors: str, prepare: Callable[[], None]) -> None:
    """Be ``mge``, in a process that was just forked: its output goes into these files, and ``prepare`` is called before it begins."""
    from mge_assets.cli import main  # noqa: PLC0415 -- imported before the fork

    signal.signal(signal.SIGINT, signal.default_int_handler)  # the server that forks ignores it
    for number, path in ((1, out), (2, errors)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), number)
    prepare()
    sys.argv = ["mge", *arguments]
    try:
        main()
    finally:
        sys.stdout.flush()
        atexit._run_exitfuncs()  # a forked process of multiprocessing leaves without them


def below(pid: int) -> list[int]:
    """The processes that this one has started, and theirs."""
    parents: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if fields[0] != "Z":
                parents.setdefault(int(fields[1]), []).append(int(folder.name))
    found, left = [], [pid]
    while left:
        children = parents.get(left.pop(), [])
        found += children
        left += children
    return found


def groups_of(pid: int | None = None) -> list[str]:
    """The control groups that this process (or any) has made and that are still there."""
    start = "mge-" if pid is None else f"mge-{pid}-"
    return [name for _, folders, _ in os.walk("/sys/fs/cgroup") for name in folders if name.startswith(start)]
