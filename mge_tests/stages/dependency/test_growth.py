"""Work grows with the code, not with its square; and the bench that says so measures what it claims."""

import time
from itertools import pairwise

import pytest

from mge_assets.stages.dependency import analyse
from mge_assets.stages.dependency.fixpoint import solver
from mge_assets.stages.dependency.fixpoint.kinds import Kinds
from mge_assets.stages.dependency.fixpoint.lookup import Lookup
from mge_assets.stages.dependency.fixpoint.values import Class
from mge_assets.stages.dependency.javascript.copying import MAX_COPIES
from mge_assets.stages.dependency.javascript.expressions import JavaScriptExpressions
from mge_assets.stages.dependency.javascript.invocation import JavaScriptInvocation
from mge_assets.stages.dependency.javascript.lookup import JavaScriptLookup
from mge_assets.stages.dependency.python.families import Families
from mge_assets.stages.dependency.python.narrowing import Narrowing
from mge_resources.syntax import Language
from mge_tests.bench.corpora import SourceFile
from mge_tests.bench.growth_samples import dealt, exponent, lines


def counted(monkeypatch: pytest.MonkeyPatch, holder: type, name: str, files: dict[str, bytes]) -> int:
    """How often the method runs while the files are analysed."""
    real, calls = getattr(holder, name), []

    def counting(*given: object, **named: object) -> object:
        calls.append(name)
        return real(*given, **named)

    with monkeypatch.context() as patch:
        patch.setattr(holder, name, counting)
        analyse(files)
    return len(calls)


def checks(count: int) -> dict[str, bytes]:
    """As many classes, handed one by one to a function that asks for each of them."""
    classes = "".join(f"class C{number}:\n    pass\n" for number in range(count))
    wanted = ", ".join(f"C{number}" for number in range(count))
    handed = "".join(f"take(C{number}())\n" for number in range(count))
    return {"m.py": f"{classes}def take(value):\n    if isinstance(value, ({wanted})):\n        return value\n{handed}".encode()}


def test_a_value_is_not_asked_for_its_class_again_for_each_class_that_arrives(monkeypatch: pytest.MonkeyPatch) -> None:
    few, many = (counted(monkeypatch, Kinds, "_is", checks(count)) for count in (10, 40))
    # each value and class once as it is found and once more when all classes are
    assert few <= 2 * 10 * 11
    assert many <= 2 * 40 * 41


def accessors(count: int) -> dict[str, bytes]:
    """As many classes, whose objects are stored into at one place, through one setter."""
    below = "".join(f"class C{number} extends Base {{}}\n" for number in range(count))
    objects = ", ".join(f"new C{number}()" for number in range(count))
    return {"m.js": f"class Base {{ set part(given) {{ given(); }} }}\n{below}const use = () => 1;\nfor (const one of [{objects}]) one.part = use;\n".encode()}


def test_what_a_call_hands_over_is_bound_once_for_all_that_it_is_made_on(monkeypatch: pytest.MonkeyPatch) -> None:
    few, many = (counted(monkeypatch, JavaScriptInvocation, "bind_arguments", accessors(count)) for count in (10, 40))
    # each constructor, which runs its parent's, and the setter with the arrow function
    assert few <= 2 * 10 + 2
    assert many <= 2 * 40 + 2
    found = {(edge.source, edge.target) for edge in analyse(accessors(12)).edges}
    assert {("m", "m.Base.part"), ("m.Base.part", "m.use")} <= found


def test_prototypes_that_lead_to_one_another_are_not_walked_in_every_order() -> None:
    names = [f"C{number}" for number in range(16)]
    source = (
        "class Items extends Array {}\n" + "".join(f"class {name} {{}}\n" for name in names) + f"const all = [{', '.join(names)}];\n"
        "for (const one of all) for (const other of all) Object.setPrototypeOf(one.prototype, other.prototype);\n"
        "Object.setPrototypeOf(C0.prototype, Items.prototype);\n"
        "function run() {}\nconst held = new C3();\nheld.push(run);\nfor (const each of held) each();\n"
    )
    begin = time.process_time()
    edges = analyse({"m.js": source.encode()}).edges
    assert time.process_time() - begin < 5, "16 prototypes have 20,922,789,888,000 orders"
    assert ("m", "m.run") in {(edge.source, edge.target) for edge in edges}


def family(count: int) -> dict[str, bytes]:
    """A base whose method asks for as many attributes, each of them one of its subclasses' own."""
    asked = "".join(f"        self.part{number}()\n" for number in range(count))
    below = "".join(f"class Below{number}(Base):\n    def part{number}(self):\n        pass\n" for number in range(count))
    return {"m.py": f"class Base:\n    def run(self):\n{asked}        self.of_nobody()\n{below}def start(base: Base):\n    base.run()\n".encode()}


def test_a_lookup_is_answered_again_only_where_more_is_known_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    few, many = (counted(monkeypatch, Families, "_look_below", family(count)) for count in (10, 40))
    assert 10 <= few <= 3 * 11
    assert 40 <= many <= 3 * 41


def test_every_subclass_s_attribute_is_still_found() -> None:
    found = {(edge.source, edge.target) for edge in analyse(family(12)).edges}
    assert {("m.Base.run", f"m.Below{number}.part{number}") for number in range(12)} <= found


def package(name: str, count: int) -> list[SourceFile]:
    """So many files of 100 lines."""
    return [SourceFile(f"{name}/m{number}.py", Language.PYTHON, b"x = 1\n" * 100, written=True) for number in range(count)]


def test_each_package_stands_whole_in_one_of_the_trees_which_are_of_a_size() -> None:
    trees = dealt([package("a", 9), package("b", 5), package("c", 4), package("d", 2)], 2, 0)
    assert [lines(tree) for tree in trees] == [1_000, 1_000] or [lines(tree) for tree in trees] == [1_100, 900]
    assert sorted(file.path for tree in trees for file in tree) == sorted(
        file.path for name, n in zip("abcd", (9, 5, 4, 2), strict=True) for file in package(name, n)
    )
    assert all(len({place for place, tree in enumerate(trees) if any(file.path.startswith(name) for file in tree)}) == 1 for name in "abcd")


def test_the_exponent_is_that_of_the_power() -> None:
    assert exponent([(size, 3 * size**2) for size in (10.0, 100.0, 500.0)]) == pytest.approx(2)
    assert exponent([(size, 0.1 * size) for size in (10.0, 100.0, 500.0)]) == pytest.approx(1)


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("a.py", "keep(lambda x: x).y += 1"),
        ("a.py", "keep(lambda x: x)[0] += 1"),
        ("a.py", "a = keep(lambda x: x).y = 1"),
        ("a.js", "keep(x => x).y += 1;"),
        ("a.js", "keep(x => x)[0]++;"),
        ("a.js", "keep(x => x)[key](1);"),
        ("a.ts", "(keep((x: number) => x)[0]! as number) += 1;"),
        ("a.py", "a = b\nif isinstance(a, keep(lambda x: x)): pass\nelse: pass"),
        ("a.py", "a = b\nisinstance(a, keep(lambda x: x)) and a.c"),
        ("a.js", "var a = b; if (a instanceof keep(x => x)) {} else {}"),
        ("a.ts", "let a = b; a instanceof (keep((x: number) => x)) ? a.c : a.d;"),
    ],
)
def test_a_function_in_a_place_that_is_read_and_written_is_one_function(file: str, line: str) -> None:
    assert [symbol.id for symbol in analyse({file: line.encode()}).symbols if "lambda" in symbol.id] == ["a.<lambda1>"]


@pytest.mark.parametrize("link", ["[key](1)", "[0]`text`", "[key]?.(1)"])
def test_a_chain_of_calls_is_walked_once(monkeypatch: pytest.MonkeyPatch, link: str) -> None:
    few, many = (counted(monkeypatch, JavaScriptExpressions, "value", {"a.js": f"start{link * count};".encode()}) for count in (5, 20))
    assert many <= 4 * few + 8


def test_a_property_is_looked_for_once_for_all_who_read_it(monkeypatch: pytest.MonkeyPatch) -> None:
    family = "class A { m() {} }\nclass B extends A {}\nconst b = new B();\n"
    few, many = (counted(monkeypatch, JavaScriptLookup, "_find", {"a.js": f"{family}{'b.m;' * count}".encode()}) for count in (5, 40))
    assert few == many


def test_a_bound_function_is_called_once_for_all_that_it_is_a_property_of(monkeypatch: pytest.MonkeyPatch) -> None:
    start = "function f() {}\nconst g = f.bind(null);\nfunction run(o) { o.g(); }\n"
    few, many = (counted(monkeypatch, JavaScriptInvocation, "_with_this", {"a.js": f"{start}{'run({ g });' * count}".encode()}) for count in (5, 40))
    assert few == many


def test_what_is_copied_is_put_once_into_each_object_whatever_it_comes_from(monkeypatch: pytest.MonkeyPatch) -> None:
    few, many = (
        counted(monkeypatch, JavaScriptLookup, "put", {"a.js": f"function f(t, s) {{ Object.assign(t, s); }}\n{'f({}, { k: 1 });' * count}".encode()})
        for count in (5, 40)
    )
    assert (few, many) == (5, 40)


def test_among_a_crowd_that_copies_from_all_to_all_nobody_is_known_to_give(monkeypatch: pytest.MonkeyPatch) -> None:
    objects = "".join(f"f({{}}, {{ {', '.join(f'k{number}_{key}: 1' for key in range(60))} }});\n" for number in range(60))
    source = f"function f(t, s) {{ Object.assign(t, s); }}\n{objects}".encode()
    assert counted(monkeypatch, JavaScriptLookup, "put", {"a.js": source}) <= MAX_COPIES


def families(count: int) -> dict[str, bytes]:
    """As many classes without a constructor, of which each may extend each."""
    classes = "".join(f"class C{number} extends pick() {{}}\n" for number in range(count))
    return {"a.js": f"function pick() {{ return [{', '.join(f'C{number}' for number in range(count))}][x]; }}\n{classes}new C0();\n".encode()}


def test_classes_that_may_extend_one_another_run_each_constructor_once_for_each_that_falls_back_on_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert counted(monkeypatch, JavaScriptInvocation, "_run_parent", families(4)) <= 2 * 4**2
    assert counted(monkeypatch, JavaScriptInvocation, "_run_parent", families(8)) <= 2 * 8**2


def test_an_iterator_is_asked_for_its_next_element_once_a_place_whatever_it_is_the_iterator_of(monkeypatch: pytest.MonkeyPatch) -> None:
    def asked(count: int) -> int:
        kinds = "".join(f"class C{number} {{ [Symbol.iterator]() {{ return shared; }} }}\n" for number in range(count))
        walked = f"for (const part of [{', '.join(f'new C{number}()' for number in range(count))}][x]) part;"
        return counted(monkeypatch, JavaScriptInvocation, "call_method", {"a.js": f"const shared = {{ next() {{}} }};\n{kinds}{walked}\n".encode()})

    assert asked(20) - asked(10) == 2 * 10  # the iterators, synchronous and not


def test_a_condition_is_looked_at_once_however_many_follow_it(monkeypatch: pytest.MonkeyPatch) -> None:
    few, many = (
        counted(monkeypatch, Narrowing, "_typed", {"a.py": f"def f(x):\n    return {' and '.join(['x is None'] * count)}\n".encode()}) for count in (10, 100)
    )
    assert many == few + 90


@pytest.mark.parametrize("operator", ["|", "&"])
def test_types_of_thousands_of_members_are_no_nest_to_fall_into(operator: str) -> None:
    words, types = " | ".join(f"'k{number}'" for number in range(3000)), f" {operator} ".join(["A"] * 3000)
    source = f"type Kind = {words};\ninterface A {{ kind: Kind; go(): void }}\ntype Some = {types};\nfunction f(x: Some) {{ x.go(); }}\n"
    code = analyse({"m.ts": source.encode()}, references=True)
    assert {(place.line) for use in code.references if use.name == "go" for place in use.targets} == {2}


def late_bases(count: int) -> dict[str, bytes]:
    """A class whose base may be any of so many, each of which is known a call later than the one before."""
    classes = "".join(f"class B{number}: pass\n" for number in range(count))
    calls = "".join(f"def pick{number}(): return B{number} if x else pick{number + 1}()\n" for number in range(count))
    return {"m.py": f"{classes}{calls}class C(pick0()): pass\nclass D(C): pass\n".encode()}


def test_classes_are_ordered_once_for_all_bases_that_come_together(monkeypatch: pytest.MonkeyPatch) -> None:
    few, many = (counted(monkeypatch, Lookup, "_linearise", late_bases(count)) for count in (4, 30))
    assert few == many == 2  # at the start, and once the calls have run


@pytest.mark.parametrize(("a_node", "arrived"), [(0, False), (2, True)])
def test_more_code_may_take_more_steps(monkeypatch: pytest.MonkeyPatch, a_node: int, *, arrived: bool) -> None:
    monkeypatch.setattr(solver, "MAX_STEPS", 100)
    monkeypatch.setattr(solver, "MAX_STEPS_A_NODE", a_node)
    made = solver.Solver()
    nodes = [made.node() for _ in range(1000)]
    for source, target in pairwise(nodes):
        made.flow(source, target)
    made.add(nodes[0], Class("C"))
    made.run()
    assert bool(made.values(nodes[-1])) is arrived


NESTS = {
    "chain.ts": "interface A { kind: 'a'; go(): void }\nfunction f(x: A) { if (" + " && ".join(["x.kind === 'a'"] * 3000) + ") x.go(); }\n",
    "arrays.ts": "let a: string" + "[]" * 3000 + ";\nlet b: " + "Array<" * 1000 + "string" + ">" * 1000 + ";\n",
    "calls.js": "a" + ".then(x => x)" * 1000 + ";\nlet " + "[" * 1000 + "b" + "]" * 1000 + " = a;\n",
    "chain.py": "def f(x):\n    if " + " and ".join(["x is None"] * 3000) + ": pass\n    return " + " or ".join(["x"] * 3000) + "\n",
    "types.py": "def f(x: " + " | ".join(["int"] * 3000) + ", y: " + "list[" * 1000 + "int" + "]" * 1000 + "): pass\n",
    "calls.py": "a" + ".then(lambda x: x)" * 1000 + "\nx[" + "(" * 1000 + "1" + ")" * 1000 + "] = " + "not " * 1000 + "a\n",
    "targets.py": "for " + "[" * 1000 + "a" + "]" * 1000 + " in b: pass\n",
}  # fmt: skip


@pytest.mark.parametrize("name", NESTS)
def test_what_is_nested_deep_hides_nothing_beside_it(name: str) -> None:
    beside = "function last() {}\nfunction caller() { last(); }\n" if not name.endswith(".py") else "def last(): pass\ndef caller(): last()\n"
    code = analyse({name: (NESTS[name] + beside).encode()}, references=True)
    module = name.partition(".")[0]
    assert (f"{module}.caller", f"{module}.last") in {(edge.source, edge.target) for edge in code.edges}
