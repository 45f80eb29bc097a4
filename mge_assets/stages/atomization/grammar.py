"""What a language's module tells the atomizer: node types by their part in the language, and how to describe a statement.

What belongs here: the shape of that knowledge and its registry. The knowledge itself is in ``languages/`` and ``queries/``.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from importlib import import_module
from importlib.resources import files
from itertools import islice, pairwise
from operator import attrgetter, lt

from tree_sitter import Language as TreeSitterLanguage
from tree_sitter import Node, Query, QueryCursor

from mge_assets.model.atoms import AtomKind
from mge_resources.syntax import Language


@dataclass(slots=True, eq=False)
class Description:
    """What a statement is: its kind, the short name it defines (if any), the definition itself (inside decorators and ``export``) and its body.

    ``signature`` ends where the body begins; ``overload`` marks a signature that belongs to the definition after it;
    ``split`` asks that it be opened however small it is (a class that still has stubs in it).
    """

    kind: AtomKind
    node: Node
    name: str = ""
    body: Node | None = None
    stub: bool = False
    overload: bool = False
    split: bool = False

    @property
    def defines(self) -> bool:
        """True where it is a function, a method, a class, an interface or an enum."""
        return self.kind in DEFINITIONS

    @property
    def scoped(self) -> bool:
        """True where it has a body that is a scope of its own: a definition or a namespace."""
        return self.body is not None or self.defines


DEFINITIONS = (AtomKind.FUNCTION, AtomKind.METHOD, AtomKind.CLASS_HEADER, AtomKind.INTERFACE, AtomKind.ENUM)
"""Kinds that stand for a definition; never packed with others."""


@dataclass(frozen=True, slots=True)
class Grammar:
    """One language's knowledge.

    ``bodies`` hold statements or members; ``compound`` are statements with a body and their clauses; ``literals`` hold data; ``raw`` are
    tokens of several lines that are only cut by line; ``glued`` belong to what follows them; ``type_members`` declare members of a type;
    ``plain`` are statements that define nothing, so that inside a function nothing need be read of them;
    ``margin`` matches lines that begin a definition whatever came before, so that no syntax error takes it along;
    ``describe(node, in_class)`` reads one statement;
    ``bindings`` are the names that an import binds, each with the import that gives this name alone; ``inferred`` is the type of a literal's
    node, and of a call of a name in capitals where its node is among ``constructing``; ``results`` are the types that calls give (by dotted
    name, or by ``.method`` where every method of that name does), ``operators`` those of binary and unary operators; ``random``, ``effects`` are
    calls (dotted) that are not deterministic, or act on the outside; ``assigning`` says that an assignment declares, ``block_scoped`` that blocks
    have variables of their own, ``followed`` that ``control_flow`` knows its statements.
    """

    name: str
    bodies: frozenset[str]
    compound: frozenset[str]
    literals: frozenset[str]
    raw: frozenset[str]
    glued: frozenset[str]
    comments: frozenset[str]
    describe: Callable[[Node, bool], Description]
    docstring: Callable[[Node], Node | None]
    signature: Callable[[Description], bytes]
    parameters: Callable[[Description], "tuple[Parameter, ...]"]
    returns: Callable[[Description], str]
    tests: Callable[[Node], "tuple[Node, ...]"]
    bindings: Callable[[Node], tuple[tuple[str, str], ...]]
    inferred: Mapping[str, str]
    results: Mapping[str, str] = field(default_factory=dict)
    operators: Mapping[str, str] = field(default_factory=dict)
    assigning: bool = False
    block_scoped: bool = True
    followed: bool = True
    constructing: frozenset[str] = frozenset({"call", "call_expression"})
    self_name: str = "this"
    type_members: frozenset[str] = frozenset()
    plain: frozenset[str] = frozenset()
    margin: "re.Pattern[bytes] | None" = None
    random: frozenset[str] = frozenset()
    effects: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter: ``type`` and ``default`` are empty where none is written."""

    name: str
    type: str = ""
    default: str = ""
    variadic: bool = False


_MODULES = {
    Language.PYTHON: "python",
    Language.JAVASCRIPT: "javascript",
    Language.TYPESCRIPT: "typescript",
    Language.TSX: "typescript",
    Language.GO: "go",
}
"""Language ▸ its module under ``languages/`` and its file under ``queries/`` (of one name)."""


@cache
def grammar_of(language: Language) -> Grammar:
    """The language's knowledge, from its module's ``GRAMMAR``."""
    grammar = import_module(f"{__package__}.languages.{_MODULES[language]}").GRAMMAR
    assert isinstance(grammar, Grammar)
    return grammar


class Part(Enum):
    """The parts of a query file, each after its mark: for tiling and complexity (first, unmarked), for the context, for cutting minified lines.

    ``FULL`` is the first two as one: a walk through the tree costs more than what it looks for.
    """

    STRUCTURE = ""
    CONTEXT = ";; context"
    MINIFIED = ";; minified"
    FULL = "structure and context"


_START, _END = attrgetter("start_byte"), attrgetter("end_byte")


@cache
def _patterns(language: Language) -> dict[Part, str]:
    """The parts of the language's query file."""
    text = files(__package__).joinpath("queries", f"{_MODULES[language]}.scm").read_text(encoding="utf-8")
    part, parts = Part.STRUCTURE, {Part.STRUCTURE: ""}
    for line in text.splitlines(keepends=True):
        if line.startswith(";; "):
            part = Part(line.strip())
            parts[part] = ""
        parts[part] += line
    parts[Part.FULL] = parts[Part.STRUCTURE] + parts.get(Part.CONTEXT, "")
    return parts


@cache
def _query(language: Language, compiled_for: TreeSitterLanguage, part: Part) -> Query | None:
    """A part, compiled when it is first asked for: that takes up to 20 ms, and most files need one of the parts."""
    patterns = _patterns(language).get(part)
    return Query(compiled_for, patterns) if patterns is not None else None


def captures(language: Language, roots: Sequence[Node], tree_language: TreeSitterLanguage, part: Part) -> dict[str, list[Node]]:
    """The nodes at or below the roots that a part of the language's query file names, outer before inner; none where the language has no such part."""
    query = _query(language, tree_language, part)
    found: dict[str, list[Node]] = {}
    if query is None:
        return found
    for root in roots:
        for name, nodes in QueryCursor(query).captures(root).items():
            if name in found:
                found[name] += nodes
            else:
                found[name] = nodes
    return {name: _in_order(nodes) for name, nodes in found.items()}


def _in_order(nodes: list[Node]) -> list[Node]:
    """Sorted by where they start, outer before inner; a query gives them in no order at all."""
    nodes.sort(key=_START)
    at = list(map(_START, nodes))
    if all(map(lt, at, islice(at, 1, None))):
        return nodes
    end = 0
    for first in [index for index, (start, following) in enumerate(pairwise(at)) if start == following]:
        if first >= end:
            end = bisect_right(at, at[first], first)
            nodes[first:end] = sorted(nodes[first:end], key=_END, reverse=True)
    return nodes
