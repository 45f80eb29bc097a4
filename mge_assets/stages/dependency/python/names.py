"""What names a Python scope binds, found in one walk that does not enter inner scopes (the rules of ``symtable``)."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from unicodedata import normalize

from tree_sitter import Node as Tree

from mge_assets.stages.dependency.fixpoint import tree_text

_INNER = {"function_definition", "class_definition", "lambda"}
_IMPORTS = {"import_statement", "import_from_statement", "future_import_statement"}
_ELSEWHERE = {"global_statement", "nonlocal_statement"}
_LEAVES = {"identifier", "string", "integer", "comment", "for_in_clause", "float", "none", "true", "false", "ellipsis", "pass_statement"}
_COMPREHENSIONS = {"list_comprehension", "set_comprehension", "dictionary_comprehension", "generator_expression"}


def text(tree: Tree | None) -> str:
    """Source text of a syntax node; empty for none. A name is what Python takes it for: its letters may be written in several ways."""
    written = tree_text.text(tree)
    return written if tree is None or written.isascii() or tree.type != "identifier" else normalize("NFKC", written)


@dataclass(slots=True)
class Bindings:
    """Names bound in a scope and names declared to live elsewhere."""

    names: dict[str, None] = field(default_factory=dict)
    globals: set[str] = field(default_factory=set)
    nonlocals: set[str] = field(default_factory=set)
    stars: list[Tree] = field(default_factory=list)


def bindings(body: Tree) -> Bindings:
    """What the scope whose body this is binds, parameters aside."""
    found = Bindings()
    stack: list[Tree] = [body]
    while stack:
        tree = stack.pop()
        _collect(tree, found, stack, inside=tree is body)
    for name in found.globals | found.nonlocals:
        found.names.pop(name, None)
    return found


def _collect(tree: Tree, found: Bindings, stack: list[Tree], *, inside: bool) -> None:
    kind = tree.type
    if kind in _INNER and not inside:
        if (name := tree.child_by_field_name("name")) is not None:
            found.names[text(name)] = None
        stack.extend(_evaluated_outside(tree))
    elif kind in _COMPREHENSIONS:
        stack.extend(walrus_targets(tree))
    elif kind in _IMPORTS:
        _collect_import(tree, found)
    elif kind not in _LEAVES:
        found.names.update(dict.fromkeys(_bound_by(tree)))
        if kind in _ELSEWHERE:
            declared = found.globals if kind == "global_statement" else found.nonlocals
            declared.update(text(child) for child in tree.named_children)
        stack.extend(child for child in reversed(tree.named_children) if child.type not in _LEAVES)


def _bound_by(tree: Tree) -> Iterator[str]:
    """Names that this one statement or expression binds."""
    match tree.type:
        case "assignment" if _only_annotated(tree):
            return
        case "assignment" | "augmented_assignment" | "for_statement" | "type_alias_statement":
            yield from target_names(tree.child_by_field_name("left"))
        case "named_expression":
            yield text(tree.child_by_field_name("name"))
        case "as_pattern_target":
            yield from target_names(tree)
        case "delete_statement":
            for child in tree.named_children:
                yield from target_names(child)
        case "case_pattern":
            yield from capture_names(tree)


def _only_annotated(tree: Tree) -> bool:
    """True for ``(x): int``: in brackets and without a value it is no declaration."""
    left = tree.child_by_field_name("left")
    return left is not None and left.type in {"parenthesized_expression", "tuple_pattern"} and tree.child_by_field_name("right") is None


def declared_elsewhere(root: Tree, kind: str) -> list[str]:
    """Names that functions anywhere below declare ``global`` (the module has them, bound there or not) or ``nonlocal``."""
    found: dict[str, None] = {}
    stack = [root]
    while stack:
        tree = stack.pop()
        if tree.type == kind:
            found.update((text(child), None) for child in tree.named_children)
        elif tree.type not in _LEAVES:
            stack.extend(reversed(tree.named_children))
    return list(found)


def _evaluated_outside(tree: Tree) -> Iterator[Tree]:
    """Defaults of a function and bases of a class belong to the scope around."""
    for name in ("parameters", "superclasses"):
        if (child := tree.child_by_field_name(name)) is not None:
            yield from (part for part in child.named_children if part.type not in {"identifier"})


def walrus_targets(tree: Tree) -> Iterator[Tree]:
    """Assignment expressions inside a comprehension: they bind in the scope around it."""
    stack = list(tree.named_children)
    while stack:
        child = stack.pop()
        if child.type == "named_expression":
            yield child
        if child.type not in _INNER:
            stack.extend(child.named_children)


def target_names(tree: Tree | None) -> Iterator[str]:
    """Names bound by an assignment's left side."""
    if tree is None:
        return
    if tree.type == "identifier":
        yield text(tree)
    elif tree.type in {
        "pattern_list",
        "tuple_pattern",
        "list_pattern",
        "list_splat_pattern",
        "as_pattern_target",
        "tuple",
        "list",
        "list_splat",
        "parenthesized_expression",
        "type",
        "generic_type",
        "expression_list",
    }:
        for child in tree.named_children:
            yield from target_names(child)


def capture_names(tree: Tree) -> Iterator[str]:
    """Names bound by a ``case`` pattern: bare names and ``as`` names."""
    for child in tree.named_children:
        if child.type == "dotted_name":
            if len(child.named_children) == 1 and text(child) != "_":
                yield text(child)
        elif child.type == "class_pattern":
            for part in child.named_children[1:]:
                yield from capture_names(part) if part.type == "case_pattern" else ()
        elif child.type == "keyword_pattern":
            for part in child.named_children[1:]:
                if part.type == "dotted_name" and len(part.named_children) == 1:
                    yield text(part)
                yield from capture_names(part)
        elif child.type == "identifier":
            yield text(child)
        else:
            yield from capture_names(child)


def _collect_import(tree: Tree, found: Bindings) -> None:
    is_from = tree.type == "import_from_statement"
    for name in tree.children_by_field_name("name"):
        if name.type == "aliased_import":
            found.names[text(name.child_by_field_name("alias"))] = None
        else:
            whole = text(name)
            found.names[whole if is_from else whole.split(".")[0]] = None
    if any(child.type == "wildcard_import" for child in tree.named_children):
        found.stars.append(tree)
