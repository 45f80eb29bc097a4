"""Strings as constraints: constants that may be keys, and names that are put together from known and unknown parts."""

import re

from tree_sitter import Node as Tree

from mge_assets.stages.dependency.fixpoint.values import NOTHING, Node
from mge_assets.stages.dependency.python.base import constant_key
from mge_assets.stages.dependency.python.calls import Calls
from mge_assets.stages.dependency.python.names import text

_WORD = re.compile(r"\w*")
_PERCENT = re.compile(r"%s")
_BRACES = re.compile(r"\{\w*\}")
MAX_CONSTANT = 60
"""Length of a string that may be a key."""


class Wording(Calls):
    """Lowers strings and what is made of them."""

    def _string(self, tree: Tree) -> Node:
        key = constant_key(tree)
        if key is not None:
            return self.solver.holding(self.solver.constant(key)) if not isinstance(key, str) or len(key) <= MAX_CONSTANT else NOTHING
        inner = [self._interpolation(child) for child in tree.named_children if child.type == "interpolation"]
        parts = [(child.type, text(child)) for child in tree.named_children if child.type in {"string_content", "interpolation"}]
        return self._word(parts, inner)

    def _interpolation(self, tree: Tree) -> Node:
        result = NOTHING
        for child in tree.named_children:
            if child.type == "format_specifier":
                for inner in child.named_children:
                    self._interpolation(inner)
            elif child.type != "type_conversion":
                result = self.value(child)
                self.protocol(result, "__format__", tree)
        return result

    def _word(self, parts: list[tuple[str, str]], inner: list[Node]) -> Node:
        """A string of texts and unknown parts, where it may be a name."""
        known = [part for kind, part in parts if kind == "string_content"]
        if not inner or not known or not _WORD.fullmatch("".join(known)):
            return NOTHING
        begin = parts[0][1] if parts[0][0] == "string_content" else ""
        end = parts[-1][1] if parts[-1][0] == "string_content" else ""
        result = self.solver.node()
        self.semantics.put_together(begin, inner[0] if len(inner) == 1 else NOTHING, end, result)
        return result

    def joined(self, tree: Tree, left: Node, right: Node, result: Node) -> None:
        """``"a" + b``, ``a + "b"`` and ``"a_%s" % b``."""
        before, after = tree.child_by_field_name("left"), tree.child_by_field_name("right")
        first, last = (constant_key(side) if side is not None and side.type == "string" else None for side in (before, after))
        sign = text(tree.child_by_field_name("operator"))
        if sign == "+" and isinstance(first, str) and _WORD.fullmatch(first):
            self.semantics.put_together(first, right, "", result)
        elif sign == "+" and isinstance(last, str) and _WORD.fullmatch(last):
            self.semantics.put_together("", left, last, result)
        elif sign == "%" and isinstance(first, str):
            self.filled(first, _PERCENT, [right] if after is not None and after.type != "tuple" else [], result)

    def filled(self, pattern: str, gap: re.Pattern[str], inner: list[Node], result: Node) -> None:
        """A pattern with gaps, which these values fill."""
        known = gap.split(pattern)
        if len(known) > 1 and _WORD.fullmatch("".join(known)):
            self.semantics.put_together(known[0], inner[0] if len(known) == 2 and len(inner) == 1 else NOTHING, known[-1], result)

    def _call(self, tree: Tree) -> Node:
        result = super()._call(tree)
        function = tree.child_by_field_name("function")
        holder = function.child_by_field_name("object") if function is not None and function.type == "attribute" else None
        if function is not None and holder is not None and holder.type == "string" and text(function.child_by_field_name("attribute")) == "format":
            pattern = constant_key(holder)
            if isinstance(pattern, str):
                self.filled(pattern, _BRACES, [], result)
        return result
