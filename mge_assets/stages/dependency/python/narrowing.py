"""Branches that ask for the class of a value: behind ``isinstance`` a name holds what can have passed."""

from collections.abc import Iterator

from tree_sitter import Node as Tree

from mge_assets.stages.dependency.fixpoint.scopes import Path
from mge_assets.stages.dependency.fixpoint.tree_text import unparenthesised
from mge_assets.stages.dependency.fixpoint.values import Node
from mge_assets.stages.dependency.python.matching import Matching
from mge_assets.stages.dependency.python.names import text

Fact = tuple[Path, Tree, bool]
"""A path, the classes that were asked for, and whether its value is an instance of one."""


class Narrowing(Matching):
    """Lowers conditions in the current scope."""

    def facts(self, condition: Tree | None, *, holds: bool) -> Iterator[Fact]:
        """What is known where the condition holds, or does not."""
        todo = [(condition, holds)]
        while todo:
            part, holds = todo.pop()
            tree = unparenthesised(part)
            if tree is None:
                continue
            match tree.type:
                case "not_operator":
                    todo.append((tree.child_by_field_name("argument"), not holds))
                case "boolean_operator":
                    if text(tree.child_by_field_name("operator")) == ("and" if holds else "or"):
                        todo += [(tree.child_by_field_name(side), holds) for side in ("right", "left")]
                case "call":
                    yield from self._asked(tree, holds=holds)
                case "comparison_operator":
                    yield from self._typed(tree, holds=holds)
                case _:
                    pass

    def _asked(self, call: Tree, *, holds: bool) -> Iterator[Fact]:
        arguments = call.child_by_field_name("arguments")
        given = [child for child in arguments.named_children if child.type != "comment"] if arguments is not None else []
        if text(call.child_by_field_name("function")) == "isinstance" and len(given) == 2:
            path = self.path_of(given[0])
            if path is not None and "[" not in path:
                yield path, given[1], holds

    def _typed(self, comparison: Tree, *, holds: bool) -> Iterator[Fact]:
        """``type(x) is C``, and ``type(x) is C is type(y)``; that it is not says little, for subclasses are not it either."""
        operators = {text(operator) for operator in comparison.children_by_field_name("operators")}
        if operators not in (({"is"}, {"=="}) if holds else ({"is not"}, {"!="})):
            return
        asked = [(child, self._whose_type(child)) for child in comparison.named_children if child.type != "comment"]
        classes = [child for child, path in asked if path is None]
        for path in [path for _, path in asked if path is not None] if len(classes) == 1 and len(operators) == 1 else []:
            yield path, classes[0], True

    def _whose_type(self, tree: Tree) -> Path | None:
        """The path that ``type(path)`` asks."""
        arguments = tree.child_by_field_name("arguments") if tree.type == "call" else None
        if arguments is None or text(tree.child_by_field_name("function")) != "type" or len(arguments.named_children) != 1:
            return None
        path = self.path_of(arguments.named_children[0])
        return path if path is not None and "[" not in path else None

    def assume(self, condition: Tree | None, *, holds: bool) -> None:
        """From here on the condition holds, or does not."""
        for path, classes, positive in list(self.facts(condition, holds=holds)):
            node, narrowed = self._now(path, classes), self.solver.node()
            if node is None:
                continue
            self.solver.alias(node, narrowed)
            self.flows.origins[narrowed] = [node]
            self.semantics.narrow(node, self.asked_for(classes), narrowed, positive=positive)
            self.narrowed[narrowed] = node
            self.scope.flow[path] = narrowed
            if positive and text(classes) == "slice":
                self.slices.add(narrowed)

    def _now(self, path: Path, asked: Tree) -> Node | None:
        """What the path holds: its version, or what its attribute gives; a call in between forgets both."""
        if path in self.scope.flow:
            return self.scope.flow[path]
        holder = self.scope.flow.get(path[:1]) if len(path) == 3 and path[1] == "." else None
        if holder is None:
            return None
        node = self.solver.node()
        self.semantics.load(holder, path[2], node, self.site(asked))
        return node
