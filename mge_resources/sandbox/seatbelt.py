"""macOS: the isolation of sandbox-exec, as far as it goes. Chosen on darwin only, and only where the self-test proves it there."""

import shutil
from pathlib import Path

from mge_resources.sandbox import machine
from mge_resources.sandbox.isolations import direct_launch, encoded, launcher_environment
from mge_resources.sandbox.landlocked import new_home, removed
from mge_resources.sandbox.launcher.place import WORK
from mge_resources.sandbox.pairing import run_pair
from mge_resources.sandbox.port import SandboxJob, SandboxOutcome
from mge_resources.sandbox.process import run_launcher, started_anew
from mge_resources.sandbox.profile import profile

SEATBELT = "seatbelt"


def find_sandbox_exec() -> str | None:
    """Where macOS has it, if this is macOS."""
    return shutil.which("sandbox-exec", path="/usr/bin")


class SeatbeltSandbox:
    """Files and the network by sandbox-exec, the rest by limits and a watcher: the code runs under our own uid, in a folder of the machine's."""

    isolation = SEATBELT

    def __init__(self, program: str) -> None:
        self._program = program

    def run(self, job: SandboxJob) -> SandboxOutcome:
        """Run one job. Raises SandboxUnavailableError where the machine refuses, ValueError for a file name that climbs out."""
        if job.partner is not None:
            return run_pair(self.run, job, job.partner)
        home = new_home()
        start = started_anew(direct_launch("wrapped", "wrapped"), launcher_environment())
        tools = {path for bind in machine.view(job.packages).binds for path in bind}
        rules = profile(tools, (home + WORK, str(Path(home, "tmp"))))
        try:
            content, _ = encoded(job, home=home, wrapper=(self._program, "-p", rules))
            return run_launcher(start, content, job.stdin, job.link, job.limits, self.isolation)
        finally:
            removed(home)
