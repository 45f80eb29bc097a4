"""A tree that is built beside its final place and then takes it in one step.

At every moment the final place holds the old tree or the new one, whole. What a killed run leaves behind is cleared by the next.
"""

import ctypes
import errno
import fcntl
import os
import shutil
import stat
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_NO_EXCHANGE = {errno.EINVAL, errno.ENOSYS, errno.ENOTSUP}


class Stage:
    """The places that belong to one final folder: ``new`` is built, ``aside`` holds the old tree for a moment where the system can't exchange."""

    def __init__(self, final: Path) -> None:
        self.final = final
        self.new = final.parent / f".{final.name}.mge-new"
        self.aside = final.parent / f".{final.name}.mge-old"

    @contextmanager
    def opened(self) -> Iterator[Path]:
        """Mends what an earlier run left, gives the empty folder to build in, and clears it however the block ends. Two runs wait for each other."""
        self.final.parent.mkdir(parents=True, exist_ok=True)
        with _locked(self.final.parent):
            self.mend()
            try:
                self.new.mkdir()
                yield self.new
            finally:
                shutil.rmtree(self.new, ignore_errors=True)

    def mend(self) -> None:
        """Puts back a tree that a killed run set aside, and removes what it was building."""
        if self.aside.exists() and not self.final.exists():
            self.aside.rename(self.final)
        for rest in (self.aside, self.new):
            if rest.exists():
                shutil.rmtree(rest)

    def swap(self) -> None:
        """The new tree takes the final place; the old one, if any, is then at ``new``. Atomic where the system can exchange two folders."""
        make_durable(self.new)
        if not self.final.exists() or not any(self.final.iterdir()):
            self.new.rename(self.final)
        elif not _exchange(self.new, self.final):
            self._swap_in_two_steps()
        _sync(self.final.parent)

    def _swap_in_two_steps(self) -> None:
        self.final.rename(self.aside)
        try:
            self.new.rename(self.final)
        except OSError:
            self.aside.rename(self.final)
            raise
        self.aside.rename(self.new)


def carry_over(old: Path, new: Path, leave: Collection[str]) -> set[str]:
    """Gives the new tree everything of the old one but the paths to leave. Returns the paths carried.

    Files are linked, not copied: a folder of 50,000 dependencies takes seconds. Only git's reference logs are copied, since they are
    appended to in place.
    """
    carried: set[str] = set()
    for folder, folders, names in os.walk(old, onerror=_raise):
        here = Path(folder).relative_to(old)
        entries = [*names, *(name for name in folders if (Path(folder) / name).is_symlink())]
        mine = [path for name in entries if (path := (here / name).as_posix()) not in leave]
        if mine or not (folders or names):
            (new / here).mkdir(parents=True, exist_ok=True)
        for path in mine:
            _carry(old / path, new / path, copy=path.startswith(".git/logs/"))
        carried.update(mine)
    for folder, _, _ in os.walk(new):
        shutil.copystat(old / Path(folder).relative_to(new), folder)
    return carried


def rescue(old: Path, new: Path, known: Collection[str]) -> None:
    """Moves what a person put into the old tree while the new one was built, as far as its place is free."""
    for folder, _, names in os.walk(old):
        for path in (Path(folder).relative_to(old) / name for name in names):
            if path.as_posix() not in known and path.parts[0] != ".git" and not os.path.lexists(new / path):
                (new / path).parent.mkdir(parents=True, exist_ok=True)
                (old / path).rename(new / path)


def make_durable(tree: Path) -> None:
    """Flushes to disk every folder of the tree and every file that is not merely linked into it."""
    for folder, _, names in os.walk(tree):
        for name in names:
            file = Path(folder) / name
            found = file.lstat()
            if stat.S_ISREG(found.st_mode) and found.st_nlink == 1:
                _sync(file)
        _sync(Path(folder))


def _raise(error: OSError) -> None:
    raise error


def _carry(source: Path, target: Path, *, copy: bool) -> None:
    if not copy:
        with suppress(OSError):  # another file system, or one without links
            os.link(source, target, follow_symlinks=False)
            return
    shutil.copy2(source, target, follow_symlinks=False)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Holds the folder's lock, which ends with the process, so that a killed run can't leave it behind."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # network file systems may refuse: then there is no second run to wait for on this machine either
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _exchange(one: Path, other: Path) -> bool:
    """Exchanges two folders in one step. False where the system or the file system can't."""
    library = ctypes.CDLL(None, use_errno=True)
    here, there = os.fsencode(one), os.fsencode(other)
    try:
        if sys.platform == "darwin":
            failed = library.renamex_np(here, there, 2)  # RENAME_SWAP
        else:
            failed = library.renameat2(-100, here, -100, there, 2)  # AT_FDCWD, RENAME_EXCHANGE
    except AttributeError:
        return False
    if not failed:
        return True
    code = ctypes.get_errno()
    if code in _NO_EXCHANGE:
        return False
    raise OSError(code, os.strerror(code), os.fspath(other))
