"""The system calls that Python 3.11 does not offer, through ctypes. What belongs here: one function a call, and their constants."""

import _socket
import ctypes
import fcntl
import os
import platform
import struct

CLONE_NEWNS = 0x00020000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

MS_NOSUID, MS_NODEV, MS_NOEXEC = 2, 4, 8
MS_BIND, MS_REC, MS_PRIVATE = 0x1000, 0x4000, 0x40000
MNT_DETACH = 2
ATTR_RDONLY, ATTR_NOSUID, ATTR_NODEV = 1, 2, 4

_SIOCSIFFLAGS, _IFF_UP = 0x8914, 1
_AT_FDCWD, _AT_RECURSIVE = -100, 0x8000
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS = 1, 4, 24, 38
_PR_SET_CHILD_SUBREAPER = 36
_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 22, 2
_CAPABILITY_VERSION_3 = 0x20080522
_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
_MOUNT_SETATTR = 442  # the same number on every architecture since Linux 5.12

_libc = ctypes.CDLL(None, use_errno=True)


def checked(result: int, what: str) -> None:
    """Raises OSError saying ``what`` failed, where a call answered that it did."""
    if result == -1:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")


def call(number: int, *arguments: object) -> int:
    """A system call by its number, whole numbers handed over in full width; its answer, -1 where it failed."""
    wide = [ctypes.c_long(argument) if isinstance(argument, int) else argument for argument in arguments]
    return int(_libc.syscall(ctypes.c_long(number), *wide))


def unshare(flags: int) -> None:
    """Leave the namespaces that ``flags`` name for new ones. Raises OSError."""
    checked(_libc.unshare(ctypes.c_int(flags)), "unshare")


def mount(source: str, target: str, kind: str, flags: int, data: str = "") -> None:
    """Mount, bind or change a mount. Raises OSError naming the target."""
    arguments = (source.encode(), target.encode(), kind.encode() or None, ctypes.c_ulong(flags), data.encode() or None)
    checked(_libc.mount(*arguments), f"mount {target}")


def detach(target: str) -> None:
    """Unmount the tree at ``target``, now for us and for good once nothing uses it. Raises OSError."""
    checked(_libc.umount2(target.encode(), MNT_DETACH), f"umount {target}")


def pivot_root(new: str, old: str) -> None:
    """Make ``new`` the root and put the former root at ``old``. Raises OSError."""
    number = _PIVOT_ROOT.get(platform.machine())
    if number is None:
        raise OSError(38, f"pivot_root: no system call number known for {platform.machine()}")
    checked(_libc.syscall(ctypes.c_long(number), new.encode(), old.encode()), f"pivot_root {new}")


def restrict(target: str, attributes: int, *, recursive: bool = True) -> None:
    """Add mount attributes to a mount, by default with every mount below it. Raises OSError (Linux before 5.12 has no such call)."""
    wanted = (ctypes.c_uint64 * 4)(attributes, 0, 0, 0)
    flags = ctypes.c_uint(_AT_RECURSIVE if recursive else 0)
    result = _libc.syscall(
        ctypes.c_long(_MOUNT_SETATTR), ctypes.c_int(_AT_FDCWD), target.encode(), flags, ctypes.byref(wanted), ctypes.c_size_t(ctypes.sizeof(wanted))
    )
    checked(result, f"mount_setattr {target}")


def set_hostname(name: str) -> None:
    """The host name that this UTS namespace shows. Raises OSError."""
    checked(_libc.sethostname(name.encode(), len(name)), "sethostname")


def die_with_parent(signal: int) -> None:
    """Have the kernel send us ``signal`` when our parent ends. A change of uid clears it."""
    checked(_libc.prctl(_PR_SET_PDEATHSIG, ctypes.c_ulong(signal), 0, 0, 0), "prctl PDEATHSIG")


def raise_loopback() -> None:
    """Switch on this network namespace's own loopback, so that code can talk to itself. Raises OSError."""
    request = struct.pack("16sH22x", b"lo", _IFF_UP)
    control = _socket.socket(_socket.AF_INET, _socket.SOCK_DGRAM, 0)  # the module socket would cost 4 ms at each run
    fcntl.ioctl(control.fileno(), _SIOCSIFFLAGS, request)
    control.close()


def show_to_ptrace() -> None:
    """Undo ``hide_from_ptrace``, as exec would."""
    checked(_libc.prctl(_PR_SET_DUMPABLE, ctypes.c_ulong(1), 0, 0, 0), "prctl DUMPABLE")


def hide_from_ptrace() -> None:
    """Nobody of our uid may trace us or read our /proc files from here on; exec lifts it."""
    checked(_libc.prctl(_PR_SET_DUMPABLE, ctypes.c_ulong(0), 0, 0, 0), "prctl DUMPABLE")


def adopt_orphans() -> None:
    """What our descendants leave behind becomes our child, so that we can wait for all of it. Raises OSError."""
    checked(_libc.prctl(_PR_SET_CHILD_SUBREAPER, ctypes.c_ulong(1), 0, 0, 0), "prctl CHILD_SUBREAPER")


def no_new_privileges() -> None:
    """No exec gives more rights from here on. Raises OSError."""
    checked(_libc.prctl(_PR_SET_NO_NEW_PRIVS, ctypes.c_ulong(1), 0, 0, 0), "prctl NO_NEW_PRIVS")


class _FilterProgram(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_void_p))


def set_filter(length: int, address: int) -> None:
    """Have the kernel ask the seccomp program of ``length`` instructions at ``address`` from here on. Raises OSError."""
    program = _FilterProgram(length, address)
    checked(_libc.prctl(_PR_SET_SECCOMP, ctypes.c_ulong(_SECCOMP_MODE_FILTER), ctypes.byref(program), 0, 0), "prctl SECCOMP")


def limit_capabilities() -> None:
    """Empty the bounding set, so that no exec can gain a capability."""
    for capability in range(64):
        if _libc.prctl(_PR_CAPBSET_DROP, ctypes.c_ulong(capability), 0, 0, 0) == -1:
            return  # past the last one that this kernel knows


def drop_capabilities() -> None:
    """Give up every capability that we hold. Raises OSError."""
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    nothing = (ctypes.c_uint32 * 6)()
    checked(_libc.capset(ctypes.byref(header), ctypes.byref(nothing)), "capset")
