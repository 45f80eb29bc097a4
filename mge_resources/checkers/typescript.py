"""TypeScript's compiler in a warm Node process, over files that are in memory only."""

import shutil
from collections.abc import Collection, Mapping
from importlib.resources import files as resources
from pathlib import Path
from threading import RLock

from mge_resources.checkers.mirror import Mirror
from mge_resources.checkers.port import CheckerUnavailableError, Remark
from mge_resources.checkers.typescript_package import install, installed
from mge_resources.checkers.worker import Worker

_PATIENCE = 300.0


class TypeScript:
    """The compiler, once it is there. ``cache`` holds its package; ``fetch`` allows npm to bring it."""

    def __init__(self, cache: Path, *, fetch: bool) -> None:
        self._cache, self._fetch = cache, fetch
        self._worker: Worker | None = None
        self._mirror = Mirror()
        self._lock = RLock()
        self._refused = ""

    def remarks(self, files: Mapping[str, bytes], focus: Collection[str] | None = None) -> tuple[Remark, ...]:
        """What the compiler says of the files in ``focus`` (all if ``None``). ``high`` is wrong under any setting, ``medium`` under ``strict`` alone.

        Raises CheckerUnavailableError.
        """
        worker = self.worker()
        with worker.lock:
            written, removed = self._mirror.changes(files, worker.started())
            question = {"write": written, "remove": removed, "focus": None if focus is None else sorted(focus)}
            return tuple(Remark("typescript", **remark) for remark in worker.ask(question)["remarks"])

    def close(self) -> None:
        """End the process, if it runs. None is started again."""
        self._refused = self._refused or "TypeScript's compiler was closed while something was still checked; run it again"
        if self._worker is not None:
            self._worker.end()

    def worker(self) -> Worker:
        """The process, ready to be asked. Raises CheckerUnavailableError where it can not be had."""
        with self._lock:
            if self._worker is None:
                self._worker = self._made()
            return self._worker

    def _made(self) -> Worker:
        if self._refused:  # the same answer for the rest of the run: a network that is closed is asked once
            raise CheckerUnavailableError(self._refused)
        try:
            node, package = _node(), installed(self._cache) or install(self._cache, fetch=self._fetch)
        except CheckerUnavailableError as error:
            self._refused = str(error)
            raise
        program = str(resources("mge_resources.checkers") / "typescript_worker.js")
        return Worker("TypeScript's compiler", (node, "--max-old-space-size=4096", program, str(package)), _PATIENCE)


def _node() -> str:
    node = shutil.which("node")
    if node is None:
        raise CheckerUnavailableError("Node is not installed, and TypeScript's compiler runs on it; install Node 20 or later")
    return node
