"""The one file that runs outside: a stand-alone script (standard library only) that becomes the right account and then runs PostgreSQL.

``python -I -S launch.py <verb> <json>``, where the JSON is ``{"account": {...}, "argv": [...], ...}``. Verbs:

- ``probe``: become the account, print which of ``paths`` it can reach.
- ``run``: become the account and run ``argv``, ended with the caller (initdb).
- ``serve``: start ``argv`` as a daemon in a session of its own, and stay as its warden: reap it, and stop it when the last client is gone
  without having done so itself (killed, or ended by a signal), unless it is pinned.

A script rather than a ``preexec_fn``, because the caller has threads and forking there may deadlock.
"""

import ctypes
import fcntl
import json
import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

CLONE_NEWUSER = 0x10000000
PR_SET_PDEATHSIG = 1
CANNOT_BECOME = 96
CANNOT_RUN = 97
STOP_SECONDS = 120.0


def main() -> int:
    """Do the verb of the command line."""
    verb, spec = sys.argv[1], json.loads(sys.argv[2])
    if verb == "probe":
        become(spec["account"])
        sys.stdout.write(json.dumps([os.access(path, os.X_OK) for path in spec["paths"]]))
        return 0
    if verb == "run":
        become(spec["account"])
        die_with_parent()
        execute(spec["argv"])
    return serve(spec)


def become(account: dict[str, Any]) -> None:
    """Turn this process into ``account``; ends the process when that is refused."""
    try:
        if account["way"] == "namespace":
            _enter_namespace(account["uid"], account["gid"])
        elif account["way"] == "user":
            os.setgroups([])
            os.setresgid(account["gid"], account["gid"], account["gid"])
            os.setresuid(account["uid"], account["uid"], account["uid"])
    except OSError as error:
        wanted = "a user namespace" if account["way"] == "namespace" else f"uid {account['uid']}"
        sys.stderr.write(f"{wanted} is refused: {error.strerror}\n")
        sys.stderr.flush()
        os._exit(CANNOT_BECOME)


def _enter_namespace(uid: int, gid: int) -> None:
    """A user namespace in which the present account is called ``uid``: to the files outside nothing changes, to PostgreSQL it is not root."""
    outside_uid, outside_gid = os.geteuid(), os.getegid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWUSER) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{uid} {outside_uid} 1")
    Path("/proc/self/gid_map").write_text(f"{gid} {outside_gid} 1")


def die_with_parent() -> None:
    """Have the kernel end this process with the one that started it (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def execute(argv: list[str]) -> NoReturn:
    """Become the program ``argv`` with a clean signal state."""
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    try:
        os.execv(argv[0], argv)  # noqa: S606 - no shell is the point
    except OSError as error:
        sys.stderr.write(f"cannot run {argv[0]}: {error}\n")
        sys.stderr.flush()
    os._exit(CANNOT_RUN)


def serve(spec: dict[str, Any]) -> int:
    """Leave a warden with the server as its child behind, and return."""
    if os.fork():
        return 0
    os.setsid()
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
    server = os.fork()
    if server == 0:
        os.close(spec["clients_fd"])
        os.close(spec["start_fd"])
        os.setsid()
        become(spec["account"])
        execute(spec["argv"])
    for fd in spec["server_fds"]:
        os.close(fd)
    with suppress(ServerEnded):
        guard(server, spec["clients_fd"], spec["start_fd"], Path(spec["pin"]), Path(spec["socket"]))
    return 0


class ServerEnded(Exception):  # noqa: N818 - a turn of events, not a fault
    """The server is gone."""


def guard(server: int, clients_fd: int, start_fd: int, pin: Path, socket: Path) -> NoReturn:
    """Wait for the server's end, and bring it about when nobody uses it any more. Locks are taken in the order start, clients, as everywhere.

    Raises ServerEnded, always.
    """

    def on_child(*_: object) -> None:
        if os.waitpid(server, os.WNOHANG)[0]:  # a stopped server is not an ended one
            raise ServerEnded

    signal.signal(signal.SIGCHLD, on_child)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
    while True:
        fcntl.flock(clients_fd, fcntl.LOCK_EX)  # waits for the last client's end, whatever that was
        fcntl.flock(clients_fd, fcntl.LOCK_UN)
        fcntl.flock(start_fd, fcntl.LOCK_EX)
        if pin.exists():
            fcntl.flock(start_fd, fcntl.LOCK_UN)
            while True:
                signal.pause()
        with suppress(BlockingIOError):
            fcntl.flock(clients_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _stop(server, socket)
        fcntl.flock(start_fd, fcntl.LOCK_UN)  # a newcomer was quicker


def _stop(server: int, socket: Path) -> None:
    """Fast shutdown, immediate shutdown, kill; ends by ServerEnded."""
    try:
        for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            os.kill(server, number)
            time.sleep(STOP_SECONDS)
    finally:
        with suppress(OSError):
            socket.rmdir()


if __name__ == "__main__":
    sys.exit(main())
