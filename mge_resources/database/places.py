"""Where everything of one data directory lies: its locks, socket, log and pin. Paths only; nothing is started here."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

SOCKET_NAME = ".s.PGSQL.5432"
SOCKET_PATH_LIMIT = 103  # bytes: Linux takes 107, macOS 103
UNFIT_FOR_SOCKETS = frozenset(',"\\\n')  # libpq and PostgreSQL both read a socket folder as a list with commas and quotes


@dataclass(frozen=True)
class Places:
    """The files beside one data directory. ``data`` is absolute, without symbolic links, so that every process agrees on the locks."""

    data: Path

    @property
    def parent(self) -> Path:
        """The folder that holds the data directory and everything beside it."""
        return self.data.parent

    @property
    def run(self) -> Path:
        """The private folder (0700) of the locks and the pin."""
        return self.parent / f"{self.data.name}.run"

    @property
    def start_lock(self) -> Path:
        """Held alone while a server is made, started or stopped."""
        return self.run / "start.lock"

    @property
    def clients_lock(self) -> Path:
        """Shared by every process that uses the server, for as long as it lives."""
        return self.run / "clients.lock"

    @property
    def server_lock(self) -> Path:
        """Held by the server and all its children: proof of life that needs no process id, so that a re-used one can't mislead."""
        return self.run / "server.lock"

    @property
    def pin(self) -> Path:
        """While this file is there, the server stays although nobody uses it."""
        return self.run / "pinned"

    @property
    def log(self) -> Path:
        """The server's log."""
        return self.parent / f"{self.data.name}.log"

    @property
    def pid_file(self) -> Path:
        """PostgreSQL's own pid file."""
        return self.data / "postmaster.pid"

    @property
    def socket(self) -> Path:
        """The private folder of the Unix socket: beside the data, or a short one below /tmp where that path is unfit for sockets."""
        beside = self.parent / f"{self.data.name}.socket"
        if len(str(beside / SOCKET_NAME).encode()) <= SOCKET_PATH_LIMIT and not UNFIT_FOR_SOCKETS & set(str(beside)):
            return beside
        return Path("/tmp") / f"mge-{hashlib.sha256(str(self.data).encode()).hexdigest()[:24]}"  # noqa: S108 - owner and mode are checked before use
