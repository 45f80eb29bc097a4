"""Units: runs of rows that must not be cut, made of syntax nodes that share rows.

What belongs here: turning children of a node into units, and opening a unit into smaller ones. What does not: deciding which to open
(``decomposition``) and which to put together (``packing``).
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from tree_sitter import Node

from mge_assets.stages.atomization.text import Lines
from mge_assets.stages.atomization.traits import BODY, CLOSING, COMMENT, COMPOUND, ERROR, GLUED, LITERAL, RAW, TOKEN, Traits


class Role(Enum):
    """What part an element plays in the node that was opened."""

    STATEMENT = "statement"
    BODY = "body"
    HEADER = "header"
    CLAUSE = "clause"
    ITEM = "item"
    FRAGMENT = "fragment"
    LINE = "line"
    COMMENT = "comment"
    PUNCTUATION = "punctuation"


@dataclass(slots=True, eq=False)
class Element:
    """A node, or a part of one, on the rows ``first`` to ``last`` (included). ``node`` is empty for a single row of a token; ``traits`` are the node's bits.

    It is a unit too, of itself alone, as most are: a list and a wrapper for each would cost a tenth of the decomposition.
    """

    first: int
    last: int
    role: Role
    node: Node | None
    traits: int = 0

    @property
    def elements(self) -> "list[Element]":
        """Itself."""
        return [self]

    @property
    def main(self) -> "Element":
        """Itself."""
        return self

    @property
    def closes(self) -> bool:
        """True for a closing bracket."""
        return self.traits & CLOSING != 0


@dataclass(slots=True, eq=False)
class Group:
    """Elements that share rows, with the comments and decorators that belong to them."""

    first: int
    last: int
    elements: list[Element]

    @property
    def main(self) -> Element:
        """The element that says what the unit is: its first that is neither a comment, nor glued, nor punctuation."""
        for element in self.elements:
            role = element.role
            if role is not _PUNCTUATION and role is not _COMMENT and not element.traits & GLUED:
                return element
        return next((element for element in self.elements if element.role is _COMMENT), self.elements[0])

    @property
    def closes(self) -> bool:
        """True where it begins with a closing bracket."""
        return self.elements[0].traits & CLOSING != 0


Unit = Element | Group
"""Rows that must not be cut, unless the unit is opened."""
_RUN = 5
_PUNCTUATION, _COMMENT, _STATEMENT = Role.PUNCTUATION, Role.COMMENT, Role.STATEMENT


class Units:
    """Makes units of one file's nodes."""

    def __init__(self, lines: Lines, traits: Traits) -> None:
        self._lines, self._traits = lines, traits

    def of_statements(self, nodes: Sequence[Node]) -> list[Unit]:
        """The units of a file's top-level nodes."""
        return self._gather(self._elements(nodes, _STATEMENT))

    def opened(self, unit: Unit) -> list[Unit]:
        """The smaller units that a unit is made of: at least two, or the one statement of a body, or the unit itself where one row can't be cut."""
        elements = unit.elements
        while True:
            deeper = [element for element in elements if element.last > element.first and element.node is not None]
            if len(deeper) > 1:  # decorators last: they stay with their definition
                deeper = [element for element in deeper if not element.traits & GLUED] or deeper
            if len(elements) == len(deeper) == 1:
                further = self._inside(elements[0])
            else:
                chosen = {id(element) for element in deeper}
                further = []
                for element in elements:
                    if id(element) in chosen:
                        further.extend(self._inside(element))
                    else:
                        further.append(element)
            units = self._gather(further)
            if len(units) > 1 or not deeper or (units[0].main.role is _STATEMENT and units[0].main is not elements[0]):
                return units  # a body of one statement is opened no further here: what that is must be read first
            elements = units[0].elements

    def detached(self, unit: Unit) -> list[Unit]:
        """The unit's leading comments and its remainder, apart; the unit alone where it has none of its own rows."""
        if isinstance(unit, Element) or unit.elements[0].role is not _COMMENT:
            return [unit]
        count = next((i for i, element in enumerate(unit.elements) if element.role is not _COMMENT), 0)
        if not count or unit.elements[count].first <= unit.elements[count - 1].last:
            return [unit]
        lead, rest = unit.elements[:count], unit.elements[count:]
        return [Group(lead[0].first, lead[-1].last, lead), Group(rest[0].first, unit.last, rest)]

    def _inside(self, element: Element) -> list[Element]:
        node = element.node
        assert node is not None
        if element.traits & RAW or not node.child_count:
            return self._rows(element.first, element.last, _COMMENT if element.role is _COMMENT else Role.LINE)
        return self._children(node)

    def _rows(self, first: int, last: int, role: Role) -> list[Element]:
        """A token's rows, in runs of at most 5 that end at blank lines: single rows would cost thrice the time and cut no better."""
        found: list[Element] = []
        blank = self._lines.blank
        run: Element | None = None
        for row in range(first, last + 1):
            if blank(row):
                continue
            if run is not None and run.last == row - 1 and row - run.first < _RUN and row < last:
                run.last = row
            else:
                run = Element(row, row, role, None)
                found.append(run)
        return found or [Element(first, first, role, None)]

    def _children(self, node: Node) -> list[Element]:
        return self._elements(node.children, _inside_of(self._traits[node.kind_id]))

    def _elements(self, nodes: Sequence[Node], inside: Role) -> list[Element]:
        """The elements of a node's children, without those that only repeat a row that the one before is on."""
        traits, starts = self._traits, self._lines.starts
        last_row = len(starts) - 1
        found: list[Element] = []
        row, row_end, before = 0, 0, None
        for child in nodes:
            start, end = child.start_byte, child.end_byte
            if end == start:
                continue
            if start >= row_end:
                row = bisect_right(starts, start, row) - 1
                row_end = starts[row + 1] if row < last_row else end
            first = row
            if end > row_end:
                row = bisect_right(starts, end - 1, row) - 1
                row_end = starts[row + 1] if row < last_row else end
            bits = traits[child.kind_id]
            if bits & TOKEN:
                role = _PUNCTUATION
            elif bits & COMMENT:
                role = _COMMENT
            elif inside is Role.HEADER:
                role = Role.BODY if bits & BODY else Role.CLAUSE if bits & COMPOUND else Role.HEADER
            else:
                role = inside
            if before is not None and first == row and _repeats(before, row, role):
                continue
            before = Element(first, row, role, child, bits)
            found.append(before)
        return found

    def _gather(self, elements: list[Element]) -> list[Unit]:
        """Units of elements in order: elements that share a row go together, glued ones and comments with what stands directly below."""
        units: list[Unit] = []
        if not elements:
            return units
        before = elements[0]
        unit: Unit = before
        units.append(unit)
        for element in elements[1:]:
            first, last = element.first, element.last
            if first <= unit.last or before.traits & GLUED or (before.role is _COMMENT and self._touches(unit, before, element)):
                if not (first == last and _repeats(before, first, element.role)):
                    if isinstance(unit, Element):
                        unit = units[-1] = Group(unit.first, unit.last, [unit])
                    unit.elements.append(element)
                    before = element
                unit.last = max(unit.last, last)
            else:
                unit = before = element
                units.append(unit)
        return units

    @staticmethod
    def _touches(unit: Unit, comment: Element, following: Element) -> bool:
        """True for a comment on rows of its own with the next element directly below; punctuation takes no comment."""
        around = unit.elements
        own_rows = len(around) == 1 or around[-2].last < comment.first or around[-2].role is _COMMENT
        return own_rows and following.first == comment.last + 1 and following.role is not _PUNCTUATION


def _inside_of(bits: int) -> Role:
    """The role of a node's children by the node's own bits."""
    if bits & (BODY | ERROR):
        return _STATEMENT
    return Role.HEADER if bits & COMPOUND else Role.ITEM if bits & LITERAL else Role.FRAGMENT


def _repeats(before: Element, row: int, role: Role) -> bool:
    """True where an element of this one row says no more than the one before, which has that row alone; leaving it out keeps opening linear."""
    alone = before.last == row == before.first
    return alone and (before.role is not _PUNCTUATION or role is _PUNCTUATION) and not before.traits & GLUED
