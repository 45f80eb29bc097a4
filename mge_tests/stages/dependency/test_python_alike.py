"""Python: attributes by names that are put together. Small programs whose calls are executed, and the graph has these and no others."""

import pytest

from mge_assets.model.graph import Confidence
from mge_assets.stages.dependency.fixpoint.dispatch import MAX_ALIKE, MAX_TARGETS
from mge_tests.stages.dependency.test_python_executed import executed, told

DOERS = "class T:\n    def do_a(self): pass\n    def do_b(self): pass\n    def undo(self): pass\n"
RUN = "t = T()\nfor name in 'A B'.lower().split(): t.run(name)\n"

PROGRAMS = {
    "a beginning and a name": DOERS + "    def run(self, name): getattr(self, 'do_' + name)()\n" + RUN,
    "a formatted string": DOERS + "    def run(self, name): getattr(self, f'do_{name}')()\n" + RUN,
    "a percent sign": DOERS + "    def run(self, name): getattr(self, 'do_%s' % name)()\n" + RUN,
    "braces": DOERS + "    def run(self, name): getattr(self, 'do_{}'.format(name))()\n" + RUN,
    "an end": DOERS.replace("do_a", "a_do").replace("do_b", "b_do") + "    def run(self, name): getattr(self, name + '_do', None)()\n" + RUN,
    "both": "class T:\n    def do_a_x(self): pass\n    def do_b_y(self): pass\n"
    "    def run(self, name): getattr(self, 'do_' + name + '_x')()\nT().run('A'.lower())\n",
    "through a variable": DOERS + "    def run(self, name):\n        name = 'do_' + name\n        method = getattr(self, name, None)\n        method()\n" + RUN,
    "what is known between is no guess": DOERS + "    def run(self, name): getattr(self, f'do_{name}')()\nT().run('a')\n",
    "a class's functions": (
        "class here:\n    def do_a(): pass\n    def do_b(): pass\n    def undo(): pass\n"
        "def run(name): getattr(here, 'do_' + name)()\nfor name in 'A B'.lower().split(): run(name)\n"
    ),
    "a subclass's own": (
        "class B:\n    def run(self, name): getattr(self, 'do_' + name)()\nclass T(B):\n    def do_a(self): pass\n    def do_b(self): pass\n" + RUN
    ),
    "attributes set by given names stay with their objects": (
        "class A:\n    def _get_x(self): pass\nclass B:\n    def _get_y(self): pass\n"
        "def define(cls, name):\n    setattr(cls, name, property(getattr(cls, '_get_' + name)))\ndefine(A, 'x')\ndefine(B, 'y')\nA().x\nB().y\n"
    ),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_calls_are_those_that_run(name: str) -> None:
    assert told(PROGRAMS[name]) == executed(PROGRAMS[name])


@pytest.mark.parametrize(("count", "sure"), [(MAX_TARGETS + 1, True), (MAX_ALIKE, True), (MAX_ALIKE + 1, False)])
def test_the_methods_of_a_visitor_are_no_crowd_but_what_is_beyond_measure(count: int, sure: bool) -> None:
    source = "class V:\n    def visit(self, node): return getattr(self, 'visit_' + type(node).__name__)(node)\n"
    source += "".join(f"    def visit_{number}(self, node): pass\n" for number in range(count))
    found = told(source, Confidence.RESOLVED if sure else Confidence.GUESSED)
    assert {target for caller, target in found if caller == "m.V.visit"} == {f"m.V.visit_{number}" for number in range(count)}


def test_a_text_that_is_no_name_finds_nothing() -> None:
    source = DOERS + "    def run(self, name): getattr(self, 'do it: ' + name)()\n    def any(self, name): getattr(self, 'd' + name)()\n"
    assert not told(source)
