"""What all processes of a run hold together: memory in every form that no single limit of the kernel adds up.

Counted are private pages, shared memory (by its size, since pages of it may be held without being resident), files in tmpfs, and the
buffers of sockets. Who hides his accounts from us is counted with his whole address space.
"""

# pathlib would cost 3 ms at each run.
# ruff: noqa: PTH123

import contextlib
import os

from mge_resources.sandbox.launcher.place import OwnNamespaces

_PAGE = os.sysconf("SC_PAGE_SIZE")
_SHARED_NAMES = (b"/dev/zero (deleted)", b"/SYSV", b"/memfd:")


def _read(path: str) -> bytes:
    with open(path, "rb") as source:
        return source.read()


def _pages(pid: str) -> tuple[int, int]:
    """Bytes of address space and of resident memory."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        size, resident = _read(f"/proc/{pid}/statm").split()[:2]
        return int(size) * _PAGE, int(resident) * _PAGE
    return 0, 0


def _private(pid: str) -> int:
    """Anonymous memory of this process, what it shares with its relatives divided among them. Raises OSError where it is hidden."""
    for line in _read(f"/proc/{pid}/smaps_rollup").splitlines():
        if line.startswith(b"Pss_Anon:"):
            return int(line.split()[1]) << 10
    size, resident = _pages(pid)
    return min(size, resident)


def _shared(pid: str, found: dict[bytes, int]) -> None:
    """Add this process's shared memory, by the object's number. Raises OSError where it is hidden."""
    table = _read(f"/proc/{pid}/maps")
    if not any(name in table for name in _SHARED_NAMES):
        return
    for line in table.splitlines():
        if any(name in line for name in _SHARED_NAMES):
            span, _, offset, _, inode, _ = line.split(None, 5)
            first, last = (int(part, 16) for part in span.split(b"-"))
            found[inode] = max(found.get(inode, 0), last - first + int(offset, 16))


def exceeded(most_bytes: int, place: OwnNamespaces) -> str:
    """The limit that the run as a whole is over: ``memory``, ``files`` or none."""
    held, too_many = place.files()
    if too_many:
        return "files"
    return "memory" if held_bytes(most_bytes, place, held) > most_bytes else ""


def held_bytes(most: int, place: OwnNamespaces, files: int) -> int:
    """What the run holds; exact only where it may be over ``most``, since the exact sum costs more."""
    pages = {pid: _pages(pid) for pid in place.processes()}
    other = files + place.sockets()
    if sum(size for size, _ in pages.values()) + other <= most:
        return other + sum(resident for _, resident in pages.values())
    shared: dict[bytes, int] = {}
    for pid, (size, resident) in pages.items():
        try:
            _shared(pid, shared)
            other += _private(pid) if resident else 0
        except PermissionError:
            other += size
        except (OSError, ValueError):
            continue  # it has ended
    return other + sum(shared.values())
