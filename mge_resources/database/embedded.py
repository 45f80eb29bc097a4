"""The embedded PostgreSQL: one server per data directory, shared by every process that wants it, gone when the last has gone.

This module holds the rules (who may start, join and stop when); the work is done by its neighbours. The rules:

- ``start.lock`` is held alone by whoever makes, starts or stops the server. A newcomer and the last one out therefore can't cross.
- Each client holds ``clients.lock`` shared for its life; the kernel frees it, however the client ends. Locks are taken in the order start, clients.
- The server and its children hold ``server.lock``. Not held means that nothing runs, whatever a pid file says.
- The last client out stops the server. A client that could not (killed) is stood in for by the server's warden (launch.py). A pinned server stays.
"""

import atexit
import os
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL

from mge_resources.database import cluster, server
from mge_resources.database.accounts import choose_seat
from mge_resources.database.binaries import find_binaries
from mge_resources.database.diagnosis import from_os, from_output, gives_reason, new_lines
from mge_resources.database.errors import DatabaseError
from mge_resources.database.locks import POLL_SECONDS, exclusive, is_held
from mge_resources.database.membership import Membership
from mge_resources.database.places import Places
from mge_resources.database.processes import postmaster_pid

LOCK_SECONDS = 300.0
RELEASE_SECONDS = 60.0
READY_SECONDS = 60.0
RECOVERY_SECONDS = 1800.0  # a server that says that it is recovering from a crash is given longer
ORPHAN_SECONDS = 1.0
LAUNCHES = 3


@dataclass(frozen=True)
class ServerStatus:
    """What is known of a data directory's server. ``pid`` is None when it is not running (or runs in another container)."""

    running: bool
    pinned: bool
    in_use: bool
    pid: int | None
    data_dir: Path
    log: Path
    url: str


class EmbeddedPostgres:
    """The server of ``data_dir``. Its locks, socket and log lie beside it, named after it.

    ``namespaces=False`` makes root drop to a system account even where user namespaces are allowed.
    Every method raises DatabaseError, one line with the fix.
    """

    def __init__(self, data_dir: Path, *, namespaces: bool = True) -> None:
        self._places = Places(data_dir.expanduser().resolve())
        self._namespaces = namespaces
        self._mutex = threading.Lock()
        self._membership = Membership(self._places.clients_lock)
        self._registered = False
        os.register_at_fork(after_in_child=self._after_fork)

    @property
    def url(self) -> str:
        """SQLAlchemy URL of our database, whether or not the server runs."""
        return URL.create(
            "postgresql+psycopg2", cluster.SUPERUSER, database=cluster.DATABASE, query={"host": str(self._places.socket), "port": "5432"}
        ).render_as_string()

    def ensure_running(self) -> str:
        """Join the server, starting (and making) it if need be, and return ``url``. This process counts as a client until it ends or releases."""
        return self.start(pin=False)

    def start(self, *, pin: bool = True) -> str:
        """As ensure_running; with ``pin`` the server stays after its last client, until stop()."""
        with self._mutex, self._plain_errors(f"can't start the database at {self._places.data}"):
            self._prepare_folders()
            try:
                with exclusive(self._places.start_lock, LOCK_SECONDS):
                    self._membership.join()
                    self._bring_up()
                    if pin:
                        self._places.pin.touch(mode=0o600)
            except BaseException:
                self._membership.leave()
                raise
            if not self._registered:
                atexit.register(self.release)
                self._registered = True
        return self.url

    def revive(self) -> bool:
        """Start the server again where it was killed. False, and nothing done, where it was stopped on purpose: it took its pid file along then."""
        with self._mutex, self._plain_errors(f"can't start the database at {self._places.data} again"), exclusive(self._places.start_lock, LOCK_SECONDS):
            if not self._places.pid_file.exists():
                return False
            self._bring_up()
            return True

    def release(self) -> None:
        """Stop being a client; the last one out stops the server unless it is pinned. Safe to call twice, and in a forked child."""
        with self._mutex:
            if not self._membership.is_joined:
                return
            self._membership.leave()
            with suppress(OSError, TimeoutError, DatabaseError), exclusive(self._places.start_lock, RELEASE_SECONDS):
                if self._membership.is_last() and not self._places.pin.exists() and server.is_alive(self._places):
                    server.stop(self._places)

    def stop(self) -> bool:
        """Stop the server, whoever uses it, and unpin it. False when none was running."""
        with self._mutex, self._plain_errors(f"can't stop the database at {self._places.data}"):
            if not self._places.run.is_dir():
                return False
            with exclusive(self._places.start_lock, LOCK_SECONDS):
                self._places.pin.unlink(missing_ok=True)
                if not server.is_alive(self._places):
                    return False
                server.stop(self._places)
                return True

    def status(self) -> ServerStatus:
        """What runs, without starting or making anything."""
        places = self._places
        with self._plain_errors(f"can't look at the database at {places.data}"):
            running = server.is_alive(places) and server.refusal(places) is None
            return ServerStatus(running, places.pin.exists(), is_held(places.clients_lock), postmaster_pid(places), places.data, places.log, self.url)

    def _prepare_folders(self) -> None:
        owner = cluster.owner_of(self._places.data)
        if owner is not None and os.geteuid() not in {0, owner}:
            raise DatabaseError(f"the database at {self._places.data} belongs to user {owner}", "run MGE as that user, or choose another MGE_HOME")
        self._places.parent.mkdir(parents=True, exist_ok=True)
        self._places.run.mkdir(mode=0o700, exist_ok=True)

    def _bring_up(self) -> None:
        """From any state to a server that answers. The caller holds the start lock, so nothing else changes that state."""
        places = self._places
        if server.is_alive(places) and self._answers():
            server.bound_log(places.log)
            return
        for launches in range(1, LAUNCHES + 1):
            mark = places.log.stat().st_size if places.log.exists() else 0
            launched = not server.is_alive(places)
            if launched:
                self._launch()
            if self._wait_until_ready(launched=launched):
                return
            said = new_lines(places.log, mark)
            if launches == LAUNCHES or gives_reason(said):
                raise from_output(f"PostgreSQL did not start at {places.data}", said)

    def _launch(self) -> None:
        """Start a server where none runs, over a data directory that is made if need be."""
        places, binaries = self._places, find_binaries()
        cluster.sweep(places)
        exists = cluster.check(places)
        seat = choose_seat(places.parent, cluster.owner_of(places.data) if exists else None, binaries, namespaces=self._namespaces)
        if exists:
            cluster.give(places.data, seat)
        else:
            cluster.make(places, seat)
        server.launch(places, seat)

    def _answers(self) -> bool:
        """Whether a connection to our database works; makes the database in a new server."""
        said = server.refusal(self._places)
        if said is not None and "does not exist" in said and f'database "{cluster.DATABASE}"' in said:
            server.create_database(self._places)
            said = server.refusal(self._places)
        return said is None

    def _wait_until_ready(self, *, launched: bool) -> bool:
        """Wait for an answer; False when the server has ended. Orphans of a killed server are ended here."""
        places, started = self._places, time.monotonic()
        while server.is_alive(places):
            if self._answers():
                return True
            waited = time.monotonic() - started
            if not launched and waited > ORPHAN_SECONDS and postmaster_pid(places) is None:
                server.end_orphans(places)
            elif waited > (RECOVERY_SECONDS if "the database system is" in (server.refusal(places) or "") else READY_SECONDS):
                raise DatabaseError(f"PostgreSQL at {places.data} does not answer: {server.refusal(places)}", f"see {places.log}, or run: mge db stop")
            time.sleep(POLL_SECONDS)
        return False

    def _after_fork(self) -> None:
        self._mutex = threading.Lock()  # another thread may have held it

    @contextmanager
    def _plain_errors(self, doing: str) -> Iterator[None]:
        try:
            yield
        except TimeoutError as error:
            raise DatabaseError(f"{doing}: {error}", "wait for it, or end it") from error
        except subprocess.SubprocessError as error:
            raise DatabaseError(f"{doing}: a helper process failed ({type(error).__name__})", f"see {self._places.log}") from error
        except OSError as error:
            raise from_os(doing, error) from error
