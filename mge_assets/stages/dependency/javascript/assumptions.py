"""Names and properties behind a condition: they hold what can have passed it."""

from functools import partial

from tree_sitter import Node as Tree

from mge_assets.stages.dependency.fixpoint.scopes import Path
from mge_assets.stages.dependency.fixpoint.tree_text import text
from mge_assets.stages.dependency.fixpoint.values import Node
from mge_assets.stages.dependency.javascript.calls import JavaScriptCalls
from mge_assets.stages.dependency.javascript.narrowing import Fact, facts

_PLACES = {"identifier", "this"}


class JavaScriptAssumptions(JavaScriptCalls):
    """Lowers what conditions say, in the current scope."""

    def assume(self, condition: Tree | None, *, holds: bool) -> None:
        """From here on the condition holds, or does not."""
        for fact in facts(condition, holds=holds):
            self.know(fact)

    def know(self, fact: Fact) -> None:
        """From here on this is so."""
        path = self.path_of(fact.place)
        if path is None or (fact.kind in {"tag", "property"} and not (self.typed and self.recorder.references)):
            return
        callee = self._guard(fact.told) if fact.kind == "call" and fact.told is not None else None
        if fact.kind == "call" and callee is None:
            return
        before = self._now(path, fact.place)
        kept = self.solver.node()
        self.solver.alias(before, kept)
        self.narrowed[kept] = before
        self._keep(fact, before, kept, callee)
        self.scope.flow[path] = kept

    def _keep(self, fact: Fact, before: Node, kept: Node, callee: Node | None) -> None:
        semantics, holds = self.semantics, fact.holds
        match fact.kind:
            case "class" if fact.told is not None:
                semantics.keep_made_by(before, self.asked_for(fact.told), kept, holds=holds)
            case "type":
                semantics.keep_if(before, kept, partial(semantics.is_type, fact.words), holds=holds)
            case "property":
                semantics.keep_having(before, next(iter(fact.words)), kept, holds=holds)
            case "tag":
                semantics.keep_if(before, kept, partial(semantics.is_tagged, fact.name, fact.words), holds=holds)
            case "array":
                semantics.keep_if(before, kept, semantics.is_array, holds=holds)
            case _ if callee is not None:
                semantics.keep_promised(before, callee, kept, holds=holds)

    def path_of(self, tree: Tree | None) -> Path | None:
        """The path of a variable of this function, of ``this.name`` or of ``variable.name``."""
        if tree is None:
            return None
        if tree.type == "identifier":
            scope, key = self.locate(text(tree))
            return (key,) if scope is self.scope else None
        holder, name = tree.child_by_field_name("object"), tree.child_by_field_name("property")
        if tree.type != "member_expression" or holder is None or name is None or holder.type not in _PLACES:
            return None
        start = ("this",) if holder.type == "this" else self.path_of(holder)
        return (*start, ".", text(name)) if start is not None else None

    def _now(self, path: Path, place: Tree) -> Node:
        """What the path holds: its version, or what its property gives."""
        if path in self.scope.flow:
            return self.scope.flow[path]
        if len(path) == 1:
            return self.scope.whole[path[0]]
        holder = self._this(place) if path[0] == "this" else self._now(path[:1], place)
        node = self.solver.node()
        self.semantics.load(holder, path[2], node, self.site(place))
        return node

    def _guard(self, tree: Tree) -> Node | None:
        """The node of a called function that may be one which says what its argument is (``x is A``)."""
        name = tree if tree.type == "identifier" else tree.child_by_field_name("property") if tree.type == "member_expression" else None
        if name is None or text(name) not in self.semantics.guard_names:
            return None
        holder = tree if tree.type == "identifier" else tree.child_by_field_name("object")
        scope, key = self.locate(text(holder)) if holder is not None and holder.type == "identifier" else (None, "")
        if scope is None:
            return None
        node = self._now((key,), tree) if scope is self.scope else scope.whole[key]
        if tree.type == "identifier":
            return node
        found = self.solver.node()
        self.semantics.load(node, text(name), found, self.site(name))
        return found
