"""The tracer that notes executed calls for the bench: who really calls what."""

import sys
from pathlib import Path

import pytest

from mge_tests.bench.dependency_tracer import Tracer

PROGRAM = """
class A:
    def __init__(self, line=None): pass
class B(A):
    def __init__(self, *args, **kwargs): super().__init__(*args, **kwargs)
class C(A):
    def add(self, *args, **kwargs): return A(*args, **kwargs)
def wrap(function):
    def inner(*args, **kwargs): return function(*args, **kwargs)
    return inner
class Keeper:
    def __init__(self, kept): self.kept = kept
    def __call__(self, *args, **kwargs): return self.kept(*args, **kwargs)
@wrap
def plain(x): return x
made = Keeper(A.__init__)
def make(): return B(1)
def add(c): return c.add(1)
def call(): return plain(1)
def keep(a): return made(a, 1)
"""


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> set[tuple[str, str, str, str]]:
    file = tmp_path_factory.mktemp("traced") / "m.py"
    file.write_text(PROGRAM)
    space: dict[str, object] = {"__name__": "m"}
    exec(compile(PROGRAM, str(file), "exec"), space)
    code = compile("make(); add(C()); call(); keep(C())", str(file.with_name("run.py")), "exec")
    Path(file.with_name("run.py")).write_text("make(); add(C()); call(); keep(C())")
    tracer, old = Tracer(file.parent.resolve()), sys.getprofile()
    sys.setprofile(tracer)
    try:
        exec(code, space)
    finally:
        sys.setprofile(old)
    return set(tracer.edges)


def test_a_method_that_hands_its_arguments_on_by_name_is_the_one_that_calls(rows: set[tuple[str, str, str, str]]) -> None:
    assert ("m.make", "m.B.__init__", "name", "direct") in rows
    assert ("m.B.__init__", "m.A.__init__", "self", "direct") in rows
    assert ("m.C.add", "m.A.__init__", "name", "direct") in rows
    assert not {row for row in rows if row[0] in {"m.make", "m.add"} and row[1] == "m.A.__init__"}


def test_behind_a_wrapper_the_call_is_that_of_whoever_called_the_wrapper(rows: set[tuple[str, str, str, str]]) -> None:
    assert ("m.wrap.inner", "m.plain", "callback", "handed on") in rows
    assert ("m.call", "m.plain", "name", "through") in rows


def test_an_initialiser_that_an_object_keeps_is_handed_on_to(rows: set[tuple[str, str, str, str]]) -> None:
    assert ("m.Keeper.__call__", "m.A.__init__", "callback", "handed on") in rows
    assert {row[3] for row in rows if row[:2] == ("m.keep", "m.A.__init__")} == {"through"}
