"""What this process has made outside of itself and has to take away again: temporary folders, control groups.

A process that is ended by force takes nothing away. Beside one that has something to take away there is therefore another, which does nothing but read
from a pipe what that is, and takes it away when the pipe's other end is gone. It is told of names that we have made ourselves, and of nothing else.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock

PREFIX = "mge-"
"""How the names of all that is taken away begin; nothing else ever is."""
_PROGRAM = f"""# takes away what the one beside it has left
import os, shutil, sys, time
left = {{}}
for line in sys.stdin.buffer:
    sign, path = line[:1], line[1:-1]
    if sign == b"-":
        left.pop(path, None)
    elif os.path.basename(path).startswith({PREFIX.encode()!r}):
        left[path] = sign
for path in [path for path in left if left[path] == b"f"]:
    shutil.rmtree(path, ignore_errors=True)
groups, end = [path for path in left if left[path] == b"g"], time.monotonic() + 10
while groups and time.monotonic() < end:
    for path in groups:
        try:
            os.rmdir(path)
        except OSError:
            pass
    groups = [path for path in groups if os.path.isdir(path)]
    time.sleep(0.05)
"""


class _Beside:
    """The process beside this one; started when first needed, and again where somebody ended it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._left: dict[str, str] = {}
        os.register_at_fork(after_in_child=self._after_fork)

    def _after_fork(self) -> None:
        """What our parent has made is its own business, and so is the process beside it."""
        self._lock = Lock()  # another thread may have held it
        if self._process is not None:
            self._process.returncode = 0  # not ours to wait for
        self._process, self._left = None, {}

    def tell(self, path: str, sign: str) -> None:
        """Of a folder (``f``) or a control group (``g``) that was made, or of one that is gone (``-``)."""
        with self._lock:
            if sign == "-":
                self._left.pop(path, None)
            else:
                self._left[path] = sign
            if not self._written(f"{sign}{path}\n") and self._left:
                self._start()

    def _written(self, words: str) -> bool:
        if self._process is None or self._process.stdin is None:
            return False
        try:
            self._process.stdin.write(os.fsencode(words))
            self._process.stdin.flush()
        except OSError:
            return False
        return True

    def _start(self) -> None:
        if self._process is not None and self._process.stdin is not None:  # somebody has ended it
            with suppress(OSError):
                self._process.stdin.close()
            self._process.wait()
        environment = {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}  # some interpreters need it to start
        command = [sys.executable, "-I", "-S", "-c", _PROGRAM]
        with suppress(OSError):  # without it a kill leaves something, and that is all
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", env=environment, start_new_session=True
            )
            self._written("".join(f"{sign}{path}\n" for path, sign in self._left.items()))


_beside = _Beside()


def group_made(folder: Path) -> None:
    """A control group that is to go when we have gone."""
    _beside.tell(str(folder), "g")


def gone(folder: Path) -> None:
    """It was taken away."""
    _beside.tell(str(folder), "-")


@contextmanager
def temporary_folder(kind: str) -> Iterator[str]:
    """The path of a temporary folder for the block, named after its kind; it goes even if this process is ended by force."""
    name = tempfile.mkdtemp(prefix=f"{PREFIX}{kind}-")
    _beside.tell(name, "f")
    try:
        yield name
    finally:
        shutil.rmtree(name, ignore_errors=True)
        _beside.tell(name, "-")
