"""Turns what PostgreSQL or the operating system says into one line with a fix."""

import errno
import re
from pathlib import Path

from mge_resources.database.errors import DatabaseError

# Order matters: the first pattern found anywhere in the text wins.
_FIXES = (
    (r"No space left on device|Disk quota exceeded", "free some disk space, or put MGE_HOME on another disk"),
    (r"Read-only file system", "put MGE_HOME on a disk that can be written"),
    (
        r"GLIBC_[\d.]+. not found|No such file or directory: '.*/postgres'",
        "the wheel needs glibc 2.28 or newer; set MGE_DATABASE_URL to a PostgreSQL server instead",
    ),
    (r"could not look up effective user ID", "give this user a name in /etc/passwd, or set MGE_DATABASE_URL"),
    (r"shared memory segment|could not (?:create|resize) shared memory|Cannot allocate memory", "give /dev/shm and this container more memory"),
    (r"Permission denied|Operation not permitted|wrong ownership|invalid permissions", "run MGE as the owner of MGE_HOME, or choose another MGE_HOME"),
)
_BROKEN = "restore the data directory from a backup, or move it away to start afresh"
_NOISE = re.compile(r"^\S+ \S+ \S+ \[\d+\] ")
_TELLING = re.compile(r"\b(PANIC|FATAL|ERROR|error|fatal):|GLIBC|cannot |could not |No such file")
_ECHOES = ("startup process", "aborting startup", "the database system is", "terminating connection", "does not exist")
_PASSING = (*_ECHOES, "shared memory block")  # an orphan of a killed server holds on to its memory for an instant


def from_output(doing: str, text: str) -> DatabaseError:
    """An error for what failed (``doing``), out of a program's output or the end of the log."""
    lines = [_NOISE.sub("", line).strip() for line in text.splitlines() if line.strip()]
    telling = [line for line in lines if _TELLING.search(line) and not any(echo in line for echo in _ECHOES)]
    said = (telling or lines or ["it said nothing"])[-1]
    fix = next((fix for pattern, fix in _FIXES if re.search(pattern, text)), _BROKEN)
    return DatabaseError(f"{doing}: {said}", fix)


def gives_reason(text: str) -> bool:
    """Whether a log says why its server can't start; one that was killed or stopped from outside gives none, and is worth another try."""
    telling = [line for line in text.splitlines() if _TELLING.search(line)]
    return any(not any(passing in line for passing in _PASSING) for line in telling)


def from_os(doing: str, error: OSError) -> DatabaseError:
    """An error for what failed (``doing``), out of the operating system's."""
    where = f" at {error.filename}" if error.filename else ""
    text = error.strerror or str(error)
    fix = next((fix for pattern, fix in _FIXES if re.search(pattern, text)), "choose another MGE_HOME, or set MGE_DATABASE_URL")
    if error.errno in {errno.ENOTDIR, errno.EEXIST}:
        fix = "choose another MGE_HOME: a file is in the way"
    return DatabaseError(f"{doing}: {text}{where}", fix)


def new_lines(log: Path, offset: int) -> str:
    """What the log has gained since it was ``offset`` bytes long (at most its last 64 KB)."""
    size = log.stat().st_size
    with log.open("rb") as stream:
        stream.seek(max(offset if offset <= size else 0, size - 65536))  # a log that has shrunk was cut meanwhile
        return stream.read().decode(errors="replace")
