"""What nothing types is read from the code: where a value comes from, what is done with it, what a pattern takes it out of."""

import pytest

from mge_assets.stages.atomization.destructuring import destructured
from mge_tests.stages.atomization.sources import javascript, python, typescript

PYTHON = {
    "indexed and iterated": ("def f(a):\n    for b in a:\n        use(b)\n", "a: is iterated"),
    "called": ("def f(a):\n    a(1)\n", "a: is called"),
    "asked for its type": ("def f(a):\n    if isinstance(a, (int, str)):\n        use()\n", "a: isinstance(a, (int, str))"),
    "computed with": ("def f(a, b):\n    return a << b\n", "a: computed with: a << b"),
    "given on": ("def f(a):\n    return other(a)\n", "a: goes to other()"),
    "made by a call": ("TABLE = codecs.charmap_build(OTHER)\n", "TABLE: from codecs.charmap_build(OTHER)"),
    "either of one type": ("def f(a):\n    return 'x' if a else 'y'\n", "returns str"),
    "in brackets": ("TEXT = (\n    'a'\n    'b'\n)\n", "TEXT: str"),
}


@pytest.mark.parametrize("case", PYTHON)
def test_python(case: str) -> None:
    source, said = PYTHON[case]
    assert said in python(source).atoms[0].context.types


TYPESCRIPT = {
    "the type beside the name": ("export const f: Handler<string> = (a, b) => {\n  use(a, b);\n};\n", "f: Handler<string>"),
    "a cast": ("const a = make() as Shop;\n", "a: Shop"),
    "a check": ("const a = make() satisfies Shop;\n", "a: Shop"),
    "a component": ("const a = make()!;\n", "a: from make()!"),
}


@pytest.mark.parametrize("case", TYPESCRIPT)
def test_typescript(case: str) -> None:
    source, said = TYPESCRIPT[case]
    assert said in typescript(source).atoms[0].context.types


def test_documentation_may_stand_a_blank_line_above() -> None:
    atoms = javascript("/**\n * Stats.\n *\n * @param {string} path\n * @return {fs.Stats}\n */\n\nfunction tryStat(path) {\n  return stat(path);\n}\n").atoms
    assert set(atoms[-1].context.types) == {"path: string", "returns fs.Stats"}


def test_members_that_a_pattern_takes_have_the_objects_types() -> None:
    assert destructured("{ a, b: c = { x: 1 }, ...rest }", "Props") == {"a": 'Props["a"]', "c": 'Props["b"]', "rest": "the rest of Props"}
    assert destructured("{ a = () => 1, b: { q }, 'd-e': f }", "{ a?: () => void; b: X, 'd-e': Map<string, number> }") == {
        "a": "() => void",
        "f": "Map<string, number>",
    }
