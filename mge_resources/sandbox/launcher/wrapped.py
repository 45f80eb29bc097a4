"""A run that another program keeps (macOS's sandbox-exec): what is left to us is its folder, its limits, and a watcher that asks ``ps``.

Only what every POSIX system has is used here. A process that leaves its parents between two looks is not seen any more.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from typing import Any

from mge_resources.sandbox.launcher import folders, inside, job, report
from mge_resources.sandbox.launcher.moved import Folder
from mge_resources.sandbox.launcher.streams import Streams, from_words

_LOOK_SECONDS = 0.1
_TABLE = ("/bin/ps", "-A", "-o", "pid=,ppid=,uid=,rss=")


class _Family:
    """Our descendants, and those that were once seen to be."""

    def __init__(self) -> None:
        self.seen: set[int] = set()
        self.held_bytes = 0
        self.of_user = 0

    def look(self) -> None:
        """Ask who is there. Raises OSError where ``ps`` can't be run."""
        said = subprocess.run(_TABLE, capture_output=True, check=False, env={}).stdout.splitlines()  # noqa: S603 - a fixed command
        rows = [[int(word) for word in line.split()] for line in said if len(line.split()) == len("pruk")]
        there = {pid: (parent, uid, kilobytes) for pid, parent, uid, kilobytes in rows}
        self.of_user = sum(uid == os.geteuid() for _, uid, _ in there.values())
        family = {os.getpid(), *(self.seen & there.keys())}
        while more := {pid for pid, (parent, _, _) in there.items() if parent in family} - family:
            family |= more
        self.seen = family - {os.getpid()}
        self.held_bytes = sum(there[pid][2] << 10 for pid in self.seen if pid in there)

    def end(self) -> None:
        """End everybody who was seen, until nobody is there."""
        for _ in range(50):
            for pid in self.seen:
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass
            self.look()
            if not self.seen:
                return


def _watch(child: int, spec: dict[str, Any], family: _Family, files: folders.Watched) -> tuple[int, str]:
    """Wait for the command: its wait status, and the limit that ended it, if one did."""
    limit, asked, limits = "", [], spec["limits"]
    signal.signal(signal.SIGTERM, lambda *_: asked.append(True))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGTERM,))
    while True:
        pid, status, usage = os.wait4(child, os.WNOHANG)
        if pid == child:
            return status, limit or inside.spent(status, usage, limits)
        family.look()
        if not limit:
            limit = "stopped" if asked else "memory" if family.held_bytes > limits["total_bytes"] else "files" if files.exceeded([]) else ""
        if limit:
            with contextlib.suppress(OSError):
                os.killpg(child, signal.SIGKILL)
        time.sleep(_LOOK_SECONDS if family.seen else 0)


def run(spec: dict[str, Any], files: dict[str, bytes], streams: Streams) -> None:
    """Run the job to its end and tell how it ended. Raises OSError where the set-up fails."""
    place, family = Folder(spec), _Family()
    family.look()
    spec["limits"]["processes"] += family.of_user
    spec["command"] = [*spec["wrapper"], *spec["command"]]
    try:
        inside.write_files(place.work, files)
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        report.tell(streams.channel, "started")
        child = os.fork()
        if child == 0:
            inside.become(spec, streams, place)
        streams.let_go()
        status, limit = _watch(child, spec, family, place.watched)
        family.look()
        family.end()
        inside.tell_end(streams, status, limit, place, spec)
    finally:
        folders.remove(place.home)


def main_wrapped() -> None:
    """Entry: run the job behind the wrapper that it names."""
    streams = from_words(sys.argv)
    try:
        streams.lift()
        run(*job.read(streams.job), streams)
    except OSError as error:
        report.tell(streams.channel, "refused", step="the job", message=str(error))
