"""Who uses the server: each client process holds a shared lock for its life, so that the kernel itself keeps the count."""

import fcntl
import os
import time
from contextlib import suppress
from pathlib import Path

from mge_resources.database.locks import POLL_SECONDS, open_lock, try_lock


class Membership:
    """This process's share of the clients' lock at ``path``."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fd: int | None = None
        self._pid = 0

    @property
    def is_joined(self) -> bool:
        """Whether this process, or the one that it was forked from, has joined."""
        return self._fd is not None

    def join(self) -> None:
        """Become a client, with an open file of this process's own: one inherited over a fork is the parent's."""
        if self._fd is not None and self._pid == os.getpid() and self._is_current(self._fd):
            return
        fd = open_lock(self._path)
        fcntl.flock(fd, fcntl.LOCK_SH)  # waits for the warden's short look only
        self.leave()
        self._fd, self._pid = fd, os.getpid()

    def leave(self) -> None:
        """Stop being a client. A copy inherited over a fork stays with the other process."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def is_last(self) -> bool:
        """Whether no client is left. Asked twice: the warden touches the lock for a moment when it wakes. The caller holds the start lock."""
        fd = open_lock(self._path)
        try:
            if try_lock(fd, fcntl.LOCK_EX):
                return True
            time.sleep(POLL_SECONDS / 4)
            return try_lock(fd, fcntl.LOCK_EX)
        finally:
            os.close(fd)

    def _is_current(self, fd: int) -> bool:
        """Whether the open file is still the one on disk: MGE_HOME may have been deleted and made anew."""
        with suppress(FileNotFoundError):
            return os.path.samestat(os.fstat(fd), self._path.stat())
        return False
