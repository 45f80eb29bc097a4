"""What all processes of a run hold together: memory in every form that no single limit of the kernel adds up.

Counted are private pages, shared memory (by its size, since pages of it may be held without being resident), files in tmpfs, and the
buffers of sockets. Who hides his accounts from us is counted with his whole address space.
"""

# pathlib would cost 3 ms at each run.
# ruff: noqa: PTH123, PTH208

import contextlib
import os

MOST_FILES = 48_000  # three tmpfs with 16,384 each where we mount them; bubblewrap can't bound that
_PAGE = os.sysconf("SC_PAGE_SIZE")
_WRITABLE = ("/tmp", "/dev/shm", "/job")  # noqa: S108 - the sandbox's own
_SOCKET_BYTES = 416 << 10  # the most that an unprivileged process can have a socket's send buffer set to, by default
_FREE_SOCKETS = 64
_SHARED_NAMES = (b"/dev/zero (deleted)", b"/SYSV", b"/memfd:")


def _read(path: str) -> bytes:
    with open(path, "rb") as source:
        return source.read()


def _processes() -> list[str]:
    own = str(os.getpid())
    return [name for name in os.listdir("/proc") if name.isdigit() and name != own]


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


def _files() -> int:
    total = 0
    for folder in _WRITABLE:
        with contextlib.suppress(OSError):
            facts = os.statvfs(folder)
            total += (facts.f_blocks - facts.f_bfree) * facts.f_frsize
    return total


def _file_count() -> int:
    total = 0
    for folder in _WRITABLE:
        with contextlib.suppress(OSError):
            facts = os.statvfs(folder)
            total += facts.f_files - facts.f_ffree
    return total


def _sockets() -> int:
    """Bytes that sockets may hold: what TCP and UDP say, and the most that unix sockets can."""
    total = 0
    with contextlib.suppress(OSError):
        total += max(0, _read("/proc/net/unix").count(b"\n") - 1 - _FREE_SOCKETS) * _SOCKET_BYTES
    for name in ("tcp", "tcp6", "udp", "udp6"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            for line in _read(f"/proc/net/{name}").splitlines()[1:]:
                total += sum(int(part, 16) for part in line.split()[4].split(b":"))
    return total


def exceeded(most_bytes: int) -> str:
    """The limit that the run as a whole is over: ``memory``, ``files`` or none."""
    if _file_count() > MOST_FILES:
        return "files"
    return "memory" if held_bytes(most_bytes) > most_bytes else ""


def held_bytes(most: int) -> int:
    """What the run holds; exact only where it may be over ``most``, since the exact sum costs more."""
    pids = _processes()
    pages = {pid: _pages(pid) for pid in pids}
    other = _files() + _sockets()
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
