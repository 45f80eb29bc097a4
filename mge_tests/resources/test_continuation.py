"""Lines inside brackets that start further left than their statement."""

import ast

import pytest

from mge_resources.syntax import Language, parse

INSIDE = (
    "(a.\nb)",
    "(a +\nb)",
    "(a if\nb else c)",
    "(lambda x:\nx)",
    "(not\nx)",
    "f(a=\nb)",
    "(x for\ny in z)",
    "{a:\nb}",
    "(a is\nnot b)",
    '("""é\nä""" +\nb)',
)


@pytest.mark.parametrize("expression", [*INSIDE, "(a. # why\n\n  # really\nb)"])
def test_such_a_line_is_no_error_and_every_name_stays_where_it_stands(expression):
    source = f"def f():\n    if q:\n        r = {expression}\n        s\n    t\n".encode()
    root = parse(Language.PYTHON, source).root_node
    lines, names, stack = source.split(b"\n"), set(), [root]
    while stack:
        node = stack.pop()
        stack += node.children
        if node.type == "identifier":
            row, column = node.start_point
            assert lines[row][column : node.end_point.column] == source[node.start_byte : node.end_byte]
            names.add((row + 1, column, lines[row][column : node.end_point.column].decode()))
    assert not root.has_error
    assert names >= {(name.lineno, name.col_offset, name.id) for name in ast.walk(ast.parse(source)) if isinstance(name, ast.Name)}


def test_what_is_no_python_stays_an_error():
    assert parse(Language.PYTHON, b"def f():\n    x = (a +\nb\n").root_node.has_error
    assert parse(Language.PYTHON, b"x = = (a +\nb)\n\xff").root_node.has_error
