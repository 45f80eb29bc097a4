"""JavaScript's and TypeScript's module resolution over a set of files: Node's rules, index files, packages, tsconfig paths."""

import posixpath
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from mge_assets.model.script_paths import ScriptPaths, read_json

_ENDINGS = ("", ".ts", ".tsx", ".d.ts", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs")

MAX_MATCHING = 400
"""Files that one specifier put together at run time may mean: npm's own commands are 67, eslint's rules 290."""


def module_id(file: str) -> str:
    """Dotted name of a file relative to the folder, without its ending."""
    path = PurePosixPath(file)
    name = path.name.removesuffix(".d.ts") if path.name.endswith(".d.ts") else path.stem
    return ".".join([*path.parts[:-1], name])


class ModuleFinder:
    """Answers module specifiers with files."""

    def __init__(self, files: Mapping[str, bytes], sources: Mapping[str, bytes]) -> None:
        self._files = set(sources)
        self._packages: dict[str, tuple[str, dict[str, Any]]] = {}
        self._paths = ScriptPaths(files)
        self._folders: dict[str, dict[str, str]] = {}
        for path in sorted(files):
            folder, name = posixpath.split(path)
            if name == "package.json":
                package = read_json(files[path])
                if isinstance(package.get("name"), str):
                    self._packages[package["name"]] = (folder, package)

    def find(self, specifier: str, importer: str) -> str | None:
        """The file that the specifier means in the importing file, or ``None`` for an outside module."""
        folder = posixpath.dirname(importer)
        if specifier.startswith((".", "/")):
            return self._relative(specifier, folder)
        return self._mapped(specifier, folder) or self._package(specifier, folder)

    def matching(self, start: str, end: str, importer: str) -> list[str]:
        """The files that a specifier may mean whose middle is not known: of one folder, few enough to be told apart."""
        folder, _, name = posixpath.join(posixpath.dirname(importer), start).rpartition("/")
        folder = posixpath.normpath(folder) if folder else ""
        inside = {} if not name and not end and folder in {"", "."} else self._by_folder().get("" if folder == "." else folder, {})
        wanted = [path for below, path in inside.items() if below.startswith(name) and any(below.endswith(end + ending) for ending in _ENDINGS)]
        return wanted if len(wanted) <= MAX_MATCHING else []

    def _by_folder(self) -> dict[str, dict[str, str]]:
        """Files by folder and by their name in it."""
        if not self._folders:
            for path in sorted(self._files):
                folder, name = posixpath.split(path)
                self._folders.setdefault(folder, {})[name] = path
        return self._folders

    def _relative(self, specifier: str, folder: str) -> str | None:
        path = posixpath.normpath(posixpath.join(folder, specifier))
        return self._file(path) or self._in_root_dirs(path, folder)

    def _file(self, path: str) -> str | None:
        """A file by path, with the endings that may be left out, or a folder's index."""
        path = "" if path == "." else path.lstrip("/")
        stem, ending = posixpath.splitext(path)
        candidates = [path + added for added in _ENDINGS]
        if ending in {".js", ".jsx", ".mjs", ".cjs"}:
            candidates += [stem + added for added in (".ts", ".tsx", ".mts", ".cts", ".d.ts")]
        main = self._main(path)
        candidates += [main + added for added in _ENDINGS] if main else []
        candidates += [posixpath.join(path, f"index{added}") for added in _ENDINGS[1:]]
        return next((found for found in candidates if found in self._files), None)

    def _main(self, folder: str) -> str:
        for known, package in self._packages.values():
            main = package.get("main") or package.get("types")
            if known == folder and isinstance(main, str):
                return posixpath.normpath(posixpath.join(folder, main))
        return ""

    def _in_root_dirs(self, path: str, folder: str) -> str | None:
        """``rootDirs`` are one folder as far as imports go."""
        return next((found for other in self._paths.twins(path, folder) if (found := self._file(other))), None)

    def _mapped(self, specifier: str, folder: str) -> str | None:
        """``paths`` and ``baseUrl`` of the nearest tsconfig."""
        return next((found for path in self._paths.candidates(specifier, folder) if (found := self._file(path))), None)

    def _package(self, specifier: str, folder: str) -> str | None:
        """A package of the same folder tree by its name, or one under ``node_modules`` of the folders above."""
        parts = specifier.split("/")
        size = 2 if specifier.startswith("@") else 1
        name, rest = "/".join(parts[:size]), "/".join(parts[size:])
        while True:
            if found := self._file(posixpath.join(folder, "node_modules", specifier)):
                return found
            if not folder:
                break
            folder = posixpath.dirname(folder)
        if name in self._packages:
            return self._file(posixpath.join(self._packages[name][0], rest) if rest else self._packages[name][0])
        return None
