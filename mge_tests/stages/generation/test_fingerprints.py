"""Fingerprints: equal exactly where an atom's code may be used again."""

from dataclasses import replace

import pytest

from mge_assets.model.atoms import Atom, AtomContext, AtomKind, Span
from mge_assets.stages.generation import DependencyCode, fingerprint
from mge_tests.stages.generation.samples import GOOD, STUB, atom

ITEM = DependencyCode("shop.Item", AtomKind.CLASS_HEADER, "item.py", "class Item", b"class Item:\n    price: int")
RATE = DependencyCode("shop.RATE", AtomKind.CONSTANT, "rate.py", "", b"RATE = 3\n")


def of(unit: Atom, *, regenerate: bool = False, dependencies: tuple[DependencyCode, ...] = (ITEM, RATE), model: str = "m", brief: tuple[str, ...] = ()) -> str:
    return fingerprint(unit, regenerate=regenerate, dependencies=dependencies, model=model, brief=brief)


@pytest.mark.parametrize(
    "changed",
    [
        {"text": STUB + b"\n"}, {"name": "shop.other"}, {"signature": "def total(self, tax):"}, {"context": AtomContext(hints=("other",))},
        {"context": AtomContext(exempt=frozenset({"types"}))}, {"file": "other.py"}, {"scope": "shop"}, {"indent": ""}, {"kind": AtomKind.FUNCTION},
    ],
)  # fmt: skip
def test_whatever_the_code_follows_from_changes_it(changed: dict[str, object]) -> None:
    assert of(atom(**changed)) != of(atom())  # type: ignore[arg-type]


def test_where_the_atom_stands_does_not_change_it() -> None:
    assert of(replace(atom(), span=Span(0, 9, 1, 2), number=7)) == of(atom())


def test_a_dependencys_contract_changes_it_and_the_body_behind_a_signature_does_not() -> None:
    assert of(atom(), dependencies=(replace(ITEM, signature="class Item(Base)"), RATE)) != of(atom())
    assert of(atom(), dependencies=(ITEM, replace(RATE, code=b"RATE = 4\n"))) != of(atom())
    assert of(atom(), dependencies=(ITEM,)) != of(atom())
    assert of(atom(), dependencies=(replace(ITEM, code=b"class Item:\n    price: float"), RATE)) == of(atom())


def test_the_order_of_dependencies_does_not_matter() -> None:
    assert of(atom(), dependencies=(RATE, ITEM)) == of(atom())


def test_model_and_brief_count_only_for_what_would_be_generated() -> None:
    whole = atom(GOOD.encode(), stub=False)
    assert of(atom(), model="other") != of(atom())
    assert of(atom(), brief=("other",)) != of(atom())
    assert of(whole, model="other", brief=("other",)) == of(whole)
    assert of(whole, model="other", regenerate=True) != of(whole, regenerate=True)
    assert of(whole, regenerate=True) != of(whole)


def test_sets_do_not_make_it_depend_on_the_process() -> None:
    names = ("types", "imports", "preconditions", "test_cases")
    one, other = (atom(context=AtomContext(exempt=frozenset(order))) for order in (names, names[::-1]))
    assert of(one) == of(other)
    assert len(of(one)) == 64
