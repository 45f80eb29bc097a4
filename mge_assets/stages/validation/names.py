"""Semantics of Python: undefined names and their like, as pyflakes finds them in a whole file."""

import ast

from pyflakes.checker import Checker

from mge_assets.model.findings import Severity
from mge_assets.stages.validation.guards import Guards
from mge_assets.stages.validation.rules import table
from mge_assets.stages.validation.spots import Lines, Spot


def name_faults(tree: ast.Module, lines: Lines, content: bytes) -> tuple[Spot, ...] | None:
    """A spot for each message that the table knows; the others (unused imports above all) are no concern of an atom's.

    ``None`` where the code is nested too deeply for pyflakes, which walks it by recursion.
    """
    known = table("python")["names"]
    try:
        messages = Checker(tree, "code.py").messages
    except RecursionError:
        return None
    found = []
    guards = Guards(tree) if any(type(message).__name__ == "UndefinedName" for message in messages) else None
    for message in messages:
        rule = type(message).__name__
        if rule in known and not _excused(content, lines, message.lineno):
            severity, fix = known[rule]
            if guards and rule == "UndefinedName" and _meant(guards, tree, message.lineno, message.message_args[0]):
                continue
            text = message.message % message.message_args
            found.append(Spot(f"pyflakes.{rule}", Severity(severity), text, fix, lines.byte(message.lineno, message.col), message.lineno))
    return tuple(found)


def _excused(content: bytes, lines: Lines, line: int) -> bool:
    """Whether the author says on the line that it is meant."""
    start = lines.byte(line)
    end = content.find(b"\n", start)
    return b"# noqa" in content[start : end if end >= 0 else None]


def _meant(guards: Guards, tree: ast.Module, line: int, name: str) -> bool:
    """Whether the name is bound when the line runs, or the author knows that it may not be."""
    return guards.excuse(name, line) or _bound_by_an_earlier_turn(tree, line, name)


def _bound_by_an_earlier_turn(tree: ast.Module, line: int, name: str) -> bool:
    """Whether a loop around the line binds the name further down: pyflakes reads a body once, from top to bottom (5 of its 9 errors on networkx)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.For | ast.AsyncFor | ast.While) and node.lineno <= line <= (node.end_lineno or 0):
            stores = (inner for inner in ast.walk(node) if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store))
            if any(inner.id == name and inner.lineno >= line for inner in stores):
                return True
    return False
