"""Units: runs of rows that must not be cut, made of syntax nodes that share rows.

What belongs here: turning children of a node into units, and opening a unit into smaller ones. What does not: deciding which to open
(``decomposition``) and which to put together (``packing``).
"""

from bisect import bisect_right
from dataclasses import dataclass
from enum import Enum

from tree_sitter import Node

from mge_assets.stages.atomization.grammar import Grammar
from mge_assets.stages.atomization.text import Lines


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


@dataclass(slots=True)
class Element:
    """A node, or a part of one, on the rows ``first`` to ``last`` (included). ``node`` is empty for a single row of a token."""

    first: int
    last: int
    role: Role
    node: Node | None
    glued: bool = False


@dataclass(slots=True)
class Unit:
    """Elements that share rows, with the comments and decorators that belong to them."""

    first: int
    last: int
    elements: list[Element]

    @property
    def main(self) -> Element:
        """The element that says what the unit is: its first that is neither a comment, nor glued, nor punctuation."""
        for element in self.elements:
            if element.role not in _MINOR and not element.glued:
                return element
        return next((element for element in self.elements if element.role is Role.COMMENT), self.elements[0])


_RUN = 5
_MINOR = (Role.PUNCTUATION, Role.COMMENT)


class Units:
    """Makes units of one file's nodes."""

    def __init__(self, lines: Lines, grammar: Grammar) -> None:
        self._lines, self._grammar = lines, grammar

    def of_children(self, node: Node) -> list[Unit]:
        """The units of a node's children."""
        return self._gather(self._children(node), attach=True)

    def opened(self, unit: Unit) -> list[Unit]:
        """The smaller units that a unit is made of: at least two, or the unit itself where one row can't be cut."""
        elements = unit.elements
        while True:
            multi = [element for element in elements if element.last > element.first and element.node is not None]
            deeper = [element for element in multi if not element.glued] or multi  # decorators last: they stay with their definition
            chosen = {id(element) for element in deeper}
            further: list[Element] = []
            for element in elements:
                if id(element) in chosen:
                    further.extend(self._inside(element))
                else:
                    further.append(element)
            units = self._gather(further, attach=True)
            if len(units) > 1 or not deeper:
                return units
            elements = units[0].elements

    def detached(self, unit: Unit) -> list[Unit]:
        """The unit's leading comments and its remainder, apart; the unit alone where it has none of its own rows."""
        count = next((i for i, element in enumerate(unit.elements) if element.role is not Role.COMMENT), 0)
        if not count or unit.elements[count].first <= unit.elements[count - 1].last:
            return [unit]
        lead, rest = unit.elements[:count], unit.elements[count:]
        return [Unit(lead[0].first, lead[-1].last, lead), Unit(rest[0].first, unit.last, rest)]

    def _inside(self, element: Element) -> list[Element]:
        node = element.node
        assert node is not None
        if node.type in self._grammar.raw or not node.child_count:
            role = Role.COMMENT if element.role is Role.COMMENT else Role.LINE
            return self._rows(element.first, element.last, role)
        return self._children(node)

    def _rows(self, first: int, last: int, role: Role) -> list[Element]:
        """A token's rows, in runs of at most 5 that end at blank lines: single rows would cost thrice the time and cut no better."""
        found: list[Element] = []
        blank = self._lines.blank
        for row in range(first, last + 1):
            if blank(row):
                continue
            run = found[-1] if found else None
            if run is not None and run.last == row - 1 and row - run.first < _RUN and row < last:
                run.last = row
            else:
                found.append(Element(row, row, role, None))
        return found or [Element(first, first, role, None)]

    def _children(self, node: Node) -> list[Element]:
        grammar, starts = self._grammar, self._lines.starts
        kind = node.type
        inside = (
            Role.STATEMENT
            if kind in grammar.bodies or node.is_error
            else Role.HEADER
            if kind in grammar.compound
            else Role.ITEM
            if kind in grammar.literals
            else Role.FRAGMENT
        )
        found: list[Element] = []
        for child in node.children:
            start, end = child.start_byte, child.end_byte
            if end == start:
                continue
            first = bisect_right(starts, start) - 1
            last = bisect_right(starts, end - 1, first) - 1
            if not child.is_named:
                found.append(Element(first, last, Role.PUNCTUATION, child))
                continue
            kind = child.type
            role = inside
            if kind in grammar.comments:
                role = Role.COMMENT
            elif inside is Role.HEADER:
                role = Role.BODY if kind in grammar.bodies else Role.CLAUSE if kind in grammar.compound else Role.HEADER
            found.append(Element(first, last, role, child, kind in grammar.glued))
        return found

    def _gather(self, elements: list[Element], *, attach: bool) -> list[Unit]:
        """Units of elements in order: elements that share a row go together, glued ones and comments with what stands directly below."""
        units: list[Unit] = []
        for element in elements:
            if not units:
                units.append(Unit(element.first, element.last, [element]))
                continue
            unit = units[-1]
            before = unit.elements[-1]
            if element.first <= unit.last or before.glued or (attach and before.role is Role.COMMENT and self._touches(unit, before, element)):
                _add(unit, element)
            else:
                units.append(Unit(element.first, element.last, [element]))
        return units

    @staticmethod
    def _touches(unit: Unit, comment: Element, following: Element) -> bool:
        """True for a comment on rows of its own with the next element directly below; punctuation takes no comment."""
        own_rows = len(unit.elements) == 1 or unit.elements[-2].last < comment.first or unit.elements[-2].role is Role.COMMENT
        return own_rows and following.first == comment.last + 1 and following.role is not Role.PUNCTUATION


def _add(unit: Unit, element: Element) -> None:
    """Append, unless a single-row element would only repeat what the row already has (this keeps opening linear)."""
    before = unit.elements[-1]
    same_row = element.first == element.last == before.first == before.last
    if not (same_row and (before.role is not Role.PUNCTUATION or element.role is Role.PUNCTUATION) and not before.glued):
        unit.elements.append(element)
    unit.last = max(unit.last, element.last)
