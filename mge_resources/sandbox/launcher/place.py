"""Where a run happens, as its watcher sees it: in namespaces of its own, where everything that is seen belongs to the run."""

# pathlib would cost 3 ms at each run.
# ruff: noqa: PTH123, PTH208

import contextlib
import os

WORK = "/job"
MOST_FILES = 48_000  # three tmpfs with 16,384 each where we mount them; bubblewrap can't bound that
_WRITABLE = ("/tmp", "/dev/shm", WORK)  # noqa: S108 - the sandbox's own
_SOCKET_BYTES = 416 << 10  # the most that an unprivileged process can have a socket's send buffer set to, by default
_FREE_SOCKETS = 64


def socket_bytes(count: int) -> int:
    """The most that this many unix sockets can hold; a few are free."""
    return max(0, count - _FREE_SOCKETS) * _SOCKET_BYTES


def _read(path: str) -> bytes:
    with open(path, "rb") as source:
        return source.read()


class OwnNamespaces:
    """A root, processes and a network that nobody else is in."""

    work = WORK
    stops: tuple[int, ...] = ()
    """Signals that ask us to end the run: none, since ending our first process ends all others."""

    def enter(self) -> None:
        """In the code's own process, before its command: what is still to be given up. Raises OSError."""

    def processes(self) -> list[str]:
        """The process ids of everybody but us."""
        own = str(os.getpid())
        return [name for name in os.listdir("/proc") if name.isdigit() and name != own]

    def files(self) -> tuple[int, bool]:
        """(bytes that files in memory hold, whether files are over their bound)."""
        held = count = 0
        for folder in _WRITABLE:
            with contextlib.suppress(OSError):
                facts = os.statvfs(folder)
                held += (facts.f_blocks - facts.f_bfree) * facts.f_frsize
                count += facts.f_files - facts.f_ffree
        return held, count > MOST_FILES

    def sockets(self) -> int:
        """Bytes that sockets may hold: what TCP and UDP say, and the most that unix sockets can."""
        total = 0
        with contextlib.suppress(OSError):
            total += socket_bytes(_read("/proc/net/unix").count(b"\n") - 1)
        for name in ("tcp", "tcp6", "udp", "udp6"):
            with contextlib.suppress(OSError, ValueError, IndexError):
                for line in _read(f"/proc/net/{name}").splitlines()[1:]:
                    total += sum(int(part, 16) for part in line.split()[4].split(b":"))
        return total

    def end(self) -> None:
        """End what the command left running: nothing to do, it ends with us."""
