"""Answers become the atom's code whatever shape they come in, and nothing that they say escapes."""

import ast
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mge_assets.model.atoms import AtomKind
from mge_assets.stages.generation import AtomWork, ReplyError
from mge_assets.stages.generation.answers import read_answer
from mge_assets.stages.generation.parameters import with_contract_names
from mge_tests.fakes.emulator.mistakes import MISTAKES, ODD, Asked
from mge_tests.fakes.emulator.requests import AtomTag
from mge_tests.stages.generation.samples import AFTER, BEFORE, STUB, atom, fenced, work

CODE = 'def total(self):\n    """Sum of the prices, 0 for none."""\n    if not self.prices:\n        return 0\n    return sum(self.prices)'
TAG = AtomTag("shop.Basket.total", "method", "python", "shop.py", STUB.decode())
TASK = AtomWork(work().atom, b"import json\n\n\n" + BEFORE, AFTER)


def in_place(code: bytes) -> str:
    return ast.unparse(ast.parse(BEFORE + code + AFTER))


@pytest.mark.parametrize("kind", ODD)
def test_right_code_in_an_odd_shape_is_read_as_it_was_meant(kind: str) -> None:
    text = MISTAKES[kind](Asked(CODE, TAG, "", "def other(self):\n    return 1", random.Random(1)))
    assert text is not None
    assert in_place(read_answer(text, TASK).code) == in_place(b"    " + CODE.replace("\n", "\n    ").encode() + b"\n\n")


def test_a_renamed_function_gets_its_name_back_also_where_it_calls_itself() -> None:
    code = b"".join([read_answer(fenced("def add_up(self):\n    return add_up(self.prices[1:])"), TASK).code])
    assert b"def total(self)" in code
    assert b"add_up" not in code


def test_another_atoms_function_is_not_taken_for_a_renamed_one() -> None:
    with pytest.raises(ReplyError):
        read_answer(fenced("def __len__(self):\n    return 1"), TASK)


def test_overloads_in_the_draft_stay() -> None:
    overloads = b"    @overload\n    def total(self) -> int: ...\n    @overload\n    def total(self, start: int) -> float: ...\n"
    draft = overloads + b"    def total(self, start=0):\n        ...\n\n"
    answer = read_answer(fenced("def total(self, start=0):\n    return sum(self.prices, start)"), AtomWork(atom(draft), BEFORE, AFTER))
    assert answer.code.count(b"@overload") == 2
    assert b"return sum(self.prices, start)" in answer.code
    assert answer.code.count(b"...") == 2


def test_of_a_definition_in_parts_only_the_body_is_replaced_and_its_documentation_stays() -> None:
    text = b'        """Sum of the prices."""\n        ...\n\n'
    part = atom(text, name="shop.Basket.total#2", kind=AtomKind.DOCSTRING, signature="", indent="        ")
    task = AtomWork(part, BEFORE + b"    def total(self):\n", AFTER, whole=b"    def total(self):\n" + text)
    assert read_answer(fenced(CODE), task).code.startswith(b'        """Sum of the prices."""\n        if not self.prices:\n            return 0\n')


def test_a_package_that_nobody_declared_is_refused_and_an_unused_import_dropped() -> None:
    with pytest.raises(ReplyError, match="leftpad"):
        read_answer(fenced("import leftpad\n\ndef total(self):\n    return leftpad.pad(self.prices)"), TASK)
    assert read_answer(fenced("import leftpad\n\ndef total(self):\n    return 1"), TASK).imports == ()


@settings(max_examples=150, deadline=None)
@given(kinds=st.lists(st.sampled_from(sorted(MISTAKES)), min_size=1, max_size=3), noise=st.text(max_size=40), seed=st.integers(0, 9))
def test_no_answer_breaks_the_reader(kinds: list[str], noise: str, seed: int) -> None:
    chance = random.Random(seed)
    parts = [MISTAKES[kind](Asked(CODE, TAG, "", "def other(self):\n    return 1", chance)) or "" for kind in kinds]
    text = noise.join(parts)
    cut = text[: chance.randrange(len(text) + 1)] if seed % 2 else text
    try:
        code = read_answer(cut, TASK).code
    except ReplyError:
        return  # a refusal in words is an answer too
    assert code.strip()
    assert b"\0" not in code


@pytest.mark.parametrize(
    ("parameters", "answer", "expected"),
    [
        ("self, plaintext", "def put(self, plain_text):\n    return plain_text.upper()", "def put(self, plaintext):\n    return plaintext.upper()"),
        ("self, value", "def put(self, v):\n    return f'{v} {self.v} {dict(v=v)}'", "def put(self, value):\n    return f'{value} {self.v} {dict(v=value)}'"),
        ("self, a, *rest", "def put(self, x, *more):\n    return x, more", "def put(self, a, *rest):\n    return (a, rest)"),
        ("self, a, b", "def put(self, b, a):\n    return a - b", None),
        ("self, value", "def put(self, v):\n    value = v\n    return value", None),
        ("self, a", "def put(self, x=1):\n    return x", None),
        ("self, a", "def put(self, x, y):\n    return x", None),
    ],
)
def test_parameters_get_the_contracts_names_and_only_where_nothing_else_differs(parameters: str, answer: str, expected: str | None) -> None:
    renamed = with_contract_names(answer, "put", f"def put({parameters}):\n    ...".encode())
    assert ast.unparse(ast.parse(renamed)) == ast.unparse(ast.parse(expected or answer))
