"""Advisory file locks (flock): freed by the kernel when their holder ends, however it ends. Nothing here knows what they guard."""

import errno
import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

POLL_SECONDS = 0.02


def open_lock(path: Path) -> int:
    """A new open file on ``path`` (made if missing, private, closed on exec). Each call is a separate owner of locks."""
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def try_lock(fd: int, operation: int) -> bool:
    """Take ``operation`` (LOCK_SH or LOCK_EX) on ``fd`` without waiting; False if someone else's lock is in the way."""
    try:
        fcntl.flock(fd, operation | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in {errno.EWOULDBLOCK, errno.EACCES}:
            return False
        raise
    return True


def is_held(path: Path) -> bool:
    """Whether any process holds a lock on ``path``; a missing file is held by nobody."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return False
    try:
        return not try_lock(fd, fcntl.LOCK_EX)
    finally:
        os.close(fd)


@contextmanager
def exclusive(path: Path, timeout: float) -> Iterator[None]:
    """Hold ``path`` alone. Raises TimeoutError after ``timeout`` seconds."""
    fd = open_lock(path)
    try:
        deadline = time.monotonic() + timeout
        while not try_lock(fd, fcntl.LOCK_EX):
            if time.monotonic() > deadline:
                raise TimeoutError(f"{path} is held by another process")
            time.sleep(POLL_SECONDS)
        yield
    finally:
        os.close(fd)
