"""What a file promises to others, in a few lines: signatures, class state, constants. The frozen contract as a prompt shows it."""

import re
import textwrap
from collections.abc import Iterable, Sequence

from mge_assets.model.atoms import Atom, AtomKind
from mge_resources.syntax import Language, parse

_CALLABLE = {AtomKind.FUNCTION, AtomKind.METHOD}
_DECLARED = {AtomKind.CLASS_HEADER, AtomKind.INTERFACE, AtomKind.ENUM, AtomKind.TYPE}
_SHOWN = _CALLABLE | _DECLARED | {AtomKind.CONSTANT, AtomKind.DATA_LITERAL, AtomKind.STATEMENT_GROUP}
_PART = re.compile(r"#\d+$")
_DECORATOR = re.compile(r"^[ \t]*(@[^\n]{1,80})$", re.MULTILINE)
_MEMBER = re.compile(r"\b(?:self|cls|this)\.([A-Za-z_$#]\w*)\s*(?::[^=\n]+)?=(?!=)")
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
        found |= dict.fromkeys(_MEMBER.findall(code.decode(errors="replace")))
    return found


def _promise(atom: Atom) -> Iterable[str]:
    text = atom.text.decode(errors="replace")
    if atom.kind in _CALLABLE | _DECLARED and atom.signature:
        if not _PART.search(atom.name):
            head = text[: text.find(atom.signature[:8])] if atom.signature[:8] in text else ""
            yield from (atom.indent + decorator for decorator in _DECORATOR.findall(head))
        yield atom.indent + _final(text, atom)
        if atom.kind in _CALLABLE:
            return
        text = text.partition("\n")[2]
    if atom.kind is AtomKind.STATEMENT_GROUP and not atom.indent and not re.search(r"^\w[\w.]*\s*(?::[^=\n]+)?=", text, re.MULTILINE):
        return
    if atom.kind is AtomKind.STATEMENT_GROUP and atom.scope.rpartition(".")[2][:1].islower() and atom.indent:
        return  # inside a function
    yield from _declarations(text)


def _final(text: str, atom: Atom) -> str:
    """The definition's own head: the last of its name, behind its overloads."""
    name = atom.name.partition("#")[0].rpartition(".")[2]
    heads = [each.start() for each in re.finditer(rf"^[ \t]*(?:async )?def {re.escape(name)}\(", text, re.MULTILINE)]
    if len(heads) < 2:
        return _short(atom.signature)
    node = next((found for found in [_function(text[heads[-1] :])] if found), "")
    return _short(node) or atom.signature


def _function(text: str) -> str:
    """The head of the function that the text begins with."""
    root = parse(Language.PYTHON, textwrap.dedent(text).encode()).root_node
    node = next((child for child in root.children if child.type == "function_definition"), None)
    body = node.child_by_field_name("body") if node is not None else None
    return (root.text or b"")[node.start_byte : body.start_byte].decode(errors="replace").strip().rstrip(":") if node is not None and body is not None else ""


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
