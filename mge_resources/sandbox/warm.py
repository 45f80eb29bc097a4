"""Our side of the launcher that stays: started when first needed, asked for a fork at each run, gone when we are."""

import os
import select
import signal
import socket
import subprocess
from collections.abc import Callable, Sequence
from contextlib import suppress
from threading import Lock
from weakref import WeakSet

from mge_resources.sandbox.process import Ends, Launched

_START_SECONDS = 30.0
_ANSWER_SECONDS = 10.0
_END_SECONDS = 2.0
_RUNS = 500  # then a new one is started: what a kernel or an allocator keeps for an old process is given back


class _Fork:
    """A fork of the server at work, held by a handle that no other process can come to stand behind."""

    def __init__(self, handle: int) -> None:
        self._handle = handle

    def stop(self) -> None:
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._handle, signal.SIGTERM)

    def wait(self, seconds: float) -> bool:
        return bool(select.select([self._handle], [], [], seconds)[0])

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._handle, signal.SIGKILL)
        self.wait(_ANSWER_SECONDS)

    def __del__(self) -> None:
        os.close(self._handle)


class ForkServer:
    """Starts runs by fork. Where that does not work ``start`` answers None, and the caller starts a launcher anew."""

    def __init__(self, command: Sequence[str], environment: Callable[[], dict[str, str]]) -> None:
        self._command, self._environment = command, environment
        self._lock = Lock()
        self._control: socket.socket | None = None
        self._owner, self._runs, self._broken = 0, 0, False
        self._forks: WeakSet[_Fork] = WeakSet()

    def start(self, ends: Ends) -> Launched | None:
        """Have a run started on these streams; None where there is no server."""
        numbers = [number for number in (ends.job, ends.channel, ends.stdin, ends.stdout, ends.stderr, ends.link) if number >= 0]
        with self._lock:
            for _ in range(2):  # a server that somebody killed is started again, once
                try:
                    control = self._connected()
                    if control is None:
                        return None
                    socket.send_fds(control, [b"run"], numbers)
                    answer, handles, _, _ = socket.recv_fds(control, 64, 1)
                except OSError:
                    answer, handles = b"", []
                if answer and handles:
                    self._runs += 1
                    fork = _Fork(handles[0])
                    self._forks.add(fork)
                    return fork
                self._drop()
            self._broken = True
            return None

    def _connected(self) -> socket.socket | None:
        """The control socket of this process's server; after a fork of ours the parent's is not ours to use."""
        worn = self._runs >= _RUNS and all(fork.wait(0) for fork in self._forks)  # its runs would end with it
        if self._owner != os.getpid() or worn:
            self._drop()
            self._broken = False
        if self._control is None and not self._broken:
            self._open()
        return self._control

    def _open(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            # A thread of its own waits for nothing: the server ends by itself when our end of the socket is closed.
            process = subprocess.Popen(  # noqa: S603 - the command line is ours
                [*self._command, str(theirs.fileno())], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),), cwd="/", env={**self._environment(), "PYTHONHASHSEED": "0", "LANG": "C.UTF-8"}, start_new_session=True,
            )  # fmt: skip
        ours.settimeout(_START_SECONDS)
        if ours.recv(16) != b"ready":
            process.kill()
            process.wait()
            ours.close()
            raise OSError("the launcher that stays did not start")
        ours.settimeout(_ANSWER_SECONDS)
        self._control, self._process, self._owner, self._runs = ours, process, os.getpid(), 0

    def __del__(self) -> None:
        self._drop()

    def _drop(self) -> None:
        """Let go of the server: it ends once its runs have."""
        if self._control is not None:
            self._control.close()
            if self._owner == os.getpid():
                try:
                    self._process.wait(_END_SECONDS)
                except subprocess.TimeoutExpired:
                    self._process.kill()  # its runs end with it
                    self._process.wait()
            else:
                self._process.returncode = 0  # our parent's child, not ours to wait for
        self._control = None
