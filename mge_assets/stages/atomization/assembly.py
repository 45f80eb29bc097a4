"""From packed pieces to ``Atom`` values without context: text, span, LOC, complexity, names, signature, stub."""

from dataclasses import dataclass

from mge_assets.model.atoms import Atom, AtomContext, Atomicity, AtomKind, Span
from mge_assets.stages.atomization.decomposition import Piece
from mge_assets.stages.atomization.grammar import Description, Grammar
from mge_assets.stages.atomization.naming import names_of
from mge_assets.stages.atomization.packing import Packed
from mge_assets.stages.atomization.parsing import ParsedSource
from mge_assets.stages.atomization.text import Lines, loc_of
from mge_assets.stages.atomization.units import Role

SIGNATURE_LENGTH = 1000
"""Bytes of a header that a signature keeps; a longer one is cut, for it is data and no header."""
_NO_CONTEXT, _NOT_JUDGED = AtomContext(), Atomicity(0.0)
_PURE = (AtomKind.DATA_LITERAL, AtomKind.CONSTANT)
_CALLABLE = (AtomKind.FUNCTION, AtomKind.METHOD)


@dataclass(frozen=True, slots=True)
class Tiling:
    """A file's atoms without context, and beside each the pieces that it was made of."""

    parsed: ParsedSource
    atoms: tuple[Atom, ...]
    packed: tuple[Packed, ...]


def assemble(parsed: ParsedSource, packed: list[Packed]) -> Tiling:
    """The atoms in order. Raises AssertionError where they would not tile the file, which no input may bring about."""
    names = names_of(packed)
    atoms = [_atom(parsed, item, name, number) for number, (item, name) in enumerate(zip(packed, names, strict=True), 1)]
    spans = [atom.span for atom in atoms]
    assert [span.end_byte for span in spans[:-1]] == [span.start_byte for span in spans[1:]]
    assert sum([len(atom.text) for atom in atoms]) == len(parsed.source)
    return Tiling(parsed, tuple(atoms), tuple(packed))


def leading(item: Packed) -> Piece:
    """The piece that says what the atom is: its first that is no trivia."""
    return item.lead


def _atom(parsed: ParsedSource, item: Packed, name: str, number: int) -> Atom:
    lines, first = parsed.lines, item.lead
    start, end = lines.offset(item.first), lines.offset(item.end)
    text = parsed.source[start:end]
    description = first.description
    defines = first.header or first.whole
    return Atom(
        name=name,
        number=number,
        kind=_kind(item, first, parsed.grammar),
        language=parsed.language,
        file=parsed.file,
        span=_span(lines, item, start, end),
        text=text,
        loc=loc_of(text) if lines.minified else lines.loc(item.first, item.end),
        complexity=_complexity(parsed, first, start, end),
        node_type=description.node.type,
        scope=first.scope.parent.path if first.header and first.scope.parent else first.scope.path,
        indent=_indent(text),
        signature=signature_of(parsed, description) if defines or description.kind is AtomKind.TYPE else "",
        stub=_is_stub(parsed, first, start, end),
        context=_NO_CONTEXT,
        atomicity=_NOT_JUDGED,
    )


def _span(lines: Lines, item: Packed, start: int, end: int) -> Span:
    if lines.minified:
        return Span(start, end, lines.number(start), lines.number(max(start, end - 1)))
    return Span(start, end, item.first + 1, max(item.first + 1, item.end))


def _kind(item: Packed, first: Piece, grammar: Grammar) -> AtomKind:
    """The leading piece's kind; data and constants are only what is so throughout; members of an opened type are of that type."""
    if first.kind is AtomKind.STATEMENT_GROUP and first.description.node.type in grammar.type_members:
        return AtomKind.TYPE
    if first.kind in _PURE and any(piece.kind is AtomKind.STATEMENT_GROUP and piece.role is not Role.PUNCTUATION for piece in item.pieces):
        return AtomKind.STATEMENT_GROUP
    if first.kind is AtomKind.CONSTANT and any(piece.kind is AtomKind.DATA_LITERAL for piece in item.pieces):
        return AtomKind.DATA_LITERAL
    return first.kind


def _is_stub(parsed: ParsedSource, first: Piece, start: int, end: int) -> bool:
    """True for a whole stub. Of one too long for one atom (by its docstring or parameters): for its header and the atom with the body's one statement."""
    if first.whole:
        return first.description.stub
    owner = first.scope.owner
    if owner is None or owner.body is None or not owner.stub:
        return False
    body = owner.body
    only = next((child for child in reversed(body.named_children) if child.type not in parsed.grammar.comments), body)
    return first.header or start < only.end_byte <= end


def _complexity(parsed: ParsedSource, first: Piece, start: int, end: int) -> int:
    node = first.description.node
    if first.whole and first.kind in _CALLABLE and start <= node.start_byte and node.end_byte <= end:
        return parsed.decisions.of_function(node.start_byte, node.end_byte)
    return parsed.decisions.of(start, end)


def _indent(text: bytes) -> str:
    """White space before the first line that has code on it."""
    at = len(text) - len(text.lstrip())
    return text[text.rfind(b"\n", 0, at) + 1 : at].decode(errors="replace") if at < len(text) else ""


def signature_of(parsed: ParsedSource, description: Description) -> str:
    """The definition's header on one line."""
    header = parsed.grammar.signature(description)[:SIGNATURE_LENGTH]
    return " ".join(header.decode(errors="replace").split())
