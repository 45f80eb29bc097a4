"""What a file promises to others, in a few lines: signatures, class state, constants. The frozen contract as a prompt shows it."""

import ast
import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from tree_sitter import Node

from mge_assets.model.atoms import Atom, AtomKind
from mge_resources.syntax import Language, parse, parse_python

_CALLABLE = {AtomKind.FUNCTION, AtomKind.METHOD}
_DECLARED = {AtomKind.CLASS_HEADER, AtomKind.INTERFACE, AtomKind.ENUM, AtomKind.TYPE}
_SHOWN = _CALLABLE | _DECLARED | {AtomKind.CONSTANT, AtomKind.DATA_LITERAL, AtomKind.STATEMENT_GROUP}
_PART = re.compile(r"#\d+$")
_DECORATOR = re.compile(r"^[ \t]*(@[^\n]{1,80})$", re.MULTILINE)
_MEMBER = re.compile(r"\b(?:self|cls|this)\.([A-Za-z_$#]\w*)\s*(?::[^=\n]+)?=(?!=)")
_METHODS = {"function_definition", "method_definition", "method_signature", "abstract_method_signature"}
_OWN = {"self", "cls", "this"}
LONGEST = 120
"""Characters of a constant's line; what is behind is data."""


def outline(atoms: Sequence[Atom], *, imports: bool = False) -> str:
    """The file's contract: its name, then what each atom declares, at its indentation. ``imports`` shows those too, for whoever writes in the file."""
    lines: list[str] = []
    for atom in atoms:
        if atom.kind is AtomKind.IMPORT and imports:
            lines += _lines_of(atom)
        elif atom.kind in _SHOWN:
            lines += list(_promise(atom))
    return "\n".join([f"# {atoms[0].file}", *lines]) if lines else ""


def members(codes: Iterable[bytes]) -> dict[str, None]:
    """Names of the members that these pieces of a class set on their own object, in order."""
    found: dict[str, None] = {}
    for code in codes:
        found |= dict.fromkeys(_set_by(code))
    return found


@lru_cache(maxsize=4096)
def _set_by(code: bytes) -> tuple[str, ...]:
    """The members that one piece sets, several in one assignment too; where it isn't whole Python, those that its text shows."""
    text = code.decode(errors="replace")
    try:
        tree = parse_python(f"if True:\n{text}" if text[:1].isspace() else text)
    except (SyntaxError, ValueError):
        return tuple(_MEMBER.findall(text))
    found = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and isinstance(node.value, ast.Name)]
    found.sort(key=lambda node: (node.lineno, node.col_offset))
    return tuple(node.attr for node in found if isinstance(node.value, ast.Name) and node.value.id in _OWN)


def _promise(atom: Atom) -> Iterable[str]:
    text = atom.text.decode(errors="replace")
    if atom.kind in _CALLABLE | _DECLARED and atom.signature:
        if not _PART.search(atom.name):
            head = text[: text.find(atom.signature[:8])] if atom.signature[:8] in text else ""
            yield from (atom.indent + decorator for decorator in _DECORATOR.findall(head))
        yield atom.indent + _final(text, atom)
        if atom.kind not in _CALLABLE:
            yield from _inside(text, atom)
        return
    if atom.kind is AtomKind.STATEMENT_GROUP and not atom.indent and not re.search(r"^\w[\w.]*\s*(?::[^=\n]+)?=", text, re.MULTILINE):
        return
    if atom.kind is AtomKind.STATEMENT_GROUP and atom.scope.rpartition(".")[2][:1].islower() and atom.indent:
        return  # inside a function
    yield from _declarations(text)


def _inside(text: str, atom: Atom) -> Iterable[str]:
    """What a type holds that is one atom with its methods: their heads, and its fields, in order."""
    code = textwrap.dedent(text).encode()
    methods = list(_methods(parse(atom.language, code).root_node))
    found = [(method.start_byte, _head(code, method)) for method in methods]
    found += [(mark.start_byte, _indented(code, mark)) for method in methods for mark in _marks(method)]
    start = code.find(b"\n") + 1 or len(code)
    for line in code[start:].splitlines(keepends=True):
        if not any(method.start_byte <= start < method.end_byte or start <= method.start_byte < start + len(line) for method in methods):
            found += [(start, each) for each in _declarations(line.decode(errors="replace"))]
        start += len(line)
    yield from (atom.indent + line for _, line in sorted(found))


def _methods(node: Node) -> Iterator[Node]:
    """The outermost methods, and those that an interface only names."""
    for child in node.named_children:
        if child.type in _METHODS:
            yield child
        else:
            yield from _methods(child)


def _marks(method: Node) -> list[Node]:
    """The decorators around a method in Python."""
    outer = method.parent
    return [child for child in outer.named_children if child.type == "decorator"] if outer is not None and outer.type == "decorated_definition" else []


def _indented(code: bytes, node: Node) -> str:
    return " " * node.start_point[1] + code[node.start_byte : node.end_byte].decode(errors="replace")


def _head(code: bytes, method: Node) -> str:
    """A method's head on one line, at its indentation."""
    body = method.child_by_field_name("body")
    text = code[method.start_byte : body.start_byte if body is not None else method.end_byte].decode(errors="replace")
    return " " * method.start_point[1] + _short(text.strip().rstrip(":{ "))


def _final(text: str, atom: Atom) -> str:
    """The definition's own head: the last of its name, behind its overloads."""
    name = atom.name.partition("#")[0].rpartition(".")[2]
    heads = [each.start() for each in re.finditer(rf"^[ \t]*(?:async )?def {re.escape(name)}\(", text, re.MULTILINE)]
    if len(heads) < 2:
        return _short(atom.signature)
    return _function(text[heads[-1] :]) or atom.signature


def _function(text: str) -> str:
    """The head of the function that the text begins with."""
    root = parse(Language.PYTHON, textwrap.dedent(text).encode()).root_node
    node = next((child for child in root.children if child.type == "function_definition"), None)
    return _head(root.text or b"", node) if node is not None and node.child_by_field_name("body") is not None else ""


def _short(signature: str) -> str:
    """The head on one line, without the blanks and the comma that only its line breaks called for."""
    return re.sub(r",\s*\)", ")", re.sub(r"\(\s+", "(", " ".join(signature.split())))


def _declarations(text: str) -> Iterable[str]:
    """Lines that bind or declare a name."""
    for line in text.split("\n"):
        if re.match(r"^\s*(?:export\s+|const\s+|let\s+|readonly\s+|static\s+|type\s+|interface\s+)*[\w$?]+\s*(?::|=(?!=))", line):
            yield line.rstrip() if len(line) <= LONGEST else line[:LONGEST] + "…"


def _lines_of(atom: Atom) -> list[str]:
    """The imports, each on one line."""
    text = re.sub(r"[ \t]*#[^\n]*", "", atom.text.decode(errors="replace"))
    text = re.sub(r"\(\s*([^()]*?),?\s*\)", lambda found: " ".join(found[1].split()), text)
    return [line.rstrip() for line in text.split("\n") if line.strip()]
