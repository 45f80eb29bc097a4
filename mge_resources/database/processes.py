"""Finds the operating system's processes that serve one data directory. A bare process id proves nothing: ids are used again."""

import subprocess
from pathlib import Path

from mge_resources.database.places import Places

_PROC = Path("/proc")


def postmaster_pid(places: Places) -> int | None:
    """The id of the live server of this data directory as its pid file says; None if that process is gone or is something else."""
    try:
        pid = int(places.pid_file.read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return None
    return pid if pid > 0 and serves(pid, places.data) else None


def serves(pid: int, data: Path) -> bool:
    """Whether process ``pid`` is a PostgreSQL that works in ``data``."""
    if not _PROC.is_dir():
        return _serves_by_command(pid, data)
    try:
        program = (_PROC / str(pid) / "exe").readlink().name.removesuffix(" (deleted)")
        return program == "postgres" and (_PROC / str(pid) / "cwd").samefile(data)
    except OSError:
        return False


def _serves_by_command(pid: int, data: Path) -> bool:
    """The same where there is no /proc (macOS): the server's command line names its data directory."""
    done = subprocess.run(["ps", "-p", str(pid), "-o", "command="], capture_output=True, text=True, check=False)  # noqa: S603, S607 - no shell, one number
    return "postgres" in done.stdout and str(data) in done.stdout


def all_serving(places: Places) -> list[int]:
    """Every process of this data directory's server, orphans of a killed one included (empty where there is no /proc)."""
    if not _PROC.is_dir():
        return []
    numbers = (int(entry.name) for entry in _PROC.iterdir() if entry.name.isdecimal())
    return [pid for pid in numbers if serves(pid, places.data)]
