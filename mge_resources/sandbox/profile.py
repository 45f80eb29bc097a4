"""The rules that macOS's sandbox-exec reads (SBPL): everything is denied but what is named here."""

from collections.abc import Iterable

_SYSTEM_READS = (
    "/usr/lib", "/usr/bin", "/bin", "/usr/share", "/System/Library", "/System/Volumes/Preboot/Cryptexes", "/Library/Apple", "/private/var/db/dyld",
    "/private/var/db/timezone",
)  # fmt: skip
_DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")
_NEVER = (
    "network*",
    "mach-lookup",
    "mach-register",
    "iokit-open",
    "file-write-setugid",
    "file-mknod",
    "system-socket",
    "nvram*",
    "ipc-sysv*",
    "ipc-posix-shm*",
)


def quoted(path: str) -> str:
    """A path as SBPL writes it. Raises ValueError for one that could end its quotes' line."""
    if not path.startswith("/") or any(ord(letter) < ord(" ") for letter in path):
        raise ValueError(f"{path[:80]!r} can't stand in a sandbox profile; use an absolute path without control characters")
    escaped = path.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _rule(verb: str, operations: str, kind: str = "", paths: Iterable[str] = ()) -> str:
    filters = "".join(f"\n    ({kind} {quoted(path)})" for path in paths)
    return f"({verb} {operations}{filters})"


def profile(tools: Iterable[str], work: Iterable[str]) -> str:
    """The profile that lets a command run and read ``tools`` and the system's libraries, and write below ``work``. Raises ValueError.

    What is denied by name at the end is denied by default too: said twice, so that no rule before it can let it in.
    """
    tools, work = sorted({*tools, *_SYSTEM_READS}), list(work)
    rules = [
        "(version 1)",
        "(deny default)",
        "(allow process-fork)",
        "(allow sysctl-read)",
        "(allow signal (target same-sandbox))",
        "(allow process-info* (target same-sandbox))",
        _rule("allow", "process-exec*", "subpath", [*tools, *work]),
        _rule("allow", "file-map-executable", "subpath", tools),
        "(allow file-read-metadata)",
        _rule("allow", "file-read*", "subpath", [*tools, *work]),
        _rule("allow", "file-read* file-write-data", "literal", _DEVICES),
        '(allow file-read-data (literal "/"))',
        _rule("allow", "file-write*", "subpath", work),
        *(_rule("deny", operation) for operation in _NEVER),
    ]
    return "\n".join(rules) + "\n"
