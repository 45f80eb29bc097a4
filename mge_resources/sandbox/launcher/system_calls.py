"""The system calls that code in the sandbox can't make: a seccomp filter, as data and the few instructions that read it.

Closed are those that hold memory outside every bound (memfd, System V's shared memory and queues), reach past the namespaces (vsock and
other odd sockets, kernel keys) or are large targets in the kernel that tests never need (io_uring, bpf, perf). They answer "not
implemented", so that programs fall back. ``shared`` closes, with "not permitted", what only namespaces make harmless.
"""

import ctypes
import platform
import struct

from mge_resources.sandbox.launcher import kernel

_NONE = 0x3FFFFFFF  # no call has this number: aarch64 left it out
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
    "shmctl": (31, 195),
    "shmdt": (67, 197),
    "semget": (64, 190),
    "semop": (65, 193),
    "semctl": (66, 191),
    "semtimedop": (220, 192),
    "msgget": (68, 186),
    "msgsnd": (69, 189),
    "msgrcv": (70, 188),
    "msgctl": (71, 187),
    "mq_open": (240, 180),
    "mq_unlink": (241, 181),
    "mq_timedsend": (242, 182),
    "mq_timedreceive": (243, 183),
    "mq_notify": (244, 184),
    "mq_getsetattr": (245, 185),
    "clone3": (435, 435),
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
    "process_mrelease": (448, 448),
    "quotactl_fd": (443, 443),
    "statmount": (457, 457),
    "listmount": (458, 458),
    "fanotify_mark": (301, 263),
    "modify_ldt": (154, _NONE),
    "uselib": (134, _NONE),
    "iopl": (172, _NONE),
    "ioperm": (173, _NONE),
}
# Landlock does not look at these, and the files, processes and watches of the whole account are in reach: rights, owners and times of files,
# other processes' standing, addresses of sockets.
_CLOSED_SHARED = {
    "chmod": (90, _NONE),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "fchmodat2": (452, 452),
    "chown": (92, _NONE),
    "fchown": (93, 55),
    "lchown": (94, _NONE),
    "fchownat": (260, 54),
    "utime": (132, _NONE),
    "utimes": (235, _NONE),
    "futimesat": (261, _NONE),
    "utimensat": (280, 88),
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "fsetxattr": (190, 7),
    "setxattrat": (463, 463),
    "removexattr": (197, 14),
    "lremovexattr": (198, 15),
    "fremovexattr": (199, 16),
    "removexattrat": (466, 466),
    "file_setattr": (469, 469),
    "inotify_init": (253, _NONE),
    "inotify_init1": (294, 26),
    "inotify_add_watch": (254, 27),
    "ioprio_set": (251, 30),
    "connect": (42, 203),
    "bind": (49, 200),
    "listen": (50, 201),
}
_ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}  # column above, audit number
_FAMILIES = (1, 2, 10, 16)  # unix, IPv4, IPv6, and netlink, which libc asks for the interfaces
_FOREIGN_ABI = 0x40000000  # x32 has other numbers for the same calls

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN, _AND = 0x20, 0x15, 0x35, 0x45, 0x06, 0x54
_AT_NUMBER, _AT_ARCHITECTURE = 0, 4
_ALLOW, _ERROR = 0x7FFF0000, 0x00050000
_NOT_PERMITTED, _NOT_IMPLEMENTED, _NO_FAMILY = 1, 38, 97
_STREAM, _SEQUENCED, _KIND_OF_SOCKET = 1, 5, 0xF
_RLIMIT_CORE, _PR_SET_DUMPABLE = 4, 4
_TYPE_INTO_TERMINAL, _PASTE_INTO_TERMINAL = 0x5412, 0x541C
_FILE_CONTROLS = (0x6600, 0x5800)  # 'f' and 'X': flags and attributes of files
_NEW_NAMESPACES = 0x7E020000

_Line = tuple[int, int, int, int]
"""An instruction: code, jump if true, jump if false, value; jumps count the instructions to leave out."""


def _argument(place: int, *, high: bool = False) -> _Line:
    """Load half of a call's argument; both machines put the low half first."""
    return (_LOAD, 0, 0, 16 + 8 * place + 4 * high)


def _answer(error: int | None = None) -> _Line:
    return (_RETURN, 0, 0, _ALLOW if error is None else _ERROR | error)


def _one_of(values: tuple[int, ...], error: int) -> list[_Line]:
    """Allow the call where what is loaded is one of these."""
    return [line for value in values for line in ((_EQUAL, 0, 1, value), _answer())] + [_answer(error)]


def _none_of(values: tuple[int, ...], error: int) -> list[_Line]:
    return [line for value in values for line in ((_EQUAL, 0, 1, value), _answer(error))] + [_answer()]


_KEEPS_CORE = [(_EQUAL, 1, 0, _RLIMIT_CORE), _answer(), _answer(_NOT_PERMITTED)]
_OWN_ONLY = [_argument(0), *_one_of((0,), _NOT_PERMITTED)]
_ASKED: dict[tuple[int, int], list[_Line]] = {
    (41, 198): [_argument(0), *_one_of(_FAMILIES, _NO_FAMILY)],  # socket
    (16, 29): [_argument(1), *_none_of((_TYPE_INTO_TERMINAL, _PASTE_INTO_TERMINAL), _NOT_PERMITTED)],  # ioctl
    (160, 164): [_argument(0), *_KEEPS_CORE],  # setrlimit
    # prlimit64: argument 2 points to the new value, if there is one
    (302, 261): [
        _argument(1), (_EQUAL, 1, 0, _RLIMIT_CORE), _answer(),
        _argument(2), (_EQUAL, 0, 3, 0), _argument(2, high=True), (_EQUAL, 0, 1, 0), _answer(), _answer(_NOT_PERMITTED),
    ],
}  # fmt: skip
"""Calls that are allowed with some arguments only: the loads and jumps that say which."""
_ASKED_SHARED: dict[tuple[int, int], list[_Line]] = {
    (41, 198): [_answer(_NO_FAMILY)],  # socket
    (53, 199): [_argument(1), (_AND, 0, 0, _KIND_OF_SOCKET), *_one_of((_STREAM, _SEQUENCED), _NOT_PERMITTED)],  # socketpair: a datagram's can be turned
    (16, 29): [_argument(1), (_EQUAL, 0, 1, _TYPE_INTO_TERMINAL), _answer(_NOT_PERMITTED), (_AND, 0, 0, 0xFF00), *_none_of(_FILE_CONTROLS, _NOT_PERMITTED)],
    (302, 261): [_argument(0), (_EQUAL, 1, 0, 0), _answer(_NOT_PERMITTED), *_ASKED[302, 261]],
    (56, 220): [_argument(0), (_ANY_BIT, 0, 1, _NEW_NAMESPACES), _answer(_NOT_PERMITTED), _answer()],  # clone
    # Hiding from those who trace, which nobody inside can do anyway, would hide from our own watcher: answered as if it were done.
    (157, 167): [_argument(0), *_none_of((_PR_SET_DUMPABLE,), 0)],  # prctl
    (141, 140): [_argument(0), (_EQUAL, 1, 0, 0), _answer(_NOT_PERMITTED), _argument(1), *_one_of((0,), _NOT_PERMITTED)],  # setpriority
    (203, 122): _OWN_ONLY,  # sched_setaffinity
    (144, 119): _OWN_ONLY,  # sched_setscheduler
    (142, 118): _OWN_ONLY,  # sched_setparam
    (314, 274): _OWN_ONLY,  # sched_setattr
}


def _program(column: int, architecture: int, *, shared: bool) -> list[_Line]:
    """The whole filter; what asks for an argument always answers, so that the call's number stays loaded for the next."""
    refuse = _answer(_NOT_IMPLEMENTED)
    lines = [(_LOAD, 0, 0, _AT_ARCHITECTURE), (_EQUAL, 1, 0, architecture), refuse]
    lines += [(_LOAD, 0, 0, _AT_NUMBER), (_AT_LEAST, 0, 1, _FOREIGN_ABI), refuse]
    for numbers in _CLOSED.values():
        lines += [(_EQUAL, 0, 1, numbers[column]), refuse]
    for numbers in _CLOSED_SHARED.values() if shared else ():
        lines += [(_EQUAL, 0, 1, numbers[column]), _answer(_NOT_PERMITTED)]
    for pair, block in {**_ASKED, **(_ASKED_SHARED if shared else {})}.items():
        lines += [(_EQUAL, 0, len(block), pair[column]), *block]
    return [*lines, _answer()]


def close_system_calls(*, shared: bool = False) -> bool:
    """Put the filter on this process and all that it starts, for good. False on a machine whose numbers are not known. Raises OSError.

    ``shared``: the machine's files and processes are in reach, so that no call may change what Landlock does not look at.
    """
    known = _ARCHITECTURES.get(platform.machine())
    if known is None:
        return False
    lines = _program(*known, shared=shared)
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in lines))
    kernel.set_filter(len(lines), ctypes.addressof(code))
    return True
