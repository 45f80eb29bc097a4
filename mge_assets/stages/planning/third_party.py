"""Third-party packages that a set of files really imports: not the standard library, not the files' own packages."""

import ast
import re
import sys
import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from tree_sitter import Node

from mge_resources.syntax import SCRIPTS, Language, detect_language, parse, parse_python

_OTHERS = frozenset(
    [
        *("annotationlib", "asynchat", "asyncore", "compression", "distutils", "imp", "lib2to3", "smtpd", "aifc", "audioop", "cgi", "cgitb", "chunk"),
        *("crypt", "imghdr", "mailcap", "msilib", "nis", "nntplib", "ossaudiodev", "pipes", "sndhdr", "spwd", "sunau", "telnetlib", "uu", "xdrlib"),
    ]
)
STANDARD_PYTHON = sys.stdlib_module_names | _OTHERS
"""Standard library of every Python from 3.9 to 3.14, so that the answer does not depend on the version that runs this."""

STANDARD_NODE = frozenset(
    [
        *("assert", "async_hooks", "buffer", "child_process", "cluster", "console", "constants", "crypto", "dgram", "diagnostics_channel", "dns"),
        *("domain", "events", "fs", "http", "http2", "https", "inspector", "module", "net", "os", "path", "perf_hooks", "process", "punycode"),
        *("querystring", "readline", "repl", "stream", "string_decoder", "sys", "timers", "tls", "trace_events", "tty", "url", "util", "v8", "vm"),
        *("wasi", "worker_threads", "zlib"),
    ]
)
_NPM_NAME = re.compile(r"(?:@[a-z0-9~-][a-z0-9._~-]*/)?[A-Za-z0-9~][A-Za-z0-9._~-]*")


@dataclass(frozen=True, slots=True)
class PythonFile:
    """What importing needs of a Python file: top-level names that it imports absolutely, and its docstring; nothing where it does not parse."""

    imports: frozenset[str] = frozenset()
    docstring: str = ""


def read_python(content: bytes) -> PythonFile:
    """The file's imports and docstring. The tree is dropped at once: to keep the 580 of networkx, and walk their expressions, took 5.3 s, this takes 1.7 s."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            tree = parse_python(content)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return PythonFile()
    return PythonFile(frozenset(_imported(tree)), ast.get_docstring(tree) or "")


def _imported(tree: ast.Module) -> Iterator[str]:
    """Names that begin with ``_`` are some interpreter's own, and no package's."""
    for node in _statements(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names = [node.module]
        yield from (name.partition(".")[0] for name in names if not name.startswith("_"))


def _statements(tree: ast.Module) -> Iterator[ast.AST]:
    """Every statement, however deep; expressions hold none."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        for block in ("body", "orelse", "finalbody", "handlers", "cases"):
            inner = getattr(node, block, None)
            waiting.extend(inner if isinstance(inner, list) else [])


def third_party(files: Mapping[str, bytes], python: Mapping[str, PythonFile]) -> tuple[str, ...]:
    """Top-level import names, sorted: of Python by its syntax tree, of TypeScript and JavaScript by bare specifiers.

    ``files`` are contents by path, ``python`` what was read of the Python files among them.
    """
    own = _own_python(files)
    found: set[str] = set()
    for file, content in files.items():
        language = detect_language(file)
        if file in python:
            found.update(name for name in python[file].imports if name not in STANDARD_PYTHON and name not in own)
        elif language in SCRIPTS:
            found.update(name for name in node_imports(language, content) if name not in STANDARD_NODE)
    return tuple(sorted(found))


def _own_python(files: Iterable[str]) -> set[str]:
    """Names that the files themselves can be imported by: modules and packages in any folder that is not itself a package."""
    paths = [PurePosixPath(file) for file in files if detect_language(file) is Language.PYTHON]
    packages = {path.parent for path in paths if path.stem == "__init__"}
    own = {path.parts[0] for path in paths if len(path.parts) > 1}
    own |= {path.stem for path in paths if path.parent not in packages}
    return own | {package.name for package in packages if package.parent not in packages}


def node_imports(language: Language, content: bytes) -> set[str]:
    """Names of packages that are imported, required or re-exported by a bare specifier."""
    return {name for text in _specifiers(parse(language, content).root_node) if (name := _package(text))}


def _specifiers(root: Node) -> Iterator[str]:
    """What stands in ``from "…"``, ``import("…")`` and ``require("…")``."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        source = node.child_by_field_name("source") if node.type in {"import_statement", "export_statement"} else _called(node)
        if source is not None and source.type == "string" and source.text:
            yield source.text[1:-1].decode(errors="replace")
        waiting.extend(node.children)


def _called(node: Node) -> Node | None:
    """The only argument of ``import(…)`` or ``require(…)``."""
    if node.type != "call_expression":
        return None
    function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
    if function is None or arguments is None or function.text not in {b"import", b"require"}:
        return None
    return arguments.named_children[0] if arguments.named_child_count == 1 else None


def _package(specifier: str) -> str | None:
    """``lodash`` of ``lodash/fp``, ``@scope/name`` of ``@scope/name/part``; ``None`` for paths, URLs, aliases and built-in modules."""
    if specifier.startswith((".", "/", "#", "~", "@/")) or ":" in specifier:
        return None
    parts = specifier.split("/")
    name = "/".join(parts[: 2 if specifier.startswith("@") else 1])
    return name if _NPM_NAME.fullmatch(name) else None
