"""From a model's answer to what becomes of it: the atom's code, and imports that belong at the file's top.

``replies`` finds the code among the words; here it is fitted to the atom: a body taken out of its definition, a wrong name put right, what
stands beside the definition sorted out.
"""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace

from tree_sitter import Node

from mge_assets.model.atoms import Atom, AtomKind
from mge_assets.stages.generation.answers_javascript import FAMILY, sorted_out
from mge_assets.stages.generation.definitions import expected_name
from mge_assets.stages.generation.indentation import reindent
from mge_assets.stages.generation.parameters import with_contract_names
from mge_assets.stages.generation.replies import ReplyError, chosen_block, fitted, parse_reply
from mge_assets.stages.generation.work import AtomWork
from mge_resources.syntax import Language, parse

_IMPORTS = {"import_statement", "import_from_statement", "future_import_statement"}
_DEFINITIONS = {"function_definition", "class_definition"}
_PLACEHOLDER = re.compile(rb"^([ \t]*)(?:\.\.\.|pass|raise\s+NotImplementedError[^\n]*)[ \t]*(?:#[^\n]*)?\s*\Z", re.MULTILINE)
_DEF = r"(?:def|function|class)\s+{}\b"


@dataclass(frozen=True, slots=True)
class Answer:
    """The atom's code, and import lines that it needs and its file has not."""

    code: bytes
    imports: tuple[str, ...] = ()


def read_answer(text: str, work: AtomWork) -> Answer:
    """What the answer says. Raises ReplyError where it holds no code that could be the atom's."""
    atom = _asked(work)
    if atom.language in FAMILY and not work.whole:
        return _of_script(text, work, atom)
    if atom.language is not Language.PYTHON or expected_name(atom) is None:
        return Answer(parse_reply(text, atom))
    code, imports = _sorted_out(_at_margin(chosen_block(text, atom)), work, atom)
    whole = fitted(with_contract_names(code, expected_name(atom) or "", _bare(atom)), atom)
    used = [line for line in imports if _bound(line) and re.search(rf"\b(?:{'|'.join(_bound(line))})\b", code)]
    return Answer(_body(whole, work) if work.whole else _spliced(whole, atom), _allowed(used, work))


def _of_script(text: str, work: AtomWork, atom: Atom) -> Answer:
    if expected_name(atom) is None:
        return Answer(parse_reply(text, atom))
    found = sorted_out(_at_margin(chosen_block(text, atom)), work, atom)
    if found.imports and import_place(work) is None:
        raise ReplyError(f"the file has no place for {found.imports[0]!r}", fix="do without it")
    return Answer(fitted(found.code, atom), found.imports)


def import_place(work: AtomWork) -> int | None:
    """Where in the bytes before the atom a new import goes: behind the last one at the top level; ``None`` where there is none."""
    root = parse(work.atom.language, work.before).root_node
    found = [child.end_byte for child in root.children if child.type in _IMPORTS]
    return found[-1] if found else None


def with_imports(text: bytes, place: int, imports: tuple[str, ...]) -> bytes:
    """The text with these lines put in."""
    return text[:place] + b"".join(b"\n" + line.encode() for line in imports) + text[place:]


def _at_margin(code: str) -> str:
    """The code moved to the left where all of it is indented."""
    lines = code.strip("\n").split("\n")
    indent = lines[0][: len(lines[0]) - len(lines[0].lstrip(" \t"))]
    movable = indent and all(line.startswith(indent) for line in lines if line.strip())
    return "\n".join(line[len(indent) :] for line in lines) if movable else code


def _bound(line: str) -> list[str]:
    """The names that an import binds."""
    names = line.partition(" import ")[2] if line.startswith("from ") else line.partition("import ")[2]
    parts = (each.strip(" ()").split(" as ") for each in names.split(","))
    return [re.escape(part[-1].strip().partition(".")[0]) for part in parts if part[-1].strip()]


def _asked(work: AtomWork) -> Atom:
    """The definition that was asked for, as an atom, also where only its body is to be replaced."""
    if not work.whole:
        return work.atom
    first = work.whole.lstrip(b"\r\n")
    indent = first[: len(first) - len(first.lstrip())].decode()
    head = re.search(rb"^[ \t]*((?:async )?def [^\n]*)", work.whole, re.MULTILINE)
    signature = head[1].decode(errors="replace") if head else ""
    return replace(work.atom, name=work.name, kind=work.kind, text=work.whole, indent=indent, signature=signature)


def _sorted_out(code: str, work: AtomWork, atom: Atom) -> tuple[str, list[str]]:
    """The definition with the helpers that it uses, under its right name, and the imports that stood beside it."""
    source = code.encode(errors="replace")
    root = parse(Language.PYTHON, source).root_node
    if root.has_error:
        return code, []
    parts = list(_top_level(root))
    imports = [_text(source, node) for kind, _, node in parts if kind == "import"]
    name = expected_name(atom) or ""
    defined = {found: node for kind, found, node in parts if kind == "definition"}
    if name not in defined:
        wrong = _renamed(defined, work, atom)
        if wrong is None:
            return code, imports
        code = re.sub(rf"(?<![\w.]){re.escape(wrong)}(?!\w)", name, code)
        return _sorted_out(code, work, atom)
    own = _lines(source, defined[name])
    helpers = [_lines(source, node) for found, node in defined.items() if found != name and re.search(rf"\b{re.escape(found)}\b", own)]
    if helpers and (atom.kind is not AtomKind.FUNCTION or work.whole):
        return code, imports
    return "\n\n\n".join([*helpers, own]), imports


def _spliced(whole: bytes, atom: Atom) -> bytes:
    """The definition with what the draft has beside it in the same atom: overloads above all."""
    root, name = parse(Language.PYTHON, _bare(atom)).root_node, expected_name(atom)
    parts = [child for child in root.children if child.type != "comment"]
    at = max((index for index, (_, found, node) in enumerate(_named(parts)) if found == name), default=None)
    if at is None or len(parts) == 1:
        return whole
    lines = atom.text.split(b"\n")
    first, last = parts[at], parts[at].end_point[0]
    while (above := first.prev_sibling) is not None and above.type == "comment" and above.end_point[0] == first.start_point[0] - 1:
        first = above
    before, after = lines[: first.start_point[0]], lines[last + 1 :]
    return b"\n".join([*before, whole.strip(b"\n"), *after]) if at < len(parts) - 1 else b"\n".join([*before, whole.lstrip(b"\n")])


def _named(parts: list[Node]) -> Iterator[tuple[str, str, Node]]:
    """Each part with the name that it defines, empty for what is no definition."""
    for part in parts:
        found = next(_top_level_of(part), ("", "", part))
        yield found if found[0] == "definition" else ("", "", part)


def _top_level_of(part: Node) -> Iterator[tuple[str, str, Node]]:
    inner = next((each for each in part.children if each.type in _DEFINITIONS), part) if part.type == "decorated_definition" else part
    if inner.type in _DEFINITIONS:
        named = inner.child_by_field_name("name")
        yield "definition", (named.text or b"").decode() if named else "", part
    elif part.type in _IMPORTS:
        yield "import", "", part


def _top_level(root: Node) -> Iterator[tuple[str, str, Node]]:
    for child in root.children:
        yield from _top_level_of(child)


def _renamed(defined: dict[str, Node], work: AtomWork, atom: Atom) -> str | None:
    """The name that the one function carries in place of the right one: same parameters, and nobody else's name."""
    if len(defined) != 1 or atom.kind not in {AtomKind.FUNCTION, AtomKind.METHOD}:
        return None
    (wrong, node), wanted = next(iter(defined.items())), _parameters(parse(Language.PYTHON, _bare(atom)).root_node)
    others = b"\n".join((work.before, work.after, work.nearby.encode(), work.contract.encode())).decode(errors="replace")
    somebodys = re.search(_DEF.format(re.escape(wrong)), others)
    return wrong if wanted and not somebodys and _parameters(node) == wanted else None


def _bare(atom: Atom) -> bytes:
    """The draft at the margin."""
    indent = atom.indent.encode()
    return b"\n".join(line.removeprefix(indent) for line in atom.text.split(b"\n"))


def _parameters(node: Node) -> str:
    found = node.child_by_field_name("parameters")
    if found is not None:
        return re.sub(r"\s+", "", (found.text or b"").decode(errors="replace"))
    return next((said for child in node.children if (said := _parameters(child))), "")


def _lines(source: bytes, node: Node) -> str:
    """The definition with the comments right above it."""
    first, above = node, node.prev_sibling
    while above is not None and above.type == "comment" and above.end_point[0] == first.start_point[0] - 1:
        first, above = above, above.prev_sibling
    start = source.rfind(b"\n", 0, first.start_byte) + 1
    return source[start : node.end_byte].decode(errors="replace")


def _text(source: bytes, node: Node) -> str:
    return source[node.start_byte : node.end_byte].decode(errors="replace")


def _body(whole: bytes, work: AtomWork) -> bytes:
    """The definition's body without its documentation, at the place of the stub's."""
    root = parse(Language.PYTHON, _bare(replace(work.atom, text=whole, indent=_asked(work).indent))).root_node
    function = _first(root, "function_definition")
    body = function.child_by_field_name("body") if function is not None else None
    if body is None:
        raise ReplyError(f"the answer does not define {work.name}", fix="answer with the whole definition in one fenced block")
    statements = list(body.named_children)
    documented = _is_text(statements[0]) if statements else False
    kept = statements[1:] if documented and _documented(work.whole) else statements
    if not kept:
        raise ReplyError(f"the body of {work.name} is empty", fix="write it")
    text = (root.text or b"")[kept[0].start_byte - kept[0].start_point[1] : body.end_byte].decode(errors="replace")
    before, indent = _kept_before(work.atom.text)
    tail = work.atom.text[len(work.atom.text.rstrip()) :]
    moved = reindent(text.strip("\n").rstrip(), language=Language.PYTHON, draft=work.whole.decode(errors="replace"), indent=indent)
    return before + moved.encode() + tail


def _kept_before(draft: bytes) -> tuple[bytes, str]:
    """What of a body's draft stands before its placeholder, the documentation above all, and the placeholder's indentation."""
    placeholder = _PLACEHOLDER.search(draft)
    if placeholder is not None:
        return draft[: placeholder.start(1)], placeholder[1].decode()
    last = draft.rstrip().rsplit(b"\n", 1)[-1]
    return draft.rstrip() + b"\n", last[: len(last) - len(last.lstrip())].decode()


def _documented(whole: bytes) -> bool:
    return b'"""' in whole or b"'''" in whole or re.search(rb":\s*\n\s*[rRuU]?[\"']", whole) is not None


def _is_text(node: Node) -> bool:
    inner = node.named_children[0] if node.type == "expression_statement" and node.named_children else node
    return inner.type == "string"


def _first(node: Node, kind: str) -> Node | None:
    if node.type == kind:
        return node
    return next((found for child in node.children if (found := _first(child, kind)) is not None), None)


def _allowed(imports: list[str], work: AtomWork) -> tuple[str, ...]:
    """The imports that the file has not got. Raises ReplyError for a package that nobody declared: nothing is installed on a model's word."""
    present = work.before.decode(errors="replace")
    packages = {re.split(r"[\W]", each, maxsplit=1)[0].lower().replace("-", "_") for each in work.requirements}
    project = {name.partition(".")[0] for name in (work.atom.name, *(each.name for each in work.dependencies))}
    wanted = [" ".join(line.split()) for line in imports if "__future__" not in line]
    for line in wanted:
        top = re.split(r"[\s.,]", line.split(" ", 1)[1].lstrip())[0]
        if top and top not in sys.stdlib_module_names and top.lower() not in packages and top not in project:
            raise ReplyError(f"the answer imports {top}, which is neither in the standard library nor declared", fix="use what the contract allows")
    new = tuple(line for line in wanted if not re.search(rf"^{re.escape(line)}\s*(?:#|$)", present, re.MULTILINE))
    if new and import_place(work) is None:
        raise ReplyError(f"the file has no place for {new[0]!r}", fix="import it inside the function")
    return new
