"""TypeScript as JavaScript, so that any Node runs it: the compiler that also checks types, file by file, each text compiled once."""

import hashlib
import re
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from threading import RLock
from typing import Protocol

from mge_resources.checkers.mirror import Mirror
from mge_resources.checkers.typescript import TypeScript

_TYPESCRIPT = re.compile(r"(?<!\.d)\.[cm]?tsx?$")
_KNOWN = re.compile(r"\.[cm]?[jt]sx?$|(^|/)tsconfig\.json$")
_KEPT = 64


@dataclass(frozen=True, slots=True)
class Script:
    """A file as JavaScript, with the map to its own lines in it; ``module`` says that it is an ECMAScript module, else a CommonJS one."""

    text: bytes
    module: bool


class ScriptCompiler(Protocol):
    """Turns TypeScript into what Node runs. Safe to call from many threads."""

    def scripts(self, files: Mapping[str, bytes]) -> Mapping[str, Script]:
        """The files in TypeScript among these, compiled; the others are read for what they offer. Raises CheckerUnavailableError."""
        ...


def is_typescript(name: str) -> bool:
    """Whether the file's name says TypeScript that runs; a description of types (``.d.ts``) does not."""
    return _TYPESCRIPT.search(name) is not None


class Scripts:
    """The compiler in a process of its own beside the one that checks types, which may take seconds over one question."""

    def __init__(self, typescript: TypeScript) -> None:
        self._typescript, self._mirror, self._lock = typescript, Mirror(), RLock()
        self._known: OrderedDict[bytes, Mapping[str, Script]] = OrderedDict()

    def scripts(self, files: Mapping[str, bytes]) -> Mapping[str, Script]:
        """The files in TypeScript among these, compiled. Raises CheckerUnavailableError where there is no compiler."""
        read = {name: content for name, content in files.items() if _KNOWN.search(name)}
        wanted = sorted(name for name in read if is_typescript(name))
        if not wanted:
            return {}
        with self._lock:
            key = _digest(read)
            if key not in self._known:
                self._known[key] = self._asked(read, wanted)
                while len(self._known) > _KEPT:
                    self._known.popitem(last=False)
            self._known.move_to_end(key)
            return self._known[key]

    def close(self) -> None:
        """End the process, if it runs. None is started again."""
        self._typescript.close()

    def _asked(self, files: Mapping[str, bytes], wanted: list[str]) -> Mapping[str, Script]:
        worker = self._typescript.worker()
        with worker.lock:
            written, removed = self._mirror.changes(files, worker.started())
            answer = worker.ask({"write": written, "remove": removed, "focus": wanted, "compile": True})
        return {name: Script(told["text"].encode("utf-8", errors="surrogateescape"), told["module"]) for name, told in answer["compiled"].items()}


def _digest(files: Mapping[str, bytes]) -> bytes:
    told = hashlib.sha256()
    for name, content in sorted(files.items()):
        told.update(f"{name}\0{len(content)}\0".encode() + content)
    return told.digest()
