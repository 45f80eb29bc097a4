"""Where a value that is read was written: inside one scope by the flow of versions, across functions by module variables.

Statements that stand in different atoms of one function, or of one module, hand values to each other this way.
"""

from collections.abc import Iterator, Mapping

from mge_assets.stages.dependency.fixpoint.values import Node


class ValueFlow:
    """Writes of one file by the node that they fill, and reads by the node that they see."""

    def __init__(self, origins: Mapping[Node, list[Node]]) -> None:
        self._origins = origins
        self._written: dict[Node, dict[int, None]] = {}
        self._read: dict[tuple[int, Node], None] = {}

    def wrote(self, node: Node, byte: int) -> None:
        """The node gets a value at this byte."""
        self._written.setdefault(node, {})[byte] = None

    def read(self, node: Node, byte: int) -> None:
        """The node's value is taken at this byte."""
        if node in self._written or node in self._origins:
            self._read[byte, node] = None

    def pairs(self) -> Iterator[tuple[int, int]]:
        """(read, written) bytes; what a loop carries back to its head is left out."""
        for read, node in self._read:
            for written in self._writers(node):
                if written < read:
                    yield read, written

    def _writers(self, node: Node) -> dict[int, None]:
        found: dict[int, None] = {}
        seen = {node}
        for known in (todo := [node]):
            found.update(self._written.get(known, ()))
            for origin in self._origins.get(known, ()):
                if origin not in seen:
                    seen.add(origin)
                    todo.append(origin)
        return found
