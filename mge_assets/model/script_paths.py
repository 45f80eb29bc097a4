"""``paths``, ``baseUrl`` and ``rootDirs`` of tsconfig.json and jsconfig.json: which files of a project an import may mean that is not relative."""

import json
import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import Any

CONFIGS = ("tsconfig.json", "jsconfig.json")
_COMMENTS = re.compile(r'("(?:\\.|[^"\\])*")|//[^\n]*|/\*.*?\*/', re.S)
_TRAILING = re.compile(r",(\s*[}\]])")
_CONFIG = re.compile(r"(?:^|/)[tj]sconfig[^/]*\.json$")
_OPTIONS = ("baseUrl", "paths", "rootDirs")


def is_config(path: str) -> bool:
    """Whether the file is a configuration of TypeScript's, or one that such may extend."""
    return _CONFIG.search(path) is not None


def read_json(source: bytes) -> dict[str, Any]:
    """A JSON object with comments and trailing commas, as tsconfig allows; empty where it is none."""
    text = _COMMENTS.sub(lambda match: match[1] or "", source.decode("utf-8", "replace"))
    try:
        found = json.loads(_TRAILING.sub(r"\1", text))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


class ScriptPaths:
    """What the configurations among some files say; each holds for its folder and those below, up to the next."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._read = {path: read_json(files[path]) for path in sorted(files) if is_config(path)}
        self._configs: dict[str, dict[str, Any]] = {}
        for name in reversed(CONFIGS):
            for path in self._read:
                if posixpath.basename(path) == name:
                    self._configs[posixpath.dirname(path)] = self._options(path, ())

    def __bool__(self) -> bool:
        return any(self._configs.values())

    def candidates(self, specifier: str, folder: str) -> Iterator[str]:
        """Paths of the project, with or without an ending, that a specifier may mean in a file of this folder, the best first."""
        options = self._of(folder)
        paths = options.get("paths", {})
        for pattern, targets in sorted(paths.items(), key=lambda item: ("*" in item[0], -len(item[0].partition("*")[0]))):
            middle = _middle(pattern, specifier)
            if middle is not None:
                yield from (target.replace("*", middle) for target in targets)
                break  # only the best pattern counts
        if "baseUrl" in options:
            yield posixpath.normpath(posixpath.join(options["baseUrl"], specifier))

    def names(self, specifier: str, folder: str) -> bool:
        """Whether the specifier is one of ``paths``' own that no package of npm can be called, such as ``@/lib/x`` and ``~/x``."""
        own = not re.match(r"(?:@[a-z0-9~-][\w.~-]*/)?[A-Za-z0-9][\w.~-]*(?:/|$)|node:", specifier)
        return own and any(_middle(pattern, specifier) is not None for pattern in self._of(folder).get("paths", {}))

    def twins(self, path: str, folder: str) -> Iterator[str]:
        """The same path below each of ``rootDirs``, where it lies below one of them."""
        roots = self._of(folder).get("rootDirs", [])
        own = next((root for root in roots if path == root or path.startswith(f"{root}/")), None)
        if own is not None:
            yield from (posixpath.join(root, path[len(own) :].lstrip("/")) for root in roots)

    def _of(self, folder: str) -> dict[str, Any]:
        while folder not in self._configs and folder:
            folder = posixpath.dirname(folder)
        return self._configs.get(folder, {})

    def _options(self, path: str, above: tuple[str, ...]) -> dict[str, Any]:
        """The options with what the configurations say that this one extends; their paths as the project has them."""
        told, home = self._read[path], posixpath.dirname(path)
        found: dict[str, Any] = {}
        extended = told.get("extends", [])
        for one in extended if isinstance(extended, list) else [extended]:
            wanted = posixpath.normpath(posixpath.join(home, one)) if isinstance(one, str) and one.startswith(".") else ""
            base = next((name for name in (wanted, f"{wanted}.json") if name in self._read and name not in (*above, path)), None)
            found |= self._options(base, (*above, path)) if base else {}
        return found | _placed(told.get("compilerOptions"), home, found.get("baseUrl"))


def _placed(options: object, home: str, base: str | None) -> dict[str, Any]:
    """The options that say where modules are, with paths from the project's root."""
    given = {key: options[key] for key in _OPTIONS if key in options} if isinstance(options, dict) else {}
    found: dict[str, Any] = {}
    if isinstance(given.get("baseUrl"), str):
        found["baseUrl"] = base = posixpath.normpath(posixpath.join(home, given["baseUrl"]))
    if isinstance(given.get("paths"), dict):
        start = home if base is None else base
        found["paths"] = {
            pattern: [posixpath.normpath(posixpath.join(start, target)) for target in targets if isinstance(target, str)]
            for pattern, targets in given["paths"].items()
            if isinstance(targets, list)
        }
    if isinstance(given.get("rootDirs"), list):
        found["rootDirs"] = [posixpath.normpath(posixpath.join(home, str(root))) for root in given["rootDirs"]]
    return found


def _middle(pattern: str, specifier: str) -> str | None:
    """What the pattern's star stands for in the specifier; ``None`` where it does not fit."""
    before, star, after = pattern.partition("*")
    if not star:
        return "" if specifier == pattern else None
    fits = specifier.startswith(before) and specifier.endswith(after) and len(specifier) >= len(before) + len(after)
    return specifier[len(before) : len(specifier) - len(after)] if fits else None
