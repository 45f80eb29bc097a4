"""JavaScript calls as constraints: the receiver, ``super`` and ``new``."""

from tree_sitter import Node as Tree

from mge_assets.stages.dependency.fixpoint.lowering import is_used
from mge_assets.stages.dependency.fixpoint.tree_text import text, unparenthesised
from mge_assets.stages.dependency.fixpoint.values import NOTHING, Call, Node, Value
from mge_assets.stages.dependency.javascript.base import constant_key, known_ends
from mge_assets.stages.dependency.javascript.functions import JavaScriptFunctions


class JavaScriptCalls(JavaScriptFunctions):
    """Lowers calls in the current scope."""

    def _call(self, tree: Tree) -> Node:
        function, arguments = tree.child_by_field_name("function"), tree.child_by_field_name("arguments")
        while function is not None and function.type in {"parenthesized_expression", "non_null_expression"} and len(function.named_children) == 1:
            function = function.named_children[0]
        if function is not None and function.type == "import":
            return self.imported(arguments, dynamic=True)
        if function is not None and text(function) == "require" and self.locate("require")[0] is None:
            return self.imported(arguments, dynamic=False)
        call = Call(self.site(tree), self.solver.node(), used=is_used(tree))
        for types in (child for child in tree.named_children if child.type == "type_arguments"):
            call.types = [self.type_node(child) for child in types.named_children]
        self._call_target(function, arguments, call, tree)
        return call.result

    def _call_target(self, function: Tree | None, arguments: Tree | None, call: Call, tree: Tree) -> None:
        if function is not None and function.type == "member_expression":
            name_tree, holder_tree = function.child_by_field_name("property"), function.child_by_field_name("object")
            holder, name = self.value(holder_tree), text(name_tree)
            target = self.solver.node()
            if name_tree is not None:
                self.use(name_tree, name, target)
                self.semantics.load(holder, name, target, self.site(name_tree))
                self.names.unresolved.append((self.site(name_tree), target, name))
                self.names.attributes.append((self.site(name_tree), holder, name, True))
            self.arguments(arguments, call)
            if holder_tree is not None and holder_tree.type == "super":
                this = self._this(tree)
                self.semantics.later(lambda: self.solver.watch(target, lambda value: self._call_with(value, call, this)))
            else:
                self.semantics.call_method(holder, name, call, NOTHING)
            return
        if function is not None and function.type == "subscript_expression":
            self._call_element(function, arguments, call)
            return
        if function is not None and function.type == "super":
            self.arguments(arguments, call)
            self._call_super(call, tree)
            return
        callee = self.read(function, called=True) if function is not None and function.type == "identifier" else self.value(function)
        self.arguments(arguments, call)
        call.plain = True
        self.semantics.call(callee, call)

    def _call_with(self, value: Value, call: Call, this: Node) -> None:
        self.semantics.invoke(value, call, None)
        self.solver.watch(this, lambda receiver: self.semantics.invoke(value, call, receiver))

    def _call_element(self, function: Tree, arguments: Tree | None, call: Call) -> None:
        with self.once(function):
            target, holder = self.value(function), self.operand(function.child_by_field_name("object"))
            index = function.child_by_field_name("index")
            if index is not None and constant_key(index) is None:
                self.semantics.methods_between(holder, self.operand(index), target, known_ends(index))
        self.arguments(arguments, call)
        self.semantics.later(lambda: self.solver.watch(target, lambda value: self._call_with(value, call, holder)))

    def _call_super(self, call: Call, tree: Tree) -> None:
        parent = self.home[-1][1] if self.home else NOTHING
        this = self._this(tree)
        self.semantics.later(lambda: self.solver.watch(parent, lambda value: self._call_with(value, call, this)))

    def _new(self, tree: Tree) -> Node:
        constructor = unparenthesised(tree.child_by_field_name("constructor"))
        callee = self.read(constructor, called=True) if constructor is not None and constructor.type == "identifier" else self.value(constructor)
        call = Call(self.site(tree), self.solver.node(), new=True)
        for types in (child for child in tree.named_children if child.type == "type_arguments"):
            kinds = [self.type_node(child) for child in types.named_children]
            call.types = kinds if self.recorder.references else []
        self.arguments(tree.child_by_field_name("arguments"), call)
        self.semantics.call(callee, call)
        return call.result

    def arguments(self, tree: Tree | None, call: Call) -> None:
        """Evaluate arguments into the call."""
        if tree is not None and tree.type == "template_string":
            call.arguments.append((NOTHING, False))
            for child in tree.named_children:
                if child.type == "template_substitution":
                    call.arguments.append((self._last(child), False))
            return
        for child in tree.named_children if tree is not None else []:
            if child.type == "spread_element":
                call.arguments.append((self._last(child), True))
            elif child.type != "comment":
                call.arguments.append((self.value(child), False))
