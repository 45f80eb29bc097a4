"""Real code to measure on: Python packages as installed, npm packages as published (fetched by the package manager's own client)."""

import shutil
import subprocess
import sys
import sysconfig
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from mge_resources.syntax import Language, detect_language

PYTHON = ("click", "requests", "flask", "networkx")
NPM = ("zod", "rxjs", "express", "preact", "react-native-paper")
"""The last is the TSX package."""
_TESTS = frozenset({"test", "tests", "__tests__", "idle_test", "testing"})


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file: its path below the package, its language and bytes. ``written`` is false for tests and for what a build made."""

    path: str
    language: Language
    source: bytes
    written: bool

    @property
    def loc(self) -> int:
        """Lines that are not blank."""
        return sum(1 for line in self.source.split(b"\n") if line.strip())


@dataclass(frozen=True, slots=True)
class Corpus:
    """One package's files."""

    name: str
    files: tuple[SourceFile, ...]

    @property
    def written(self) -> tuple[SourceFile, ...]:
        """The files that people wrote, tests left out: what the figures are about. Round trips are about all."""
        return tuple(file for file in self.files if file.written)


def corpora(names: list[str], folder: Path) -> Iterator[Corpus | str]:
    """The named packages (``stdlib``, Python's and npm's; all where none is named); a sentence in place of each that is not to be had."""
    for name in names or ["stdlib", *PYTHON, *NPM]:
        if name == "stdlib":
            yield standard_library()
        elif name in NPM:
            yield npm_package(name, folder)
        else:
            yield python_package(name)


def standard_library() -> Corpus:
    """Python's own modules as installed, without what pip put beside them."""
    root = Path(sysconfig.get_path("stdlib"))
    return Corpus("stdlib", tuple(_read(root, (path for path in root.rglob("*.py") if "site-packages" not in path.parts))))


def python_package(name: str) -> Corpus | str:
    """An installed package."""
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        return f"{name}: not installed"
    root = Path(spec.origin).parent
    return Corpus(name, tuple(_read(root, root.rglob("*.py"))))


def npm_package(name: str, folder: Path) -> Corpus | str:
    """A package as published, unpacked below the folder."""
    npm = shutil.which("npm")
    if npm is None:
        return f"{name}: npm is not installed"
    root = folder / name
    if not root.is_dir():
        root.mkdir(parents=True)
        done = subprocess.run([npm, "pack", "--silent", name], cwd=root, capture_output=True, text=True, check=False)
        if done.returncode:
            return f"{name}: npm pack failed: {(done.stderr or done.stdout).strip()[:200]}"
        with tarfile.open(next(root.glob("*.tgz"))) as archive:
            archive.extractall(root, filter="data")
    return Corpus(name, tuple(_read(root, root.rglob("*"))))


def npm_project(name: str, folder: Path) -> Path | str:
    """A folder with the package and all that it needs installed below ``node_modules``; for ``(npm)`` the package manager's own."""
    npm = shutil.which("npm")
    if npm is None:
        return f"{name}: npm is not installed"
    if name == "(npm)":
        return Path(npm).resolve().parent.parent
    root = folder / name
    if not (root / "node_modules").is_dir():
        root.mkdir(parents=True, exist_ok=True)
        done = subprocess.run([npm, "install", "--silent", "--prefix", str(root), name], capture_output=True, text=True, check=False)
        if done.returncode:
            return f"{name}: npm install failed: {(done.stderr or done.stdout).strip()[:200]}"
    return root


def _read(root: Path, paths: Iterator[Path]) -> Iterator[SourceFile]:
    found = sorted(path for path in paths if path.is_file() and detect_language(path.name))
    has_source = any("src" in path.relative_to(root).parts for path in found)
    for path in found:
        language = detect_language(path.name)
        assert language is not None
        below = path.relative_to(root)
        built = has_source and language is not Language.PYTHON and "src" not in below.parts
        yield SourceFile(below.as_posix(), language, path.read_bytes(), written=not built and not _TESTS.intersection(below.parts))


def big_file(loc: int) -> bytes:
    """One Python file of at least so many LOC, made of this machine's networkx, over and over."""
    corpus = python_package("networkx")
    if isinstance(corpus, str):
        sys.exit(corpus)
    parts: list[bytes] = []
    count = 0
    while True:
        for file in corpus.written:
            parts.append(file.source if file.source.endswith(b"\n") else file.source + b"\n")
            count += file.loc
            if count >= loc:
                lines = b"".join(parts).split(b"\n")
                return b"\n".join(lines[: max(1, len(lines) * loc // count)]) + b"\n"
