"""The tools of one installation, put together."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from mge_resources.checkers.mirror import Mirror
from mge_resources.checkers.port import CheckerUnavailableError, Remark
from mge_resources.checkers.ruff import ruff_remarks
from mge_resources.checkers.scripts import Script, Scripts
from mge_resources.checkers.typescript import TypeScript
from mge_resources.checkers.worker import Worker, python_command
from mge_resources.syntax import Language

_PATIENCE = 300.0
"""Seconds for one answer: the first of a package of 100,000 lines takes some 20."""


class ToolCheckers:
    """The real tools. ``cache`` is where TypeScript's compiler is kept; ``fetch`` allows to get it with npm when it is not there."""

    def __init__(self, cache: Path, *, fetch: bool = True) -> None:
        self._python = Worker("mypy", python_command("mge_resources.checkers.python_worker"), _PATIENCE)
        self._bandit = Worker("bandit", python_command("mge_resources.checkers.python_worker"), _PATIENCE)
        self._typescript = TypeScript(cache, fetch=fetch)
        self._scripts = Scripts(TypeScript(cache, fetch=fetch))
        self._mirror = Mirror()

    def types(self, language: Language, files: Mapping[str, bytes], focus: Collection[str] | None = None) -> Sequence[Remark]:
        """What mypy (Python) or TypeScript's compiler (the others) says of the files in ``focus``, seen among all of them."""
        if language is not Language.PYTHON:
            return self._typescript.remarks(files, focus)
        with self._python.lock:
            if not self._mirror.overlaps(files):
                self._python.close()  # another project: starting anew is quicker than forgetting the old one
            try:
                found = self._typed(files)
            except CheckerUnavailableError:
                self._python.close()  # its incremental mode stumbles over some changes; from nothing it does not
                found = self._typed(files)
        return found if focus is None else tuple(remark for remark in found if remark.file in focus)

    def _typed(self, files: Mapping[str, bytes]) -> tuple[Remark, ...]:
        written, removed = self._mirror.changes(files, self._python.started())
        return _remarks(self._python.ask({"write": written, "remove": removed}))

    def lint(self, files: Mapping[str, bytes], near: Mapping[str, bytes] | None = None) -> Sequence[Remark]:
        """What ruff and bandit say of each of these Python files; bandit, which judges call by call, reads what ``near`` has of them in their place."""
        texts = {name: content.decode("utf-8", errors="surrogateescape") for name, content in {**files, **(near or {})}.items()}
        return (*ruff_remarks(files), *(_remarks(self._bandit.ask({"bandit": texts})) if texts else ()))

    def scripts(self, files: Mapping[str, bytes]) -> Mapping[str, Script]:
        """The files in TypeScript among these as JavaScript. Raises CheckerUnavailableError."""
        return self._scripts.scripts(files)

    def close(self) -> None:
        """End every process that was started. None is started again."""
        for worker in (self._python, self._bandit):
            worker.end()
        for compiler in (self._typescript, self._scripts):
            compiler.close()


def _remarks(answer: Mapping[str, Any]) -> tuple[Remark, ...]:
    return tuple(Remark(**remark) for remark in answer["remarks"])


def open_checkers(cache: Path, *, fetch: bool = True) -> ToolCheckers:
    """The tools of this machine; each process starts when it is first needed."""
    return ToolCheckers(cache, fetch=fetch)
