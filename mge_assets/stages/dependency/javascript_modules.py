"""JavaScript's and TypeScript's module resolution over a set of files: Node's rules, index files, packages, tsconfig paths."""

import json
import posixpath
import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

_ENDINGS = ("", ".ts", ".tsx", ".d.ts", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs")
_COMMENTS = re.compile(r'("(?:\\.|[^"\\])*")|//[^\n]*|/\*.*?\*/', re.S)
_TRAILING = re.compile(r",(\s*[}\]])")


def module_id(file: str) -> str:
    """Dotted name of a file relative to the folder, without its ending."""
    path = PurePosixPath(file)
    name = path.name.removesuffix(".d.ts") if path.name.endswith(".d.ts") else path.stem
    return ".".join([*path.parts[:-1], name])


def read_json(source: bytes) -> dict[str, Any]:
    """A JSON object with comments and trailing commas, as tsconfig allows; empty where it is none."""
    text = _COMMENTS.sub(lambda match: match[1] or "", source.decode("utf-8", "replace"))
    try:
        found = json.loads(_TRAILING.sub(r"\1", text))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


class ModuleFinder:
    """Answers module specifiers with files."""

    def __init__(self, files: Mapping[str, bytes], sources: Mapping[str, bytes]) -> None:
        self._files = set(sources)
        self._packages: dict[str, tuple[str, dict[str, Any]]] = {}
        self._configs: dict[str, dict[str, Any]] = {}
        for path in sorted(files):
            folder, name = posixpath.split(path)
            if name == "package.json":
                package = read_json(files[path])
                if isinstance(package.get("name"), str):
                    self._packages[package["name"]] = (folder, package)
            elif name in {"tsconfig.json", "jsconfig.json"}:
                options = read_json(files[path]).get("compilerOptions")
                self._configs[folder] = options if isinstance(options, dict) else {}

    def find(self, specifier: str, importer: str) -> str | None:
        """The file that the specifier means in the importing file, or ``None`` for an outside module."""
        folder = posixpath.dirname(importer)
        if specifier.startswith((".", "/")):
            return self._relative(specifier, folder)
        return self._mapped(specifier, folder) or self._package(specifier, folder)

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

    def _config_of(self, folder: str) -> tuple[str, dict[str, Any]] | None:
        while True:
            if folder in self._configs:
                return folder, self._configs[folder]
            if not folder:
                return None
            folder = posixpath.dirname(folder)

    def _in_root_dirs(self, path: str, folder: str) -> str | None:
        """``rootDirs`` are one folder as far as imports go."""
        config = self._config_of(folder)
        roots = config[1].get("rootDirs") if config else None
        if config is None or not isinstance(roots, list):
            return None
        roots = [posixpath.normpath(posixpath.join(config[0], str(root))) for root in roots]
        own = next((root for root in roots if path == root or path.startswith(f"{root}/")), None)
        if own is None:
            return None
        tail = path[len(own) :].lstrip("/")
        return next((found for root in roots if (found := self._file(posixpath.join(root, tail)))), None)

    def _mapped(self, specifier: str, folder: str) -> str | None:
        """``paths`` and ``baseUrl`` of the nearest tsconfig."""
        config = self._config_of(folder)
        if config is None:
            return None
        home, options = config
        base = options.get("baseUrl")
        start = posixpath.normpath(posixpath.join(home, str(base or ".")))
        paths = options.get("paths")
        for pattern, targets in sorted((paths if isinstance(paths, dict) else {}).items(), key=lambda item: -len(item[0].partition("*")[0])):
            before, star, after = pattern.partition("*")
            fits = specifier.startswith(before) and specifier.endswith(after) and len(specifier) >= len(before) + len(after) if star else specifier == pattern
            if not fits or not isinstance(targets, list):
                continue
            middle = specifier[len(before) : len(specifier) - len(after)] if star else ""
            for target in targets:
                if found := self._file(posixpath.normpath(posixpath.join(start, str(target).replace("*", middle)))):
                    return found
        return self._file(posixpath.normpath(posixpath.join(start, specifier))) if base is not None else None

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
