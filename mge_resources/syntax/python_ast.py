"""Python's own syntax tree, asked for from many threads."""

import ast
from threading import RLock

_ONE_AT_A_TIME = RLock()
"""CPython 3.11 counts how deep it is in building a tree once for all threads: a collection of garbage that lets another
thread build one in between fails with `SystemError: AST constructor recursion depth mismatch`."""


def parse_python(source: str | bytes) -> ast.Module:
    """The tree of Python source. Raises SyntaxError and ValueError as `ast.parse` does."""
    with _ONE_AT_A_TIME:
        return ast.parse(source)


def read_literal(text: str) -> object:
    """The plain value that Python source writes out. Raises SyntaxError and ValueError as `ast.literal_eval` does."""
    with _ONE_AT_A_TIME:
        return ast.literal_eval(text)
