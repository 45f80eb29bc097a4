"""How the callee of a JavaScript call is written, and in which function, going by the position that V8 tells."""

from tree_sitter import Node as Tree

from mge_assets.stages.dependency.javascript.scopes import pattern_names
from mge_tests.bench.script_instrument import FUNCTIONS, name_byte

FORMS = ("name", "module attribute", "this", "other receiver", "computed", "new", "property", "callback", "implicit")
_CLASSES = {"class", "class_declaration"}
_CHAIN = {"parenthesized_expression", "non_null_expression"}


def owner_of(root: Tree, byte: int) -> int | None:
    """The byte of the name of the function or class field whose code stands there; ``None`` for the module."""
    tree = root.descendant_for_byte_range(byte, byte)
    inner = tree
    while tree is not None:
        if tree.type in FUNCTIONS and not _is_name(tree, inner):
            return name_byte(tree)
        if tree.type == "field_definition" and inner == tree.child_by_field_name("value"):
            return (tree.child_by_field_name("property") or tree).start_byte
        if tree.type == "class_static_block" or _made_by_itself(tree, inner):
            return (tree.child_by_field_name("name") or tree).start_byte
        inner, tree = tree, tree.parent
    return None


def _made_by_itself(tree: Tree, inner: Tree | None) -> bool:
    """A class without a constructor calls that of the class it extends."""
    return tree.is_named and tree.type in _CLASSES and inner is not None and inner.type != "class_body" and not _has_constructor(tree)


def _has_constructor(cls: Tree) -> bool:
    body = cls.child_by_field_name("body")
    return any((name := child.child_by_field_name("name")) is not None and name.text == b"constructor" for child in body.named_children) if body else False


def _is_name(function: Tree, inner: Tree | None) -> bool:
    """A method's computed name is run by the code around it."""
    return function.type == "method_definition" and inner is not None and inner == function.child_by_field_name("name")


def form_of(root: Tree, byte: int, kind: str) -> str:
    """How what is called at the position is written; ``kind`` is the callee's."""
    if kind in {"get", "set"}:
        return "property"
    call = _call_at(root.descendant_for_byte_range(byte, byte))
    if call is None:
        return "implicit"
    if call.type == "new_expression":
        return "new"
    function = call.child_by_field_name("function")
    while function is not None and function.type in _CHAIN and len(function.named_children) == 1:
        function = function.named_children[0]
    if function is None:
        return "implicit"
    match function.type:
        case "identifier":
            return "callback" if _is_parameter(function) else "name"
        case "super":
            return "this"
        case "member_expression":
            return _member_form(root, function)
        case "subscript_expression":
            return "computed"
        case _:
            return "callback"


def _call_at(tree: Tree | None) -> Tree | None:
    """The call or ``new`` whose position this is: of its ``new``, its bracket, or the last name of its callee."""
    if tree is None:
        return None
    if tree.type == "new":
        return tree.parent
    if tree.type in {"(", "arguments", "?."} or tree.type == "template_string":
        around = tree.parent if tree.type in {"arguments", "template_string", "?."} else tree.parent.parent if tree.parent is not None else None
        return around if around is not None and around.type in {"call_expression", "new_expression"} else None
    while tree.parent is not None:
        around = tree.parent
        if around.type in {"call_expression", "new_expression"} and tree in (
            around.child_by_field_name("function"),
            around.child_by_field_name("constructor"),
        ):
            return around
        if around.type not in {"member_expression", "subscript_expression", *_CHAIN}:
            return None
        tree = around
    return None


def _member_form(root: Tree, member: Tree) -> str:
    holder = member.child_by_field_name("object")
    if holder is None or holder.type in {"this", "super"}:
        return "this"
    return "module attribute" if holder.type == "identifier" and holder.text in _modules(root) else "other receiver"


def _modules(root: Tree) -> set[bytes]:
    """Names that the file gives to whole modules."""
    found: set[bytes] = set()
    for statement in root.named_children:
        if statement.type in {"lexical_declaration", "variable_declaration"}:
            for child in statement.named_children:
                name, value = child.child_by_field_name("name"), child.child_by_field_name("value")
                called = value.child_by_field_name("function") if value is not None and value.type == "call_expression" else None
                if name is not None and name.type == "identifier" and called is not None and called.text == b"require":
                    found.add(name.text or b"")
        elif statement.type == "import_statement":
            for clause in statement.named_children:
                found |= {part.named_children[0].text or b"" for part in clause.named_children if part.type == "namespace_import"}
    return found


def _is_parameter(name: Tree) -> bool:
    """True where the name is a parameter of a function around it."""
    tree: Tree | None = name.parent
    while tree is not None:
        if tree.type in FUNCTIONS:
            parameters = tree.child_by_field_name("parameters") or tree.child_by_field_name("parameter")
            children = [] if parameters is None else [parameters] if parameters.type == "identifier" else parameters.named_children
            if any(one.text == name.text for child in children for one in pattern_names(child)):
                return True
        tree = tree.parent
    return False
