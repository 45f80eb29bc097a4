"""A run's folder on a file system that others share: what it holds, looked at again and again, and its removal whatever lies in it."""

# pathlib would cost 3 ms at each run.
# ruff: noqa: PTH101, PTH106, PTH115, PTH116, PTH208

import contextlib
import os
import stat
import time

from mge_resources.sandbox.launcher.place import MOST_FILES

_BLOCK = 512
_REST = 10  # times as long as the last look took, before the next
_GONE = b" (deleted)"


class Watched:
    """What a run holds on the disk: below ``home``, and in files that it removed while they were open."""

    def __init__(self, home: str, most_bytes: int) -> None:
        self._home, self._most = home, most_bytes
        self._again, self._over = 0.0, False
        self.sockets = 0
        """Sockets in the hands of the processes that were looked at last."""

    def exceeded(self, pids: list[str]) -> bool:
        """Whether more bytes or files are held than may be, or what is held can't be looked at."""
        begin = time.monotonic()
        if begin >= self._again:
            try:
                removed = self._removed(pids)
                self._over = self._below(self._most - removed)
            except PermissionError:
                self._over = True  # who hides it is not believed
            self._again = time.monotonic() + _REST * (time.monotonic() - begin)
        return self._over

    def _below(self, most: int) -> bool:
        """Whether the folder holds more than ``most`` bytes, too many files, or a path too long to be looked at. Raises PermissionError."""
        held, count, left = 0, 0, [self._home]
        while left and held <= most and count <= MOST_FILES:
            try:
                with os.scandir(left.pop()) as entries:
                    for entry in entries:
                        with contextlib.suppress(FileNotFoundError):
                            held += entry.stat(follow_symlinks=False).st_blocks * _BLOCK
                            count += 1
                            if entry.is_dir(follow_symlinks=False):
                                left.append(entry.path)
            except (FileNotFoundError, NotADirectoryError):
                continue
            except PermissionError:
                raise
            except OSError:
                return True
        return held > most or count > MOST_FILES

    def _removed(self, pids: list[str]) -> int:
        """Bytes of files without a name that are open or mapped. Raises PermissionError where a process hides what it has open."""
        found: dict[int, int] = {}
        sockets: set[str] = set()
        for pid in pids:
            try:
                for number in os.listdir(f"/proc/{pid}/fd"):
                    self._one(f"/proc/{pid}/fd/{number}", found, sockets)
                self._mapped(pid, found)
            except (FileNotFoundError, ProcessLookupError):
                continue
            except PermissionError:
                if not _ending(pid):
                    raise
        self.sockets = len(sockets)
        return sum(found.values())

    def _one(self, path: str, found: dict[int, int], sockets: set[str]) -> None:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            goal = os.readlink(path)
            if goal.startswith("socket:"):
                sockets.add(goal)
            elif goal.startswith(self._home) and goal.endswith(_GONE.decode()):
                facts = os.stat(path)
                found[facts.st_ino] = facts.st_blocks * _BLOCK

    def _mapped(self, pid: str, found: dict[int, int]) -> None:
        with open(f"/proc/{pid}/maps", "rb") as table:  # noqa: PTH123
            for line in table:
                if line.endswith(_GONE + b"\n") and self._home.encode() in line:
                    span, _, offset, _, inode, _ = line.split(None, 5)
                    first, last = (int(part, 16) for part in span.split(b"-"))
                    found[int(inode)] = max(found.get(int(inode), 0), last - first + int(offset, 16))


def _ending(pid: str) -> bool:
    """Whether the process holds no memory any more: its last moments are root's."""
    try:
        with open(f"/proc/{pid}/statm") as pages:  # noqa: PTH123
            return pages.read().startswith("0 ")
    except (FileNotFoundError, ProcessLookupError):
        return True


def remove(home: str) -> None:
    """Remove the folder and all that lies in it, however deep and with whatever rights: its folders are first moved up to its top.

    Nothing may be at work in it any more.
    """
    os.chmod(home, 0o700)
    top = os.open(home, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        number, mark = 0, os.urandom(8).hex()  # who began to remove it may have been ended over it, and left names of his own
        while names := os.listdir(top):
            for name in names:
                if stat.S_ISDIR(os.stat(name, dir_fd=top, follow_symlinks=False).st_mode):
                    number = _emptied(top, name, mark, number)
                    os.rmdir(name, dir_fd=top)
                else:
                    os.unlink(name, dir_fd=top)
    finally:
        os.close(top)
    os.rmdir(home)


def _emptied(top: int, name: str, mark: str, number: int) -> int:
    """Move the folders in this folder up to the top under new names, remove its files; the number of the last name."""
    os.chmod(name, 0o700, dir_fd=top)
    inner = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=top)
    try:
        for entry in os.listdir(inner):
            if stat.S_ISDIR(os.stat(entry, dir_fd=inner, follow_symlinks=False).st_mode):
                os.chmod(entry, 0o700, dir_fd=inner)
                number += 1
                os.rename(entry, f"{mark}-{number}", src_dir_fd=inner, dst_dir_fd=top)
            else:
                os.unlink(entry, dir_fd=inner)
    finally:
        os.close(inner)
    return number
