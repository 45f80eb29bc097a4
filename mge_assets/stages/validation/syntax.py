"""Syntax: what the tree's ERROR and MISSING nodes say and, for Python, what the compiler says."""

import ast
import warnings
from collections.abc import Iterator

from tree_sitter import Node, Tree

from mge_assets.model.findings import Severity
from mge_assets.stages.validation.spots import Lines, Spot
from mge_resources.syntax import parse_python

_FIX = "correct the code so that the whole file parses"
_SHOWN = 40


def _faults(node: Node) -> Iterator[Node]:
    """The ERROR and MISSING nodes, outermost first; sound subtrees are not walked."""
    if node.is_missing or node.type == "ERROR":
        yield node
    elif node.has_error:
        for child in node.children:
            yield from _faults(child)


def tree_faults(tree: Tree) -> tuple[Spot, ...]:
    """A spot for each ERROR or MISSING node."""
    return tuple(_fault(node) for node in _faults(tree.root_node))


def _fault(node: Node) -> Spot:
    text = (node.text or b"").decode(errors="replace").strip().split("\n")[0][:_SHOWN]
    message = f"{node.type!r} is missing" if node.is_missing else f"syntax error at {text!r}"
    return Spot("syntax.tree", Severity.ERROR, message, _FIX, node.start_byte, node.start_point[0] + 1)


def compile_python(content: bytes, lines: Lines) -> tuple[ast.Module | None, tuple[Spot, ...]]:
    """Python's own verdict: the syntax tree, or ``None`` and what is wrong. Warnings of the compiler are not our business."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            tree = parse_python(content)
            compile(tree, "<code>", "exec", dont_inherit=True)
        except SyntaxError as error:
            line = error.lineno or 1
            message = f"{error.msg}{f': {error.text.strip()[:_SHOWN]!r}' if error.text else ''}"
            return None, (Spot("syntax.python", Severity.ERROR, message, _FIX, lines.byte(line), line),)
        except (ValueError, RecursionError, MemoryError) as error:
            return None, (Spot("syntax.python", Severity.ERROR, f"Python can't compile the file: {error}", _FIX, 0, 1),)
    return tree, ()
