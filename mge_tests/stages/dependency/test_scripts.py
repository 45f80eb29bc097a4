"""JavaScript and TypeScript, form by form: the calls written beside each program are found, and hardly any other."""

import pytest

from mge_assets.model.graph import Confidence
from mge_assets.stages.dependency import analyse
from mge_tests.bench.dependency_scripts import BOUND, found, programs

PROGRAMS = programs()


@pytest.mark.parametrize("name", PROGRAMS)
def test_every_call_of_the_program_is_found(name: str):
    assert PROGRAMS[name].calls - found(PROGRAMS[name].files) == set()


def test_hardly_any_call_is_found_that_never_happens():
    answers = [(program.calls, found(program.files)) for program in PROGRAMS.values()]
    right, all_found = sum(len(calls & answer) for calls, answer in answers), sum(len(answer) for _, answer in answers)
    assert 100 * right / all_found >= BOUND


def test_a_method_is_guessed_within_its_own_language_only():
    files = {
        "a.py": b"class P:\n    def only_python(self): pass\n    def both(self): pass\n\ndef f(x):\n    x.only_script()\n    x.both()\n",
        "b.js": b"class S { only_script() {} both() {} }\nfunction g(x) { x.only_python(); x.both(); }\n",
    }
    guessed = {(edge.source, edge.target) for edge in analyse(files).edges if edge.confidence is Confidence.GUESSED}
    assert guessed == {("a.f", "a.P.both"), ("b.g", "b.S.both")}
