"""Code that only runs where a parameter was given, or was not."""

from collections.abc import Callable

from tree_sitter import Node as Tree

from mge_assets.stages.dependency.fixpoint.tree_text import unparenthesised
from mge_assets.stages.dependency.fixpoint.values import NOTHING, TRUE, Condition, Guard
from mge_assets.stages.dependency.python.base import LITERALS
from mge_assets.stages.dependency.python.names import text
from mge_assets.stages.dependency.python.narrowing import Narrowing

_UNKNOWN: Condition = ("", NOTHING, True)


def _both(left: Guard | None, right: Guard | None) -> Guard | None:
    """``left and right``."""
    if left is None and right is None:
        return None
    return (*_conditions(left), *_conditions(right)), True


def _conditions(guard: Guard | None) -> tuple[Condition, ...]:
    if guard is None:
        return (_UNKNOWN,)
    conditions, holds = guard
    if holds:
        return conditions
    return tuple((name, literal, not same) for name, literal, same in conditions) if len(conditions) == 1 and conditions[0][0] else (_UNKNOWN,)


def opposite(guard: Guard | None) -> Guard | None:
    """Where it does not hold."""
    return None if guard is None else (guard[0], not guard[1])


class Guards(Narrowing):
    """Lowers what conditions ask of parameters, in the current scope."""

    def guarded(self, guard: Guard | None, action: Callable[[], None]) -> None:
        """Run code that only runs where a parameter was given, or only where it was not."""
        outer = self.scope.guards
        self.scope.guards = outer if guard is None else (*outer, guard)
        action()
        self.scope.guards = outer

    def guard(self, tree: Tree | None) -> Guard | None:
        """What a condition asks of parameters that still have their value: ``p is None``, ``p is not True``, ``p`` and what is made of them."""
        if self.scope.kind != "function":
            return None
        holds, tree = True, unparenthesised(tree)
        while tree is not None and tree.type == "not_operator":
            holds, tree = not holds, unparenthesised(tree.child_by_field_name("argument"))
        found = self._asked_of(tree) if tree is not None else None
        return found if holds else opposite(found)

    def _asked_of(self, tree: Tree) -> Guard | None:
        match tree.type:
            case "boolean_operator":
                return self._combined(tree)
            case "identifier":
                return (((text(tree), TRUE, True),), True) if self._is_parameter(tree) else None
            case "comparison_operator":
                return self._compared(tree)
            case _:
                return None

    def _combined(self, tree: Tree) -> Guard | None:
        """``and`` and ``or``: chains of them nest to the left, a level for each."""
        chain = [tree]
        while (left := unparenthesised(chain[-1].child_by_field_name("left"))) is not None and left.type == "boolean_operator":
            chain.append(left)
        found = self.guard(left)
        for each in reversed(chain):
            more, every = self.guard(each.child_by_field_name("right")), text(each.child_by_field_name("operator")) == "and"
            found = _both(found, more) if every else opposite(_both(opposite(found), opposite(more)))
        return found

    def _compared(self, tree: Tree) -> Guard | None:
        operators = [text(operator) for operator in tree.children_by_field_name("operators")]
        if len(tree.named_children) != 2 or operators not in (["is"], ["is not"]):
            return None
        left, right = tree.named_children
        if right.type not in LITERALS or not self._is_parameter(left):
            return None
        return ((text(left), LITERALS[right.type], operators == ["is"]),), True

    def _is_parameter(self, tree: Tree) -> bool:
        """True for the name of a parameter that was not assigned to."""
        name, function = text(tree), self.scope.function
        version = self.unnarrowed(self.scope.flow.get((name,), NOTHING))
        return (
            tree.type == "identifier"
            and function is not None
            and any(parameter.name == name and version == parameter.node for parameter in function.parameters)
        )
