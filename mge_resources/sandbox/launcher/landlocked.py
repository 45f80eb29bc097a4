"""A run without namespaces: kept by Landlock, a wider seccomp filter and a watcher, under our own uid and among our own processes.

Two domains lie in one another. The watcher's keeps its signals to what it started, so that it can end all of it at once and nobody else;
the code's lies within, reads tools, writes its own folder, and reaches neither the watcher nor anybody else.
"""

# pathlib would cost 3 ms at each run.
# ruff: noqa: PTH116, PTH123, PTH208

import contextlib
import os
import signal
import sys
from typing import Any

from mge_resources.sandbox.launcher import entries, folders, groups, inside, job, kernel, landlock, system_calls
from mge_resources.sandbox.launcher.moved import Folder
from mge_resources.sandbox.launcher.place import socket_bytes
from mge_resources.sandbox.launcher.streams import from_words

_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")


def _children(pid: str) -> list[str]:
    found: list[str] = []
    with contextlib.suppress(OSError):
        for task in os.listdir(f"/proc/{pid}/task"):
            with contextlib.suppress(OSError), open(f"/proc/{pid}/task/{task}/children") as names:
                found += names.read().split()
    return found


def _tasks_of_ours() -> int:
    """Threads of our uid on this machine: the kernel counts them all against the limit on processes."""
    own, count = os.geteuid(), 0
    for name in os.listdir("/proc"):
        with contextlib.suppress(OSError):
            if name.isdigit() and os.stat(f"/proc/{name}").st_uid == own:
                count += len(os.listdir(f"/proc/{name}/task"))
    return count


class AmongOthers(Folder):
    """Our own descendants, in a folder of the machine's."""

    stops = (signal.SIGTERM,)

    def __init__(self, spec: dict[str, Any]) -> None:
        super().__init__(spec)
        spec["limits"]["processes"] += _tasks_of_ours()
        self._rules = {path: landlock.READ for bind in spec["binds"] for path in bind}
        self._rules |= dict.fromkeys(_DEVICES, landlock.DEVICE)
        self._rules |= dict.fromkeys((self.work, self.temporary), landlock.WORK)

    def enter(self) -> None:
        """Into the inner domain, behind the wider filter. Raises OSError."""
        landlock.restrict(self._rules)
        if not system_calls.close_system_calls(shared=True):
            raise OSError(38, "the numbers of this machine's system calls are not known")

    def processes(self) -> list[str]:
        """Our descendants, orphans among them, since we adopt those."""
        found, left = [], [str(os.getpid())]
        while left:
            inner = _children(left.pop())
            found += inner
            left += inner
        return found

    def files(self) -> tuple[int, bool]:
        """(nothing, since files are not in memory, whether the folder or what was removed from it while open is over its bound)."""
        return 0, self.watched.exceeded(self.processes())

    def sockets(self) -> int:
        """The most that the sockets in our descendants' hands can hold."""
        return socket_bytes(self.watched.sockets)

    def end(self) -> None:
        """End everybody in the inner domain at once, and see each of them end."""
        with contextlib.suppress(ChildProcessError):
            while True:
                with contextlib.suppress(OSError):
                    os.kill(-1, signal.SIGKILL)  # our own domain lets it reach nobody but what we started
                os.wait()


def _keep() -> None:
    """Into the outer domain. Raises OSError."""
    if os.geteuid() == 0:
        raise OSError(1, "Landlock does not hold root to what it holds others to; run as an ordinary user")
    found = landlock.version()
    if found < landlock.LEAST_VERSION:
        raise OSError(38, f"this kernel speaks version {found} of Landlock; Linux 6.12 speaks version {landlock.LEAST_VERSION}")
    signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGTERM,))
    kernel.die_with_parent(signal.SIGTERM)
    kernel.adopt_orphans()
    kernel.no_new_privileges()
    landlock.keep_signals()


def main_landlocked() -> None:
    """Entry: keep ourselves, run the job in a folder of its own, and remove that folder."""
    streams = from_words(sys.argv)
    steps = entries.Steps(streams)
    try:
        streams.lift()
        spec, files = job.read(streams.job)
        steps.now = "the control group"
        groups.enter(spec["groups"])
        steps.now = "Landlock"
        _keep()
        steps.now = "the work folder"
        place = AmongOthers(spec)
        try:
            steps.now = "the job"
            inside.run(spec, files, streams, place)
        finally:
            place.end()
            folders.remove(place.home)
    except OSError as error:
        steps.refuse(error)
