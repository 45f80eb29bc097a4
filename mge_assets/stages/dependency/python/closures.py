"""Functions that make functions (decorators, factories): each call gets its own copy of the inner ones.

Without that all functions behind one decorator would share the inner function's variables: on flask, where 43 methods
stand behind one decorator, a call of any of them would reach all.
"""

from tree_sitter import Node as Tree

from mge_assets.stages.dependency.python.names import text

MAX_COPIES = 256
"""Copies of one function; those beyond share the first."""
MAX_LINES = 60
"""Length of a function that is copied."""
MAX_COPIED_LINES = 40_000
"""Lines that copies of all functions may have together."""
MAX_NESTED_COPIES = 4
"""Copies that are made while one is being made."""
_SAME = {"cast", "update_wrapper"}
_INNER = {"function_definition", "lambda", "class_definition"}


def makes_functions(tree: Tree) -> bool:
    """True where the function has parameters and returns one that is defined in it."""
    body, parameters = tree.child_by_field_name("body"), tree.child_by_field_name("parameters")
    if body is None or parameters is None or not parameters.named_children or lines(tree) > MAX_LINES:
        return False
    if b"return" not in (body.text or b""):
        return False
    inner: set[str] = set()
    returned: list[Tree] = []
    stack = [body]
    while stack:
        node = stack.pop()
        if node.type in {"function_definition", "lambda"}:
            inner.add(text(node.child_by_field_name("name")))
        elif node.type == "return_statement":
            returned.extend(node.named_children[:1])
        if node.type not in _INNER:
            stack.extend(node.named_children)
    return bool(inner) and any(_is_inner(value, inner) for value in returned)


def calls_parameter(tree: Tree) -> bool:
    """True where the function gives something back and calls one of its parameters (a callback, a class, ``cls``): what comes back is the caller's."""
    body, parameters = tree.child_by_field_name("body"), tree.child_by_field_name("parameters")
    if body is None or parameters is None or _code_lines(tree, body) > MAX_LINES:
        return False
    if b"return" not in (body.text or b""):
        return False
    names = _names(parameters)
    called = gives = False
    stack = [body]
    while stack:
        node = stack.pop()
        gives = gives or (node.type == "return_statement" and bool(node.named_children))
        called = called or (node.type == "call" and text(node.child_by_field_name("function")) in names)
        if node.type not in _INNER:
            stack.extend(node.named_children)
    return called and gives


def sets_attributes(tree: Tree) -> bool:
    """True where the function gives an object that it is given an attribute whose name it is given: mixed up, each would have all names."""
    body, parameters = tree.child_by_field_name("body"), tree.child_by_field_name("parameters")
    if body is None or parameters is None or b"setattr(" not in (body.text or b"") or lines(tree) > MAX_LINES:
        return False
    names = _names(parameters)
    stack = [body]
    while stack:
        node = stack.pop()
        arguments = node.child_by_field_name("arguments") if node.type == "call" else None
        if arguments is not None and text(node.child_by_field_name("function")) == "setattr":
            given = [text(child) for child in arguments.named_children[:2]]
            if len(given) == 2 and names.issuperset(given):
                return True
        if node.type not in _INNER:
            stack.extend(node.named_children)
    return False


def _names(parameters: Tree) -> set[str]:
    return {text(child.child_by_field_name("name") or (child.named_children[0] if child.named_children else child)) for child in parameters.named_children}


def _code_lines(tree: Tree, body: Tree) -> int:
    """Lines of a function without its docstring."""
    first = body.named_children[0] if body.named_children else None
    documented = first is not None and first.type in {"expression_statement", "string"} and text(first)[-1:] in {"'", '"'}
    return lines(tree) - (lines(first) if documented and first is not None else 0)


def _is_inner(tree: Tree, inner: set[str]) -> bool:
    if tree.type == "lambda":
        return True
    if tree.type == "identifier":
        return text(tree) in inner
    arguments = tree.child_by_field_name("arguments")
    if tree.type == "call" and arguments is not None and text(tree.child_by_field_name("function")).rpartition(".")[2] in _SAME:
        return any(_is_inner(argument, inner) for argument in arguments.named_children)
    return False


def lines(tree: Tree) -> int:
    """Lines of a function."""
    return tree.end_point.row - tree.start_point.row + 1
