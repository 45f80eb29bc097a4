"""A checking tool kept warm in a process of its own: JSON lines in, JSON lines out. It ends with us, since its standard input does."""

import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from threading import RLock
from typing import Any

from mge_resources.checkers.port import CheckerUnavailableError

_KEPT = ("PATH", "LD_LIBRARY_PATH", "LANG", "LC_ALL", "TMPDIR")
"""Of our environment, what a tool may see: no key and no address."""


class Worker:
    """One process, started when first asked; one question at a time. After a crash or a late answer the next question starts a new one.

    Not so once it was ended: a thread that goes on with its work after a pause would leave behind a process that nobody ends.
    """

    def __init__(self, name: str, command: Sequence[str], patience: float, environment: Mapping[str, str] | None = None) -> None:
        self._name, self._command, self._patience, self._environment = name, tuple(command), patience, dict(environment or {})
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = RLock()
        self._left, self._ended = b"", False
        self.generation = 0

    @property
    def lock(self) -> RLock:
        """Hold it over several questions that belong together."""
        return self._lock

    def started(self) -> int:
        """Start the process unless it runs; answers which start this is, so that the caller knows what the process remembers.

        Raises CheckerUnavailableError where it can't be started, or was ended.
        """
        with self._lock:
            if self._ended:
                raise CheckerUnavailableError(f"{self._name} was closed while something was still checked; run it again")
            if self._process is None or self._process.poll() is not None:
                self._start()
            return self.generation

    def ask(self, question: Mapping[str, Any]) -> dict[str, Any]:
        """The answer. Raises CheckerUnavailableError where the process can't be started, dies, or takes longer than its patience."""
        with self._lock:
            self.started()
            process = self._process
            assert process is not None
            assert process.stdin is not None
            try:
                process.stdin.write(json.dumps(question).encode() + b"\n")
                process.stdin.flush()
                answer = json.loads(self._line(process))
            except (OSError, ValueError) as error:
                self.close()
                raise CheckerUnavailableError(f"{self._name} ended without an answer ({error}); its findings are missing") from error
            if answer.get("error"):
                raise CheckerUnavailableError(f"{self._name} gave up: {str(answer['error'])[:300]}")
            return dict(answer)

    def close(self) -> None:
        """End the process, if it runs."""
        with self._lock:
            process, self._process, self._left = self._process, None, b""
            if process is not None:
                process.kill()
                process.communicate()

    def end(self) -> None:
        """End the process for good."""
        self._ended = True
        self.close()

    def _start(self) -> None:
        self.close()
        environment = {name: os.environ[name] for name in _KEPT if name in os.environ} | self._environment
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own programs
                self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
            )
        except OSError as error:
            raise CheckerUnavailableError(f"{self._name} can't be started: {error}; run `mge doctor`") from error
        self.generation += 1

    def _line(self, process: subprocess.Popen[bytes]) -> bytes:
        assert process.stdout is not None
        deadline = time.monotonic() + self._patience
        pieces = [self._left]
        while b"\n" not in pieces[-1]:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([process.stdout], [], [], left)[0]:
                raise OSError(f"no answer within {self._patience:.0f} s")
            piece = os.read(process.stdout.fileno(), 1 << 16)
            if not piece:
                raise OSError(f"exit code {process.poll()}")
            pieces.append(piece)
        line, _, self._left = b"".join(pieces).partition(b"\n")
        return line


def python_command(module: str, *arguments: str) -> tuple[str, ...]:
    """How one of our own modules is run as a program, apart from the environment and the folder that it is started in."""
    return (sys.executable, "-I", "-c", f"import sys; sys.path[:0] = {_paths()!r}; from {module} import main; main()", *arguments)


def _paths() -> list[str]:
    return [path for path in sys.path if path]
