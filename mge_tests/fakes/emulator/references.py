"""Reference solutions by the names that atom tags give: a finished project, cut into its definitions."""

import ast
import re
import textwrap
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tree_sitter import Node

from mge_assets.stages.atomization import atomize
from mge_resources.syntax import Language, detect_language, parse
from mge_tests.fakes.emulator.requests import AtomTag

_SCRIPTS = {Language.JAVASCRIPT, Language.TYPESCRIPT, Language.TSX}
_CLASSES = {"class_declaration", "abstract_class_declaration"}
_SCRIPT = {*_CLASSES, "function_declaration", "generator_function_declaration", "method_definition", "lexical_declaration"}
_PART = re.compile(r"#\d+$")
_SPACE = re.compile(r"\s+|,(?=\s*[)\]])|\\")


@dataclass(frozen=True)
class Reference:
    """One piece of the finished project: its code with decorators, at the margin; for Python functions and classes the tree's node too."""

    name: str
    code: str
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | None = None
    module: str = ""
    owner: str = ""

    @property
    def header(self) -> str:
        """The definition's head without blanks, which is how signatures are compared."""
        return squeezed(head_of(self.node)) if self.node is not None else ""


def squeezed(text: str) -> str:
    """The text without white space, line joins and trailing commas."""
    return _SPACE.sub("", text).replace('"', "'")


def is_overload(node: ast.AST) -> bool:
    """Whether it is only a signature for type checkers."""
    return any("overload" in ast.unparse(each) for each in getattr(node, "decorator_list", ()))


def head_of(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> str:
    """``def name(parameters)``, or ``class name(bases)``."""
    if isinstance(node, ast.ClassDef):
        return f"class {node.name}"
    return f"def {node.name}({ast.unparse(node.args)})"


@dataclass
class References:
    """Finished projects, by file; ``files`` are sources by their path in the project."""

    files: Mapping[str, str]
    _by_name: dict[str, list[Reference]] = field(init=False)

    def __post_init__(self) -> None:
        self._by_name = defaultdict(list)
        for file, source in self.files.items():
            if file.endswith(".py"):
                self._python(file, source)
            elif (language := detect_language(file)) in _SCRIPTS:
                self._script(file, source, language)
            self._cut(file, source)

    @classmethod
    def of_folders(cls, folders: Iterable[Path]) -> "References":
        """Every source file below these folders."""
        files: dict[str, str] = {}
        for folder in folders:
            for path in sorted(folder.rglob("*")):
                below = path.relative_to(folder).as_posix()
                if path.is_file() and detect_language(below) and not {".git", "node_modules", "__pycache__"} & set(path.parts):
                    files[below] = path.read_text(errors="surrogateescape")
        return cls(files)

    def find(self, tag: AtomTag) -> Reference | None:
        """The piece that the tag asks for. Of several of one name (a property's getter and setter) the one whose head its contract shows."""
        found = self._by_name.get(tag.name) or self._by_name.get(_PART.sub("", tag.name), [])
        shown = squeezed(tag.contract)
        whole = [each for each in found if each.node is None or not is_overload(each.node)] or found
        fitting = [each for each in whole if each.node is not None and each.header in shown and _decorators_shown(each, shown)]
        if whole:
            return (fitting or whole)[0]
        return Reference(tag.name, self.files[tag.file]) if tag.file in self.files and "." not in tag.name.removeprefix(module_of(tag.file)) else None

    def all(self) -> list[Reference]:
        """Every Python definition."""
        return [each for found in self._by_name.values() for each in found if each.node is not None]

    def _python(self, file: str, source: str) -> None:
        try:
            tree = ast.parse(source)
        except SyntaxError:
            return
        lines = source.split("\n")
        self._walk(tree, module_of(file), module_of(file), "", lines)

    def _walk(self, node: ast.AST, path: str, module: str, owner: str, lines: list[str]) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                name = f"{path}.{child.name}"
                self._by_name[name].append(Reference(name, _dedented(child, lines), child, module, owner))
                if isinstance(child, ast.ClassDef):
                    self._walk(child, name, module, name, lines)
            elif not isinstance(child, ast.expr):
                self._walk(child, path, module, owner, lines)

    def _script(self, file: str, source: str, language: Language) -> None:
        """Functions, classes and methods of JavaScript and TypeScript, each with its own lines."""
        self._script_walk(parse(language, source.encode()).root_node, module_of(file), source.encode())

    def _script_walk(self, node: Node, path: str, source: bytes) -> None:
        for child in node.named_children:
            inner = next((each for each in child.named_children if each.type in _SCRIPT), child) if child.type == "export_statement" else child
            holder = inner.named_children[0] if inner.type == "lexical_declaration" and inner.named_children else inner
            named = holder.child_by_field_name("name")
            if inner.type in _SCRIPT and named is not None and named.text:
                name = f"{path}.{named.text.decode()}"
                start = source.rfind(b"\n", 0, child.start_byte) + 1
                text = source[start : child.end_byte].decode() + (";" if source[child.end_byte : child.end_byte + 1] == b";" else "")
                self._by_name[name].append(Reference(name, textwrap.dedent(text)))
                body = inner.child_by_field_name("body")
                if inner.type in _CLASSES and body is not None:
                    self._script_walk(body, name, source)

    def _cut(self, file: str, source: str) -> None:
        language = detect_language(file)
        if language is not None:
            for atom in atomize(source.encode(errors="surrogateescape"), file, language).atoms:
                if atom.name not in self._by_name:
                    self._by_name[atom.name].append(Reference(atom.name, atom.text.decode(errors="replace").strip("\n")))


def module_of(file: str) -> str:
    """``a/b.py`` ▸ ``a.b``."""
    return re.sub(r"(/__init__)?\.\w+$", "", file).replace("/", ".")


def _dedented(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, lines: list[str]) -> str:
    first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
    own = lines[first - 1 : node.end_lineno]
    fixed = _rows_inside_strings(node, first)
    return "\n".join(line if row in fixed else line[min(node.col_offset, len(line) - len(line.lstrip())) :] for row, line in enumerate(own))


def _rows_inside_strings(node: ast.AST, first: int) -> set[int]:
    """Rows that begin inside a string whose blanks are part of its value."""
    documentation = {id(each.value) for each in ast.walk(node) if isinstance(each, ast.Expr)}
    strings = (each for each in ast.walk(node) if isinstance(each, ast.JoinedStr) or (isinstance(each, ast.Constant) and isinstance(each.value, str | bytes)))
    return {row - first for each in strings if id(each) not in documentation for row in range(each.lineno + 1, (each.end_lineno or each.lineno) + 1)}


def _decorators_shown(reference: Reference, shown: str) -> bool:
    assert reference.node is not None
    return all(squeezed(ast.unparse(each)) in shown for each in reference.node.decorator_list)
