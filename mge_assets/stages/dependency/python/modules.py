"""Python's import system over a set of files: which file a dotted name means, seen from which file.

Nothing is read from disk: a name that no file answers to is outside.
"""

import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import PurePosixPath

_INIT = "__init__"


def module_id(file: str) -> str:
    """Dotted name of a file relative to the folder; a package is named by its folder."""
    name = str(PurePosixPath(file).with_suffix("")).replace("/", ".")
    return name.removesuffix(f".{_INIT}")


class ModuleFinder:
    """Answers imports with dotted ids: of files, or of folders that hold files (namespace packages)."""

    def __init__(self, files: Iterable[str]) -> None:
        self._files: dict[str, str] = {}
        self._folders: set[str] = set()
        for file in sorted(files, key=lambda file: (file.endswith(".pyi"), file)):
            name = module_id(file)
            # a package's own file goes before a module of the same name, as in CPython
            if name not in self._files or (PurePosixPath(file).stem == _INIT and not file.endswith(".pyi")):
                self._files[name] = file
            parts = name.split(".")
            self._folders.update(".".join(parts[:length]) for length in range(1, len(parts)))
        self._roots = self._import_roots()
        self.own_name = ""

    def file_of(self, name: str) -> str:
        """The file behind an id; empty for a bare folder."""
        return self._files.get(name, "")

    def exists(self, name: str) -> bool:
        """True where a file or a folder answers to the id."""
        return name in self._files or name in self._folders

    def submodules(self, name: str) -> list[str]:
        """Ids directly below a package."""
        prefix = f"{name}." if name and name != _INIT else ""
        return sorted(known for known in {*self._files, *self._folders} if known.startswith(prefix) and "." not in known[len(prefix) :] and known != name)

    def _import_roots(self) -> list[str]:
        """Folders that stand on the path: the top, and any that holds packages without being one (``src``)."""
        packages = {name for name, file in self._files.items() if PurePosixPath(file).stem == _INIT}
        parents = {name.rpartition(".")[0] for name in packages} - packages
        return ["", *sorted(parents - {""}, key=lambda name: (name.count("."), name))]

    def learn_own_name(self, absolute_imports: Iterable[str]) -> None:
        """Where the folder itself is a package, find out the name by which its files import one another."""
        if _INIT not in self._files:
            return
        votes: Counter[str] = Counter()
        for name in absolute_imports:
            first, _, rest = name.partition(".")
            if first in sys.stdlib_module_names or self.exists(first):
                continue
            votes[first] += 10 if rest and self.exists(rest.split(".")[0]) else 0
        best = max(votes.items(), key=lambda vote: (vote[1], vote[0]), default=("", 0))
        self.own_name = best[0] if best[1] else ""

    def absolute(self, name: str, importer: str) -> str | None:
        """The id that ``import name`` means in the importing file, or ``None`` for an outside module."""
        first, _, rest = name.partition(".")
        if self.own_name and first == self.own_name:
            return self._existing(rest or _INIT)
        for root in self._roots:
            start = f"{root}.{first}" if root else first
            if self.exists(start):
                return self._existing(f"{start}.{rest}" if rest else start)
        if first in sys.stdlib_module_names:
            return None
        return self._beside(name, importer)

    def _existing(self, name: str) -> str | None:
        return name if self.exists(name) else None

    def _beside(self, name: str, importer: str) -> str | None:
        """A script finds the modules of its own folder, unless the folder is a package."""
        folder = module_id(importer).rpartition(".")[0] if PurePosixPath(importer).stem != _INIT else module_id(importer)
        while folder:
            package = PurePosixPath(self._files.get(folder, "")).stem == _INIT
            if not package and self.exists(f"{folder}.{name.split('.', maxsplit=1)[0]}"):
                return self._existing(f"{folder}.{name}")
            folder = folder.rpartition(".")[0]
        return None

    def relative(self, dots: int, name: str, importer: str) -> str | None:
        """The id that ``from ..name import`` means."""
        own = module_id(importer)
        parts = [] if own == _INIT else own.split(".")
        if PurePosixPath(importer).stem != _INIT:
            parts = parts[:-1]
        if dots - 1 > len(parts):
            return None
        parts = parts[: len(parts) - (dots - 1)] + (name.split(".") if name else [])
        return self._existing(".".join(parts) or _INIT)
