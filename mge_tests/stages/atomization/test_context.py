"""Each component of the context says what is true of its atom, and counts as missing where nothing is known."""

import pytest

from mge_assets.model.atoms import Atom, AtomContext, Atomization, AtomKind
from mge_assets.stages.atomization import atomize
from mge_resources.syntax import Language
from mge_tests.stages.atomization.sources import PYTHON, SMALL, TYPESCRIPT, javascript, package_files, python, typescript

TESTS = """
from shop.stock import Store, add

def test_add():
    assert add(1, 2) == 3

class TestStore:
    def test_total_is_zero_at_first(self):
        assert Store().total() == 0

    def test_path(self):
        assert Store("a").path
"""


def of(atomization: Atomization, name: str) -> Atom:
    return next(atom for atom in atomization.atoms if atom.name == name)


def test_an_atom_has_the_imports_that_it_uses_and_no_others() -> None:
    atoms = python(PYTHON, "shop/stock.py")
    assert of(atoms, "shop.stock.Store.__init__").context.imports == ("import os",)
    assert of(atoms, "shop.stock.Store.put").context.imports == ("from decimal import Decimal as D",)
    assert "imports" in of(atoms, "shop.stock.__main__").context.exempt


def test_a_name_in_a_string_a_comment_or_an_attribute_is_no_use_of_an_import() -> None:
    atom = python("import os\n\n\ndef f(a):\n    # os\n    return a.os + 'os' + g(os=1)\n").atoms[-1]
    assert atom.context.imports == ()
    assert "imports" in atom.context.exempt


def test_typescript_imports_are_told_one_by_one() -> None:
    atoms = typescript(TYPESCRIPT, "src/store.ts")
    assert of(atoms, "src.store.Item").context.imports == ('import type { Price } from "./price"',)
    assert of(atoms, "src.store.Store").context.imports == ('import { EventEmitter } from "events"',)


def test_types_come_from_annotations_documentation_defaults_and_values() -> None:
    source = '''def f(a: int, b, c=1, d=None):
    """F.

    Parameters
    ----------
    b : Graph
        The graph.

    Returns
    -------
    path : list
    """
    return d.name
'''
    assert python(source).atoms[0].context.types == ("a: int", "b: Graph", "c: number", "d has .name", "returns path : list")
    assert of(typescript(TYPESCRIPT, "src/store.ts"), "src.store.Store.put").context.types == ("item: Item", "this: src.store.Store", "returns void")


def test_preconditions_come_from_arguments_guards_asserts_and_documentation() -> None:
    source = '''def f(a, *rest, b=1):
    """F.

    Raises:
        KeyError: if a is unknown.
    """
    assert a, "a"
    if not rest:
        raise ValueError("rest")
    return a
'''
    assert python(source).atoms[0].context.preconditions == (
        "a is given",
        "any number of rest",
        "b: number = 1 unless given",
        "else raises KeyError: if a is unknown.",
        'holds: a, "a"',
        'holds: rest, else raise ValueError("rest")',
    )


def test_postconditions_come_from_results_state_and_exits() -> None:
    method = "    def f(self, n) -> int:\n        self.n = n\n        if n:\n            raise ValueError\n        return n\n"
    context = of(python("class A:\n" + "    y = 2\n" * 12 + method), "pkg.mod.A.f").context
    assert context.postconditions == ("returns int", "return n", "raise ValueError", "assigns self.n")


def test_a_nested_functions_exits_are_not_the_outer_ones() -> None:
    context = python("def f(a):\n    def g():\n        raise KeyError\n    return g\n").atoms[0].context
    assert "raise KeyError" not in context.postconditions


def test_a_part_of_a_function_tells_what_comes_in_what_goes_out_and_what_is_around_it() -> None:
    loop = "".join(f"        total += item.price * {i}\n" for i in range(20))
    source = f"def f(items: list, rate: float):\n    total = 0\n    for item in items:\n{loop}    return total * rate\n"
    parts = python(source).atoms
    assert parts[-1].context.preconditions == ("bound before: total: int", "bound before: rate: float")
    assert parts[-1].context.postconditions[0] == "return total * rate"
    middle = parts[-2].context
    assert "inside: for item in items:" in middle.preconditions
    assert "leaves: total" in middle.postconditions
    assert "total: int" in middle.types


def test_test_cases_are_the_acceptance_tests_that_mention_the_atom_and_its_doctests() -> None:
    atoms = atomize(PYTHON, "shop/stock.py", Language.PYTHON, tests=TESTS)
    add = of(atoms, "shop.stock.add").context.test_cases
    assert add[0] == "def test_add():\n    assert add(1, 2) == 3"
    assert add[1] == ">>> add(1, 2)\n3"
    assert of(atoms, "shop.stock.Store.total").context.test_cases[0].startswith("def test_total_is_zero_at_first")
    assert any("test_path" in case for case in of(atoms, "shop.stock.Store.__init__").context.test_cases)
    assert not any("test_" in case for case in of(atoms, "shop.stock.Store.put").context.test_cases)


def test_typescript_tests_are_found_by_their_calls() -> None:
    tests = 'import { add } from "./store";\ntest("adds", () => { expect(add(1)).toBe(2); });\ntest("other", () => { other(); });\n'
    atoms = atomize(TYPESCRIPT, "src/store.ts", Language.TYPESCRIPT, tests=tests)
    assert of(atoms, "src.store.add").context.test_cases[0] == 'test("adds", () => { expect(add(1)).toBe(2); })'


def test_hints_name_other_definitions_of_the_file_that_the_atom_uses() -> None:
    atoms = python(PYTHON, "shop/stock.py")
    assert of(atoms, "shop.stock.__main__").context.hints == ("shop.stock.add", "shop.stock.LIMIT")
    source = "class A:\n" + "".join(f"    def m{i}(self):\n        return self.m{i + 1}()\n\n" for i in range(8))
    assert of(python(source), "pkg.mod.A.m0").context.hints == ("pkg.mod.A.m1",)


def test_a_stub_without_annotations_and_tests_is_not_complete() -> None:
    stub = python("def f(a): ...\n").atoms[0]
    assert stub.stub
    assert stub.context.types == stub.context.postconditions == stub.context.test_cases == ()
    assert stub.context.completeness == pytest.approx(0.4)


def test_only_trivia_and_docstrings_are_exempt_from_everything() -> None:
    everything = frozenset(AtomContext.COMPONENTS)
    for language, (file, source) in SMALL.items():
        for atom in atomize(source, file, language).atoms:
            assert (atom.context.exempt == everything) is (atom.kind in {AtomKind.TRIVIA, AtomKind.DOCSTRING})


@pytest.mark.parametrize("package", ["click", "networkx.algorithms.shortest_paths"])
def test_context_is_95_percent_complete_on_real_packages(package: str) -> None:
    atoms = [atom for file in package_files(package) for atom in python(file.read_bytes(), str(file)).atoms]
    assert sum(atom.context.completeness for atom in atoms) / len(atoms) >= 0.95


def test_an_arrow_function_returns_its_expression_and_an_export_exports_its_name() -> None:
    atoms = typescript("export const f = (a: number) => a + 1;\n\n\nexport default f;\n").atoms
    assert "returns a + 1" in atoms[0].context.postconditions
    assert "derived: always returns a + 1" in atoms[0].context.test_cases
    assert atoms[1].context.postconditions == ("exports f",)


def test_nothing_runs_in_a_signature_so_it_needs_no_test() -> None:
    atoms = typescript("declare function f(a: number): string;\n").atoms
    assert "test_cases" in atoms[0].context.exempt


def test_a_part_of_a_long_expression_says_what_it_is_a_part_of() -> None:
    source = "function f(a) {\n  return (\n    <ul>\n" + "      <li>{a}</li>\n" * 30 + "    </ul>\n  );\n}\n"
    parts = javascript(source).atoms[2:]
    assert parts
    assert all(part.context.postconditions[0].startswith("gives a part of return ( <ul>") for part in parts if part.complexity == 1 and b"<li>" in part.text)
