"""The project's files as something to import from: which file a module name or a path means, and what the imports come to."""

import posixpath
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath
from threading import RLock
from typing import Any, TypeVar

from mge_assets.model.script_paths import ScriptPaths
from mge_assets.stages.validation.exports import Exports
from mge_assets.stages.validation.facts import AttributeUse, Facts, facts_of
from mge_assets.stages.validation.imports import Import
from mge_assets.stages.validation.rules import table
from mge_resources.syntax import Language, detect_language

T = TypeVar("T")
_ENDINGS = ("", ".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".cts", ".tsx", ".d.ts", ".json")
_COMPILED = {".js": (".ts", ".tsx"), ".mjs": (".mts",), ".cjs": (".cts",), ".jsx": (".tsx",)}
_DISTRIBUTION = re.compile(r"^(?:@[\w.-]+/)?[\w.-]+")


@dataclass(frozen=True, slots=True)
class Resolution:
    """What an import comes to: the project's ``file``; a ``package`` of others; or, where both are empty, nothing that exists."""

    file: str = ""
    package: str = ""


class Project:
    """All files of a project, by path; analyses are shared with whoever asks for the same bytes. Safe to ask from many threads."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.files = files
        self._facts: dict[str, Facts] = {}
        self._kept: dict[str, Any] = {}
        self._lock = RLock()

    @classmethod
    def of(cls, files: "Mapping[str, bytes] | Project") -> "Project":
        """The project of these files; a project stays itself, with what is known of it."""
        return files if isinstance(files, Project) else cls(files)

    def having(self, file: str, content: bytes) -> "Project":
        """The project with these bytes in this file; itself where they are there already."""
        return self if self.files.get(file) == content else Project({**self.files, file: content})

    @cached_property
    def code(self) -> tuple[str, ...]:
        """The paths of the files that can be parsed, sorted."""
        return tuple(sorted(file for file in self.files if detect_language(file)))

    def facts(self, file: str) -> Facts:
        """What is known of a file of ``code``."""
        if file not in self._facts:
            language = detect_language(file)
            assert language is not None
            self._facts[file] = facts_of(language, self.files[file])
        return self._facts[file]

    def exports(self, file: str) -> Exports:
        """What can be imported from the file; anything, where it is no code."""
        return self.facts(file).exports if detect_language(file) else Exports(frozenset(), open=True)

    def kept(self, name: str, compute: Callable[["Project"], T]) -> T:
        """What is computed of the whole project once, however many ask."""
        with self._lock:
            if name not in self._kept:
                self._kept[name] = compute(self)
            value: T = self._kept[name]
            return value

    def module_of(self, file: str) -> str:
        """A Python file's dotted name, seen from the project's root or from ``src``."""
        parts = PurePosixPath(file).with_suffix("").parts
        parts = parts[1:] if len(parts) > 1 and parts[0] == "src" else parts
        return ".".join(parts[:-1] if len(parts) > 1 and parts[-1] == "__init__" else parts)

    def file_of(self, module: str) -> str:
        """The file of a dotted name; empty if there is none."""
        return self._modules.get(module, "")

    @cached_property
    def _modules(self) -> dict[str, str]:
        """Dotted name ▸ file, seen from the project's root and from ``src``; a package without ``__init__`` has no file."""
        found: dict[str, str] = {}
        for file in self.code:
            if detect_language(file) is not Language.PYTHON:
                continue
            parts = PurePosixPath(file).with_suffix("").parts
            for names in (parts, parts[1:]) if parts[0] == "src" else (parts,):
                dotted = names[:-1] if names[-1:] == ("__init__",) else names
                found.setdefault(".".join(dotted), file)
                for depth in range(1, len(dotted)):
                    found.setdefault(".".join(dotted[:depth]), "")
                if names[-1:] == ("__init__",):
                    found[".".join(dotted)] = file
        return found

    def resolve(self, file: str, one: Import) -> Resolution | None:
        """What the import means, seen from the file; ``None`` for a folder of the project or for something outside its root."""
        if detect_language(file) is Language.PYTHON:
            return self._resolve_python(file, one)
        return self.resolve_script(file, one.module)

    def _resolve_python(self, file: str, one: Import) -> Resolution | None:
        dotted = one.module
        if one.level:
            folder = PurePosixPath(file).parent.parts
            if one.level - 1 > len(folder):
                return None
            folder = folder[: len(folder) - one.level + 1]
            dotted = ".".join((*folder, *([one.module] if one.module else [])))
        elif dotted.partition(".")[0] not in self._modules:
            return Resolution(package=dotted.partition(".")[0])
        found = self._modules.get(dotted)
        if found is None and dotted == "":
            return None
        return Resolution() if found is None else (Resolution(file=found) if found else None)

    def resolve_script(self, file: str, module: str) -> Resolution | None:
        """What a JavaScript or TypeScript file means by the name of a module: by Node's rules, with the paths that tsconfig.json gives."""
        folder = posixpath.dirname(file)
        if not module.startswith("."):
            found = next((name for path in self._paths.candidates(module, folder) if (name := self._script(path))), None)
            if found or self._paths.names(module, folder):
                return Resolution(file=found or "")
            return Resolution(package="/".join(module.split("/")[: 2 if module.startswith("@") else 1]))
        base = posixpath.normpath(posixpath.join(folder, module))
        return None if base.startswith("..") else Resolution(file=self._script(base))

    @cached_property
    def _paths(self) -> ScriptPaths:
        return ScriptPaths(self.files)

    def _script(self, path: str) -> str:
        """The file by its path, with the endings that may be left out; empty if there is none."""
        stem, ending = posixpath.splitext(path)
        wanted = [path + end for end in _ENDINGS] + [stem + end for end in _COMPILED.get(ending, ())] + [f"{path}/index{end}" for end in _ENDINGS[1:]]
        return next((name for name in wanted if name in self.files), "")

    def submodule(self, package_file: str, name: str) -> str | None:
        """The file of the module ``name`` in the package whose ``__init__`` this is, if there is one."""
        path = PurePosixPath(package_file)
        if path.stem != "__init__":
            return None
        wanted = (path.with_name(f"{name}.py"), path.with_name(f"{name}.pyi"), path.parent / name / "__init__.py")
        return next((str(one) for one in wanted if str(one) in self.files), None)

    def missing_names(self, file: str, one: Import) -> Iterator[str]:
        """Names that the import takes from a file of the project that does not offer them."""
        found = self.resolve(file, one)
        if not found or not found.file:
            return
        exports = self.exports(found.file)
        for name in one.names:
            if name != "*" and name not in exports.names and not exports.open and self.submodule(found.file, name) is None:
                yield name

    def missing_attribute(self, file: str, use: AttributeUse) -> tuple[str, str] | None:
        """(module, name) of what is looked up in a file of the project that does not offer it."""
        found = self.resolve(file, use.source)
        module = self.module_of(found.file) if found and found.file else use.source.module if found is None and not use.source.level else ""
        if not module or (found is None and module not in self._modules):
            return None
        chain = (*use.source.names, *use.chain)
        for name in chain:
            if f"{module}.{name}" in self._modules:
                module = f"{module}.{name}"
                continue
            target = self._modules.get(module, "")
            # The name itself is an import's business; beyond a module's own name we know nothing.
            looked_up = name is not chain[0] or not use.source.names
            if not looked_up or not target or name in self.exports(target).names or self.exports(target).open or name.startswith("__"):
                return None
            return module, name
        return None


def is_standard(language: Language, package: str) -> bool:
    """Whether the package comes with the language, in this or an older version."""
    packages = table("packages")
    if language is Language.PYTHON:
        return package in sys.stdlib_module_names or package in packages["gone"] or package in packages["always"] or package.startswith("_")
    return package.startswith(("node:", "#")) or package in packages["node"]


def declared_packages(requirements: Iterable[str]) -> dict[str, str]:
    """Import name (lower case) ▸ requirement, for requirements as pip or npm writes them."""
    names = table("packages")["import_names"]
    found: dict[str, str] = {}
    for text in requirements:
        if match := _DISTRIBUTION.match(text.strip()):
            distribution = match.group().lower()
            for name in (distribution, distribution.replace("-", "_"), *names.get(distribution.replace("_", "-"), ())):
                found[name.lower()] = text
    return found
