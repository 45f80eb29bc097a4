"""What runs inside the isolation, beside the code: writes the job's files, starts the command under limits, watches it, reports.

It runs under the same uid as the code and holds no right that the code does not; only the report's pipe is its own.
"""
# pathlib would cost 3 ms at each run.
# ruff: noqa: PTH103, PTH118, PTH120, PTH123

import base64
import contextlib
import os
import resource
import signal
import stat
import time
from typing import Any, NoReturn

from mge_resources.sandbox.launcher import accounts, interpreter, report, system_calls
from mge_resources.sandbox.launcher.place import OwnNamespaces
from mge_resources.sandbox.launcher.streams import Streams

_POLL_SECONDS = 0.05
_CPU_SHARE = 0.8  # of the limit: the kernel counts it in ticks, and reports the time spent by another count (0.87 of 1 s seen)
_CANNOT_START = 127
_LOOK = getattr(os, "O_PATH", os.O_RDONLY)


def write_files(work: str, files: dict[str, bytes]) -> None:
    """Put the job's files under the work folder. Raises OSError; names were checked by who sent them."""
    for name, content in files.items():
        path = os.path.join(work, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as target:
            target.write(content)


def _keep_core() -> None:
    """No core file, and no program of the machine's that takes one: a bound of 1 is the only one that keeps the latter from being started."""
    with contextlib.suppress(ValueError, OSError):  # the bound was 0 already, and can't be raised
        resource.setrlimit(resource.RLIMIT_CORE, (1, 1))


def _limit(limits: dict[str, int]) -> None:
    wanted = {
        "CPU": limits["cpu_seconds"], "AS": limits["address_bytes"], "FSIZE": limits["file_bytes"], "NPROC": limits["processes"], "NOFILE": 256,
        "MEMLOCK": 64 << 10, "RTPRIO": 0, "NICE": 0, "MSGQUEUE": 0, "SIGPENDING": 1024,
    }  # fmt: skip
    for name, value in wanted.items():
        kind = getattr(resource, f"RLIMIT_{name}", None)
        if kind is None:
            continue  # not every system has each
        hard = resource.getrlimit(kind)[1]
        bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (bound, bound))  # soft is hard: SIGKILL at once, no signal that could be ignored


def become(spec: dict[str, Any], streams: Streams, place: OwnNamespaces) -> NoReturn:
    """In the child: turn into the command. Never returns."""
    command = spec["command"]
    try:
        os.setsid()
        os.chdir(place.work)
        streams.give()
        _limit(spec["limits"])
        place.enter()
        if spec["warm"] and interpreter.loaded():
            signal.pthread_sigmask(signal.SIG_SETMASK, ())
            interpreter.go_on(command, spec["environment"])
        for number in (signal.SIGPIPE, signal.SIGXFSZ):  # Python ignores both, and a child would inherit that
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        os.execvpe(command[0], command, spec["environment"])  # noqa: S606 - a shell is the last thing wanted
    except BaseException as error:  # whatever it is, this child must not go on as the launcher
        os.write(2, f"{command[0]}: cannot start: {error}\n".encode())
    os._exit(_CANNOT_START)


def spent(status: int, usage: resource.struct_rusage, limits: dict[str, int]) -> str:
    """``cpu`` where the command was ended for want of processor time, nothing otherwise."""
    killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) in (signal.SIGKILL, signal.SIGXCPU)
    return "cpu" if killed and usage.ru_utime + usage.ru_stime >= limits["cpu_seconds"] * _CPU_SHARE else ""


def _watch(child: int, limits: dict[str, int], place: OwnNamespaces) -> tuple[int, str]:
    """Reap until the command itself ends: its wait status, and the limit that ended it, if one did."""
    limit, again = "", time.monotonic() + _POLL_SECONDS
    while True:
        pid, status, usage = os.wait4(-1, os.WNOHANG)
        if pid == child:
            return status, limit or spent(status, usage, limits)
        if pid == 0:
            come = signal.sigtimedwait((signal.SIGCHLD, *place.stops), max(0.0, again - time.monotonic()))
            if come is not None and come.si_signo in place.stops:
                limit = limit or "stopped"
            elif time.monotonic() >= again:  # not at each end of a child: most runs are over before the first look, which costs 10 ms
                limit = limit or accounts.exceeded(limits["total_bytes"], place)
                again = time.monotonic() + _POLL_SECONDS
            if limit:
                os.kill(-1, signal.SIGKILL)  # everybody but us: who holds it need not be the command itself


def _opened(work: str, name: str) -> int:
    """A descriptor of a file below the work folder, reached through no link. Raises OSError."""
    folder = os.open(work, _LOOK | os.O_DIRECTORY | os.O_CLOEXEC)
    *parents, last = name.split("/")
    try:
        for part in parents:
            inner = os.open(part, _LOOK | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
            os.close(folder)
            folder = inner
        return os.open(last, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    finally:
        os.close(folder)


def _collected(work: str, names: list[str], most: int) -> dict[str, str]:
    """The asked-for files as base64. A link, a pipe, a device or a file over ``most`` bytes is left out."""
    found = {}
    for name in names:
        with contextlib.suppress(OSError):
            descriptor = _opened(work, name)
            with os.fdopen(descriptor, "rb") as source:
                facts = os.fstat(descriptor)
                if stat.S_ISREG(facts.st_mode) and facts.st_size <= most:
                    found[name] = base64.b64encode(source.read(most)).decode()
    return found


def tell_end(streams: Streams, status: int, limit: str, place: OwnNamespaces, spec: dict[str, Any]) -> None:
    """Report how the command ended, and what it left of what was asked for."""
    code = os.waitstatus_to_exitcode(status)
    collected = _collected(place.work, spec["collect"], spec["limits"]["file_bytes"])
    report.tell(streams.channel, "ended", exit_code=code if code >= 0 else 128 - code, limit=limit, collected=collected)


def run(spec: dict[str, Any], files: dict[str, bytes], streams: Streams, place: OwnNamespaces) -> None:
    """Run the job to its end and tell how it ended. Raises OSError where the set-up fails."""
    _keep_core()
    system_calls.close_system_calls()
    write_files(place.work, files)
    files.clear()
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())  # the code may signal everybody; the child unblocks them again
    report.tell(streams.channel, "started")
    limits = spec["limits"]
    child = os.fork()
    if child == 0:
        become(spec, streams, place)
    streams.let_go()
    status, limit = _watch(child, limits, place)
    place.end()
    tell_end(streams, status, limit, place, spec)
