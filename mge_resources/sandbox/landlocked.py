"""The isolation of last resort: Landlock, where namespaces are refused and the user has said that less will do."""

import secrets
import tempfile
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from mge_resources.sandbox.groups import control_groups
from mge_resources.sandbox.isolations import direct_launch, encoded, launcher_environment
from mge_resources.sandbox.launcher import folders
from mge_resources.sandbox.pairing import run_pair
from mge_resources.sandbox.port import SandboxJob, SandboxOutcome
from mge_resources.sandbox.process import run_launcher, started_anew

LANDLOCK = "landlock"


def new_home() -> str:
    """A path for a run's folder that nobody has yet."""
    return str(Path(tempfile.gettempdir()).resolve() / f"mge-run-{secrets.token_hex(8)}")


class LandlockSandbox:
    """Files by Landlock, sockets, file rights and other processes' standing by seccomp, the rest by limits and a watcher.

    The code runs under our own uid, among our own processes, in a folder of the machine's: it can ask whether a file or a process is there,
    and has no loopback, no /proc, no /tmp but its own ``TMPDIR``. Not for root, whom these do not hold.
    """

    isolation = LANDLOCK

    def run(self, job: SandboxJob) -> SandboxOutcome:
        """Run one job. Raises SandboxUnavailableError where the machine refuses, ValueError for a file name that climbs out."""
        if job.partner is not None:
            return run_pair(self.run, job, job.partner)
        home = new_home()
        start = started_anew(direct_launch("landlocked", "landlocked"), launcher_environment())
        try:
            with control_groups(job.limits) as groups:
                content, _ = encoded(job, groups.folders, home)
                outcome = run_launcher(start, content, job.stdin, job.link, job.limits, self.isolation)
                return replace(outcome, exit_code=None, limit="memory") if groups.out_of_memory() else outcome
        finally:
            removed(home)


def removed(home: str) -> None:
    """What a launcher left that somebody killed."""
    if Path(home).exists():
        with suppress(OSError):
            folders.remove(home)
