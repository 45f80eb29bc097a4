"""The graph as the JSON object that ``mge graph`` prints."""

from typing import Any

from mge_assets.model.graph import CodeGraph


def graph_json(path: str, code: CodeGraph, references: bool) -> dict[str, Any]:
    """One folder's object: symbols, edges between them without repeats, and references if asked for.

    Columns of references are written from 0, as the ground truth counts them.
    """
    edges = dict.fromkeys((edge.source, edge.target, edge.type.value, edge.confidence.value) for edge in code.edges)
    found: dict[str, Any] = {
        "path": path,
        "symbols": [{"id": s.id, "kind": s.kind.value, "file": s.file, "line": s.line, "column": s.column, "end_line": s.end_line} for s in code.symbols],
        "edges": [{"source": source, "target": target, "type": kind, "confidence": sure} for source, target, kind, sure in edges],
    }
    if references:
        found["references"] = [
            {
                "file": use.file,
                "line": use.line,
                "column": use.column - 1,
                "name": use.name,
                "targets": [{"file": place.file, "line": place.line} for place in use.targets],
            }
            for use in code.references
        ]
    return found
