"""What jedi says of the calls in chosen functions: run in an environment that has it, so no import of ours.

    python dependency_jedi.py ROOT CALLERS.json|all OUT.json

``CALLERS.json`` lists dotted ids of functions, ``all`` are all below ROOT; the answer is rows of caller and callee, both inside ROOT, by the same ids.
Every call's callee, and every decorator of the function, is given to ``infer``; a class stands for its ``__init__``, its own or the
one that it inherits. An answer is named by its file and its place in it: jedi's own names depend on the path that a module was imported by.
"""

import ast
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jedi  # type: ignore[import-not-found]

_MAX_BASES = 8


def functions(root: Path) -> Iterator[tuple[Path, str, ast.AST]]:
    """Every function below the folder: file, dotted id, tree."""
    for file in sorted(root.rglob("*.py")):
        relative = file.relative_to(root)
        module = ".".join(relative.with_suffix("").parts).removesuffix(".__init__")
        stack: list[tuple[ast.AST, str]] = [(ast.parse(file.read_bytes()), module)]
        while stack:
            node, name = stack.pop()
            for child in ast.iter_child_nodes(node):
                if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                    own = f"{name}.{child.name}"
                    stack.append((child, own))
                    if not isinstance(child, ast.ClassDef):
                        yield file, own, child
                else:
                    stack.append((child, name))


def calls(tree: ast.AST) -> Iterator[ast.expr]:
    """What the function's own code calls."""
    stack = list(ast.iter_child_nodes(tree))
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Call):
            yield node.func
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            stack.extend(ast.iter_child_nodes(node))


def main() -> None:
    """Ask jedi and write its edges."""
    root, out = Path(sys.argv[1]).resolve(), Path(sys.argv[3])
    wanted = None if sys.argv[2] == "all" else set(json.loads(Path(sys.argv[2]).read_text()))
    home = str(root.parent if (root / "__init__.py").exists() else root)
    project = jedi.Project(home, added_sys_path=[home])
    scripts: dict[Path, Any] = {}
    found: set[tuple[str, str]] = set()
    begin = time.process_time()
    for file, caller, tree in functions(root):
        if wanted is not None and caller not in wanted:
            continue
        script = scripts.setdefault(file, jedi.Script(path=str(file), project=project))
        for callee in calls(tree):
            column = (callee.end_col_offset or 1) - 1
            try:
                answers = script.infer(callee.end_lineno, column)
            except Exception:
                continue
            found.update((caller, target) for answer in answers if (target := _target(answer, root, project)))
    out.write_text(json.dumps({"seconds": time.process_time() - begin, "edges": sorted(found)}))


def _target(answer: Any, root: Path, project: Any, depth: int = 0) -> str:
    """The dotted id of an answer inside the folder."""
    if answer.type not in {"function", "class"} or answer.module_path is None or depth > _MAX_BASES:
        return ""
    try:
        relative = Path(answer.module_path).resolve().relative_to(root)
    except ValueError:
        return ""
    if relative.suffix != ".py" or not answer.full_name:
        return ""
    inside = answer.full_name.removeprefix(answer.module_name).lstrip(".")
    name = ".".join([".".join(relative.with_suffix("").parts).removesuffix(".__init__"), inside])
    if answer.type == "function":
        return name
    if any(known.name == "__init__" and known.type == "function" for known in answer.defined_names()):
        return f"{name}.__init__"
    return next((found for base in _bases(answer, project) if (found := _target(base, root, project, depth + 1))), "")


def _bases(answer: Any, project: Any) -> Iterator[Any]:
    """What jedi says of the base classes of a class, in order."""
    path = Path(answer.module_path)
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.ClassDef) and node.name == answer.name and node.lineno == answer.line:
            script = jedi.Script(path=str(path), project=project)
            for base in node.bases:
                try:
                    yield from script.infer(base.end_lineno, (base.end_col_offset or 1) - 1)
                except Exception:
                    continue


if __name__ == "__main__":
    main()
