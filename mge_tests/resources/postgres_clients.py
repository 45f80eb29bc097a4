"""What the tests of the embedded server have in common: other processes as clients, other users, and patience."""

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypedDict

from mge_resources.database.locks import is_held
from mge_resources.database.places import Places
from mge_resources.database.processes import all_serving

REPOSITORY = Path(__file__).resolve().parents[2]
CLIENT = """
import sys
from pathlib import Path
from mge_resources.database.embedded import EmbeddedPostgres
EmbeddedPostgres(Path(sys.argv[1])).ensure_running()
print("ready", flush=True)
sys.stdin.readline()
"""


# Memory where there is enough of it: the servers' fsync would otherwise wait for the disk that everything else is using.
MEMORY = Path("/dev/shm")
BASE = str(MEMORY) if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > 2**30 else tempfile.gettempdir()


class RunAs(TypedDict, total=False):
    """The arguments of subprocess that change the user."""

    user: int
    group: int
    extra_groups: list[int]


def as_user(name: str | None) -> RunAs:
    """Arguments for subprocess to run as the system user ``name``."""
    if name is None:
        return {}
    entry = pwd.getpwnam(name)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


class Client:
    """Another process that uses the server until it is told to go."""

    def __init__(self, data: Path, *, wait: bool = True) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", CLIENT, str(data)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY, start_new_session=True
        )
        if wait:
            self.wait_until_ready()

    def wait_until_ready(self) -> None:
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n"

    def leave(self) -> int:
        """End as a program ordinarily does; returns its exit code."""
        self.process.communicate("\n", timeout=60)
        return self.process.returncode

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


def eventually(condition: Callable[[], bool], seconds: float = 60.0) -> bool:
    """Whether ``condition`` comes true within ``seconds``."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def is_gone(data: Path) -> bool:
    """Whether nothing of the server of ``data`` runs."""
    places = Places(data)
    return not is_held(places.server_lock) and not all_serving(places)


class OrdinaryUser(NamedTuple):
    """A system user, an interpreter he can run, and a home of his own."""

    name: str
    python: str
    environment: dict[str, str]
    home: Path

    def run(self, code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.python, "-c", code, *arguments], capture_output=True, text=True, env=self.environment, cwd="/", timeout=60, check=False, **as_user(self.name)
        )
