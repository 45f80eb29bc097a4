"""Our side of a run: starts a launcher, hands it the job, takes its output in bounds, and ends it when it must."""

import base64
import fcntl
import json
import os
import select
import selectors
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from mge_resources.sandbox.port import Limits, SandboxOutcome, SandboxUnavailableError

_CHUNK = 1 << 16
_GRACE_SECONDS = 5.0
_MOST_REPORT = 64 << 20
_KILLED = 137


@dataclass(frozen=True, slots=True)
class Launch:
    """A launcher's command line (the streams' numbers are put at its end), and the uid to start it under, if not ours."""

    command: Sequence[str]
    user: int | None = None


@dataclass(frozen=True, slots=True)
class Ends:
    """The launcher's ends of a run's streams, as descriptors of ours: the job, the report's channel, 0, 1, 2, and a link or -1."""

    job: int
    channel: int
    stdin: int
    stdout: int
    stderr: int
    link: int = -1


class Launched(Protocol):
    """A launcher at work."""

    def stop(self) -> None:
        """Ask it to end everything that it started, and itself."""

    def wait(self, seconds: float) -> bool:
        """True once it has ended, False where it has not within ``seconds``."""

    def kill(self) -> None:
        """End it whatever it is doing."""


class _Process:
    """A launcher that was started for this run alone."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    def stop(self) -> None:
        with suppress(ProcessLookupError):
            self._process.terminate()

    def wait(self, seconds: float) -> bool:
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


def started_anew(launch: Launch, environment: dict[str, str]) -> Callable[[Ends], Launched]:
    """How to start a launcher for one run alone."""

    def start(ends: Ends) -> Launched:
        handed = tuple(number for number in (ends.job, ends.channel, ends.stdin, ends.link) if number >= 0)
        words = [str(number) for number in (ends.job, ends.channel, ends.stdin, ends.link)]
        process = subprocess.Popen(  # noqa: S603 - the command line is ours
            [*launch.command, *words], stdin=subprocess.DEVNULL, stdout=ends.stdout, stderr=ends.stderr, pass_fds=handed, cwd="/", env=environment,
            start_new_session=True, user=launch.user, group=launch.user, extra_groups=None if launch.user is None else (),
        )  # fmt: skip
        return _Process(process)

    return start


@dataclass(slots=True)
class _Captured:
    """What has come so far on the three pipes."""

    most: int
    stdout: bytearray = field(default_factory=bytearray)
    stderr: bytearray = field(default_factory=bytearray)
    report: bytearray = field(default_factory=bytearray)

    def take(self, name: str, chunk: bytes) -> bool:
        """Keep the chunk as far as the bound allows; False once the bound is passed."""
        if name == "report":
            self.report += chunk
            return len(self.report) <= _MOST_REPORT
        room = self.most - len(self.stdout) - len(self.stderr)
        getattr(self, name).extend(chunk[: max(room, 0)])
        return len(chunk) <= room


def _pump(pipes: dict[BinaryIO, str], captured: _Captured, deadline: float) -> str:
    """Read until every writer has gone; says which limit ended it instead: ``wall``, ``output`` or none."""
    with selectors.DefaultSelector() as selector:
        for pipe in pipes:
            selector.register(pipe, selectors.EVENT_READ)
        while selector.get_map():
            for key, _ in selector.select(max(deadline - time.monotonic(), 0)):
                chunk = os.read(key.fd, _CHUNK)
                if not chunk:
                    selector.unregister(key.fileobj)
                elif not captured.take(pipes[key.fileobj], chunk):  # type: ignore[index]  # we registered nothing but these
                    return "output"
            if time.monotonic() >= deadline:
                return "wall"
    return ""


def _end(launched: Launched, report: BinaryIO, limit: str) -> bool:
    """Wait for the launcher, which ends when the code has; after a limit ask it to end everything, and insist if it does not.

    The report's last writer dies with the isolation, so its end is the proof that nothing is left: True where it was seen.
    """
    if limit:
        launched.stop()
    if not launched.wait(_GRACE_SECONDS):
        launched.kill()
    while select.select([report], [], [], _GRACE_SECONDS)[0]:
        if not os.read(report.fileno(), _CHUNK):
            return True
    return False


def _records(report: bytes) -> dict[str, dict[str, Any]]:
    found = {}
    for line in report.splitlines():
        with suppress(ValueError):
            record = json.loads(line)
            found[record["event"]] = record
    return found


def _judge(captured: _Captured, limit: str, seconds: float, isolation: str) -> SandboxOutcome:
    records = _records(bytes(captured.report))
    if refused := records.get("refused"):
        raise SandboxUnavailableError(f"the machine refused {refused['step']}: {refused['message']}")
    if "started" not in records and not limit:
        words = bytes(captured.stderr).decode(errors="replace").strip().splitlines()
        raise SandboxUnavailableError(f"the launcher ended before the job began: {words[-1] if words else 'no message'}")
    ended = records.get("ended", {})
    limit = limit or ended.get("limit", "")
    files = {name: base64.b64decode(content) for name, content in ended.get("collected", {}).items()}
    code = None if limit else ended.get("exit_code", _KILLED)
    return SandboxOutcome(code, bytes(captured.stdout), bytes(captured.stderr), seconds, isolation, limit, files)


def _sealed(name: str, content: bytes) -> int:
    """The bytes as an anonymous file in memory that nobody can change: a pipe would block on a launcher that does not read."""
    if not hasattr(os, "memfd_create"):
        return _unnamed(content)
    descriptor = os.memfd_create(name, os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    with os.fdopen(descriptor, "wb", closefd=False) as target:
        target.write(content)
    os.lseek(descriptor, 0, os.SEEK_SET)
    fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, fcntl.F_SEAL_WRITE | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_SEAL)
    return descriptor


def _unnamed(content: bytes) -> int:
    """The same where the system has no files in memory: one without a name, open for reading alone."""
    descriptor, path = tempfile.mkstemp(prefix="mge-")
    try:
        with os.fdopen(descriptor, "wb") as target:
            target.write(content)
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    finally:
        Path(path).unlink()


def run_launcher(start: Callable[[Ends], Launched], job: bytes, stdin: bytes, link: int | None, limits: Limits, isolation: str) -> SandboxOutcome:
    """Run one job to its end. Raises SandboxUnavailableError where the isolation can't be set up."""
    begin = time.monotonic()
    (stdout, stdout_end), (stderr, stderr_end), (report, channel) = os.pipe(), os.pipe(), os.pipe()
    ends = Ends(_sealed("job", job), channel, _sealed("stdin", stdin), stdout_end, stderr_end, -1 if link is None else link)
    with os.fdopen(stdout, "rb") as out, os.fdopen(stderr, "rb") as err, os.fdopen(report, "rb") as told:
        try:
            launched = start(ends)
        except OSError as error:
            raise SandboxUnavailableError(f"the launcher can't be started: {error}") from error
        finally:
            for number in (ends.job, ends.channel, ends.stdin, ends.stdout, ends.stderr):
                os.close(number)
        captured = _Captured(limits.output_bytes)
        limit, ended = "interrupted", False
        try:
            limit = _pump({out: "stdout", err: "stderr", told: "report"}, captured, begin + limits.wall_seconds)
        finally:
            ended = _end(launched, told, limit)
    return replace(_judge(captured, limit, time.monotonic() - begin, isolation), ended=ended)
