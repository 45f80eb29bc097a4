"""Python calls as constraints."""

from tree_sitter import Node as Tree

from mge_assets.stages.dependency.fixpoint.lowering import is_used
from mge_assets.stages.dependency.fixpoint.tree_text import unparenthesised
from mge_assets.stages.dependency.fixpoint.values import NOTHING, Call, Class, External, Node, Value
from mge_assets.stages.dependency.python.base import constant_key
from mge_assets.stages.dependency.python.literals import Literals
from mge_assets.stages.dependency.python.names import text
from mge_resources.syntax import Language, parse

_MAKES_CLASS = {b"namedtuple", b"NamedTuple"}
"""Outside functions that make classes, which have to be known before base classes are."""


_LOADERS = {b"import_module", b"__import__"}


def _last_word(function: Tree | None) -> bytes:
    """The name that is called, whatever it is taken from; empty where it is no name."""
    name = function.child_by_field_name("attribute") if function is not None and function.type == "attribute" else function
    return (name.text or b"") if name is not None and name.type == "identifier" else b""


class Calls(Literals):
    """Lowers calls in the current scope."""

    def callee(self, tree: Tree | None) -> Node:
        """The node of what is called."""
        tree = unparenthesised(tree)
        if tree is not None and tree.type == "identifier":
            return self.read(tree, called=True)
        if tree is not None and tree.type == "attribute":
            return self.attribute(tree, called=True)
        return self.value(tree)

    def _call(self, tree: Tree) -> Node:
        function = tree.child_by_field_name("function")
        arguments = tree.child_by_field_name("arguments")
        special = self._loaded_module(function, arguments) or self._special_call(tree, function, arguments)
        if special is not None:
            return special
        callee = self.callee(function)
        call = Call(self.site(tree), self.solver.node(), used=is_used(tree), owner=self.scope.owner().function)
        self.arguments(arguments, call)
        if len(call.arguments) == 2 and text(function) == "isinstance":
            self.ask_for(arguments.named_children[-1] if arguments is not None else None, call.arguments[1][0])
        self._update_paths(function, arguments)
        self.semantics.call(callee, call)
        if _last_word(function) in _MAKES_CLASS:
            self.semantics.make_early(callee, call)
        if _last_word(function) == b"TypeVar":
            self._type_variable(callee, arguments, call.result)
        return call.result

    def _type_variable(self, callee: Node, arguments: Tree | None, result: Node) -> None:
        """``TypeVar("T", A, B)`` or ``TypeVar("T", bound=A)``."""
        given = [child for child in arguments.named_children if child.type != "comment"] if arguments is not None else []
        bounds = [tree for tree in given[1:] if tree.type != "keyword_argument"]
        bounds += [value for tree in given if text(tree.child_by_field_name("name")) == "bound" and (value := tree.child_by_field_name("value"))]
        made = self.type_variable(bounds)
        self.solver.watch(callee, lambda value: self.solver.add(result, made) if isinstance(value, External) and value.name.endswith(".TypeVar") else None)

    def arguments(self, tree: Tree | None, call: Call) -> None:
        """Evaluate arguments into the call."""
        if tree is None:
            return
        if tree.type == "generator_expression":
            call.arguments.append((self.value(tree), False))
            return
        for child in tree.named_children:
            match child.type:
                case "keyword_argument":
                    call.keywords[text(child.child_by_field_name("name"))] = self.given(child.child_by_field_name("value"))
                case "list_splat":
                    call.arguments.append((self._last(child), True))
                case "dictionary_splat":
                    call.double_star.append(self._last(child))
                case "comment":
                    pass
                case _:
                    call.arguments.append((self.given(child), False))

    def _update_paths(self, function: Tree | None, arguments: Tree | None) -> None:
        """A call may change attributes, and the elements of what it is handed or called on."""
        self.flows.forget_attributes(self.scope)
        holder = function.child_by_field_name("object") if function is not None and function.type == "attribute" else None
        for tree in [holder, *(arguments.named_children if arguments is not None else [])]:
            if tree is not None and tree.type == "identifier":
                self.flows.forget(self.scope, text(tree))
        if holder is not None and function is not None and holder.type == "identifier" and text(function.child_by_field_name("attribute")) == "update":
            self._update_with(text(holder), arguments)

    def _update_with(self, name: str, arguments: Tree | None) -> None:
        """``name.update({…})`` sets the elements that the literal names."""
        for child in arguments.named_children if arguments is not None else []:
            if child.type == "dictionary":
                for pair in child.named_children:
                    key = constant_key(pair.child_by_field_name("key")) if pair.type == "pair" else None
                    value = pair.child_by_field_name("value")
                    known = self.quiet_value(value) if key is not None else None
                    if known is not None:
                        self.scope.flow[name, "[", repr(key)] = known

    def quiet_value(self, tree: Tree | None) -> Node | None:
        """The version of a plain name, without counting as another read."""
        return self.find(text(tree))[1] if tree is not None and tree.type == "identifier" else None

    def _loaded_module(self, function: Tree | None, arguments: Tree | None) -> Node | None:
        """``importlib.import_module("x")``."""
        if arguments is None or _last_word(function) not in _LOADERS:
            return None
        key = constant_key(arguments.named_children[0]) if arguments.named_children else None
        return self.named_module(key) if isinstance(key, str) else None

    def _special_call(self, tree: Tree, function: Tree | None, arguments: Tree | None) -> Node | None:
        """``super()`` and ``eval`` of a literal look at the scope, so they are no ordinary calls."""
        if function is None or function.type != "identifier":
            return None
        name = text(function)
        if name not in {"super", "eval", "exec", "globals"} or self.find(name)[0] is not None:
            return None
        given = [child for child in arguments.named_children if child.type != "comment"] if arguments is not None else []
        if name == "super":
            return self._super(given)
        if name == "globals":
            return self.own_module()
        key = constant_key(given[0]) if given else None
        if isinstance(key, str):
            return self._evaluate(key, tree)
        return None

    def _evaluate(self, code: str, tree: Tree) -> Node:
        """Code in a literal runs in this scope; its places are those of the call."""
        root = parse(Language.PYTHON, code.encode()).root_node
        before = len(self.names.reads), len(self.names.attributes)
        result = NOTHING
        with self.code_in(tree):
            for statement in root.named_children:
                result = self._last(statement) if statement.type == "expression_statement" else self.value(statement)
        del self.names.reads[before[0] :], self.names.attributes[before[1] :]
        return result

    def _super(self, given: list[Tree]) -> Node:
        result = self.solver.node()
        method = self.scope
        while method.kind != "function" and method.parent is not None:
            method = method.parent
        around = method.parent
        while around is not None and around.cls is None:
            if around.kind == "function":
                method = around
            around = around.parent
        cls = around.cls if around is not None else None
        named = self.value(given[0]) if given else NOTHING
        receiver = self.value(given[1]) if len(given) > 1 else NOTHING
        if not receiver and method.function is not None and method.function.parameters:
            receiver = method.function.parameters[0].node

        def on(value: Value) -> None:
            classes = [v for v in self.solver.values(named) if isinstance(v, Class)] or ([cls] if cls else [])
            for known in classes:
                self.solver.add(result, self.semantics.super_of(known, value))

        self.semantics.later(lambda: self.solver.watch(receiver, on))
        return result
