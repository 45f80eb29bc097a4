"""Our side of a run: starts a launcher, hands it the job, takes its output in bounds, and ends it when it must."""

import base64
import json
import os
import select
import selectors
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from mge_resources.sandbox.port import Limits, SandboxOutcome, SandboxUnavailableError

_CHUNK = 1 << 16
_GRACE_SECONDS = 5.0
_MOST_REPORT = 64 << 20
_KILLED = 137


@dataclass(frozen=True, slots=True)
class Launch:
    """A launcher's command line (the report channel's number is put at its end), and the uid to start it under, if not ours."""

    command: Sequence[str]
    user: int | None = None


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


def _end(process: subprocess.Popen[bytes], report: BinaryIO, limit: str) -> None:
    """Wait for the launcher, which ends when the code has; after a limit ask it to end everything, and insist if it does not.

    The report's last writer dies with the isolation, so its end is the proof that nothing is left.
    """
    if limit:
        with suppress(ProcessLookupError):
            process.terminate()
    try:
        process.wait(_GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    while limit and select.select([report], [], [], _GRACE_SECONDS)[0] and os.read(report.fileno(), _CHUNK):
        continue


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


def _job_file(job: bytes) -> int:
    """The job as an anonymous file in memory: a pipe would block on a launcher that does not read."""
    descriptor = os.memfd_create("job")
    with os.fdopen(descriptor, "wb", closefd=False) as target:
        target.write(job)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


def run_launcher(launch: Launch, job: bytes, limits: Limits, isolation: str, environment: dict[str, str]) -> SandboxOutcome:
    """Run one job to its end. Raises SandboxUnavailableError where the isolation can't be set up."""
    begin = time.monotonic()
    reader, writer = os.pipe()
    source = _job_file(job)
    try:
        process = subprocess.Popen(  # noqa: S603 - the command line is ours
            [*launch.command, str(writer)],
            stdin=source, stdout=subprocess.PIPE, stderr=subprocess.PIPE, pass_fds=(writer,), cwd="/", env=environment, start_new_session=True,
            user=launch.user, group=launch.user, extra_groups=None if launch.user is None else (),
        )  # fmt: skip
    except OSError as error:
        os.close(reader)
        raise SandboxUnavailableError(f"the launcher can't be started: {error}") from error
    finally:
        os.close(source)
        os.close(writer)
    captured = _Captured(limits.output_bytes)
    assert process.stdout
    assert process.stderr
    with process, os.fdopen(reader, "rb") as report:
        pipes: dict[BinaryIO, str] = {process.stdout: "stdout", process.stderr: "stderr", report: "report"}  # type: ignore[dict-item]
        limit = "interrupted"
        try:
            limit = _pump(pipes, captured, begin + limits.wall_seconds)
        finally:
            _end(process, report, limit)
    return _judge(captured, limit, time.monotonic() - begin, isolation)
