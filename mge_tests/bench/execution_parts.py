"""What each part of a run costs in processor time, by the clock of the thread that does it, and what everybody else on the machine took meanwhile.

A watched function counts for its part without what watched ones inside it take; a coroutine counts from each wakening to the next wait. What is left of
the process's time is the event loop with its sockets, the main thread that hands events on, and the threads' own hops.
"""

import inspect
import os
import threading
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Generator, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

REST = "loop and threads"
PARTS = ("validation", "database", "model client", "Dagster", "prompt and answer", "landing check", "execution", REST)


class Meter:
    """Processor seconds by part between ``begin`` and ``end``."""

    def __init__(self) -> None:
        self._parts: dict[str, float] = defaultdict(float)
        self._lock, self._here = threading.Lock(), threading.local()
        self._process = 0.0

    def watch(self, owner: object, name: str, part: str) -> None:
        """Count what this function takes, in whatever thread it runs, as this part's."""
        inner = getattr(owner, name)

        async def waiting(*arguments: Any, **options: Any) -> Any:
            return await _Steps(inner(*arguments, **options), partial(self.timed, part))

        def working(*arguments: Any, **options: Any) -> Any:
            return self.timed(part, lambda: inner(*arguments, **options))

        setattr(owner, name, waiting if inspect.iscoroutinefunction(inner) else working)

    def timed(self, part: str, work: Callable[[], Any]) -> Any:
        """Do the work and count what it takes, without what is counted inside it."""
        stack = self._here.__dict__.setdefault("stack", [])
        stack.append(0.0)
        begin = time.thread_time()
        try:
            return work()
        finally:
            took, inside = time.thread_time() - begin, stack.pop()
            if stack:
                stack[-1] += took
            with self._lock:
                self._parts[part] += took - inside

    def begin(self) -> None:
        """From here on it counts."""
        self._parts.clear()
        self._process = time.process_time()

    def end(self) -> None:
        """It counts no more."""
        self._process = time.process_time() - self._process

    def told(self) -> dict[str, float]:
        """Seconds by part, and of the whole process."""
        found = {part: self._parts.get(part, 0.0) for part in PARTS}
        return {**found, REST: self._process - sum(found.values()), "process": self._process}


@dataclass(frozen=True)
class _Steps:
    """A coroutine whose every step from a wakening to the next wait is timed."""

    coroutine: Awaitable[Any]
    timed: Callable[[Callable[[], Any]], Any]

    def __await__(self) -> Generator[Any, Any, Any]:
        steps = self.coroutine.__await__()
        resume: Callable[[], Any] = partial(next, steps)
        while True:
            try:
                waits_for = self.timed(resume)
            except StopIteration as end:
                return end.value
            try:
                yield waits_for
                resume = partial(next, steps)
            except BaseException as error:
                resume = partial(steps.throw, error)


class Neighbours:
    """What others of the machine's processors took meanwhile: the database of this home, our processes that make calls, and everybody."""

    def __init__(self, home: str) -> None:
        self._home = os.path.realpath(home)
        self._database, self._callers, self._all = self._of_database(), self._of_callers(), _busy()

    def told(self) -> Mapping[str, float]:
        """Seconds since it was made."""
        callers = self._of_callers() - self._callers
        return {"database server": self._of_database() - self._database, "callers": callers, "machine": _busy() - self._all}

    @staticmethod
    def _of_callers() -> float:
        """Those under this process that make its calls, while they live."""
        ours = (each for each in Path("/proc").glob("[0-9]*") if b"mge_resources.llm.caller" in _command(each) and _parent(each) == os.getpid())
        return sum(map(_seconds, ours))

    def _of_database(self) -> float:
        return sum(map(_seconds, self._processes()))

    def _processes(self) -> Iterator[Path]:
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if os.path.realpath(process / "cwd").startswith(self._home):
                    yield process
            except OSError:
                continue


def _parent(process: Path) -> int:
    try:
        return int((process / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def _command(process: Path) -> bytes:
    try:
        return (process / "cmdline").read_bytes()
    except OSError:
        return b""


def _seconds(process: Path) -> float:
    """What a process took, those of its children that ended included; nothing where it is gone."""
    try:
        fields = (process / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def _busy() -> float:
    """Seconds that all cores together were busy since the machine began; nothing where it does not tell."""
    stat = Path("/proc/stat")
    if not stat.exists():
        return 0.0
    user, nice, system, _idle, _waiting, *others = map(int, stat.read_text().split("\n", 1)[0].split()[1:])
    return (user + nice + system + sum(others[:3])) / os.sysconf("SC_CLK_TCK")
