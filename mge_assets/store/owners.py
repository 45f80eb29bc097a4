"""Who runs an execution: a name for this process that no other has, and whether a named process is gone."""

import os
import socket
from functools import cache
from pathlib import Path
from uuid import uuid4


def owner_name() -> str:
    """``host/pid/start/part``: this machine and its space of process ids, this process, when it started, and which of its workspaces it is."""
    return f"{_host()}/{os.getpid()}/{_started(os.getpid())}/{uuid4().hex[:8]}"


def is_gone(owner: str) -> bool:
    """True where the named process is known to have ended: it was on this machine, and is not there any more or is another one now."""
    parts = owner.split("/")
    if len(parts) != 4 or parts[0] != _host() or not parts[1].isdecimal():
        return False
    return _started(int(parts[1])) != parts[2]


@cache
def _host() -> str:
    try:
        space = Path("/proc/self/ns/pid").readlink().name.strip("pid:[]")
    except OSError:
        space = ""
    return f"{socket.gethostname()}#{space}"


def _started(pid: int) -> str:
    """When a process started, in clock ticks since boot; ``gone`` where there is none, ``alive`` where the system does not tell when."""
    try:
        state, *rest = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    except OSError:
        return _alive(pid) if not Path("/proc/self/stat").exists() else "gone"
    return "gone" if state in {"Z", "X"} else rest[18]


def _alive(pid: int) -> str:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return "gone"
    except PermissionError:
        pass
    return "alive"
