"""The two isolations: bubblewrap, and the same by direct system calls. What belongs here: how each turns a job into a launch."""

import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

from mge_resources.sandbox import machine
from mge_resources.sandbox.groups import control_groups
from mge_resources.sandbox.launcher import job as wire
from mge_resources.sandbox.pairing import run_pair
from mge_resources.sandbox.port import SandboxJob, SandboxOutcome, SandboxUnavailableError
from mge_resources.sandbox.process import Ends, Launch, Launched, run_launcher, started_anew
from mge_resources.sandbox.warm import ForkServer

_HERE = Path(__file__).parent
_INSIDE = "/mge"
_WORK_BYTES = 64 << 20
_MOST_NAME = 1000
# The parents of the launcher's package are put in place by hand: their own __init__ would import dataclasses (8 of 30 ms).
_BOOT = """import sys, types
for name in ("mge_resources", "mge_resources.sandbox"):
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].__path__ = [{folder!r}]
from mge_resources.sandbox.launcher.{module} import main_{entry} as main
main()"""
_ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "HOME": "/tmp",  # noqa: S108 - the sandbox's own
    "TMPDIR": "/tmp",  # noqa: S108
    "LANG": "C.UTF-8",
    "TZ": "UTC",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHASHSEED": "0",
    "PYTHONNOUSERSITE": "1",
}


def _checked_name(name: str) -> str:
    path = PurePosixPath(name)
    if not name or len(name) > _MOST_NAME or "\0" in name or path.is_absolute() or ".." in path.parts:
        raise ValueError(f"{name[:80]!r} is no file name inside the work folder; use a relative path without '..'")
    return str(path)


def _environment(given: Mapping[str, str], view: machine.View) -> dict[str, str]:
    """The job's environment, from nothing: our fixed values, what the interpreters need, and what the job asks for."""
    needed = {"LD_LIBRARY_PATH": view.library_path, "NODE_PATH": view.node_path}
    environment = {**_ENVIRONMENT, **{name: value for name, value in needed.items() if value}, **given}
    python_path = [part for part in (given.get("PYTHONPATH", ""), view.python_path) if part]
    return {**environment, "PYTHONPATH": ":".join(python_path)} if python_path else environment


def launcher_environment() -> dict[str, str]:
    """The launcher itself holds no secret either."""
    library_path = machine.view().library_path
    return {"LD_LIBRARY_PATH": library_path} if library_path else {}


def encoded(job: SandboxJob, groups: Sequence[str] = (), home: str = "", wrapper: Sequence[str] = ()) -> tuple[bytes, int]:
    """The job as the launcher reads it, and the size of its work folder. Raises SandboxUnavailableError or ValueError."""
    if job.typescript:
        raise SandboxUnavailableError("TypeScript can't be run here: nobody has compiled it")
    command, address_bytes = machine.resolve(job.command, job.limits)
    files = {_checked_name(name): content for name, content in job.files.items()}
    limits = {
        "cpu_seconds": job.limits.cpu_seconds, "address_bytes": address_bytes, "file_bytes": job.limits.file_bytes,
        "processes": job.limits.processes + 1, "total_bytes": job.limits.total_bytes,
    }  # fmt: skip
    work_bytes = _WORK_BYTES + 2 * sum(map(len, files.values()))
    view = machine.view(job.packages)
    header: dict[str, Any] = {
        "command": command, "environment": _environment(job.environment, view), "limits": limits, "work_bytes": work_bytes,
        "collect": [_checked_name(name) for name in job.collect], "binds": view.binds, "links": view.links, "groups": groups, "home": home, "wrapper": wrapper,
        "warm": job.warm and list(job.command[:1]) == ["{python}"] and len(job.command) > 1 and not job.command[1].startswith("-"),
    }  # fmt: skip
    return wire.encode(header, files), work_bytes


def direct_launch(module: str, entry: str) -> Launch:
    """The command line of a launcher that is started for one run and keeps itself."""
    return Launch((sys.executable, "-I", "-S", "-c", _BOOT.format(folder=str(_HERE), module=module, entry=entry)))


def _server() -> ForkServer:
    """Not -I and -S: what is loaded there is what runs need, and -I would leave the seed of hashes to chance."""
    return ForkServer((sys.executable, "-P", "-s", "-c", _BOOT.format(folder=str(_HERE), module="server", entry="server")), launcher_environment)


class NamespaceSandbox:
    """Isolation by direct system calls: user, mount, process, network, IPC and UTS namespaces, a root of its own, another uid.

    One launcher stays and forks for each run, unless ``stay`` is off or the machine can't; then each run starts a launcher anew.
    """

    isolation = "namespaces"

    def __init__(self, *, stay: bool = True) -> None:
        self._server = _server() if stay else None

    def run(self, job: SandboxJob) -> SandboxOutcome:
        """Run one job. Raises SandboxUnavailableError where the machine refuses, ValueError for a file name that climbs out."""
        if job.partner is not None:
            return run_pair(self.run, job, job.partner)
        with control_groups(job.limits) as groups:
            content, _ = encoded(job, groups.folders)
            outcome = run_launcher(self._start, content, job.stdin, job.link, job.limits, self.isolation)
            return replace(outcome, exit_code=None, limit="memory") if groups.out_of_memory() else outcome

    def _start(self, ends: Ends) -> Launched:
        launched = self._server.start(ends) if self._server else None
        return launched or started_anew(direct_launch("entries", "direct"), launcher_environment())(ends)


def find_bubblewrap() -> str | None:
    """Where bubblewrap is installed, if it is."""
    return shutil.which("bwrap", path="/usr/local/bin:/usr/bin:/bin") or shutil.which("bwrap")


class BubblewrapSandbox:
    """The same isolation through the program bubblewrap.

    As root it is started under a uid that owns nothing, because the kernel does not hold root to the limit on processes; the
    interpreter must then be readable for everybody.
    """

    isolation = "bwrap"

    def __init__(self, program: str) -> None:
        self._program = program

    def run(self, job: SandboxJob) -> SandboxOutcome:
        """Run one job. Raises SandboxUnavailableError where the machine refuses, ValueError for a file name that climbs out."""
        if job.partner is not None:
            return run_pair(self.run, job, job.partner)
        content, work_bytes = encoded(job)
        boot = _BOOT.format(folder=_INSIDE, module="entries", entry="inside")
        command = (*self._arguments(work_bytes, machine.view(job.packages)), sys.executable, "-I", "-S", "-c", boot)
        user = _free_uid() if os.geteuid() == 0 else None
        start = started_anew(Launch(command, user), launcher_environment())
        return run_launcher(start, content, job.stdin, job.link, job.limits, self.isolation)

    def _arguments(self, work_bytes: int, view: machine.View) -> list[str]:
        fixed = (
            "--unshare-all --unshare-user --disable-userns --uid 1000 --gid 1000 --hostname sandbox --die-with-parent --new-session --as-pid-1 --cap-drop ALL"
            " --proc /proc --dev /dev --remount-ro /dev --size 16777216 --perms 1777 --tmpfs /dev/shm --size 67108864 --perms 1777 --tmpfs /tmp"
            f" --size {work_bytes} --perms 0777 --tmpfs /job"
        ).split()
        links = [word for path, goal in view.links for word in ("--symlink", goal, path)]
        binds = [word for source, target in view.binds for word in ("--ro-bind", source, target)]
        return [self._program, *fixed, *links, *binds, "--ro-bind", str(_HERE / "launcher"), f"{_INSIDE}/launcher", "--remount-ro", "/", "--"]


def _free_uid() -> int:
    """A uid for this run that no user of the machine has: the kernel counts processes by uid, so runs must not share one."""
    from threading import get_native_id  # noqa: PLC0415 - only root comes here

    return 0x70000000 + get_native_id()
