"""An oracle for live variables that shares nothing with the atomizer: Python's own bytecode, its jumps and its table of exceptions.

A region is an atom's bytes; an instruction belongs to the atom that its position lies in. Live-in is what is live on an edge into the region, is
mentioned in it and bound elsewhere; live-out what it binds and is live on an edge out of it.
"""

import ast
import dis
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from types import CodeType

from mge_assets.model.atoms import Atom, AtomKind
from mge_assets.stages.atomization import MultiLanguageParser, tile
from mge_assets.stages.atomization.decomposition import Scope
from mge_assets.stages.atomization.facts import Facts, Subject, subjects
from mge_resources.syntax import Language

_ENDS = {"RETURN_VALUE", "RETURN_CONST", "RAISE_VARARGS", "RERAISE", "JUMP_FORWARD", "JUMP_BACKWARD", "JUMP_BACKWARD_NO_INTERRUPT", "JUMP_ABSOLUTE"}


@dataclass
class Agreement:
    """How many atoms were compared, how many are equal, and the others in words."""

    atoms: int = 0
    equal_in: int = 0
    equal_out: int = 0
    differences: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        share_in, share_out = (100 * equal / max(1, self.atoms) for equal in (self.equal_in, self.equal_out))
        return f"live-in equal {share_in:.2f} %, live-out {share_out:.2f} % of {self.atoms} atoms"


def compare(source: bytes, name: str, agreement: Agreement) -> None:
    """Count one file's atoms that are parts of functions, their live variables beside those of the bytecode.

    Left out: names of ``except … as``, which the compiler deletes; variables of outer functions; that a variable which a nested function captured
    goes out more often than the bytecode of the outer one alone can tell.
    """
    parsed = MultiLanguageParser().parse(source, name, Language.PYTHON)
    tiling = tile(parsed)
    facts, listed = Facts(tiling), subjects(tiling)
    starts = [0, *accumulate(len(line) + 1 for line in source.split(b"\n"))]
    for node, code in functions(source):
        begin, end = starts[node.lineno - 1] + node.col_offset, starts[(node.end_lineno or 1) - 1] + (node.end_col_offset or 0)
        inside = [subject for subject in listed if subject.atom.span.start_byte < end and subject.atom.span.end_byte > begin]
        if len(inside) < 2:
            continue
        ignored = {inner.name for inner in ast.walk(node) if isinstance(inner, ast.ExceptHandler) and inner.name}
        for subject, wanted in zip(inside, expected(code, [each.atom for each in inside], starts), strict=True):
            if _holder(subject) == begin and subject.atom.kind not in {AtomKind.DOCSTRING, AtomKind.TRIVIA}:
                flow = facts.flow(subject)
                live_in, live_out = set(flow.live_in) - ignored - set(code.co_freevars), set(flow.live_out) - ignored
                equal_in = live_in == wanted.live_in - ignored
                surplus = live_out - wanted.live_out
                equal_out = wanted.live_out - ignored <= live_out and surplus <= set(code.co_cellvars)
                agreement.atoms += 1
                agreement.equal_in += equal_in
                agreement.equal_out += equal_out
                if not (equal_in and equal_out):
                    place = f"{name}:{subject.atom.span.start_line}"
                    agreement.differences.append(
                        f"{place} in {sorted(live_in ^ (wanted.live_in - ignored))} out {sorted(live_out ^ (wanted.live_out - ignored))}"
                    )


def _holder(subject: Subject) -> int:
    """Where the innermost function around the atom begins; -1 for none."""
    scope: Scope | None = subject.piece.scope
    while scope is not None and scope.owner is not None and not scope.in_function:
        scope = scope.parent
    return scope.owner.node.start_byte if scope is not None and scope.owner is not None else -1


@dataclass(frozen=True)
class Expected:
    """What the bytecode says of one atom."""

    live_in: frozenset[str]
    live_out: frozenset[str]


def functions(source: bytes) -> Iterator[tuple[ast.FunctionDef | ast.AsyncFunctionDef, CodeType]]:
    """Every function of a file with its code, told apart by name and line."""
    by_place: dict[tuple[str, int], CodeType] = {}
    stack = [compile(source, "file", "exec", dont_inherit=True, optimize=0)]
    while stack:
        code = stack.pop()
        by_place[code.co_name, code.co_firstlineno] = code
        stack.extend(constant for constant in code.co_consts if isinstance(constant, CodeType))
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            if (node.name, first) in by_place:
                yield node, by_place[node.name, first]


def expected(code: CodeType, atoms: Sequence[Atom], starts: Sequence[int]) -> list[Expected]:
    """Live-in and live-out of each of the function's atoms; ``starts`` are the offsets at which the file's lines begin."""
    instructions = [one for one in dis.get_instructions(code) if one.opname not in {"CACHE", "EXTENDED_ARG"}]
    places = {one.offset: number for number, one in enumerate(instructions)}
    order = sorted(places)
    regions = _regions(instructions, atoms, starts)
    reads, writes = zip(*(_names(one, code) for one in instructions), strict=True)
    # since 3.12 the compiler looks ``self`` up for a plain ``super()``, in which it is not written
    reads = tuple(set() if after.opname.startswith("LOAD_SUPER") else names for names, after in zip(reads, [*instructions[1:], instructions[-1]], strict=True))
    following = [_following(number, instructions, places, order) for number in range(len(instructions))]
    thrown: list[int | None] = [None] * len(instructions)
    for entry in dis._parse_exception_table(code):  # type: ignore[attr-defined]
        target = _at(entry.target, places, order)
        for number, one in enumerate(instructions):
            if entry.start <= one.offset < entry.end and target is not None:
                thrown[number] = target
    live = _live(reads, writes, following, thrown)
    parameters = set(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount + bool(code.co_flags & 4) + bool(code.co_flags & 8)])
    return _of_regions(len(atoms), regions, reads, writes, following, thrown, live, parameters)


def _of_regions(count, regions, reads, writes, following, thrown, live, parameters) -> list[Expected]:
    enters, leaves, mentioned, bound = ([set[str]() for _ in range(count)] for _ in range(4))
    bound[0] |= parameters
    for number, region in enumerate(regions):
        mentioned[region] |= reads[number] | writes[number]
        bound[region] |= writes[number]
        for other in [*following[number], *([thrown[number]] if thrown[number] is not None else [])]:
            if regions[other] != region:
                enters[regions[other]] |= live[other]
                leaves[region] |= live[other]
    found = []
    for region in range(count):
        elsewhere = set().union(*(names for other, names in enumerate(bound) if other != region))
        found.append(Expected(frozenset(enters[region] & mentioned[region] & elsewhere), frozenset(leaves[region] & bound[region])))
    return found


def _regions(instructions, atoms: Sequence[Atom], starts: Sequence[int]) -> list[int]:
    """The atom of each instruction; one without a position belongs to the atom of the one before it, a handler's first to that of the one after it."""
    first = [atom.span.start_byte for atom in atoms]
    found: list[int] = []
    for one in instructions:
        at = one.positions
        if at is None or at.lineno is None or at.col_offset is None or one.opname in {"RESUME", "MAKE_CELL", "COPY_FREE_VARS", "RETURN_GENERATOR"}:
            found.append(found[-1] if found else 0)
            continue
        found.append(max(0, bisect_right(first, starts[at.lineno - 1] + at.col_offset) - 1))
    for number, one in enumerate(instructions):
        if one.opname == "PUSH_EXC_INFO" and number + 1 < len(found):
            found[number] = found[number + 1]
    return found


def _names(one: dis.Instruction, code: CodeType) -> tuple[set[str], set[str]]:
    """Variables that an instruction reads and writes; those of outer functions left out."""
    names = one.argval if isinstance(one.argval, tuple) else (one.argval,)
    own = {name for name in names if isinstance(name, str) and name not in code.co_freevars}
    match one.opname:
        case "STORE_FAST_LOAD_FAST":
            return {names[1]}, {names[0]}
        case "STORE_FAST" | "STORE_DEREF" | "STORE_FAST_STORE_FAST" | "STORE_FAST_MAYBE_NULL" | "LOAD_FAST_AND_CLEAR":  # the last puts a name aside
            return set(), own
        case name if name.startswith(("LOAD_FAST", "LOAD_DEREF", "LOAD_CLOSURE", "LOAD_CLASSDEREF")):
            return own, set()
    return set(), set()


def _at(offset: int, places: dict[int, int], order: Sequence[int]) -> int | None:
    """The instruction at an offset, or the next one where a prefix stands there."""
    index = bisect_right(order, offset - 1)
    return places[order[index]] if index < len(order) else None


def _following(number: int, instructions, places, order) -> list[int]:
    one = instructions[number]
    found = []
    if one.opcode in dis.hasjrel or one.opcode in dis.hasjabs:
        target = _at(one.argval, places, order)
        found += [target] if target is not None else []
    if one.opname not in _ENDS and number + 1 < len(instructions):
        found.append(number + 1)
    return found


def _live(reads, writes, following, thrown) -> list[set[str]]:
    live = [set(names) for names in reads]
    changed = True
    while changed:
        changed = False
        for number in range(len(live) - 1, -1, -1):
            after = set().union(*(live[other] for other in following[number]))
            now = reads[number] | (after - writes[number])
            if thrown[number] is not None:
                now = now | live[thrown[number]]
            if now != live[number]:
                live[number] = now
                changed = True
    return live
