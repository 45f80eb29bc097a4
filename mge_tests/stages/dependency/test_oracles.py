"""Analysis beside what others say of the same code: CPython's scopes, grimp's imports, and what really ran."""

import tempfile
from pathlib import Path

import pytest

from mge_tests.bench.dependency_oracles import import_edges, ours, scopes, theirs
from mge_tests.bench.dependency_variations import executed, found, programs


def test_every_scope_binds_what_symtable_says():
    total, same, different = scopes(short=True)
    assert (same, different) == (total, [])
    assert total > 1000


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("class Fake:\n    __class__ = property(lambda self: int)\n", id="a class that says what its class is"),
        pytest.param("class Real:\n    def f(self):\n        return __class__\n", id="a class that asks for it"),
        pytest.param("def f(a, b, c):\n    del a, b\n    del (c), [d]\n    del x.y, z[0]\n", id="parameters that are deleted"),
        pytest.param("def f():\n    (a): int\n    (b): int = 1\n    c: int\n    d.e: int\n", id="annotated names in brackets"),
        pytest.param("def listcomp():\n    x = 1\n    return [y for y in x], (lambda: 1)\n", id="a function called as symtable calls a comprehension"),
        pytest.param(
            "def f():\n    if g():\n        a = (g.\nb(\n) if\nh else # why\n\nk)\n        c = a\n    d = c\ndef e(): pass\n",
            id="lines that go on further left",
        ),
        pytest.param("def f():\n    ｗｉｄｔｈ = 1\n    µ = width\n", id="letters that stand for others"),  # noqa: RUF001 -- what is tested
    ],
)
def test_a_scope_of_each_unusual_kind_binds_what_symtable_says(source):
    assert ours(source.encode()) == theirs(source.encode())


@pytest.mark.parametrize("package", ["click", "requests"])
def test_imports_between_modules_are_grimps(package):
    mine, truth = import_edges(package)
    assert mine == truth


@pytest.mark.parametrize("name", sorted(programs())[::16])
def test_a_small_program_calls_what_analysis_says(name):
    files = programs()[name]
    with tempfile.TemporaryDirectory() as folder:
        assert executed(files, Path(folder)) == found(files)
