"""Complexity follows the rules, and equals radon's where radon counts the same things."""

import ast
from typing import Any

import pytest

from mge_assets.stages.atomization.parsing import MultiLanguageParser
from mge_resources.syntax import Language
from mge_tests.stages.atomization.sources import javascript, package_files, python

PYTHON_RULES = {
    "return 1": 1,
    "if a: b()": 2,
    "if a: b()\n    elif c: d()\n    else: e()": 3,
    "for x in a: b()\n    else: c()": 2,
    "while a: b()": 2,
    "try: a()\n    except B: c()\n    except D: e()\n    finally: f()": 3,
    "with a: b()": 1,
    "assert a": 1,
    "return a and b or c": 3,
    "return a if b else c": 2,
    "return [x for x in a for y in x if y if x]": 5,
    "return {x for x in a}, {x: y for x, y in a}, (x for x in a)": 4,
    "match a:\n        case 1: b()\n        case _: c()": 2,
    "def g():\n        if a: b()\n    return g": 1,
    "return lambda: a or b": 2,
    "return not a": 1,
}


@pytest.mark.parametrize("body", PYTHON_RULES)
def test_python_rules(body: str) -> None:
    assert python(f"def f():\n    {body}\n").atoms[0].complexity == PYTHON_RULES[body]


JAVASCRIPT_RULES = {
    "return 1": 1,
    "if (a) b(); else if (c) d(); else e();": 3,
    "for (;;) a(); for (const x of a) b(); for (const x in a) b();": 4,
    "while (a) b(); do { b() } while (a)": 3,
    "switch (a) { case 1: b(); case 2: c(); default: d() }": 3,
    "try { a() } catch (e) { b() } finally { c() }": 2,
    "return a ? b : c": 2,
    "return a && b || c ?? d": 4,
    "return a?.b": 1,
    "const g = () => a && b; return g": 1,
}


@pytest.mark.parametrize("body", JAVASCRIPT_RULES)
def test_javascript_rules(body: str) -> None:
    assert javascript(f"function f(a, b = 1) {{ {body} }}\n").atoms[0].complexity == JAVASCRIPT_RULES[body]


def _counted_otherwise(function: ast.AST) -> bool:
    """True where radon differs on purpose: it adds the else of loops and of try, reads match in its own way, and looks into no assert."""
    decisions = (ast.BoolOp, ast.IfExp, ast.comprehension)
    for node in ast.walk(function):
        if isinstance(node, ast.Match) or (isinstance(node, ast.For | ast.While | ast.AsyncFor | ast.Try) and node.orelse):
            return True
        if isinstance(node, ast.Assert) and any(isinstance(inner, decisions) for inner in ast.walk(node)):
            return True
    return False


def test_complexity_equals_radon_on_every_function_of_click() -> None:
    radon: Any = pytest.importorskip("radon.visitors")
    compared = 0
    for file in package_files("click"):
        source = file.read_bytes()
        tree = ast.parse(source)
        otherwise = {node.lineno for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and _counted_otherwise(node)}
        visitor = radon.ComplexityVisitor(to_method=False, no_assert=True)
        visitor.visit(tree)
        parsed = MultiLanguageParser().parse(source, str(file), Language.PYTHON)
        ours = {node.start_point.row + 1: parsed.decisions.of_function(node.start_byte, node.end_byte) for node in parsed.marks["function"]}
        blocks = [block for block in visitor.blocks if not hasattr(block, "methods")]
        for block in blocks:
            if block.lineno not in otherwise:
                compared += 1
                assert ours[block.lineno] == block.complexity, f"{file}:{block.lineno}"
    assert compared > 300
