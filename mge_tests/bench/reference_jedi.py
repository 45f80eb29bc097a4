"""Where jedi says that the names and attributes in Python files are defined: run in an environment that has it, so no import of ours.

    python reference_jedi.py ROOT

One JSON row a use on stdout: file, line, column (from 1), name, kind, [[file, line], …]. Definitions are the nearest one and the one behind imports, inside
ROOT, as far as a name or an attribute is bound there: jedi counts ``x[0] = 1`` and ``x += 1`` as definitions of ``x`` too, by rules of its own.
"""

import ast
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jedi  # type: ignore[import-not-found]

_BINDING = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.arg, ast.alias, ast.ExceptHandler)
"""What binds a name, beside assignments."""


def bound_lines(tree: ast.AST) -> set[int]:
    """Lines on which something is bound; the first, which stands for the module, among them."""
    found = {1}
    for node in ast.walk(tree):
        stored = isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Store)
        if stored or isinstance(node, _BINDING):
            found.add(node.lineno)  # type: ignore[attr-defined]
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.update(range(node.lineno, node.body[0].lineno))
    return found


def used(tree: ast.AST) -> Iterator[tuple[str, int, int, str]]:
    """Names and attributes that are read: kind, line, byte in it, name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            yield "name", node.lineno, node.col_offset, node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
            yield "attribute", node.end_lineno or 0, (node.end_col_offset or 0) - len(node.attr.encode()), node.attr


def main() -> None:
    """Ask jedi about every use."""
    root = Path(sys.argv[1]).resolve()
    project = jedi.Project(str(root.parent), added_sys_path=[str(root.parent)])
    trees = {file: ast.parse(file.read_bytes()) for file in sorted(root.rglob("*.py"))}
    bound = {file: bound_lines(tree) for file, tree in trees.items()}
    for file, tree in trees.items():
        script, lines = jedi.Script(path=str(file), project=project), file.read_bytes().split(b"\n")
        for kind, line, byte, name in used(tree):
            column = len(lines[line - 1][:byte].decode())
            try:
                answers = [*script.goto(line, column), *script.goto(line, column, follow_imports=True)]
            except Exception:
                continue
            kinds = {answer.type for answer in answers}
            places = {place for answer in answers if (place := _place(answer, bound))}
            row = [(str(where.relative_to(root)), at) for where, at in sorted(places)]
            print(json.dumps([str(file.relative_to(root)), line, column + 1, name, f"{kind} of {'+'.join(sorted(kinds)) or 'unknown'}", row]))


def _place(answer: Any, bound: dict[Path, set[int]]) -> tuple[Path, int] | None:
    """File and line of an answer that is bound inside the folder."""
    file = answer.module_path and Path(answer.module_path).resolve()
    return (file, answer.line) if file in bound and answer.line in bound[file] else None


if __name__ == "__main__":
    main()
