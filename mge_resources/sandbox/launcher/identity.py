"""Who the code is inside: user namespaces and the uid that code runs under."""

# pathlib would cost 3 ms at each run.
# ruff: noqa: PTH123

import os

from mge_resources.sandbox.launcher import kernel

INNER_UID = 1000
_SLOT_BASE = 0x70000000
_SLOT_RANGE = 4096


def _mapped_ranges(kind: str) -> list[tuple[int, int]]:
    """(first id, count) of every range of ids that exist in our own user namespace."""
    with open(f"/proc/self/{kind}_map") as lines:
        return [(int(first), int(count)) for first, _, count in (line.split() for line in lines)]


def _slot(kind: str) -> int | None:
    """An id that no other run uses: process ids are unique, so ours, moved out of the way of real users."""
    widest = max(_mapped_ranges(kind), key=lambda pair: pair[1])
    if widest[0] + widest[1] > _SLOT_BASE + (1 << 22):
        return _SLOT_BASE + os.getpid()
    if widest[1] > 2 * _SLOT_RANGE:
        return widest[0] + widest[1] - 1 - os.getpid() % _SLOT_RANGE
    return None


def _write(path: str, text: str) -> None:
    with open(path, "w") as target:
        target.write(text)


def _map_from_outside(uid: int, gid: int) -> int:
    """Fork a process that maps two ids for us once told to; returns the pipe end to tell it through.

    Only a process that stayed outside and holds CAP_SETUID there may map more than its own id.
    """
    told, tell = os.pipe()
    target = os.getpid()
    if os.fork() == 0:
        try:
            os.close(tell)
            if os.read(told, 1):
                _write(f"/proc/{target}/uid_map", f"0 0 1\n{INNER_UID} {uid} 1\n")
                _write(f"/proc/{target}/gid_map", f"0 0 1\n{INNER_UID} {gid} 1\n")
            os._exit(0)
        finally:
            os._exit(1)
    os.close(told)
    return tell


def enter_user_namespace() -> bool:
    """Move into a user namespace of our own. True where ``become_nobody`` will have another uid to drop to.

    Root keeps its own id for the mounts (an interpreter may stand under a 0700 home) and gets an id that owns nothing to run the
    code under: the kernel does not enforce the limit on processes for root. Raises OSError.
    """
    uid, gid = (_slot("uid"), _slot("gid")) if os.geteuid() == 0 else (None, None)
    if uid is None or gid is None:
        own = os.geteuid(), os.getegid()
        kernel.unshare(kernel.CLONE_NEWUSER)
        _write("/proc/self/setgroups", "deny")
        _write("/proc/self/uid_map", f"{INNER_UID} {own[0]} 1\n")
        _write("/proc/self/gid_map", f"{INNER_UID} {own[1]} 1\n")
        return False
    tell = _map_from_outside(uid, gid)
    kernel.unshare(kernel.CLONE_NEWUSER)
    os.write(tell, b"1")
    os.close(tell)
    _, status = os.wait()
    if status != 0:
        raise OSError(1, "uid_map: Operation not permitted")
    return True


def forbid_user_namespaces() -> None:
    """No process below us can make a user namespace and be root in it. Raises OSError."""
    _write("/proc/sys/user/max_user_namespaces", "0")


def become_nobody(*, other_uid: bool) -> None:
    """Give up every right for good. Raises OSError."""
    kernel.limit_capabilities()
    if other_uid:
        os.setgroups([])
        os.setresgid(INNER_UID, INNER_UID, INNER_UID)
        os.setresuid(INNER_UID, INNER_UID, INNER_UID)
    kernel.drop_capabilities()
    kernel.no_new_privileges()
    kernel.hide_from_ptrace()
