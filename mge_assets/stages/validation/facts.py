"""What other files may want to know of a file: small values without its syntax tree, so that those of a whole project stay in memory."""

import ast
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from mge_assets.stages.validation.analysis import Analysis, analyse
from mge_assets.stages.validation.definitions import Definition
from mge_assets.stages.validation.exports import Exports, exports_of
from mge_assets.stages.validation.imports import Import, imports_of
from mge_assets.stages.validation.smells import smells
from mge_assets.stages.validation.spots import Spot
from mge_resources.syntax import Language

_MOST_KEPT = 4096


@dataclass(frozen=True, slots=True)
class CallUse:
    """A call of a plain name: how many positional arguments and which keywords, all of them written out."""

    name: str
    line: int
    positional: int
    keywords: frozenset[str]


@dataclass(frozen=True, slots=True)
class Facts:
    """A file seen from outside.

    ``functions`` are those of the module itself by name, ``None`` where a decorator or a second definition makes their parameters
    uncertain; ``calls`` those of names that ``from … import`` brought in and nothing else binds, by the module and the name there;
    ``bases`` the classes' bases, by their plain names; ``attributes`` what is looked up in imported modules.
    """

    language: Language
    imports: tuple[Import, ...]
    exports: Exports
    definitions: tuple[Definition, ...]
    dangers: tuple[Spot, ...]
    smells: tuple[Spot, ...]
    functions: Mapping[str, ast.arguments | None]
    calls: tuple[tuple[Import, CallUse], ...]
    bases: Mapping[str, tuple[str, ...]]
    attributes: tuple["AttributeUse", ...]


@dataclass(frozen=True, slots=True)
class AttributeUse:
    """A name looked up in something imported: the import, the local name's own chain of names after it, and the line."""

    source: Import
    chain: tuple[str, ...]
    line: int


def _chain(node: ast.expr) -> tuple[str, ...]:
    """``a.b.c`` as its parts; nothing for any other expression."""
    match node:
        case ast.Name(id=name):
            return (name,)
        case ast.Attribute(value=value, attr=attr) if before := _chain(value):
            return (*before, attr)
    return ()


def _modules(tree: ast.Module) -> dict[str, Import]:
    """Local name ▸ the import that may have bound a module to it; names that are bound twice are left out."""
    found: dict[str, Import | None] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                local = alias.asname or alias.name.partition(".")[0]
                one = Import(alias.name if alias.asname else local, (), node.lineno)
                found[local] = None if local in found and found[local] != replace(one, line=getattr(found[local], "line", 0)) else one
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                local = alias.asname or alias.name
                found[local] = None if local in found else Import(node.module or "", (alias.name,), node.lineno, node.level)
    bound = _bound_here(tree)
    return {name: one for name, one in found.items() if one and name not in bound}


def _attributes(tree: ast.Module) -> tuple[AttributeUse, ...]:
    modules, found = _modules(tree), []
    inner: set[ast.Attribute] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node not in inner and isinstance(node.ctx, ast.Load):
            inner.update(part for part in ast.walk(node.value) if isinstance(part, ast.Attribute))
            chain = _chain(node)
            if chain and chain[0] in modules:
                found.append(AttributeUse(modules[chain[0]], chain[1:], node.lineno))
    return tuple(found)


def _bases(tree: ast.Module) -> dict[str, tuple[str, ...]]:
    """Class ▸ the names of its bases, without what stands before their last dot."""
    found: dict[str, tuple[str, ...]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            names = (base.value if isinstance(base, ast.Subscript) else base for base in node.bases)
            found[node.name] = tuple(name.attr if isinstance(name, ast.Attribute) else getattr(name, "id", "") for name in names)
    return found


def _functions(tree: ast.Module) -> dict[str, ast.arguments | None]:
    found: dict[str, ast.arguments | None] = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found[node.name] = None if node.name in found or node.decorator_list else node.args
    return found


def _bound_here(tree: ast.Module) -> set[str]:
    """Names that the file itself binds anywhere: a call of one of them may mean something else than the import."""
    names: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name) | ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                names.add(name)
    return names


def _imported(tree: ast.Module) -> dict[str, Import]:
    """Local name ▸ the import that brings it, of which it is the only name; names that are imported twice are left out."""
    found: dict[str, Import | None] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                local = alias.asname or alias.name
                found[local] = None if local in found else Import(node.module or "", (alias.name,), node.lineno, node.level)
    bound = _bound_here(tree)
    return {name: one for name, one in found.items() if one and name not in bound}


def _calls(tree: ast.Module) -> tuple[tuple[Import, CallUse], ...]:
    imported, found = _imported(tree), []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and (one := imported.get(node.func.id)) and _written_out(node):
            keywords = frozenset(keyword.arg for keyword in node.keywords if keyword.arg)
            found.append((one, CallUse(node.func.id, node.lineno, len(node.args), keywords)))
    return tuple(found)


def _written_out(call: ast.Call) -> bool:
    """No ``*`` and no ``**``."""
    return not any(isinstance(value, ast.Starred) for value in call.args) and all(keyword.arg for keyword in call.keywords)


def _gather(analysis: Analysis) -> Facts:
    tree = analysis.python
    return Facts(
        analysis.language,
        imports_of(analysis),
        exports_of(analysis),
        analysis.definitions,
        analysis.dangers,
        tuple(smells(analysis)),
        _functions(tree) if tree else {},
        _calls(tree) if tree else (),
        _bases(tree) if tree else {},
        _attributes(tree) if tree else (),
    )


def facts_of(language: Language, content: bytes) -> Facts:
    """What other files may want to know of these bytes, from memory where they were seen lately."""
    return _kept(language, hashlib.sha256(content).digest(), _Content(content))


class _Content:
    """Bytes that count as equal to all others: the digest beside them is what is compared."""

    def __init__(self, value: bytes) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Content)

    def __hash__(self) -> int:
        return 0


@lru_cache(maxsize=_MOST_KEPT)
def _kept(language: Language, _digest: bytes, content: _Content) -> Facts:
    facts = _gather(analyse(language, content.value))
    content.value = b""  # the key stays in memory, the bytes need not
    return facts
