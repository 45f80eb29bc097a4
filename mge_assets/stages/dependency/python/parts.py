"""Which Python files belong together: those that import one another, near or far, and those of one package.

Nothing flows between files of different parts, so each part is analysed by itself: what is found in it follows from its own files, and from
where their imports lead.
"""

import re
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b

from tree_sitter import Node as Tree

from mge_assets.stages.dependency.python.modules import ModuleFinder, module_id
from mge_assets.stages.dependency.python.names import text
from mge_resources.syntax import Language, parse

MAX_KNOWN = 20_000
"""Files whose imports are remembered between analyses: about a kilobyte each."""
_HOLDING = {
    *("module", "block", "if_statement", "elif_clause", "else_clause", "for_statement", "while_statement", "try_statement", "except_clause"),
    *("except_group_clause", "finally_clause", "with_statement", "match_statement", "case_clause", "function_definition", "class_definition"),
    *("decorated_definition", "ERROR"),
}
"""What holds statements."""
_LOADERS = (b"import_module", b"__import__")
_WORD = re.compile(rb"[\"']([.\w]+)[\"']")


@dataclass(frozen=True, slots=True)
class Imports:
    """What a file imports, dotted as it is written (dots in front are relative): by name or from a module, and what may be loaded by its name.

    ``statements`` is the first module of each import statement, without dots in front.
    """

    digest: bytes
    statements: tuple[str, ...]
    names: tuple[str, ...]
    sources: tuple[str, ...]
    loads: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """Files that belong together, and where the imports of each lead: beside their texts that is all that the analysis of them follows from."""

    files: tuple[str, ...]
    own_name: str
    targets: tuple[tuple[str, ...], ...]


class PythonParts:
    """The parts of a set of files, and their syntax trees as far as they are needed."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.finder = ModuleFinder(files)
        self.sources = {file: source for file, source in sorted(files.items()) if self.finder.file_of(module_id(file)) == file}
        self._roots: dict[str, Tree] = {}
        imports = {file: self._imports(file) for file in self.sources}
        self.finder.learn_own_name(name for found in imports.values() for name in found.statements)
        self._inside: dict[str, list[str]] = {}
        for file in self.sources:
            parts = module_id(file).split(".")
            for length in range(1, len(parts)):
                self._inside.setdefault(".".join(parts[:length]), []).append(file)
        self.parts = self._grouped(imports)

    def root(self, file: str) -> Tree:
        """The file's syntax tree."""
        known = self._roots.get(file)
        if known is None:
            known = self._roots[file] = parse(Language.PYTHON, self.sources[file]).root_node
        return known

    def _imports(self, file: str) -> Imports:
        digest = blake2b(self.sources[file], digest_size=16).digest()
        known = _KNOWN.get(digest)
        if known is None:
            known = _KNOWN[digest] = _read_imports(digest, self.sources[file], self.root(file))
            if len(_KNOWN) > MAX_KNOWN:
                _KNOWN.popitem(last=False)
        return known

    def _grouped(self, imports: Mapping[str, Imports]) -> tuple[Part, ...]:
        targets = {file: tuple(self._targets(file, found)) for file, found in imports.items()}
        groups = _Groups(self.sources)
        for file, found in targets.items():
            for target in [module_id(file).rpartition(".")[0] or "__init__", *found]:
                home = self.finder.file_of(target)
                for other in [home] if home else self._inside.get(target, ()) if target in found else ():
                    groups.join(file, other)
        return tuple(Part(tuple(files), self.finder.own_name, tuple(targets[file] for file in files)) for files in groups.found())

    def _targets(self, file: str, found: Imports) -> Iterator[str]:
        """Ids of the modules and folders that the file's imports lead to."""
        starts = [".".join(parts[:length]) for name in found.names for parts in [name.split(".")] for length in range(1, len(parts))]
        for name in dict.fromkeys((*found.names, *starts, *found.sources, *found.loads)):
            dots = len(name) - len(name.lstrip("."))
            target = self.finder.relative(dots, name[dots:], file) if dots else self.finder.absolute(name, file)
            if target is not None:
                yield target


_KNOWN: OrderedDict[bytes, Imports] = OrderedDict()


class _Groups:
    """Files that are joined with one another."""

    def __init__(self, files: Iterable[str]) -> None:
        self._first = {file: file for file in files}

    def _root(self, file: str) -> str:
        while self._first[file] != file:
            self._first[file] = file = self._first[self._first[file]]
        return file

    def join(self, one: str, other: str) -> None:
        """The two belong together."""
        first, second = sorted((self._root(one), self._root(other)))
        self._first[second] = first

    def found(self) -> list[list[str]]:
        """The groups, and the files in each, sorted."""
        groups: dict[str, list[str]] = {}
        for file in sorted(self._first):
            groups.setdefault(self._root(file), []).append(file)
        return list(groups.values())


def _read_imports(digest: bytes, source: bytes, root: Tree) -> Imports:
    statements: list[str] = []
    names: list[str] = []
    sources: list[str] = []
    stack = [root]
    while stack:
        tree = stack.pop()
        if tree.type == "import_statement":
            parts = [name.child_by_field_name("name") if name.type == "aliased_import" else name for name in tree.children_by_field_name("name")]
            names += (found := [_dotted(part) for part in parts if part is not None])
            statements += found[:1]
        elif tree.type == "import_from_statement":
            sources.append(_from(tree.child_by_field_name("module_name")))
            statements.append(sources[-1].lstrip("."))
        elif tree.type in _HOLDING:
            stack.extend(reversed(tree.named_children))
    loads = [word.decode("utf-8", "replace") for word in _WORD.findall(source)] if any(mark in source for mark in _LOADERS) else []
    return Imports(digest, tuple(statements), tuple(dict.fromkeys(names)), tuple(dict.fromkeys(sources)), tuple(dict.fromkeys(loads)))


def _dotted(tree: Tree) -> str:
    return ".".join(text(part) for part in tree.named_children)


def _from(module: Tree | None) -> str:
    """The module of ``from module import``, as the statement is read when it is analysed."""
    if module is None or module.type != "relative_import":
        return text(module)
    prefix = next((child for child in module.named_children if child.type == "import_prefix"), None)
    dotted = next((child for child in module.named_children if child.type == "dotted_name"), None)
    return "." * text(prefix).count(".") + text(dotted)
