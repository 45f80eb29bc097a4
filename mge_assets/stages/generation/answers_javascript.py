"""What an answer in JavaScript or TypeScript says beside the atom: imports that belong at the file's top, helpers, a name that is not the right one."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tree_sitter import Node

from mge_assets.model.atoms import Atom, AtomKind
from mge_assets.stages.generation.definitions import expected_name, readings
from mge_assets.stages.generation.replies import ReplyError
from mge_assets.stages.generation.work import AtomWork
from mge_resources.syntax import Language, parse

FAMILY = frozenset({Language.JAVASCRIPT, Language.TYPESCRIPT, Language.TSX})
_IMPORT = re.compile(r"^import\b[^;\n]*?(?:\{[^}]*\})?[^;\n]*?['\"][^'\"\n]+['\"][^;\n]*;?[ \t]*$", re.MULTILINE)
_SOURCE = re.compile(r"['\"]([^'\"\n]+)['\"][^'\"]*$")
_FUNCTIONS = frozenset({"function_declaration", "generator_function_declaration", "method_definition", "arrow_function", "function_expression"})
_NAMED = frozenset({"function_declaration", "generator_function_declaration", "class_declaration", "method_definition", "variable_declarator"})
_COMES_ALONG = """
    assert async_hooks buffer child_process cluster console constants crypto dgram diagnostics_channel dns domain events fs http http2 https inspector
    module net os path perf_hooks process punycode querystring readline repl stream string_decoder sys timers tls trace_events tty url util v8 vm wasi
    worker_threads zlib
"""
BUILT_IN = frozenset(_COMES_ALONG.split())
"""Modules that Node brings along."""


@dataclass(frozen=True, slots=True)
class Sorted:
    """The atom's own code, and the import lines that stood beside it and that it uses."""

    code: str
    imports: tuple[str, ...]


def sorted_out(code: str, work: AtomWork, atom: Atom) -> Sorted:
    """The definition with the helpers that it uses, under its right name, and the imports that it needs. Raises ReplyError for a foreign package."""
    found = [line.group(0).strip() for line in _IMPORT.finditer(code)]
    bare = _IMPORT.sub("", code).strip("\n")
    own = _alone(_rightly_named(bare, work, atom), atom)
    used = [line for line in found if any(re.search(rf"(?<![\w$.]){re.escape(name)}(?![\w$])", own) for name in bound(line))]
    return Sorted(own, _new(used, work))


def bound(line: str) -> list[str]:
    """The names that an import binds."""
    clause = re.sub(r"^import\s+(?:type\s+)?|\s*from\s*['\"].*$", "", " ".join(line.split()))
    if clause.startswith(("'", '"')):
        return []
    parts = re.sub(r"[{}]", ",", clause).split(",")
    return [part.split(" as ")[-1].strip().removeprefix("type ") for part in parts if part.strip()]


def _rightly_named(code: str, work: AtomWork, atom: Atom) -> str:
    """The code with its one function's name put right, where that has the same parameters and the name is nobody else's."""
    wanted = expected_name(atom)
    if wanted is None or atom.kind not in {AtomKind.FUNCTION, AtomKind.METHOD}:
        return code
    defined = dict(_defined(code, atom))
    if wanted in defined or len(defined) != 1:
        return code
    (wrong, parameters), shown = next(iter(defined.items())), dict(_defined(atom.text.decode(errors="replace"), atom))
    others = b"\n".join((work.before, work.after, work.nearby.encode(), work.contract.encode())).decode(errors="replace")
    somebodys = re.search(rf"(?:function\*?|class|const|let)\s+{re.escape(wrong)}\b|^\s*(?:async\s+)?{re.escape(wrong)}\s*\(", others, re.MULTILINE)
    if parameters is None or parameters != shown.get(wanted) or somebodys:
        return code
    return re.sub(rf"(?<![\w$.]){re.escape(wrong)}(?![\w$])", wanted, code)


def _alone(code: str, atom: Atom) -> str:
    """The definition with the helpers that it uses, without examples and calls beside it."""
    wanted = expected_name(atom)
    source = code.encode(errors="replace")
    root = parse(atom.language, source).root_node
    if wanted is None or atom.kind is AtomKind.METHOD or root.has_error:
        return code
    parts = [(node, next(_names(node), "")) for node in root.named_children if node.type != "comment"]
    own = next((node for node, name in parts if name == wanted), None)
    if own is None or len(parts) == 1:
        return code
    text = _with_comments(source, own)
    helpers = [_with_comments(source, node) for node, name in parts if name and name != wanted and re.search(rf"(?<![\w$.]){re.escape(name)}(?![\w$])", text)]
    if helpers and atom.kind is not AtomKind.FUNCTION:
        return code
    return "\n\n".join([*helpers, text])


def _defined(code: str, atom: Atom) -> Iterator[tuple[str, str | None]]:
    """The outermost functions of the code by name, each with its parameters without blanks."""
    for root, _ in readings(code.encode(errors="replace"), atom.language):
        for node in _functions(root):
            named = node.child_by_field_name("name") or (node.parent.child_by_field_name("name") if node.parent is not None else None)
            parameters = node.child_by_field_name("parameters") or node.child_by_field_name("parameter")
            if named is not None and named.text:
                yield named.text.decode(errors="replace"), re.sub(r"\s+", "", (parameters.text or b"").decode(errors="replace")) if parameters else None


def _functions(node: Node) -> Iterator[Node]:
    for child in node.named_children:
        if child.type in _FUNCTIONS:
            yield child
        else:
            yield from _functions(child)


def _names(node: Node) -> Iterator[str]:
    """The name that a top-level statement defines."""
    if node.type in _NAMED and (named := node.child_by_field_name("name")) is not None:
        yield (named.text or b"").decode(errors="replace")
    elif node.type in {"export_statement", "lexical_declaration", "variable_declaration"}:
        for child in node.named_children:
            yield from _names(child)


def _with_comments(source: bytes, node: Node) -> str:
    first, above = node, node.prev_sibling
    while above is not None and above.type == "comment" and above.end_point[0] == first.start_point[0] - 1:
        first, above = above, above.prev_sibling
    return source[first.start_byte : node.end_byte].decode(errors="replace")


def _new(lines: list[str], work: AtomWork) -> tuple[str, ...]:
    """Those that the file has not got. Raises ReplyError for a package that nobody declared: nothing is installed on a model's word."""
    packages = {re.split(r"[@<>=~^ ]", each.removeprefix("@"))[0] for each in work.requirements}
    present = {_squeezed(line.group(0)) for line in _IMPORT.finditer(work.before.decode(errors="replace"))}
    known = {name for line in _IMPORT.finditer(work.before.decode(errors="replace")) for name in bound(line.group(0))}
    new = [line for line in dict.fromkeys(" ".join(line.split()) for line in lines) if _squeezed(line) not in present]
    for line in new:
        source = (_SOURCE.search(line) or [line, ""])[1]
        top = source.removeprefix("node:").removeprefix("@").partition("/")[0]
        if not source.startswith((".", "node:")) and top not in BUILT_IN and top not in packages and source.removeprefix("@") not in packages:
            raise ReplyError(f"the answer imports {source}, which neither comes with Node nor is declared", fix="use what the contract allows")
    return tuple(line for line in new if not set(bound(line)) <= known)


def _squeezed(line: str) -> str:
    return re.sub(r"\s+|;", "", line).replace("'", '"')
