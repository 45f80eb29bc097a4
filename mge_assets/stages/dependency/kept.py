"""Results of analysis that are kept between runs: what a part of the files follows from, and a graph as compact JSON.

Where they are kept is said by whoever has a place for them.
"""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from mge_assets.model.graph import CodeEdge, CodeGraph, Confidence, DataFlow, EdgeType, ImportUse, Symbol, SymbolKind

FEWEST_BYTES = 50_000
"""Source of a part that is worth keeping: less is analysed in under 0.1 s."""
_TYPES, _CONFIDENCES, _KINDS = list(EdgeType), list(Confidence), list(SymbolKind)


class Kept(Protocol):
    """Graphs by mark. One that can't be read is as good as none."""

    def graph(self, mark: str) -> CodeGraph | None:
        """What was kept under the mark."""

    def keep_graph(self, mark: str, graph: CodeGraph) -> None:
        """Keep it, if there is room."""


def mark_of(sources: Mapping[str, bytes], told: Iterable[object] = ()) -> str:
    """A digest of the files' names and texts, and of what else a result follows from; empty where that is too little to be kept."""
    if sum(map(len, sources.values())) < FEWEST_BYTES:
        return ""
    digest = hashlib.sha256(repr(tuple(told)).encode())
    for file, source in sorted(sources.items()):
        digest.update(f"\0{file}\0{len(source)}\0".encode("utf-8", "surrogateescape") + source)
    return digest.hexdigest()


class _Words:
    """Texts by number."""

    def __init__(self) -> None:
        self.words: dict[str, int] = {}

    def number(self, word: str) -> int:
        return self.words.setdefault(word, len(self.words))


def graph_to_json(graph: CodeGraph) -> dict[str, Any]:
    """A graph without references, texts written once."""
    number = (words := _Words()).number
    return {
        "symbols": [[number(s.id), _KINDS.index(s.kind), number(s.file), s.line, s.column, s.end_line, s.byte] for s in graph.symbols],
        "edges": [[number(e.source), number(e.target), _TYPES.index(e.type), _CONFIDENCES.index(e.confidence), number(e.file), e.byte] for e in graph.edges],
        "imports": [[number(use.file), use.byte, use.written] for use in graph.imports],
        "flows": [[number(flow.file), flow.byte, number(flow.source), flow.written] for flow in graph.flows],
        "cut_short": graph.cut_short,
        "words": list(words.words),
    }


def graph_from_json(data: Mapping[str, Any]) -> CodeGraph:
    """The graph again. Raises KeyError, IndexError, TypeError or ValueError for what is none."""
    words = data["words"]
    return CodeGraph(
        symbols=tuple(Symbol(words[name], _KINDS[kind], words[file], *rest) for name, kind, file, *rest in data["symbols"]),
        edges=tuple(
            CodeEdge(words[source], words[target], _TYPES[kind], _CONFIDENCES[sure], words[file], byte)
            for source, target, kind, sure, file, byte in data["edges"]
        ),
        imports=tuple(ImportUse(words[file], byte, written) for file, byte, written in data["imports"]),
        flows=tuple(DataFlow(words[file], byte, words[source], written) for file, byte, source, written in data["flows"]),
        cut_short=bool(data["cut_short"]),
    )
