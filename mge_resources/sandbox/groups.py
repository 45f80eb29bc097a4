"""Control groups, where this process may make them: the kernel's own bound on the memory and the processes of a whole run.

Where it may not (most ordinary users), the launcher's watcher adds up what the run holds, twenty times a second.
"""

import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from mge_resources.leavings import gone, group_made
from mge_resources.sandbox.port import Limits

_ROOT = Path("/sys/fs/cgroup")
_SLACK_BYTES = 64 << 20
_SLACK_PROCESSES = 8  # the launcher's own
_EMPTY_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Groups:
    """The groups of one run: the folders that the launcher enters."""

    folders: tuple[str, ...] = ()

    def out_of_memory(self) -> bool:
        """Whether the kernel ended a process of the run for want of memory."""
        return any(_kills(Path(folder)) for folder in self.folders)


def _kills(folder: Path) -> bool:
    for name in ("memory.events", "memory.oom_control"):
        with suppress(OSError):
            facts = dict(line.split() for line in (folder / name).read_text().splitlines())
            return int(facts.get("oom_kill", 0)) > 0
    return False


def _memberships() -> dict[str, str]:
    """Our own group by controller; the second version's has the empty name."""
    with suppress(OSError):
        lines = Path("/proc/self/cgroup").read_text().splitlines()
        return {name: path for line in lines for _, names, path in [line.split(":", 2)] for name in names.split(",")}
    return {}


def _write(path: Path, value: str) -> bool:
    try:
        path.write_text(value)
    except OSError:
        return False
    return True


def _bounds(folder: Path, limits: Limits) -> None:
    _write(folder / "pids.max", str(limits.processes + _SLACK_PROCESSES))
    # Above the watcher's bound, which ends the whole run where the kernel would end one process of it after the other.
    most = str(limits.total_bytes + limits.total_bytes // 4 + _SLACK_BYTES)
    for name in ("memory.max", "memory.limit_in_bytes", "memory.memsw.limit_in_bytes"):
        _write(folder / name, most)
    _write(folder / "memory.swap.max", "0")
    _write(folder / "memory.oom.group", "1")


def _parents() -> list[tuple[Path, str]]:
    """Folders to make groups in, with the file that proves that the controller works there."""
    own = _memberships()
    first = [(_ROOT / name / own[name].lstrip("/"), proof) for name, proof in (("memory", "memory.limit_in_bytes"), ("pids", "pids.max")) if name in own]
    if first:
        return first
    home = _ROOT / own.get("", "/").lstrip("/")
    return [(home if home == _ROOT else home.parent, "memory.max")]


def _made(parent: Path, proof: str, limits: Limits) -> Path | None:
    folder = parent / f"mge-{os.getpid()}-{secrets.token_hex(4)}"
    try:
        folder.mkdir()
    except OSError:
        return None
    group_made(folder)
    if not (folder / proof).exists():
        _removed(folder)
        return None
    _bounds(folder, limits)
    return folder


def _removed(folder: Path) -> None:
    deadline = time.monotonic() + _EMPTY_SECONDS
    while time.monotonic() < deadline:
        with suppress(OSError):
            folder.rmdir()
        if not folder.exists():
            gone(folder)
            return
        time.sleep(0.01)


@cache
def _usable() -> tuple[tuple[Path, str], ...]:
    """The parents in which a group can be made and a process of ours be moved into, tried once."""
    return tuple((parent, proof) for parent, proof in _parents() if _admits(parent, proof))


def _admits(parent: Path, proof: str) -> bool:
    folder = _made(parent, proof, Limits())
    if folder is None:
        return False
    child = os.posix_spawn("/bin/sh", ["/bin/sh", "-c", 'echo $$ > "$0/cgroup.procs"', str(folder)], {})
    _, status = os.waitpid(child, 0)
    _removed(folder)
    return status == 0


@contextmanager
def control_groups(limits: Limits) -> Iterator[Groups]:
    """Groups for one run, removed afterwards; none where the machine gives us none."""
    made = [folder for parent, proof in _usable() if (folder := _made(parent, proof, limits))]
    try:
        yield Groups(tuple(map(str, made)))
    finally:
        for folder in made:
            _removed(folder)
