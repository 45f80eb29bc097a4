"""Results of analysis on disk, by what they follow from: files, and the versions of what looked at them.

A result that can't be read, or that there is no room for, costs time and nothing else. What was not asked for longest goes first.
"""

import hashlib
import json
import os
import platform
import zlib
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from mge_assets.model.atoms import Atom, AtomKind, Span
from mge_assets.model.changes import Snapshot
from mge_assets.model.graph import CodeGraph
from mge_assets.stages.dependency.kept import graph_from_json, graph_to_json
from mge_resources.syntax import detect_language

MAX_BYTES = 100_000_000
"""Room for all results together; the graph of 117,000 lines takes 0.5 MB."""
_UNREADABLE = (OSError, ValueError, KeyError, IndexError, TypeError, AttributeError, zlib.error)


class KeptResults:
    """Results below a folder. ``versions`` are those of the analyser and of whatever else decides them: another version finds none of these."""

    def __init__(self, folder: Path, *versions: str) -> None:
        self._folder = folder
        self._versions = "\0".join((*versions, platform.python_version(), version("tree-sitter"), version("tree-sitter-language-pack")))

    def graph(self, mark: str) -> CodeGraph | None:
        """The graph kept under the mark."""
        with suppress(*_UNREADABLE):
            return graph_from_json(self._read("graph", mark))
        return None

    def keep_graph(self, mark: str, graph: CodeGraph) -> None:
        """Keep a graph."""
        self._write("graph", mark, graph_to_json(graph))

    def snapshot(self, mark: str) -> Snapshot | None:
        """The state kept under the mark."""
        with suppress(*_UNREADABLE):
            data = self._read("state", mark)
            names = [str(name) for name in data["names"]]
            digests = dict(zip(names, data["digests"], strict=True))
            return Snapshot(digests, tuple((names[source], names[target]) for source, target in data["edges"]))
        return None

    def keep_snapshot(self, mark: str, state: Snapshot) -> None:
        """Keep a state."""
        number = {name: place for place, name in enumerate(state.atoms)}
        edges = [[number[source], number[target]] for source, target in state.edges]
        self._write("state", mark, {"names": list(state.atoms), "digests": list(state.atoms.values()), "edges": edges})

    def atoms(self, mark: str, sources: Mapping[str, bytes]) -> dict[str, tuple[Atom, ...]]:
        """The atoms of these files kept under the mark, without contexts and scores; none where they can't be had."""
        with suppress(*_UNREADABLE):
            return {file: tuple(_atom(file, sources[file], row) for row in rows) for file, rows in self._read("atoms", mark).items()}
        return {}

    def keep_atoms(self, mark: str, atoms: Iterable[Atom]) -> None:
        """Keep the atoms of some files, without contexts and scores."""
        rows: dict[str, list[object]] = {}
        for atom in atoms:
            rows.setdefault(atom.file, []).append(_row(atom))
        self._write("atoms", mark, rows)

    def _path(self, kind: str, mark: str) -> Path:
        told = hashlib.sha256(f"{self._versions}\0{kind}\0{mark}".encode()).hexdigest()
        return self._folder / f"{told}.{kind}"

    def _read(self, kind: str, mark: str) -> dict[str, Any]:
        path = self._path(kind, mark)
        data: dict[str, Any] = json.loads(zlib.decompress(path.read_bytes()))
        os.utime(path)
        return data

    def _write(self, kind: str, mark: str, data: Mapping[str, Any]) -> None:
        content = zlib.compress(json.dumps(data, separators=(",", ":")).encode(), 1)
        with suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            with NamedTemporaryFile(dir=self._folder, delete=False) as file:
                fresh = Path(file.name)
                try:
                    file.write(content)
                    file.flush()
                    fresh.replace(self._path(kind, mark))
                except OSError:
                    fresh.unlink()
                    raise
            self._make_room()

    def _make_room(self) -> None:
        """Remove what was not asked for longest, until the rest fits."""
        found = sorted((path.stat().st_mtime, path.stat().st_size, path) for path in self._folder.iterdir())
        room = MAX_BYTES - sum(size for _, size, _ in found)
        for _, size, path in found:
            if room >= 0:
                break
            path.unlink(missing_ok=True)
            room += size


def _row(atom: Atom) -> list[object]:
    span = (atom.span.start_byte, atom.span.end_byte, atom.span.start_line, atom.span.end_line)
    return [atom.name, atom.number, atom.kind.value, *span, atom.loc, atom.complexity, atom.node_type, atom.scope, atom.indent, atom.signature, atom.stub]


def _atom(file: str, source: bytes, row: Sequence[Any]) -> Atom:
    name, number, kind, start, end, first, last, *rest = row
    language = detect_language(file)
    if language is None:
        raise ValueError(file)
    return Atom(name, number, AtomKind(kind), language, file, Span(start, end, first, last), source[start:end], *rest)
