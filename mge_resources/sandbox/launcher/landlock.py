"""Landlock by direct system calls: what a process and all that it starts may do with files, ports and signals, for good.

No path is hidden: what a rule does not allow can't be opened, made, removed or run, but it can be asked whether it is there.
"""

import ctypes
import os
import stat

from mge_resources.sandbox.launcher import kernel

LEAST_VERSION = 6
"""From here on signals and abstract sockets can be kept within a domain (Linux 6.12); without that, code could end its own watcher."""

_CREATE, _ADD, _RESTRICT = 444, 445, 446  # the same numbers on every architecture
_ASK_VERSION = 1
_PATH_BENEATH = 1

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR, TRUNCATE = 1 << 0, 1 << 1, 1 << 2, 1 << 3, 1 << 14
_MAKE_CHAR, _MAKE_SOCK, _MAKE_BLOCK, _IOCTL_DEVICE = 1 << 6, 1 << 9, 1 << 11, 1 << 15
_EVERY = (1 << 16) - 1
READ = EXECUTE | READ_FILE | READ_DIR
WORK = _EVERY & ~(_MAKE_CHAR | _MAKE_SOCK | _MAKE_BLOCK | _IOCTL_DEVICE)
DEVICE = READ_FILE | WRITE_FILE | TRUNCATE
_OF_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | _IOCTL_DEVICE

_EVERY_PORT = 3  # bind and connect
_ABSTRACT_SOCKETS, _SIGNALS = 1, 2


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("ports", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


def version() -> int:
    """The version of Landlock that this kernel speaks; 0 where it has none or it is switched off."""
    return max(0, kernel.call(_CREATE, None, 0, _ASK_VERSION))


def _allow(ruleset: int, path: str, rights: int) -> None:
    """Allow ``rights`` on the file or beneath the folder; what is not there needs no rule. Raises OSError."""
    try:
        parent = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        folder = stat.S_ISDIR(os.fstat(parent).st_mode)
        rule = _Beneath(rights if folder else rights & _OF_FILES, parent)
        kernel.checked(kernel.call(_ADD, ruleset, _PATH_BENEATH, ctypes.byref(rule), 0), f"landlock_add_rule {path}")
    finally:
        os.close(parent)


def _restrict(wanted: _Ruleset, rules: dict[str, int]) -> None:
    ruleset = kernel.call(_CREATE, ctypes.byref(wanted), ctypes.sizeof(wanted), 0)
    kernel.checked(ruleset, "landlock_create_ruleset")
    try:
        for path, rights in rules.items():
            _allow(ruleset, path, rights)
        kernel.checked(kernel.call(_RESTRICT, ruleset, 0), "landlock_restrict_self")
    finally:
        os.close(ruleset)


def keep_signals() -> None:
    """No signal of ours, nor of what we start, reaches anybody but what we start. Needs no_new_privs. Raises OSError."""
    _restrict(_Ruleset(0, 0, _SIGNALS), {})


def restrict(rules: dict[str, int]) -> None:
    """Only the files that ``rules`` (path to rights) allow; no TCP port, no abstract socket, no signal but to what we start. Raises OSError."""
    _restrict(_Ruleset(_EVERY, _EVERY_PORT, _ABSTRACT_SOCKETS | _SIGNALS), rules)
