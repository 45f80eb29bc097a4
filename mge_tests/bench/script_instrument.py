"""JavaScript files with a call of the tracer at the head of every function, and the way back from positions in them to the originals."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field

from tree_sitter import Node as Tree

from mge_resources.syntax import Language, parse

FUNCTIONS = {
    "function_declaration", "generator_function_declaration", "function_expression", "generator_function", "arrow_function", "method_definition",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Defined:
    """A function: its number, file, the byte of its name (its own where it has none), and ``get``, ``set``, ``constructor`` or nothing."""

    number: int
    file: str
    byte: int
    kind: str


@dataclass
class Script:
    """One file: its tree, its functions, and what was inserted as (line from 0, byte in the line, bytes)."""

    file: str
    source: bytes
    root: Tree
    functions: list[Defined] = field(default_factory=list)
    inserted: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    text: bytes = b""

    def byte(self, line: int, column: int) -> int:
        """The original byte of a position (both from 1, columns in UTF-16 units) in the instrumented text."""
        lines = self._lines(self.text, "_new")
        start = lines[line - 1]
        units = self.text[start : lines[line] if line < len(lines) else None].decode("utf-8", "replace").encode("utf-16-le")
        place = len(units[: 2 * (column - 1)].decode("utf-16-le", "replace").encode())
        for at, size in self.inserted.get(line - 1, ()):
            if place > at:
                place = max(at, place - size)
        return self._lines(self.source, "_old")[line - 1] + place

    def _lines(self, text: bytes, kept: str) -> list[int]:
        if kept not in self.__dict__:
            self.__dict__[kept] = [0, *(place + 1 for place, byte in enumerate(text) if byte == 10)]
        found: list[int] = self.__dict__[kept]
        return found


def instrumented(file: str, source: bytes, first: int) -> Script:
    """The file with its functions numbered from ``first``."""
    script = Script(file, source, parse(Language.JAVASCRIPT, source).root_node)
    additions: list[tuple[int, bytes]] = []
    for number, tree in enumerate(functions(script.root), first):
        script.functions.append(Defined(number, file, name_byte(tree), _kind(tree)))
        additions += [] if _is_read_by_node(tree) else _additions(tree, number)
    starts = [0, *(place + 1 for place, byte in enumerate(source) if byte == 10)]
    parts, done = [], 0
    for byte, added in sorted(additions, key=lambda addition: addition[0]):
        parts += [source[done:byte], added]
        done = byte
        line = bisect_right(starts, byte) - 1
        script.inserted.setdefault(line, []).append((byte - starts[line], len(added)))
    script.text = b"".join([*parts, source[done:]])
    return script


def functions(root: Tree) -> Iterator[Tree]:
    """All functions with a body."""
    stack = [root]
    while stack:
        tree = stack.pop()
        if tree.type in FUNCTIONS and tree.child_by_field_name("body") is not None:
            yield tree
        stack.extend(reversed(tree.named_children))


def name_byte(tree: Tree) -> int:
    """Where the function's name stands; for a constructor its class's."""
    name = tree.child_by_field_name("name")
    if _kind(tree) == "constructor" and tree.parent is not None and tree.parent.parent is not None:
        cls = tree.parent.parent
        return (cls.child_by_field_name("name") or cls).start_byte
    return (name or tree).start_byte


def _kind(tree: Tree) -> str:
    if tree.type != "method_definition":
        return ""
    name = tree.child_by_field_name("name")
    if name is not None and name.text == b"constructor" and tree.parent is not None and tree.parent.type == "class_body":
        return "constructor"
    return next((child.type for child in tree.children if child.type in {"get", "set"}), "")


def _is_read_by_node(tree: Tree) -> bool:
    """A getter that Node must recognise as it is written, to know what a CommonJS module gives to an ES module."""
    around = tree.parent.parent.parent if tree.type == "function_expression" and tree.parent and tree.parent.parent else None
    return around is not None and around.type == "arguments" and around.named_children[0].text == b"exports"


def _additions(tree: Tree, number: int) -> list[tuple[int, bytes]]:
    body = tree.child_by_field_name("body")
    assert body is not None
    if body.type != "statement_block":
        return [(body.start_byte, b"(__mge(%d), " % number), (body.end_byte, b")")]
    place, directives = body.start_byte + 1, False
    for child in body.named_children:
        if child.type == "expression_statement" and child.named_children and child.named_children[0].type == "string":
            place, directives = child.end_byte, True
        elif child.type != "comment":
            break
    parameters = tree.child_by_field_name("parameters")
    generates = tree.type.startswith("generator") or any(child.type == "*" for child in tree.children)
    if generates and parameters is not None and not directives and all(child.type != "rest_pattern" for child in parameters.named_children):
        # a generator's parameters are filled when it is called, its body runs when it is asked for values
        comma = b", " if parameters.named_children and parameters.children[-2].type != "," else b""
        return [(parameters.end_byte - 1, comma + b"...{[__mge(%d)]: __mge_%d}" % (number, number))]
    return [(place, b"%s__mge(%d);" % (b";" if directives else b"", number))]
