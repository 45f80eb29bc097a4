"""The system calls that code in the sandbox can't make: a seccomp filter, as data and the few instructions that read it.

Closed are those that hold memory outside every bound (memfd, System V's shared memory and queues), reach past the namespaces (vsock and
other odd sockets, kernel keys) or are large targets in the kernel that tests never need (io_uring, bpf, perf). They answer "not
implemented", so that programs fall back.
"""

import ctypes
import platform
import struct

from mge_resources.sandbox.launcher import kernel

# Name: number on x86_64, number on aarch64.
_CLOSED = {
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "pidfd_getfd": (438, 438),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsmount": (432, 432),
    "mount_setattr": (442, 442),
    "setns": (308, 268),
    "unshare": (272, 97),
    "open_by_handle_at": (304, 265),
    "kexec_load": (246, 104),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "syslog": (103, 116),
    "shmget": (29, 194),
    "shmat": (30, 196),
    "msgget": (68, 186),
    "semget": (64, 190),
    "kcmp": (312, 272),
    "personality": (135, 92),
    "move_pages": (279, 239),
    "mbind": (237, 235),
    "set_mempolicy": (238, 237),
    "migrate_pages": (256, 238),
    "chroot": (161, 51),
    "fsconfig": (431, 431),
    "fspick": (433, 433),
    "open_tree_attr": (467, 467),
    "name_to_handle_at": (303, 264),
    "fanotify_init": (300, 262),
    "quotactl": (179, 60),
    "acct": (163, 89),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "reboot": (169, 142),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "clock_adjtime": (305, 266),
    "adjtimex": (159, 171),
    "delete_module": (176, 106),
    "kexec_file_load": (320, 294),
    "io_setup": (206, 0),
    "vhangup": (153, 58),
    "lookup_dcookie": (212, 18),
    "process_madvise": (440, 440),
}
_ARCHITECTURES = {"x86_64": (0, 0xC000003E, 41), "aarch64": (1, 0xC00000B7, 198)}  # column above, audit number, number of socket()
_FAMILIES = (1, 2, 10, 16)  # unix, IPv4, IPv6, and netlink, which libc asks for the interfaces
_FOREIGN_ABI = 0x40000000  # x32 has other numbers for the same calls

_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_AT_NUMBER, _AT_ARCHITECTURE, _AT_FIRST_ARGUMENT = 0, 4, 16
_ALLOW, _ERROR = 0x7FFF0000, 0x00050000
_NOT_IMPLEMENTED, _NO_FAMILY = 38, 97


def _program(column: int, architecture: int, socket: int) -> list[tuple[int, int, int, int]]:
    """(code, jump if true, jump if false, value) of each instruction; jumps count the instructions to leave out."""
    refuse = (_RETURN, 0, 0, _ERROR | _NOT_IMPLEMENTED)
    lines = [(_LOAD, 0, 0, _AT_ARCHITECTURE), (_EQUAL, 1, 0, architecture), refuse]
    lines += [(_LOAD, 0, 0, _AT_NUMBER), (_AT_LEAST, 0, 1, _FOREIGN_ABI), refuse]
    for numbers in _CLOSED.values():
        lines += [(_EQUAL, 0, 1, numbers[column]), refuse]
    lines += [(_EQUAL, 1, 0, socket), (_RETURN, 0, 0, _ALLOW), (_LOAD, 0, 0, _AT_FIRST_ARGUMENT)]
    for family in _FAMILIES:
        lines += [(_EQUAL, 0, 1, family), (_RETURN, 0, 0, _ALLOW)]
    return [*lines, (_RETURN, 0, 0, _ERROR | _NO_FAMILY)]


def close_system_calls() -> bool:
    """Put the filter on this process and all that it starts, for good. False on a machine whose numbers are not known. Raises OSError."""
    known = _ARCHITECTURES.get(platform.machine())
    if known is None:
        return False
    lines = _program(*known)
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in lines))
    kernel.set_filter(len(lines), ctypes.addressof(code))
    return True
