"""What a unit is, and what kind of atom it makes (specification §3, ``ASTClassifier``)."""

from mge_assets.model.atoms import AtomKind
from mge_assets.stages.atomization.grammar import DEFINITIONS, Description, Grammar
from mge_assets.stages.atomization.traits import COMPOUND, ERROR
from mge_assets.stages.atomization.units import Element, Role

CLASS_LIKE = (AtomKind.CLASS_HEADER, AtomKind.INTERFACE, AtomKind.ENUM, AtomKind.TYPE)
"""Kinds whose body holds members. Tuples, here and in what else is asked for every piece: an enum's hash is a Python function, its identity is not."""
_KEPT = (AtomKind.DOCSTRING, AtomKind.DATA_LITERAL, AtomKind.TRIVIA)
"""Kinds that a unit keeps wherever it stands."""


class ASTClassifier:
    """Reads units by their grammar's ``describe``, and settles the kind of each piece by where it stands."""

    def __init__(self, grammar: Grammar) -> None:
        self._grammar = grammar

    def unit(self, main: Element, in_class: bool, part_of: Description | None) -> Description:
        """What the unit of this main element is; a part that is no statement of its own is described by what it is part of."""
        node = main.node
        if main.role is Role.COMMENT and (part_of is None or part_of.kind is not AtomKind.DOCSTRING):
            about = node or (part_of.node if part_of is not None else None)
            assert about is not None
            return Description(AtomKind.TRIVIA, about)
        if node is not None and main.role is Role.STATEMENT:
            return Description(AtomKind.STATEMENT_GROUP, node) if main.traits & ERROR else self._grammar.describe(node, in_class)
        if node is not None and main.role is Role.ITEM:
            description = self._grammar.describe(node, in_class)
            return description if description.defines else Description(AtomKind.DATA_LITERAL, node, part_of.name if part_of else "")
        if part_of is not None:
            return part_of
        assert node is not None
        return Description(AtomKind.STATEMENT_GROUP, node)

    def is_compound(self, main: Element) -> bool:
        """True for statements with bodies (``if``, ``for``, ``try`` …), whose header may go with the start of its body."""
        node = main.node
        return node is not None and main.traits & (COMPOUND | ERROR) != 0

    def piece(self, description: Description, role: Role, owner: Description | None, definition: bool) -> AtomKind:
        """The kind of a piece of this description inside ``owner``; ``definition`` marks a whole definition or the header of one."""
        kind = description.kind
        if definition or kind in _KEPT:
            return kind
        if owner is not None:
            return owner.kind if owner.kind in CLASS_LIKE else AtomKind.STATEMENT_GROUP
        if kind is AtomKind.CONSTANT and role in {Role.ITEM, Role.LINE}:
            return AtomKind.DATA_LITERAL
        return AtomKind.STATEMENT_GROUP if kind in DEFINITIONS else kind
