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
    "the bound of a type variable says what a parameter is": (
        "from typing import TypeVar\nclass A:\n    def f(self): pass\nclass B:\n    def f(self): pass\nT = TypeVar('T', bound='A')\ndef g(a: T): a.f()\n",
        {("m.g", "m.A.f")},
    ),
    "the types that a type variable is constrained to say what a parameter is": (
        (
            "import typing as t\nclass A:\n    def f(self): pass\nclass B:\n    def f(self): pass\nclass C:\n    def f(self): pass\n"
            "T = t.TypeVar('T', A, B)\ndef g(a: T): a.f()\n"
        ),
        {("m.g", "m.A.f"), ("m.g", "m.B.f")},
    ),
    "a class given as a type variable is its bound": (
        (
            "from typing import TypeVar\nclass A:\n    def f(self): pass\nclass B:\n    def f(self): pass\n"
            "T = TypeVar('T', bound=A)\nK = TypeVar('K', bound=type[A])\ndef g(a: type[T]): a().f()\ndef h(k: K): k().f()\n"
        ),
        {("m.g", "m.A.f"), ("m.h", "m.A.f")},
    ),
    "the bound of a type parameter says what a parameter is": (
        "class A:\n    def f(self): pass\nclass B:\n    def f(self): pass\ndef g[T: A](a: T): a.f()\ndef h[T: (B, str)](a: T): a.f()\n",
        {("m.g", "m.A.f"), ("m.h", "m.B.f")},
    ),
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
    "an object is called as a key": (
        "class K:\n    def __call__(self, x): pass\nmax([1], key=K())\n",
        {("m", "m.K.__call__")},
    ),
    "an object is called where map is given it first": (
        "class K:\n    def __call__(self, x): pass\nlist(map(K(), [1]))\n",
        {("m", "m.K.__call__")},
    ),
    "an object that map takes elements from is not called": (
        "class K:\n    def __call__(self, x): pass\n    def __iter__(self): return iter(())\nlist(map(str, K()))\n",
        {("m", "m.K.__iter__")},
    ),
    "a class beside a base that has another caller too is not met by it": (
        (
            "class A:\n    def go(self): self.put()\n    def put(self): pass\n"
            "class Beside:\n    def go(self): pass\n    def put(self): pass\nclass B(Beside, A): pass\n"
        ),
        {("m.A.go", "m.A.put")},
    ),
    "a comprehension's condition asks for classes": (
        "class A:\n    def go(self): pass\nclass B:\n    def go(self): pass\n[x.go() for x in [A(), B()] if isinstance(x, A)]\n",
        {("m", "m.A.go")},
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


def test_a_star_of_a_package_without_all_brings_the_submodules_that_it_imports():
    code = graph(
        p__slash____init__="from .deep import *\n",
        p__slash__deep__slash____init__="from .one import *\nfrom .two import two\n",
        p__slash__deep__slash__one="__all__ = ['f']\ndef f(): pass\ndef _hidden(): pass\n",
        p__slash__deep__slash__two="def two(): pass\ndef g(): pass\n",
        p__slash__deep__slash__three="def h(): pass\n",
        main="import p\np.f()\np.one._hidden()\np.two()\np.three.h()\n",
    )
    assert calls(code) == {("main", "p.deep.one.f"), ("main", "p.deep.one._hidden"), ("main", "p.deep.two.two")}


def test_a_star_finds_a_name_that_another_module_asked_for_first():
    code = graph(
        p__slash____init__="from .a import *\n",
        p__slash__a__slash____init__="__all__ = ['f']\nfrom .b import *\n",
        p__slash__a__slash__b="__all__ = ['f']\ndef f(): pass\n",
        main="import p\np.f()\np.a.f()\n",
    )
    assert calls(code) == {("main", "p.a.b.f")}


LAZY = '''
class lazily:
    def __init__(self, check): self.check = check
    def __call__(self, f):
        """(lines)"""
        def func(*args, wrapper=None):
            return lazily.built(wrapper)(*args)
        func.__wrapped__ = f
        return func
    @classmethod
    def built(cls, f):
        space = {}
        exec(f.code, space)
        return space['f']
def checked(kind): return lazily(kind)
def loud(f):
    def shown(*args):
        return f(*args)
    return shown
'''.replace("lines", "\n" * 70)
"""A decorator too long for each of its functions to have a wrapper of its own, which compiles what it calls."""
CROWD = "".join(f"@checked('a')\n@checked('b')\ndef f{n}(x): pass\n" for n in range(12))


def test_names_behind_several_decorators_that_too_many_share_lead_to_their_own_functions():
    code = graph(m=f"{LAZY}{CROWD}@checked('c')\n@loud\ndef g(x): pass\ndef use():\n    f3(1)\n    g(1)\nf5(2)\n")
    direct = {target for source, target in calls(code) if source == "m.use"}
    assert {"m.f3", "m.loud.shown"} <= direct
    assert not direct & {f"m.f{n}" for n in range(12) if n != 3}
    assert ("m.loud.shown", "m.g") in calls(code)


def test_a_name_whose_wrapper_is_seen_to_call_the_function_leads_to_the_wrapper_alone():
    wraps = "class wrapped:\n    def __init__(self, k): pass\n    def __call__(self, f):\n        def func(x): return f(x)\n        return func\n"
    many = "".join(f"@wrapped({n})\ndef f{n}(x): pass\n" for n in range(14))
    code = graph(m=f"{wraps}{many}def use(): f3(1)\n")
    assert {target for source, target in calls(code) if source == "m.use"} == {"m.wrapped.__call__.func"}


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


@pytest.mark.parametrize(
    "source",
    [
        b"class A:\n    pass\n\n\nA.__init__ = A\nA()\n",
        b"class A:\n    pass\n\n\nA.__new__ = A\nA.__init__ = A\nA()\n",
        b"class A:\n    def __get__(self, i, o):\n        return self\n\n\nA.__get__ = A()\nclass B:\n    x = A()\nB().x()\n",
    ],
)
def test_what_makes_or_gives_itself_comes_to_an_end(source: bytes) -> None:
    assert {symbol.id for symbol in analyse({"a.py": source}).symbols} >= {"a", "a.A"}
