"""Python: small programs whose calls are executed, and the graph has these and no others."""

import sys
from types import FrameType
from typing import Any

import pytest

from mge_assets.model.graph import Confidence, EdgeType
from mge_assets.stages.dependency import analyse

Edge = tuple[str, str]

TWO = "class A:\n    def go(self): return 1\n    def stop(self): return 2\nclass B:\n    def go(self): return 3\n    def stop(self): return 4\n"
VIEW = (
    "class W:\n    def go(self): pass\n    def stop(self): pass\nclass V:\n    def __call__(self, data=False):\n        if data is False:\n"
    "            return self\n        return W()\n    def go(self): pass\n    def stop(self): pass\n"
)

PROGRAMS = {
    "behind isinstance a name is one": TWO + "def use(x):\n    if isinstance(x, A): x.go()\n    else: x.stop()\nuse(A())\nuse(B())\n",
    "what was sent away is none any more": TWO
    + "def use(x):\n    if not isinstance(x, A):\n        x.stop()\n        return\n    x.go()\nuse(A())\nuse(B())\n",
    "the rest of a condition knows its beginning": TWO
    + "def use(x): return isinstance(x, A) and x.go() or not isinstance(x, A) and x.stop()\nuse(A())\nuse(B())\n",
    "a conditional expression asks too": TWO + "def use(x): return x.go() if isinstance(x, B) else x.stop()\nuse(A())\nuse(B())\n",
    "a loop's condition asks, and has its answer behind it": TWO
    + "def use(x):\n    while isinstance(x, A):\n        x.go()\n        x = B()\n    x.stop()\nuse(A())\n",
    "the very type is asked, of two at once": TWO
    + "def use(x, y):\n    if type(x) is A is type(y): return x.go(), y.go()\nuse(A(), A())\nuse(B(), B())\n"
    + "def other(x):\n    if type(x) != A: return\n    x.go()\nother(A())\nother(B())\n",
    "one of several classes": TWO
    + "class C:\n    def go(self): pass\n    def stop(self): pass\n"
    + "def use(x):\n    if isinstance(x, (A, C)): x.go()\n    else: x.stop()\nuse(A())\nuse(B())\nuse(C())\n",
    "elif is asked after what came before": TWO
    + "class C(A):\n    def go(self): return 5\n"
    + "def use(x):\n    if isinstance(x, C): return x.go()\n    elif isinstance(x, A): return x.stop()\n    return x.stop()\nuse(A())\nuse(B())\nuse(C())\n",
    "a subclass's object is one of the base": TWO
    + "class C(A):\n    def go(self): return 5\n"
    + "def use(x):\n    if isinstance(x, A): x.go()\n    else: x.stop()\nuse(C())\nuse(B())\n",
    "built-in containers are told from objects": TWO
    + "def use(x):\n    if isinstance(x, dict): x['k'].go()\n    elif isinstance(x, list): x[0].go()\n    else: x.stop()\nuse({'k': A()})\nuse(A())\n",
    "an attribute is asked as well as a name": TWO
    + "class H:\n    def __init__(self, x): self.x = x\n    def run(self):\n        if isinstance(self.x, A): self.x.go()\n        else: self.x.stop()\n"
    + "H(A()).run()\nH(B()).run()\n",
    "the right side is asked where the left one has no answer": (
        "class A:\n    def __add__(self, other): return self\n    def __radd__(self, other): return self\n    def go(self): pass\n"
        "class B:\n    def __radd__(self, other): return self\n    def go(self): pass\n"
        "def both(a, b): (a + b).go()\ndef one(b): (1 + b).go()\nboth(A(), B())\none(B())\n(object() + A()).go()\n"
    ),
    "what is true is not what and gives before or": TWO + "def use(a, b): (a and b or b).go()\nuse(A(), B())\n",
    "what is closed in the end is not entered": (
        "import contextlib\nclass A:\n    def __enter__(self): pass\n    def __exit__(self, *a): pass\n    close = print\n    def go(self): pass\n"
        "with contextlib.closing(A()) as a: a.go()\n"
    ),
    "an index that is asked to be a slice cuts": (
        "class A:\n    def __init__(self, held): self.held = held\n    def __getitem__(self, at):\n        if isinstance(at, slice): return A(self.held[at])\n"
        "        return self.held[at]\n    def go(self):\n        for a in self.held: a.stop()\n"
        "class B:\n    def __iter__(self): return iter([])\n    def stop(self): pass\nA([B()])[0:1].go()\nA([B()])[0]\n"
    ),
    "what a mapping makes is made where it is read": (
        "from collections import defaultdict\nclass A:\n    def go(self): pass\ndef make(): return A()\n"
        "def hold(): return defaultdict(make)\ndef read(d): d['k'].go()\nread(hold())\n"
    ),
    "what a base's __init__ stores is not a subclass's that has another": (
        "class A:\n    def __init__(self): self.done = self.stop\n    def stop(self): pass\n    def go(self): self.done()\n"
        "class B(A):\n    def __init__(self): self.done = self.end\n    def end(self): pass\n    def run(self): self.done()\nA().go()\nB().run()\n"
    ),
    "a path is asked for its words where it is opened": (
        "import os\nclass A:\n    def __fspath__(self): return '.'\nclass B:\n    def __fspath__(self): return '.'\n"
        "def look(at): os.stat(at)\ndef other(at): len(at.__fspath__())\nlook(A())\nother(B())\n"
    ),
    "an attribute is stored by the class's own method": (
        "class A:\n    def __setattr__(self, name, value): pass\nclass B: pass\ndef put(x): x.a = 1\nput(A())\nput(B())\n"
    ),
    "what abs gives is what was made": "class A:\n    def __abs__(self): return self\n    def go(self): pass\nabs(A()).go()\n",
    "what a parameter was not given decides what comes back": VIEW + "V()().go()\nV()(False).go()\nV()(data=True).stop()\n",
    "so does what is asked of two": (
        VIEW.replace("self, data=False", "self, some=None, data=False").replace("if data is False", "if some is None and data is False")
        + "V()().go()\nV()(1).stop()\nV()(data=True).stop()\n"
    ),
    "and what is asked with not and or": (
        VIEW.replace("self, data=False", "self, some=None, data=False").replace("if data is False", "if not (some is not None or data is True)")
        + "V()().go()\nV()(1).stop()\nV()(data=True).stop()\n"
    ),
    "truth asks too": VIEW.replace("if data is False", "if not data") + "V()().go()\nV()(True).stop()\n",
    "__new__ makes each class's own": (
        "class Base:\n    def __new__(cls, *a): return super().__new__(cls)\n"
        "class A(Base):\n    def f(self): pass\nclass B(Base):\n    def f(self): pass\nA().f()\nx = B(1)\n"
    ),
    "object.__new__ by name does so too": (
        "class Base:\n    def __new__(cls):\n        made = object.__new__(cls)\n        return made\n"
        "class A(Base):\n    def f(self): pass\nclass B(Base):\n    def f(self): pass\na, b = A(), B()\nb.f()\n"
    ),
    "an outside class's __new__ makes one of the class that it is given": (
        "class T(str):\n    def __new__(cls, x):\n        self = str.__new__(cls, x)\n        self.init()\n        return self\n    def init(self): pass\n"
        "class P(tuple):\n    def __new__(cls, a): return tuple.__new__(cls, (a,))\n    def go(self): pass\nT('a')\nP(1).go()\n"
    ),
    "a view of a dictionary has its elements": (
        "import types\nclass P:\n    @property\n    def kind(self): return 1\n"
        "class S:\n    def __init__(self): self._all = types.MappingProxyType({'a': P()})\n    @property\n    def all(self): return self._all\n"
        "def one(s): return s.all['a'].kind\ndef every(s):\n    for p in s.all.values(): p.kind\none(S())\nevery(S())\n"
    ),
    "what is put over a class's own attribute stays that object's": (
        "def other(): pass\nclass A:\n    def __init__(self): self.hook = self.own\n    def own(self): pass\n    def run(self): self.hook()\n"
        "a, b = A(), A()\na.hook = other\na.hook()\nb.run()\n"
    ),
    "so does what is put over what the body of its class gives it": (
        "def other(): pass\nclass A:\n    def own(self): pass\n    hook = own\n    def run(self): self.hook()\n"
        "a, b = A(), A()\na.hook = other\na.hook()\nb.run()\n"
    ),
    "a special method by another name": (
        "class A:\n    def _all(self): return iter([1])\n    __iter__ = _all\nclass B:\n    def __iter__(self): return iter([2])\n"
        "for x in A(): pass\nfor x in B(): pass\n"
    ),
}


def executed(source: str) -> set[Edge]:
    """Who called whom while the program ran as the module ``m``."""
    found: set[Edge] = set()

    def name(frame: FrameType) -> str:
        path = frame.f_code.co_qualname.replace(".<locals>", "")
        return "m" if path == "<module>" else f"m.{path}"

    def note(frame: FrameType, event: str, argument: Any) -> None:
        del argument
        caller = frame.f_back
        if event == "call" and caller is not None and frame.f_code.co_filename == caller.f_code.co_filename == "m.py" and frame.f_code.co_flags & 2:
            found.add((name(caller), name(frame)))

    code = compile(source, "m.py", "exec")
    old = sys.getprofile()
    sys.setprofile(note)
    try:
        exec(code, {"__name__": "m"})
    finally:
        sys.setprofile(old)
    return found


def told(source: str, confidence: Confidence = Confidence.RESOLVED) -> set[Edge]:
    code = analyse({"m.py": source.encode()})
    return {(e.source, e.target) for e in code.edges if e.type is EdgeType.FUNCTION_CALL and e.confidence is confidence}


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_calls_are_those_that_run(name: str) -> None:
    assert told(PROGRAMS[name]) == executed(PROGRAMS[name])


def made(count: str) -> str:
    """A library that hands over objects, each made at a place of its own, and never calls itself."""
    return TWO + "def use(x): x.go()\ndef run():\n" + "".join(f"    use({name}())\n" for name in count)


@pytest.mark.parametrize(
    ("objects", "likely", "rare"),
    [
        ("AB", {"A", "B"}, set()),
        ("AAB", {"A", "B"}, set()),
        ("AAAB", {"A"}, {"B"}),
        ("AAAAAAAABC", {"A"}, {"B", "C"}),
        ("AAAAAAABC", {"A", "B", "C"}, set()),
    ],
)
def test_the_method_of_objects_that_are_rarely_made_is_a_guess(objects: str, likely: set[str], rare: set[str]) -> None:
    source = "class C:\n    def go(self): return 5\n" + made(objects)
    assert {target for caller, target in told(source) if caller == "m.use"} == {f"m.{name}.go" for name in likely}
    assert {target for caller, target in told(source, Confidence.GUESSED) if caller == "m.use"} == {f"m.{name}.go" for name in rare}


def test_in_a_script_nothing_is_rare() -> None:
    source = made("AAAAB") + "run()\n"
    assert told(source) == executed(source)
    assert not told(source, Confidence.GUESSED)


def test_a_special_method_by_another_name_is_as_rare_as_by_its_own() -> None:
    source = (
        "class A:\n    def __iter__(self): return iter([1])\nclass B:\n    def _none(self): return iter([])\n    __iter__ = _none\n"
        "def use(x):\n    for one in x: print(one)\ndef run():\n" + "    use(A())\n" * 3 + "    use(B())\n"
    )
    assert {target for caller, target in told(source) if caller == "m.use"} == {"m.A.__iter__"}
    assert ("m.use", "m.B._none") in told(source, Confidence.GUESSED)


def test_who_reads_a_cached_property_first_is_a_guess_but_not_in_a_script_with_one_reader() -> None:
    library = (
        "from functools import cached_property\nclass A:\n    @cached_property\n    def size(self): return 1\n"
        "def first(a: A): return a.size\ndef second(a: A): return a.size\n"
    )
    readers = {("m.first", "m.A.size"), ("m.second", "m.A.size")}
    assert not readers & told(library)
    assert readers <= told(library, Confidence.GUESSED)
    assert ("m.first", "m.A.size") in told(library + "first(A())\n")


def test_a_shape_is_a_class_of_the_files_unless_the_standard_library_has_it() -> None:
    dice = "class Dice:\n    def choice(self, of): return of[0]\n    def random(self): return 0.5\n    def roll(self): return 6\n"
    assert {target for _, target in told(dice + "def play(dice): return dice.roll(), dice.random()\n")} == {"m.Dice.roll", "m.Dice.random"}
    assert not told(dice + "def pick(seed): return seed.choice([1]), seed.random()\n")


def test_a_call_forgets_what_was_asked_of_an_attribute() -> None:
    source = TWO + (
        "class H:\n    def __init__(self, x): self.x = x\n    def turn(self): self.x = B()\n"
        "    def run(self):\n        if isinstance(self.x, A):\n            self.turn()\n            self.x.stop()\nH(A()).run()\n"
    )
    assert ("m.H.run", "m.B.stop") in executed(source)
    assert executed(source) <= told(source)


def test_a_parameter_that_may_be_either_gives_both() -> None:
    source = VIEW + "def use(flag): V()(flag).go()\nuse(True)\nuse(False)\n"
    assert executed(source) == told(source)


def test_the_class_of_an_object_is_a_subclass_where_nobody_makes_the_base() -> None:
    library = (
        "class B:\n    def stay(self): pass\nclass C(B):\n    def __init__(self): pass\nclass D(B):\n    def __init__(self): pass\n"
        "def again(b: B): return type(b)()\ndef more(b: B): return b.__class__()\n"
    )
    run = "again(C())\nagain(D())\nmore(C())\nmore(D())\n"
    assert told(library) == {edge for edge in executed(library + run) if edge[0] != "m"}


def test_what_a_subclass_takes_from_another_base_is_found_by_the_base_alone() -> None:
    source = (
        "class Base:\n    def show(self): return self.text()\nclass Four:\n    def text(self): return self.width\n"
        "class Address(Four, Base):\n    width = 4\ndef use(x: Base): x.show()\n"
    )
    assert told(source) == {edge for edge in executed(source + "use(Address())\n") if edge[0] != "m"}


def test_in_a_script_a_class_between_has_objects_where_a_subclass_does() -> None:
    source = (
        "class Base:\n    def show(self): return self.text()\nclass Between(Base):\n    def text(self): return 1\nclass Last(Between): pass\n"
        "def use(x: Base): x.show()\nuse(Last())\n"
    )
    assert executed(source) == told(source)


def test_a_module_of_a_package_is_no_script_whatever_it_calls() -> None:
    module = b"class Base:\n    def show(self): return self.text()\nclass Own(Base):\n    def text(self): return 1\ndef fix(): pass\nfix()\n"

    def shown(files: dict[str, bytes], name: str) -> set[str]:
        return {e.target for e in analyse(files).edges if e.source == f"{name}.Base.show" and e.confidence is Confidence.RESOLVED}

    assert shown({"pack/__init__.py": b"", "pack/parts.py": module}, "pack.parts") == {"pack.parts.Own.text"}
    assert shown({"pack/__init__.py": b"", "pack/__main__.py": module}, "pack.__main__") == set()
    assert shown({"run.py": b"import pack.parts\npack.parts.fix()\n", "pack/__init__.py": b"", "pack/parts.py": module}, "pack.parts") == set()
