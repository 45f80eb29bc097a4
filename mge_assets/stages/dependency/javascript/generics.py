"""TypeScript's generic types: an alias or interface that is applied to arguments is lowered again for them, a view of its own.

Only an analysis for references does so. One node for all uses of a parameter says of each use what all of them give.
"""

from collections.abc import Callable
from functools import partial

from tree_sitter import Node as Tree

from mge_assets.stages.dependency.fixpoint.lowering import Names
from mge_assets.stages.dependency.fixpoint.recording import Recorder
from mge_assets.stages.dependency.fixpoint.solver import Solver
from mge_assets.stages.dependency.fixpoint.tree_text import text
from mge_assets.stages.dependency.fixpoint.values import NOTHING, Container, Function, Node
from mge_assets.stages.dependency.javascript.base import constant_key
from mge_assets.stages.dependency.javascript.scopes import Block
from mge_assets.stages.dependency.javascript.semantics import JavaScriptSemantics
from mge_assets.stages.dependency.javascript.type_operators import TypeOperators, parameter_name

MAX_APPLIED = 4
"""Generic types applied one inside the other that have views of their own; inside of those they are taken as if nothing was given."""

MAX_GIVEN = 4
"""Types that files give to one parameter of an imported class and that are followed: all of them together say little of one use. Of the methods that rxjs
names, 86.4 % have the definition that TypeScript's language service gives; without a bound 81.3 %."""
_NAMED = {"property_signature", "method_signature"}

Template = Callable[[tuple[Node, ...]], Node]
"""Makes a view of a generic type for its arguments."""


class GenericTypes(TypeOperators):
    """Generic types and their views."""

    def __init__(self, file: str, source: bytes, solver: Solver, recorder: Recorder, names: Names, semantics: JavaScriptSemantics, *, typed: bool) -> None:
        super().__init__(file, source, solver, recorder, names, semantics, typed=typed)
        self.generics: dict[Node, list[tuple[Node, Node]]] = {}
        self._viewing = False

    def type_parameters(self, tree: Tree) -> list[tuple[Node, Node]]:
        """``<X = V>`` declares types for the block; calls and uses decide what they are. Gives (parameter, default) pairs."""
        made = []
        named = [(child, parameter_name(child)) for child in tree.named_children if child.type == "type_parameter"]
        nodes = [self.declare_parameter(name) if name is not None else self.solver.node() for _, name in named]
        for (child, _), node in zip(named, nodes, strict=True):
            constraint, default = child.child_by_field_name("constraint"), self._default(child)
            if constraint is not None:
                bound = self.type_node(constraint)
                self.solver.flow(bound if not self.close or not default else default, node)
            made.append((node, default))
        return made

    def inferred_from(self, kind: Tree | None, function: Function, node: Node) -> None:
        """``x: T`` of ``f<T>``: the type parameter is what calls hand over."""
        said = self.find_type(text(kind.named_children[0])) if self.close and kind is not None and kind.named_children else None
        if any(said == parameter for parameter, _ in self.semantics.generics.get(function, ())):
            self.solver.flow(node, said or NOTHING)

    def _default(self, tree: Tree) -> Node:
        value = tree.child_by_field_name("value")
        return self.flows.one_of([self.type_node(part) for part in value.named_children]) if value is not None else NOTHING

    def generic(self, node: Node, types: Tree | None, lower: Callable[[], Node]) -> Node:
        """A declared type; one with parameters is lowered for what it is without arguments, and again for those that it is applied to."""
        block = self.block
        outer = self.enter()
        if types is not None:
            made = self.type_parameters(types)
            if self.close:
                for parameter, default in made:
                    self.solver.flow(default, parameter)
                self.semantics.templates.setdefault(node, []).append(partial(self._view, types, block, lower))
            else:
                self.generics[node] = made
        shape = lower()
        self.leave(outer)
        return shape

    def _view(self, types: Tree, block: Block, lower: Callable[[], Node], given: tuple[Node, ...]) -> Node:
        """The type for these arguments, in the block that declares it; the names in it are no further uses."""
        kept = self.block, self.scope, self._viewing
        self.block, self._viewing = block, True
        self.scope = block.scope
        self.enter()
        for place, child in enumerate(child for child in types.named_children if child.type == "type_parameter"):
            name, constraint = parameter_name(child), child.child_by_field_name("constraint")
            node = given[place] if place < len(given) else self._default(child)
            if place >= len(given) and child.child_by_field_name("value") is None and constraint is not None:
                node = self.type_node(constraint)
            self.types.setdefault(self.block, {})[text(name)] = node
        made = lower()
        self.block, self.scope, self._viewing = kept
        return made

    def shaped(self, body: Tree) -> Container:
        """An object with the members of an interface's body; those of a view are made when they are asked for."""
        made = Container("object")
        named: dict[str, list[Tree]] = {}
        for child in body.named_children:
            key = constant_key(child.child_by_field_name("name")) if self._viewing and child.type in _NAMED else None
            if isinstance(key, str):
                named.setdefault(key, []).append(child)
            else:
                self.signature(child, made)
        if named:
            lower = partial(self._viewed_member, self.block, self.semantics.applying, made)
            self.semantics.unmade[made] = {key: partial(lower, children) for key, children in named.items()}
        return made

    def _viewed_member(self, block: Block, applying: tuple[Node, ...], made: Container, children: list[Tree]) -> None:
        kept = self.block, self.scope, self._viewing, self.semantics.applying
        self.block, self.scope, self._viewing, self.semantics.applying = block, block.scope, True, applying
        for child in children:
            self.signature(child, made)
        self.block, self.scope, self._viewing, self.semantics.applying = kept

    def use(self, tree: Tree, name: str, node: Node) -> None:
        """A name is read here."""
        if not self._viewing:
            super().use(tree, name, node)

    def applied(self, node: Node, given: list[Node]) -> Node:
        """The type applied to arguments; what generic type it is is known once imports are."""
        if not self.close:
            self._fill(node, given)
            return node
        made = self.solver.node()
        self.semantics.later(partial(self.semantics.one_by_one, partial(self._apply, node, given, made, self.semantics.applying)))
        return made

    def _apply(self, node: Node, given: list[Node], made: Node, applying: tuple[Node, ...]) -> None:
        views = [view for known in self.solver.aliases(node) for view in self._views(known, tuple(given), applying)]
        for view in views:
            self.solver.flow(view, made)
        if not views:
            self._fill(node, given)
            self.solver.flow(node, made)

    def _views(self, node: Node, given: tuple[Node, ...], applying: tuple[Node, ...]) -> list[Node]:
        """The views of one generic type's declarations for the arguments, made when first asked for; none of a type inside of its own."""
        templates = self.semantics.templates.get(node, [])
        found = self.semantics.views.get((node, given), [])
        if templates and not found and node not in applying and len(applying) < MAX_APPLIED:
            self.semantics.applying, kept = (*applying, node), self.semantics.applying
            found = self.semantics.views[node, given] = [template(given) for template in templates]
            self.semantics.applying = kept
        return found

    def _fill(self, node: Node, given: list[Node]) -> None:
        """The type's parameters are what is given, or else their defaults; looked at closely, those of an imported class too."""
        for place, (parameter, default) in enumerate(self.generics.get(node, ())):
            self.solver.flow(given[place] if place < len(given) else default, parameter)
        if self.close and node and node not in self.generics:
            self.semantics.later(lambda: self._fill_imported(node, given))

    def _fill_imported(self, node: Node, given: list[Node]) -> None:
        for known in self.solver.aliases(node):
            for place, (parameter, default) in enumerate(self.generics.get(known, ())):
                taken = self.semantics.taken.setdefault(parameter, set())
                taken.add(given[place] if place < len(given) else default)
                if len(taken) <= MAX_GIVEN:
                    self.solver.flow(given[place] if place < len(given) else default, parameter)
