"""Python: node types of tree-sitter-python as tree-sitter-language-pack 0.13 bundles it.

That build yields ``(module (assignment …))`` where the grammar's own wheel wraps an ``expression_statement`` around it; both are read.
"""

import re

from tree_sitter import Node

from mge_assets.model.atoms import AtomKind
from mge_assets.stages.atomization.grammar import Description, Grammar, Parameter

_DEFINITIONS = {"function_definition", "class_definition"}
_IMPORTS = {"import_statement", "import_from_statement", "future_import_statement"}
_TYPE_MAKERS = {b"TypeVar", b"ParamSpec", b"TypeVarTuple", b"NewType", b"NamedTuple", b"TypedDict", b"namedtuple"}
_ENUMS = {b"Enum", b"IntEnum", b"StrEnum", b"Flag", b"IntFlag"}
_TYPE_BASES = {b"TypedDict", b"NamedTuple"}
_CONDITIONAL = {"if_statement", "try_statement", "else_clause", "elif_clause", "except_clause", "finally_clause", "block"}
_ABSTRACT = {b"Protocol", b"ABC", b"ABCMeta"}


def _bare(node: Node) -> Node:
    """The expression inside an ``expression_statement``; any other node as it is."""
    return node.named_children[0] if node.type == "expression_statement" and node.named_child_count else node


def _text(node: Node | None) -> bytes:
    return (node.text or b"") if node is not None else b""


def _bases(node: Node) -> set[bytes]:
    listed = node.child_by_field_name("superclasses")
    if listed is None:
        return set()
    values = (child.child_by_field_name("value") if child.type == "keyword_argument" else child for child in listed.named_children)
    return {_text(value).split(b"[")[0].split(b".")[-1] for value in values if value is not None}


def _decorators(node: Node) -> list[bytes]:
    if node.type != "decorated_definition":
        return []
    return [_text(child)[1:].split(b"(")[0].strip().split(b".")[-1] for child in node.children if child.type == "decorator"]


def _docstring(definition: Node) -> Node | None:
    """The string that opens a module's, class's or function's body."""
    body = definition.child_by_field_name("body") if definition.type in _DEFINITIONS else definition
    first = body.named_child(0) if body is not None and body.named_child_count else None
    if body is not None and first is not None and first.type == "comment":
        first = next((child for child in body.named_children if child.type != "comment"), None)
    first = _bare(first) if first is not None else None
    return first if first is not None and first.type in {"string", "concatenated_string"} else None


_STUB_ENDS = frozenset({"pass_statement", "ellipsis", "raise_statement", "string", "expression_statement", "comment"})


def _is_stub_body(body: Node | None) -> bool:
    count = body.named_child_count if body is not None else 0
    last = body.named_child(count - 1) if body is not None and 0 < count <= 64 else None
    if body is None or last is None or last.type not in _STUB_ENDS:  # most bodies: their other statements need not be looked at
        return False
    statements = [_bare(child) for child in body.named_children if child.type != "comment"]
    if statements and statements[0].type == "string":
        statements = statements[1:]
        if not statements:
            return True  # only a documentation: a contract whose body is still to be written
    if len(statements) != 1:
        return False
    only = statements[0]
    if only.type in {"pass_statement", "ellipsis"}:
        return True
    return only.type == "raise_statement" and _text(only)[5:].strip().split(b"(")[0] == b"NotImplementedError"


def _function(node: Node, definition: Node, in_class: bool) -> Description:
    decorators = _decorators(node)
    overload = b"overload" in decorators
    abstract = overload or any(name.startswith(b"abstract") for name in decorators)
    body = definition.child_by_field_name("body")
    name = _text(definition.child_by_field_name("name")).decode(errors="replace")
    kind = AtomKind.METHOD if in_class else AtomKind.FUNCTION
    return Description(kind, definition, name, body, stub=not abstract and _is_stub_body(body), overload=overload)


def _class(definition: Node) -> Description:
    bases = _bases(definition)
    body = definition.child_by_field_name("body")
    name = _text(definition.child_by_field_name("name")).decode(errors="replace")
    if bases & _ENUMS:
        return Description(AtomKind.ENUM, definition, name, body)
    if b"Protocol" in bases:
        return Description(AtomKind.INTERFACE, definition, name, body)
    if bases & _TYPE_BASES:
        return Description(AtomKind.TYPE, definition, name, body)
    split = not bases & _ABSTRACT and body is not None and any(_member_stub(child) for child in body.named_children)
    return Description(AtomKind.CLASS_HEADER, definition, name, body, split=split)


_HOLDERS = frozenset({"if_statement"})
_CLAUSES = frozenset({"elif_clause", "else_clause"})


def _member_stub(child: Node) -> bool:
    definition = child.child_by_field_name("definition") if child.type == "decorated_definition" else child
    if definition is None or definition.type != "function_definition" or not _is_stub_body(definition.child_by_field_name("body")):
        return False
    return _function(child, definition, True).stub


def _is_entry(node: Node) -> bool:
    condition = node.child_by_field_name("condition")
    return condition is not None and condition.type == "comparison_operator" and b"__name__" in _text(condition) and b"__main__" in _text(condition)


def _only_imports(node: Node) -> bool:
    """True for ``if TYPE_CHECKING:`` and ``try: import`` blocks: imports, and at most an assignment in an except or else clause."""
    stack, imports = [node], 0
    while stack:
        for child in stack.pop().named_children:
            bare = _bare(child)
            if bare.type in _CONDITIONAL:
                stack.append(bare)
            elif bare.type in _IMPORTS:
                imports += 1
            elif node.type == "if_statement" and bare.type in {"identifier", "attribute", "comparison_operator", "not_operator"}:
                continue
            elif bare.type not in {"assignment", "pass_statement", "comment", "identifier", "tuple", "as_pattern"}:
                return False
    return imports > 0


def _assignment(node: Node) -> Description:
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    name = _text(left).decode(errors="replace") if left is not None and left.type == "identifier" else ""
    declared = _text(node.child_by_field_name("type"))
    made = right is not None and right.type == "call" and _text(right.child_by_field_name("function")).split(b".")[-1] in _TYPE_MAKERS
    return Description(AtomKind.TYPE if made or declared.endswith(b"TypeAlias") else AtomKind.CONSTANT, node, name)


def describe(node: Node, in_class: bool) -> Description:  # noqa: PLR0911 - a table of node types
    """What the statement is."""
    node = _bare(node)
    definition = node.child_by_field_name("definition") if node.type == "decorated_definition" else node
    if definition is not None and definition.type == "function_definition":
        return _function(node, definition, in_class)
    if definition is not None and definition.type == "class_definition":
        return _class(definition)
    if node.type in _IMPORTS:
        return Description(AtomKind.IMPORT, node)
    if node.type == "assignment":
        return _assignment(node)
    if node.type == "type_alias_statement":
        return Description(AtomKind.TYPE, node, _text(node.child_by_field_name("left")).decode(errors="replace").split("[")[0])
    if node.type == "string":
        return Description(AtomKind.DOCSTRING, node)
    if node.type == "comment":
        return Description(AtomKind.TRIVIA, node)
    if node.type == "if_statement" and _is_entry(node):
        return Description(AtomKind.ENTRY_POINT, node)
    if node.type in {"if_statement", "try_statement"} and node.end_byte - node.start_byte < 4000 and _only_imports(node):
        return Description(AtomKind.IMPORT, node)
    return Description(AtomKind.STATEMENT_GROUP, node, split=node.type in _HOLDERS and _holds_stub(node))


def _holds_stub(node: Node) -> bool:
    """Whether a function to be written stands in the branches of a statement: it is an atom of its own then."""
    blocks = [child for child in node.children if child.type == "block"]
    blocks += [inner for child in node.children if child.type in _CLAUSES for inner in child.children if inner.type == "block"]
    return any(_member_stub(child) for block in blocks for child in block.named_children)


def _signature(description: Description) -> bytes:
    """The text from ``def`` or ``class`` to the colon."""
    node, body = description.node, description.body
    if body is None:
        return _text(node)[:200] if description.kind is AtomKind.TYPE else b""
    header = _text(node)[: body.start_byte - node.start_byte]
    colon = next((child for child in reversed(node.children) if child.type == ":" and child.start_byte < body.start_byte), None)
    return header[: colon.start_byte - node.start_byte] if colon is not None else header


def _parameter(node: Node) -> Parameter | None:
    kind = node.type
    if kind == "identifier":
        return Parameter(_text(node).decode(errors="replace"))
    if kind in {"list_splat_pattern", "dictionary_splat_pattern"}:
        return Parameter(_text(node).decode(errors="replace").lstrip("*"), variadic=True)
    if kind == "typed_parameter":
        first = node.named_children[0]
        written = _text(node.child_by_field_name("type")).decode(errors="replace")
        return Parameter(_text(first).decode(errors="replace").lstrip("*"), written, variadic=first.type != "identifier")
    if kind in {"default_parameter", "typed_default_parameter"}:
        name, written, default = (_text(node.child_by_field_name(field)).decode(errors="replace") for field in ("name", "type", "value"))
        return Parameter(name, written, default)
    return None


def _parameters(description: Description) -> tuple[Parameter, ...]:
    """The parameters, ``self`` and ``cls`` included."""
    listed = description.node.child_by_field_name("parameters")
    found = (_parameter(child) for child in listed.named_children) if listed is not None else ()
    return tuple(parameter for parameter in found if parameter)


def _returns(description: Description) -> str:
    return _text(description.node.child_by_field_name("return_type")).decode(errors="replace")


def _tests(root: Node) -> tuple[Node, ...]:
    """Test functions, in classes too; the whole where there is none."""
    found: list[Node] = []
    stack = [root]
    while stack:
        for child in reversed(stack.pop().named_children):
            definition = child.child_by_field_name("definition") if child.type == "decorated_definition" else child
            if definition is None:
                continue
            if definition.type == "function_definition":
                if _text(definition.child_by_field_name("name")).startswith(b"test"):
                    found.append(child)
            elif definition.type == "class_definition" and (body := definition.child_by_field_name("body")) is not None:
                stack.append(body)
    return tuple(sorted(found, key=lambda node: node.start_byte)) or (root,)


def _bindings(node: Node) -> tuple[tuple[str, str], ...]:
    module = _text(node.child_by_field_name("module_name")).decode(errors="replace")
    start = "import" if node.type == "import_statement" else f"from {module or '__future__'} import"
    found: list[tuple[str, str]] = []
    for child in node.children_by_field_name("name"):
        written = " ".join(_text(child).decode(errors="replace").split())
        alias = child.child_by_field_name("alias")
        bound = _text(alias).decode(errors="replace") if alias is not None else written.split(".")[0]
        found.append((bound, f"{start} {written}"))
    if any(child.type == "wildcard_import" for child in node.children):
        found.append(("*", f"{start} *"))
    return tuple(found)


_INFERRED = {
    "integer": "int",
    "float": "float",
    "string": "str",
    "concatenated_string": "str",
    "true": "bool",
    "false": "bool",
    "none": "None",
    "list": "list",
    "list_comprehension": "list",
    "dictionary": "dict",
    "dictionary_comprehension": "dict",
    "set": "set",
    "set_comprehension": "set",
    "tuple": "tuple",
    "expression_list": "tuple",
    "generator_expression": "Iterator",
    "lambda": "Callable",
    "comparison_operator": "bool",
    "not_operator": "bool",
    "yield": "Iterator",
}
_RESULTS = {
    **dict.fromkeys(("all", "any", "bool", "callable", "hasattr", "isinstance", "issubclass", ".endswith", ".isdigit", ".startswith"), "bool"),
    **dict.fromkeys(("id", "int", "len", "ord", ".bit_length"), "int"),
    **dict.fromkeys(("ascii", "chr", "format", "repr", "str", "os.getcwd", "os.path.basename", "os.path.dirname", "os.path.join"), "str"),
    **dict.fromkeys((".casefold", ".expandtabs", ".format", ".isoformat", ".ljust", ".rjust", ".zfill"), "str"),
    **dict.fromkeys(("dir", "list", "sorted", ".splitlines"), "list"),
    **dict.fromkeys(("bytes", ".encode"), "bytes"),
    **dict.fromkeys(("dict", "dict.fromkeys", "globals", "locals", "vars"), "dict"),
    **{name: name for name in ("bytearray", "complex", "enumerate", "filter", "float", "frozenset", "map", "range", "reversed", "set", "tuple", "type", "zip")},
    **{name: name for name in ("collections.defaultdict", "collections.deque", "defaultdict", "deque", "super")},
}
_RANDOM = frozenset(
    {
        "date.today",
        "datetime.date.today",
        "datetime.datetime.now",
        "datetime.now",
        "datetime.utcnow",
        "input",
        "os.environ",
        "os.getcwd",
        "os.getenv",
        "os.getpid",
        "os.urandom",
        "random",
        "secrets",
        "shutil.disk_usage",
        "shutil.get_terminal_size",
        "shutil.which",
        "socket.gethostname",
        "socket.getfqdn",
        "time.monotonic",
        "time.perf_counter",
        "time.time",
        "uuid",
    }
)
_EFFECTS = frozenset(
    {
        "eval",
        "exec",
        "input",
        "logger",
        "open",
        "print",
        "sys.exit",
        "sys.stderr",
        "sys.stdout",
        "time.sleep",
        "urllib.request",
        "urlopen",
        "webbrowser",
        *(f"logging.{name}" for name in ("basicConfig", "critical", "debug", "error", "exception", "info", "log", "warning")),
        *(f"os.{name}" for name in ("_exit", "chdir", "chmod", "chown", "execv", "execve", "fork", "kill", "link", "makedirs", "mkdir", "putenv", "remove")),
        *(f"os.{name}" for name in ("removedirs", "rename", "renames", "replace", "rmdir", "symlink", "system", "truncate", "unlink", "utime", "write")),
        *(f"requests.{name}" for name in ("Session", "delete", "get", "head", "options", "patch", "post", "put", "request", "session")),
        *(f"shutil.{name}" for name in ("chown", "copy", "copy2", "copyfile", "copymode", "copystat", "copytree", "make_archive", "move", "rmtree")),
        *(f"socket.{name}" for name in ("create_connection", "create_server", "getaddrinfo", "gethostbyname", "socket", "socketpair")),
        *(f"subprocess.{name}" for name in ("Popen", "call", "check_call", "check_output", "getoutput", "getstatusoutput", "run")),
    }
)

GRAMMAR = Grammar(
    name="python",
    bodies=frozenset({"module", "block"}),
    compound=frozenset(
        {
            "function_definition",
            "class_definition",
            "decorated_definition",
            "if_statement",
            "for_statement",
            "while_statement",
            "try_statement",
            "with_statement",
            "match_statement",
            "case_clause",
            "elif_clause",
            "else_clause",
            "except_clause",
            "except_group_clause",
            "finally_clause",
        }
    ),
    literals=frozenset({"list", "dictionary", "set", "tuple"}),
    raw=frozenset({"string", "comment"}),
    margin=re.compile(rb"^(?:@|def\b|class\b|async def\b|import\b|from\b)", re.MULTILINE),
    plain=frozenset(
        {
            "if_statement",
            "for_statement",
            "while_statement",
            "try_statement",
            "with_statement",
            "match_statement",
            "return_statement",
            "raise_statement",
            "assert_statement",
            "delete_statement",
            "pass_statement",
            "break_statement",
            "continue_statement",
            "augmented_assignment",
            "call",
        }
    ),
    glued=frozenset({"decorator"}),
    comments=frozenset({"comment"}),
    describe=describe,
    docstring=_docstring,
    signature=_signature,
    parameters=_parameters,
    returns=_returns,
    tests=_tests,
    bindings=_bindings,
    inferred=_INFERRED,
    results=_RESULTS,
    self_name="self",
    assigning=True,
    block_scoped=False,
    random=_RANDOM,
    effects=_EFFECTS,
)
"""Python."""
