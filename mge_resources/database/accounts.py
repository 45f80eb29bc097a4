"""As whom PostgreSQL runs. It refuses to run as root, and initdb wants an account with a name.

In order: an ordinary user as himself; root inside a user namespace that calls root by an ordinary name (the files stay root's, and nothing
needs to be readable by anyone else); root where namespaces are refused (Docker's default) as the account that owns the data directory, or an ordinary
system account for a new one.
"""

import json
import os
import pwd
import subprocess
import sys
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

from mge_resources.database.binaries import Binaries, copy_within_reach
from mge_resources.database.errors import DatabaseError

LAUNCHER = Path(__file__).with_name("launch.py")
DROP_TO = ("postgres", "nobody")
NAMES_INSIDE = ("postgres", "daemon", "nobody")  # a name is all that the namespace needs
PROBE_SECONDS = 30.0


class Way(StrEnum):
    """How the account is reached."""

    DIRECT = "direct"
    NAMESPACE = "namespace"
    USER = "user"


@dataclass(frozen=True)
class Account:
    """An account for PostgreSQL. ``uid`` and ``gid`` are the present ones, those inside the namespace, or those to become."""

    way: Way
    uid: int
    gid: int

    @property
    def owner(self) -> int:
        """The uid that owns the files, seen from outside."""
        return self.uid if self.way is Way.USER else os.geteuid()


@dataclass(frozen=True)
class Seat:
    """An account, programs that it can reach, and whether it can reach the data directory by its path (else by an open folder handed down)."""

    account: Account
    binaries: Binaries
    by_path: bool


def launcher_command(verb: str, account: Account, **spec: object) -> list[str]:
    """The command line of launch.py for ``verb``."""
    return [sys.executable, "-I", "-S", str(LAUNCHER), verb, json.dumps({"account": asdict(account), **spec})]


def choose_seat(parent: Path, owner: int | None, binaries: Binaries, *, namespaces: bool) -> Seat:
    """The first account that works here, for a data directory below ``parent`` that belongs to uid ``owner`` (None: not made yet).

    Raises DatabaseError when none does.
    """
    refusals = []
    for account in candidates(owner, namespaces=namespaces):
        reached = _probe(account, [parent, binaries.postgres])
        if isinstance(reached, str):
            refusals.append(reached)
            continue
        by_path, runnable = reached
        return Seat(account, binaries if runnable else copy_within_reach(binaries), by_path)
    raise DatabaseError(
        f"PostgreSQL has no account to run as ({'; '.join(refusals) or 'root, and no system account postgres or nobody'})",
        "run MGE as an ordinary user with a name in /etc/passwd, or set MGE_DATABASE_URL",
    )


def candidates(owner: int | None, *, namespaces: bool) -> list[Account]:
    """Accounts worth trying, best first."""
    me = os.geteuid()
    inside = [Account(Way.NAMESPACE, *ids) for ids in _named(NAMES_INSIDE)[:1]] if namespaces else []
    if me != 0:
        direct = Account(Way.DIRECT, me, os.getegid())
        return [direct] if _has_name(me) else [*inside, direct]
    if owner:
        return [Account(Way.USER, owner, _group_of(owner))]
    return [*inside, *(Account(Way.USER, *ids) for ids in _named(DROP_TO))]


def _named(names: tuple[str, ...]) -> list[tuple[int, int]]:
    found = {entry.pw_name: (entry.pw_uid, entry.pw_gid) for entry in pwd.getpwall()}
    return [found[name] for name in names if name in found and found[name][0] != 0]


def _has_name(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def _group_of(uid: int) -> int:
    return pwd.getpwuid(uid).pw_gid if _has_name(uid) else uid


def _probe(account: Account, paths: list[Path]) -> list[bool] | str:
    """Which ``paths`` the account reaches, or why it can't be had."""
    if account.way is Way.DIRECT:
        return [True] * len(paths)
    command = launcher_command("probe", account, paths=[str(path) for path in paths])
    done = subprocess.run(command, capture_output=True, text=True, timeout=PROBE_SECONDS, check=False, cwd="/")  # noqa: S603 - our own script
    if done.returncode != 0:
        return done.stderr.strip().splitlines()[-1] if done.stderr.strip() else f"{account.way} ended with {done.returncode}"
    reached: list[bool] = json.loads(done.stdout)
    return reached
