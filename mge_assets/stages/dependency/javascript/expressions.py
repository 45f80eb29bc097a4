"""JavaScript and TypeScript expressions as constraints: each gives the node of its value."""

from collections.abc import Callable

from tree_sitter import Node as Tree

from mge_assets.stages.dependency.fixpoint.lowering import MAX_DEPTH, Names
from mge_assets.stages.dependency.fixpoint.recording import Recorder
from mge_assets.stages.dependency.fixpoint.solver import Solver
from mge_assets.stages.dependency.fixpoint.tree_text import operands, text, unparenthesised
from mge_assets.stages.dependency.fixpoint.values import NOTHING, REST, Call, Container, Function, Node, Value
from mge_assets.stages.dependency.javascript.assumptions import JavaScriptAssumptions
from mge_assets.stages.dependency.javascript.base import constant_key
from mge_assets.stages.dependency.javascript.scopes import CLASSES, FUNCTIONS
from mge_assets.stages.dependency.javascript.semantics import JavaScriptSemantics

_KEYS = {"property_identifier", "private_property_identifier", "identifier", "shorthand_property_identifier", "number", "string"}
_EITHER = {"||", "&&", "??"}


class JavaScriptExpressions(JavaScriptAssumptions):
    """Lowers expressions in the current scope."""

    def __init__(self, file: str, source: bytes, solver: Solver, recorder: Recorder, names: Names, semantics: JavaScriptSemantics, *, typed: bool) -> None:
        super().__init__(file, source, solver, recorder, names, semantics, typed=typed)
        self._dispatch: dict[str, Callable[[Tree], Node]] = {
            "identifier": self._identifier, "shorthand_property_identifier": self._identifier,
            "member_expression": self._member, "subscript_expression": self._subscript,
            "call_expression": self._call, "new_expression": self._new,
            "this": self._this, "super": self._super,
            "object": self._object, "array": self._array,
            "parenthesized_expression": self._last, "sequence_expression": self._last, "await_expression": self._last, "non_null_expression": self._last,
            "template_string": self._each, "jsx_expression": self._last,
            "assignment_expression": self._assignment, "augmented_assignment_expression": self._augmented, "update_expression": self._update,
            "binary_expression": self._binary, "ternary_expression": self._ternary,
            "string": self._constant, "number": self._constant,
            "yield_expression": self._yield,
            "as_expression": self._as, "satisfies_expression": self._as, "type_assertion": self._as,
            "jsx_self_closing_element": self._jsx, "jsx_opening_element": self._jsx, "jsx_closing_element": self._closing,
            "import": self._nothing, "meta_property": self._nothing, "comment": self._nothing, "statement_identifier": self._nothing,
            "property_identifier": self._nothing, "computed_property_name": self._last, "type_arguments": self._types, "type_annotation": self._types,
        }  # fmt: skip
        self._dispatch.update(dict.fromkeys(FUNCTIONS - {"method_definition", "function_signature"}, self._function_value))
        self._dispatch.update(dict.fromkeys(CLASSES, self.class_value))

    def value(self, tree: Tree | None) -> Node:
        """The node of an expression's value; 0 where there is none."""
        if tree is None:
            return NOTHING
        if self.depth > MAX_DEPTH:
            self.postpone(lambda: self.value(tree))
            return NOTHING
        self.depth += 1
        try:
            lower = self._dispatch.get(tree.type)
            return lower(tree) if lower is not None else self._each(tree)
        finally:
            self.depth -= 1

    def _nothing(self, tree: Tree) -> Node:
        del tree
        return NOTHING

    def _constant(self, tree: Tree) -> Node:
        key = constant_key(tree)
        return NOTHING if key is None or (isinstance(key, str) and len(key) > 60) else self.solver.holding(self.solver.constant(key))

    # names

    def _identifier(self, tree: Tree) -> Node:
        return self.read(tree)

    def _super(self, tree: Tree) -> Node:
        """``super``: what the home object falls back on."""
        del tree
        return self.home[-1][0] if self.home else NOTHING

    def _member(self, tree: Tree) -> Node:
        return self.member_value(tree)

    def member_value(self, tree: Tree) -> Node:
        """Read a property."""
        holder_tree, name_tree = tree.child_by_field_name("object"), tree.child_by_field_name("property")
        holder = self.operand(holder_tree)
        if name_tree is None:
            return NOTHING
        node = self.solver.node()
        self.semantics.load(holder, text(name_tree), node, self.site(name_tree))
        self.names.attributes.append((self.site(name_tree), holder, text(name_tree), False))
        self.use(name_tree, text(name_tree), node)
        path = self.path_of(tree) if self.narrowed else None
        return self.scope.flow.get(path, node) if path is not None else node

    def _subscript(self, tree: Tree) -> Node:
        holder = self.operand(tree.child_by_field_name("object"))
        index = tree.child_by_field_name("index")
        key = self.operand(index)
        node = self.solver.node()
        if constant_key(index) is not None and index is not None:
            self.use(index, text(index)[:1], node)
        self.semantics.load_item(holder, key, node, self.site(tree))
        return node

    def _assignment(self, tree: Tree) -> Node:
        left, right = tree.child_by_field_name("left"), tree.child_by_field_name("right")
        with self.once(right):
            value = self.named_value(right, left)
            self.bind_pattern(left, value, declares=False)
        return value

    def named_value(self, tree: Tree | None, name: Tree | None) -> Node:
        """A value; a function or class without a name takes that of what it is assigned to."""
        inner = tree
        if (
            inner is not None
            and name is not None
            and name.type == "identifier"
            and inner.type in (FUNCTIONS | CLASSES)
            and inner.child_by_field_name("name") is None
        ):
            return self.function_value(inner, text(name)) if inner.type in FUNCTIONS else self.class_value(inner, text(name))
        return self.value(tree)

    def _augmented(self, tree: Tree) -> Node:
        left, right = tree.child_by_field_name("left"), tree.child_by_field_name("right")
        with self.once(left):
            joined = self.flows.one_of([self.value(left), self.value(right)])
            self.bind_pattern(left, joined, declares=False)
        return joined

    def _update(self, tree: Tree) -> Node:
        argument = tree.child_by_field_name("argument")
        with self.once(argument):
            value = self.value(argument)
            if not self.typed:
                self.bind_pattern(argument, value, declares=False)
        return self.flows.one_of([value])

    def _binary(self, tree: Tree) -> Node:
        if (operator := text(tree.child_by_field_name("operator"))) in _EITHER:
            return self._either(tree, operator)
        left_tree = tree.child_by_field_name("left")
        left, right = self.value(left_tree), self.value(tree.child_by_field_name("right"))
        if operator == "instanceof":
            self.ask_for(unparenthesised(tree.child_by_field_name("right")), right)
        if left_tree is not None and left_tree.type == "private_property_identifier":
            held = self.solver.node()
            self.semantics.load(right, text(left_tree), held, self.site(left_tree))
            self.use(left_tree, text(left_tree), held)
        result = self.solver.node()
        self.solver.alias(left, result)
        self.solver.alias(right, result)
        return result

    def _either(self, tree: Tree, operator: str) -> Node:
        """``a && b``, ``a || b``, ``a ?? b``: what follows runs where what is before was true, or was not."""
        *others, last = operands(tree)
        before, nodes = dict(self.scope.flow), []
        for operand in others:
            nodes.append(self.value(operand))
            if operator != "??":
                self.assume(operand, holds=operator == "&&")
        nodes.append(self.value(last))
        self.forget_assumed(before)
        return self.flows.one_of(nodes)

    def _ternary(self, tree: Tree) -> Node:
        condition = tree.child_by_field_name("condition")
        self.value(condition)
        return self.one_or_other(condition, tree.child_by_field_name("consequence"), tree.child_by_field_name("alternative"))

    def _yield(self, tree: Tree) -> Node:
        value = self._last(tree)
        function = self.scope.function
        if function is None or function.generated is None:
            return NOTHING
        target = self.solver.element(function.generated, REST)
        if not any(child.type == "*" for child in tree.children):
            self.solver.flow(value, target)
            return self.solver.slot(function.generated, "(sent)")
        result = self.solver.node()

        def on(inner: Value) -> None:
            self.semantics.each(inner, target, self.site(tree))
            if isinstance(inner, Container):
                self.solver.flow(self.solver.slot(inner, "(return)"), result)

        self.semantics.later(lambda: self.solver.watch(value, on))
        return result

    def _as(self, tree: Tree) -> Node:
        children = [child for child in tree.named_children if child.type != "comment"]
        if tree.type == "type_assertion":
            children.reverse()
        value = self.value(children[0]) if children else NOTHING
        result = self.solver.node()
        for kind in children[1:]:
            self.solver.flow(self.type_node(kind), result)
        if not self.typed or len(children) < 2 or tree.type == "satisfies_expression":
            self.solver.assign(value, result)
            if self.recorder.references:
                self.semantics.infer(value, self.flows.one_of([self.type_node(kind) for kind in children[1:]]))
        else:
            self.semantics.infer(value, result)
        return result

    def _types(self, tree: Tree) -> Node:
        for child in tree.named_children:
            self.type_node(child)
        return NOTHING

    def _jsx(self, tree: Tree) -> Node:
        name = tree.child_by_field_name("name")
        if name is not None and name.type == "identifier":
            scope, _ = self.locate(text(name))
            component = self.read(name, called=True) if scope is not None or text(name)[:1].isupper() else NOTHING
        else:
            component = self.value(name)
        call = Call(self.site(tree), self.solver.node())
        self.semantics.call(component, call)
        for child in tree.named_children:
            if child != name:
                self.value(child)
        return NOTHING

    def _closing(self, tree: Tree) -> Node:
        """``</A.B>`` names the component once more."""
        name = tree.child_by_field_name("name")
        if name is not None and (name.type != "identifier" or self.locate(text(name))[0] is not None or text(name)[:1].isupper()):
            self.value(name)
        return NOTHING

    # literals

    def _array(self, tree: Tree) -> Node:
        made = Container("array", 0)
        place: int | None = 0
        for child in tree.named_children:
            if child.type == "comment":
                continue
            if child.type == "spread_element":
                self._spread_in(self._last(child), made)
                place = None
                continue
            value = self.value(child)
            slot = self.solver.element(made, REST if place is None else place)
            self.solver.flow(value, slot)
            if not self.typed:
                self.solver.alias(value, slot)
            elif place is not None:
                self.solver.flow(value, self.solver.element(made, REST))
            place = None if place is None else place + 1
        made.length = place
        self.semantics.literals.add(made)
        return self.solver.holding(made)

    def _spread_in(self, node: Node, made: Container) -> None:
        rest = self.solver.element(made, REST)
        self.semantics.later(lambda: self.solver.watch(node, lambda value: self.semantics.each(value, rest, self.site_of_file())))

    def _object(self, tree: Tree) -> Node:
        made = Container("object")
        self.semantics.literals.add(made)
        node = self.solver.holding(made)
        this = self.solver.holding(made)
        self.home.append((self.semantics.parents(made), NOTHING))
        for child in tree.named_children:
            if child.type == "spread_element":
                self.semantics.copy_properties(self._last(child), node, self.site(child))
            elif child.type == "method_definition":
                self.method(child, made, this)
            elif child.type == "pair":
                self._pair_of(child, made)
            elif child.type == "shorthand_property_identifier":
                self._property(made, text(child), self.value(child), child)
        self.home.pop()
        return node

    def _pair_of(self, tree: Tree, made: Container) -> None:
        key_tree, value_tree = tree.child_by_field_name("key"), tree.child_by_field_name("value")
        key = constant_key(key_tree)
        if key is None and key_tree is not None:
            node, value = self.value(key_tree.named_children[0] if key_tree.named_children else key_tree), self.value(value_tree)
            self.semantics.with_keys(node, lambda known: self.solver.flow(value, self.solver.element(made, REST if known is None else known)))
            return
        if value_tree is not None and value_tree.type in FUNCTIONS and value_tree.child_by_field_name("name") is None:
            value = self.function_value(value_tree, str(key) if value_tree.type != "arrow_function" else None)
            if self.recorder.references and value_tree.type != "arrow_function":
                for function in self.solver.values(value):
                    self.solver.add(function.this if isinstance(function, Function) else NOTHING, made)
        else:
            value = self.value(value_tree)
        if key is not None and key_tree is not None:
            self._property(made, key, value, key_tree)

    # functions
