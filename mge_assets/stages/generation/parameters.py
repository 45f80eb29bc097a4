"""Parameters that an answer calls by other names than the contract: put right where nothing else changed.

A caller may pass them by keyword, so their names belong to the contract; a new attempt would cost a call for what is a matter of spelling.
"""

from collections.abc import Iterator

from tree_sitter import Node

from mge_resources.syntax import Language, parse

_PLAIN = {"identifier"}
_TYPED = {"typed_parameter", "typed_default_parameter", "default_parameter", "list_splat_pattern", "dictionary_splat_pattern"}


def with_contract_names(code: str, name: str, draft: bytes) -> str:
    """The code with the parameters of the function of this name called as in the draft; unchanged where they differ in more than their names."""
    source = code.encode(errors="replace")
    answered, wanted = _function(parse(Language.PYTHON, source).root_node, name), _function(parse(Language.PYTHON, draft).root_node, name)
    if answered is None or wanted is None:
        return code
    pairs = _pairs(answered, wanted)
    used = {_text(node) for node in _identifiers(answered)}
    if not pairs or used & set(pairs.values()):
        return code
    for node in sorted(_renamable(answered, set(pairs)), key=lambda each: -each.start_byte):
        source = source[: node.start_byte] + pairs[_text(node)].encode() + source[node.end_byte :]
    return source.decode(errors="replace")


def _pairs(answered: Node, wanted: Node) -> dict[str, str]:
    """Names in the answer and what they should be; empty where the parameters differ otherwise, or not at all."""
    given, asked = list(_parameters(answered)), list(_parameters(wanted))
    if [shape for _, shape in given] != [shape for _, shape in asked]:
        return {}
    return {mine: theirs for (mine, _), (theirs, _) in zip(given, asked, strict=True) if mine != theirs}


def _parameters(function: Node) -> Iterator[tuple[str, str]]:
    """Each parameter's name, and its shape: whether it is a star, has a default, or only parts the others."""
    found = function.child_by_field_name("parameters")
    for child in found.named_children if found is not None else ():
        if child.type == "comment":
            continue
        name = next((each for each in _identifiers(child)), None) if child.type in _PLAIN | _TYPED else None
        kind = child.type.removeprefix("typed_").replace("identifier", "parameter")
        yield (_text(name) if name is not None else "", kind)


def _function(root: Node, name: str) -> Node | None:
    if root.type == "function_definition":
        named = root.child_by_field_name("name")
        if named is not None and _text(named) == name:
            return root
    return next((found for child in root.named_children if (found := _function(child, name)) is not None), None)


def _identifiers(node: Node) -> Iterator[Node]:
    if node.type == "identifier":
        yield node
    for child in node.named_children:
        yield from _identifiers(child)


def _renamable(function: Node, names: set[str]) -> Iterator[Node]:
    """Where one of the names stands for the parameter: not behind a dot, and not as a keyword of a call."""
    for node in _identifiers(function):
        if _text(node) in names and not _is_other(node):
            yield node


def _is_other(node: Node) -> bool:
    above = node.parent
    field = {"attribute": "attribute", "keyword_argument": "name"}.get(above.type if above is not None else "")
    held = above.child_by_field_name(field) if above is not None and field else None
    return held is not None and held.start_byte == node.start_byte


def _text(node: Node) -> str:
    return (node.text or b"").decode(errors="replace")
