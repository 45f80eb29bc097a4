"""Makes and checks the data directory on disk. No server runs while this works; the caller holds the start lock."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mge_resources.database.accounts import Seat, Way, launcher_command
from mge_resources.database.binaries import MAJOR_VERSION
from mge_resources.database.diagnosis import from_output
from mge_resources.database.errors import DatabaseError
from mge_resources.database.places import Places

SUPERUSER = "mge"
DATABASE = "mge"
INITDB_SECONDS = 300.0
SWEEP_SECONDS = 5.0
_SHELF = ".new-"
# The locale C of the system is everywhere; PostgreSQL's own C.UTF-8 gives Unicode on top, the same on every machine.
_INITDB = (
    "--username",
    SUPERUSER,
    "--auth=trust",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--no-instructions",
)
PASSED_ON = ("PATH", "LD_LIBRARY_PATH", "TMPDIR")


def clean_environment() -> dict[str, str]:
    """The environment for PostgreSQL: an allow-list, so that no PG… variable and no secret gets in."""
    return {name: os.environ[name] for name in PASSED_ON if name in os.environ} | {"LC_ALL": "C"}


@contextmanager
def handed_down(folder: Path, seat: Seat) -> Iterator[tuple[str, tuple[int, ...]]]:
    """A path by which the seat's account reaches ``folder``, and the file descriptors to hand down for it.

    Where a folder above is closed to the account, the path is that of an open descriptor: nobody's folders need be opened up, and the data stays in MGE_HOME.
    """
    if seat.by_path:
        yield str(folder), ()
        return
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{fd}", (fd,)
    finally:
        os.close(fd)


def owner_of(data: Path) -> int | None:
    """The uid that owns the data directory, None when it is not there."""
    try:
        return data.stat().st_uid
    except FileNotFoundError:
        return None


def check(places: Places) -> bool:
    """Whether a data directory of ours is there; False when it is still to be made. Raises DatabaseError when it is something else."""
    data = places.data
    if not data.exists() or (data.is_dir() and not any(data.iterdir())):
        return False
    version = data / "PG_VERSION"
    if not version.is_file() or not (data / "global" / "pg_control").is_file():
        raise DatabaseError(f"{data} is no complete PostgreSQL data directory", "restore it from a backup, or move it away to start afresh")
    made_by = version.read_text().strip()
    if made_by != MAJOR_VERSION:
        raise DatabaseError(
            f"{data} was made by PostgreSQL {made_by}; this is {MAJOR_VERSION}", "dump it with its own version and restore it, or move it away to start afresh"
        )
    return True


def make(places: Places, seat: Seat) -> None:
    """Make the data directory, whole or not at all: beside its place first, then renamed."""
    unfinished = Path(tempfile.mkdtemp(prefix=places.data.name + _SHELF, dir=places.parent))
    try:
        give(unfinished, seat)
        _initdb(unfinished, seat)
        unfinished.rename(places.data)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    fd = os.open(places.parent, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _initdb(folder: Path, seat: Seat) -> None:
    with handed_down(folder, seat) as (path, fds):
        command = launcher_command("run", seat.account, argv=[str(seat.binaries.initdb), "--pgdata", path, *_INITDB])
        done = subprocess.run(  # noqa: S603 - our own script
            command, capture_output=True, text=True, errors="replace", stdin=subprocess.DEVNULL, pass_fds=fds, cwd="/",
            env=clean_environment(), timeout=INITDB_SECONDS, check=False, start_new_session=True,
        )  # fmt: skip
    if done.returncode != 0:
        raise from_output(f"PostgreSQL can't make its data directory at {folder.parent}", done.stdout + done.stderr)


def sweep(places: Places) -> None:
    """Remove what a killed initdb has left. Its own children may write for a moment longer, hence the patience."""
    deadline = time.monotonic() + SWEEP_SECONDS
    for leftover in [path for path in places.parent.iterdir() if path.name.startswith(places.data.name + _SHELF)]:
        shutil.rmtree(leftover, ignore_errors=True)
        while leftover.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
            shutil.rmtree(leftover, ignore_errors=True)


def give(folder: Path, seat: Seat) -> None:
    """Make ``folder``, one of ours, and all in it belong to the seat's account, if that is another one; itself last, as the mark that all is done."""
    if seat.account.way is not Way.USER or folder.stat().st_uid == seat.account.uid:
        return
    for path, _, files in os.walk(folder, topdown=False):
        for entry in (*(os.path.join(path, name) for name in files), path):  # noqa: PTH118 - os.walk speaks in strings
            os.chown(entry, seat.account.uid, seat.account.gid, follow_symlinks=False)
