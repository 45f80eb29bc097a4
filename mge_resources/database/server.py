"""Starts, asks and stops the server process of one data directory. The caller holds the start lock; who may call when is embedded.py's business."""

import fcntl
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import psycopg2

from mge_resources.database.accounts import Seat, launcher_command
from mge_resources.database.cluster import DATABASE, SUPERUSER, clean_environment, handed_down
from mge_resources.database.errors import DatabaseError
from mge_resources.database.locks import POLL_SECONDS, is_held, open_lock, try_lock
from mge_resources.database.places import SOCKET_NAME, Places
from mge_resources.database.processes import all_serving, postmaster_pid

LAUNCH_SECONDS = 30.0
CONNECT_SECONDS = 10
LOG_BYTES = 8 * 1024 * 1024
LOG_KEPT_BYTES = 1024 * 1024
STOP_STEPS = ((signal.SIGINT, 60.0), (signal.SIGQUIT, 10.0))  # fast, then immediate
ORPHAN_SECONDS = 2.0
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "cluster_name": "mge",
    "max_connections": "300",  # 100+ atoms in flight, and the processes of Dagster beside them
    "shared_buffers": "128MB",
    "fsync": "on",
    "synchronous_commit": "on",
    "jit": "off",  # compiling costs more than our short queries
    "io_method": "sync",  # the default keeps three worker processes
    "max_parallel_workers_per_gather": "0",
    "max_logical_replication_workers": "0",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "512MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "log_min_messages": "log",  # above ERROR here: a refused duplicate is the caller's business, and 100 writers make many
    "log_min_error_statement": "panic",
}


def is_alive(places: Places) -> bool:
    """Whether the server, or any orphan of a killed one, still runs."""
    return is_held(places.server_lock)


def refusal(places: Places, database: str = DATABASE) -> str | None:
    """Why a real connection fails; None when it works, or when the server is merely full."""
    try:
        psycopg2.connect(host=str(places.socket), port=5432, user=SUPERUSER, dbname=database, connect_timeout=CONNECT_SECONDS).close()
    except psycopg2.OperationalError as error:
        said = str(error).strip() or "no answer"
        return None if "too many clients" in said else said
    return None


def create_database(places: Places) -> None:
    """Make our database in a server that has just been made."""
    connection = psycopg2.connect(host=str(places.socket), port=5432, user=SUPERUSER, dbname="postgres", connect_timeout=CONNECT_SECONDS)
    try:
        connection.autocommit = True  # CREATE DATABASE takes no transaction
        with connection.cursor() as cursor, suppress(psycopg2.errors.DuplicateDatabase):
            cursor.execute(f"CREATE DATABASE {DATABASE}")
    finally:
        connection.close()


def launch(places: Places, seat: Seat) -> None:
    """Start the server and its warden, and return at once. Raises DatabaseError if another server has the data directory, OSError."""
    prepare_socket_folder(places, seat)
    _clear_stale(places)
    bound_log(places.log)
    with ExitStack() as stack:
        data, data_fds = stack.enter_context(handed_down(places.data, seat))
        socket, socket_fds = stack.enter_context(handed_down(places.socket, seat))
        server_fd, clients_fd, start_fd = (stack.enter_context(_opened(path)) for path in (places.server_lock, places.clients_lock, places.start_lock))
        if not try_lock(server_fd, fcntl.LOCK_EX):
            raise DatabaseError(f"a server of {places.data} is still ending", "try again in a moment")
        log = stack.enter_context(places.log.open("ab"))
        settings = SETTINGS | {"unix_socket_directories": f'"{socket}"'}
        argv = [str(seat.binaries.postgres), "-D", data, *(f"--{name}={value}" for name, value in settings.items())]
        server_fds = (server_fd, *data_fds, *socket_fds)
        command = launcher_command(
            "serve", seat.account, argv=argv, server_fds=server_fds, clients_fd=clients_fd, start_fd=start_fd, pin=str(places.pin), socket=str(places.socket)
        )  # fmt: skip
        subprocess.run(  # noqa: S603 - our own script
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, pass_fds=(*server_fds, clients_fd, start_fd), cwd="/",
            env=clean_environment(), timeout=LAUNCH_SECONDS, check=True,
        )  # fmt: skip


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    fd = open_lock(path)
    try:
        yield fd
    finally:
        os.close(fd)


def _clear_stale(places: Places) -> None:
    """Remove the pid files of a server that is gone: PostgreSQL would take any live process with that id for it."""
    pid = postmaster_pid(places)
    if pid is not None:
        raise DatabaseError(f"a PostgreSQL server that MGE did not start (pid {pid}) uses {places.data}", "stop it, or choose another MGE_HOME")
    for stale in (places.pid_file, places.socket / SOCKET_NAME, places.socket / f"{SOCKET_NAME}.lock"):
        stale.unlink(missing_ok=True)


def prepare_socket_folder(places: Places, seat: Seat) -> None:
    """Make the socket's folder, private to the account. Raises DatabaseError when somebody else has put something there."""
    folder, owner = places.socket, seat.account.owner
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    found = folder.lstat()
    if folder.is_symlink() or not folder.is_dir() or found.st_uid not in {owner, os.geteuid()}:
        raise DatabaseError(f"{folder} is not our own folder", "remove it, or choose a shorter MGE_HOME")
    folder.chmod(0o700)
    if found.st_uid != owner:
        os.chown(folder, owner, seat.account.gid)


def bound_log(log: Path) -> None:
    """Keep the log below its limit: its end moves to ``.1``, and the file starts anew (the server appends, so it goes on at the new end)."""
    log.touch(mode=0o600)
    size = log.stat().st_size
    if size <= LOG_BYTES:
        return
    with log.open("r+b") as stream:
        stream.seek(size - LOG_KEPT_BYTES)
        older = log.with_name(log.name + ".1")
        older.unlink(missing_ok=True)
        older.write_bytes(stream.read())
        stream.truncate(0)


def stop(places: Places) -> None:
    """End the server: fast, then harder. Raises DatabaseError when it can't be ended from here."""
    for number, seconds in STOP_STEPS:
        pid = postmaster_pid(places)
        if pid is None:
            break
        with suppress(ProcessLookupError):
            os.kill(pid, number)
        if wait_for_end(places, seconds):
            break
    if is_alive(places):
        end_orphans(places)
    with suppress(OSError):
        places.socket.rmdir()


def end_orphans(places: Places) -> None:
    """End what a killed server has left running. Raises DatabaseError when it can't be ended from here."""
    for number in (signal.SIGQUIT, signal.SIGKILL):
        for pid in all_serving(places):
            with suppress(ProcessLookupError):
                os.kill(pid, number)
        if wait_for_end(places, ORPHAN_SECONDS):
            return
    raise DatabaseError(f"the server of {places.data} can't be stopped from here", "stop it where it was started (another container?)")


def wait_for_end(places: Places, seconds: float) -> bool:
    """Wait until no process of the server is left; False when the time is over first."""
    deadline = time.monotonic() + seconds
    while is_alive(places):
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True
