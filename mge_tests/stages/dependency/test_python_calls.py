"""Python: who calls whom, by the language's own rules."""

import pytest

from mge_assets.model.graph import CodeGraph, Confidence, EdgeType
from mge_assets.stages.dependency import analyse, graph_json


def graph(**files: str) -> CodeGraph:
    return analyse({name.replace("__slash__", "/") + ".py": text.encode() for name, text in files.items()})


def calls(code: CodeGraph) -> set[tuple[str, str]]:
    return {(e.source, e.target) for e in code.edges if e.type is EdgeType.FUNCTION_CALL and e.confidence is Confidence.RESOLVED}


CASES = {
    "a closure sees the scope around": ("def make():\n    def inner(): pass\n    return inner\nmake()()\n", {("m", "m.make"), ("m", "m.make.inner")}),
    "a later value takes the place of an earlier one": ("def a(): pass\ndef b(): pass\nf = a\nf = b\nf()\n", {("m", "m.b")}),
    "either branch may have run": ("def a(): pass\ndef b(): pass\nif x:\n    f = a\nelse:\n    f = b\nf()\n", {("m", "m.a"), ("m", "m.b")}),
    "a stored element takes the place of the literal's": ("def a(): pass\ndef b(): pass\nd = {'k': a}\nd['k'] = b\nd['k']()\n", {("m", "m.b")}),
    "elements are told apart by key": ("def a(): pass\ndef b(): pass\nd = {'x': a, 'y': b}\nd['y']()\n", {("m", "m.b")}),
    "the rest of an unpacked list keeps its places": ("def a(): pass\ndef b(): pass\ndef c(): pass\nx, *y = a, b, c\ny[1]()\n", {("m", "m.c")}),
    "a slice keeps its places": ("def a(): pass\ndef b(): pass\nl = [a, b]\nl[1:][0]()\n", {("m", "m.b")}),
    "a decorator that gives back its argument does not mix functions": (
        "def d(f): return f\n@d\ndef a(): pass\n@d\ndef b(): pass\nb()\n",
        {("m", "m.d"), ("m", "m.b")},
    ),
    "super follows the resolution order of the instance": (
        "class A:\n    def f(self): pass\nclass B(A):\n    def f(self): super().f()\nclass C(A):\n    def f(self): pass\nclass D(B, C): pass\nD().f()\n",
        {("m", "m.B.f"), ("m.B.f", "m.C.f")},
    ),
    "a property is called by being read": ("class A:\n    @property\n    def p(self): pass\nA().p\n", {("m", "m.A.p")}),
    "a setter is called by being assigned": (
        "class A:\n    @property\n    def p(self): pass\n    @p.setter\n    def p(self, v): pass\na = A()\na.p = 1\n",
        {("m", "m.A.p")},
    ),
    "with calls enter and exit": (
        "class A:\n    def __enter__(self): pass\n    def __exit__(self, *a): pass\nwith A(): pass\n",
        {("m", "m.A.__enter__"), ("m", "m.A.__exit__")},
    ),
    "a for loop calls iter and next": (
        "class A:\n    def __iter__(self): return self\n    def __next__(self): pass\nfor x in A(): pass\n",
        {("m", "m.A.__iter__"), ("m", "m.A.__next__")},
    ),
    "an operator calls its method": ("class A:\n    def __add__(self, o): pass\nA() + 1\n", {("m", "m.A.__add__")}),
    "a generator gives what it yields": ("def a(): pass\ndef g():\n    yield a\nfor f in g(): f()\n", {("m", "m.g"), ("m", "m.a")}),
    "lambdas are numbered in their scope": ("def f():\n    x = lambda: 1\n    (lambda: 2)()\nf()\n", {("m", "m.f"), ("m.f", "m.f.<lambda2>")}),
    "keyword arguments reach their parameter": ("def a(): pass\ndef f(*, k): k()\nf(k=a)\n", {("m", "m.f"), ("m.f", "m.a")}),
    "starred arguments reach theirs": ("def a(): pass\ndef f(x, *r, **k):\n    r[0]()\n    k['z']()\nf(1, a, z=a)\n", {("m", "m.f"), ("m.f", "m.a")}),
    "partial keeps its arguments": (
        "from functools import partial\ndef a(): pass\ndef f(g): g()\np = partial(f, a)\np()\n",
        {("m", "m.f"), ("m.f", "m.a")},
    ),
    "an annotation says what a parameter is": ("class A:\n    def f(self): pass\ndef g(a: 'A | None'): a.f()\n", {("m.g", "m.A.f")}),
    "a class method gets the class": (
        "class A:\n    @classmethod\n    def make(cls): return cls()\n    def f(self): pass\nA.make().f()\n",
        {("m", "m.A.make"), ("m", "m.A.f")},
    ),
    "globals are assigned from functions": ("def a(): pass\ndef s():\n    global f\n    f = a\ns()\nf()\n", {("m", "m.s"), ("m", "m.a")}),
    "a metaclass's call makes the instance": (
        "class M(type):\n    def __call__(k, *a): return super().__call__(*a)\nclass A(metaclass=M):\n    def __init__(s): pass\n    def f(s): pass\nA().f()\n",
        {("m", "m.M.__call__"), ("m.M.__call__", "m.A.__init__"), ("m", "m.A.f")},
    ),
    "a pattern captures parts of the subject": (
        "def a(): pass\ndef b(): pass\nmatch [a, {'k': b}]:\n    case [f, {'k': g}]:\n        f()\n        g()\n",
        {("m", "m.a"), ("m", "m.b")},
    ),
    "a class pattern says what the subject is": (
        (
            "class P:\n    __match_args__ = ('f',)\n    def __init__(s, f): s.f = f\n    def go(s): pass\ndef a(): pass\n"
            "def r(x):\n    match x:\n        case P(g) as p:\n            g()\n            p.go()\nr(P(a))\n"
        ),
        {("m", "m.P.__init__"), ("m", "m.r"), ("m.r", "m.a"), ("m.r", "m.P.go")},
    ),
    "a base that is its own base is harmless": ("class A(A): pass\nclass B(C): pass\nclass C(B): pass\nB().x()\n", set()),
}


@pytest.mark.parametrize("name", CASES)
def test_calls_of_one_file(name: str):
    text, expected = CASES[name]
    assert calls(graph(m=text)) == expected


def test_imports_are_followed_through_packages_stars_and_all():
    code = graph(
        p__slash____init__="from .a import *\nfrom . import b as c\n",
        p__slash__a="__all__ = ['_f']\ndef _f(): pass\ndef g(): pass\n",
        p__slash__b="from ..p.a import g\ndef h(): g()\n",
        main="import p\nfrom p import _f\np._f()\n_f()\np.c.h()\np.g()\n",
    )
    assert calls(code) == {("main", "p.a._f"), ("main", "p.b.h"), ("p.b.h", "p.a.g")}
    assert ("main", "p.a._f") in {(e.source, e.target) for e in code.edges if e.type is EdgeType.IMPORT}


def test_a_package_given_as_the_folder_itself_learns_its_own_name():
    code = graph(__init__="from mypkg.util import f\nf()\n", util="def f(): pass\n", other="import mypkg\nmypkg.f()\n")
    assert calls(code) == {("__init__", "util.f"), ("other", "util.f")}


def test_variables_and_types_have_edges_of_their_own():
    code = graph(a="LIMIT = 3\nclass A: pass\n", b="import a\ndef f(x: a.A): return a.LIMIT\n")
    found = {(e.source, e.target, e.type) for e in code.edges}
    assert {("b.f", "a.LIMIT", EdgeType.VARIABLE), ("b", "a.A", EdgeType.TYPE)} <= found


def test_a_match_by_name_alone_is_only_guessed():
    code = graph(m="class A:\n    def rare(self): pass\ndef f(x): x.rare()\n")
    assert [(e.source, e.target, e.confidence) for e in code.edges] == [("m.f", "m.A.rare", Confidence.GUESSED)]


def test_files_with_errors_give_what_can_be_had():
    code = graph(m="def f(): pass\ndef broken(:\nf()\nclass (\n")
    assert "m.f" in {symbol.id for symbol in code.symbols}
    assert analyse({}) == CodeGraph((), ())
    assert analyse({"a.txt": b"f()", "b.css": b"\xff"}) == CodeGraph((), ())


def test_nesting_deeper_than_the_stack_is_finished():
    deep = "def f(): pass\nx = " + "(" * 3000 + "f()" + ")" * 3000 + "\nif a: pass\n" + "elif b: f()\n" * 2000
    assert ("m", "m.f") in calls(graph(m=deep))


def test_the_json_has_each_edge_once_and_is_the_same_every_time():
    files = {"m.py": b"def f(): pass\nf()\nf()\n"}
    first, second = graph_json("x", analyse(files), False), graph_json("x", analyse(files), False)
    assert first == second
    assert first["edges"] == [{"source": "m", "target": "m.f", "type": "FUNCTION_CALL", "confidence": "resolved"}]
    assert set(first) == {"path", "symbols", "edges"}
