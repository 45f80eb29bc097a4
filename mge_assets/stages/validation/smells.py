"""Performance smells: only those that the syntax tree proves. For information, never an error."""

import ast
from collections.abc import Iterator

from mge_assets.model.findings import Severity
from mge_assets.stages.validation.analysis import Analysis
from mge_assets.stages.validation.rules import table
from mge_assets.stages.validation.spots import Spot


def smells(analysis: Analysis) -> Iterator[Spot]:
    """A spot for each loop inside a loop over the same collection, in Python."""
    rule = table("python")["nested_loop"]
    for outer in ast.walk(analysis.python) if analysis.python else ():
        if isinstance(outer, ast.For) and isinstance(outer.iter, ast.Name):
            for inner in (node for statement in outer.body for node in ast.walk(statement) if isinstance(node, ast.For)):
                if isinstance(inner.iter, ast.Name) and inner.iter.id == outer.iter.id and not _rebinds(outer, outer.iter.id):
                    message = rule["message"].format(name=inner.iter.id)
                    yield Spot(rule["rule"], Severity(rule["severity"]), message, rule["fix"], analysis.lines.byte(inner.lineno), inner.lineno)


def _rebinds(loop: ast.For, name: str) -> bool:
    return any(isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store) for node in ast.walk(loop))
