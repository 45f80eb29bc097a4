"""The parts of a long function know the variables that come in and go out, as the language's own control flow has them."""

import pytest

from mge_assets.model.atoms import Atomization
from mge_assets.stages.atomization import MultiLanguageParser, tile
from mge_assets.stages.atomization.facts import Facts, subjects
from mge_resources.syntax import Language
from mge_tests.stages.atomization.bytecode_flow import Agreement, compare
from mge_tests.stages.atomization.sources import package_files, python

DEEP = "".join(f"        use({number})\n" for number in range(14))
PAD = "".join(f"    use({number})\n" for number in range(14))
BRACES = "".join(f"  use({number});\n" for number in range(14))


def flow(source: str, language: Language, mark: str) -> tuple[set[str], set[str]]:
    """(live-in, live-out) of the only atom that has the mark."""
    tiling = tile(MultiLanguageParser().parse(source.encode(), "mod", language))
    facts = Facts(tiling)
    (subject,) = (each for each in subjects(tiling) if mark.encode() in each.atom.text)
    found = facts.flow(subject)
    return set(found.live_in), set(found.live_out)


def test_live_variables_are_those_of_the_bytecode() -> None:
    agreement = Agreement()
    for package in ("click", "requests", "json"):
        for file in package_files(package):
            compare(file.read_bytes(), file.name, agreement)
    assert agreement.atoms > 800
    assert agreement.equal_in / agreement.atoms >= 0.99, agreement.differences
    assert agreement.equal_out / agreement.atoms >= 0.99, agreement.differences


PYTHON = {
    "written again before it is read": (f"def f(a):\n    x = a\n{PAD}    x = 2  # here\n    return x\n", set(), set()),
    "written in one branch only": (f"def f(a):\n    x = 1\n{PAD}    if a:  # here\n        x = 2\n{PAD}    return x\n", {"a", "x"}, {"x"}),
    "for the next round": (f"def f(a):\n    x = 0\n    while a:\n        use(x)\n{DEEP}        x = 3  # here\n", set(), {"x"}),
    "after a return": (f"def f(a):\n    x = 1\n{PAD}    if a:  # here\n        x = 2\n        return x\n{PAD}    return 3\n", {"a"}, set()),
    "read where the exception goes": (
        f"def f(a):\n    x = 1\n    try:\n        x = 2\n        g(x)  # here\n{DEEP}    except E:\n        use(x)\n",
        None,
        {"x"},
    ),
    "of a comprehension": (f"def f(a):\n    x = 1\n{PAD}    y = [x for x, _ in a]  # here\n{PAD}    return y, x\n", {"a"}, {"y"}),
    "of a lambda": (f"def f(a):\n    x = 1\n{PAD}    y = lambda x: x  # here\n{PAD}    return y, x\n", set(), {"y"}),
    "captured, and written later": (f"def f(a):\n    def g():\n        return x\n{PAD}    x = a  # here\n{PAD}    return g\n", {"a"}, {"x"}),
    "global": (f"def f(a):\n    global x\n    x = 1\n{PAD}    use(x)  # here\n", set(), set()),
    "walrus": (f"def f(a):\n    use(a)\n{PAD}    if (m := a) and m.b:  # here\n        pass\n{PAD}    return m\n", {"a"}, {"m"}),
    "deleted by nobody, bound by match": (
        (
            f"def f(a):\n    use(a)\n{PAD}    match a:  # here\n        case [x, *y]:\n"
            f"            pass\n        case _:\n            x = y = 1\n{PAD}    return x, y\n"
        ),
        {"a"},
        {"x", "y"},
    ),
}


@pytest.mark.parametrize("case", PYTHON)
def test_python(case: str) -> None:
    source, live_in, live_out = PYTHON[case]
    found = flow(source, Language.PYTHON, "# here")
    assert live_in is None or found[0] == live_in
    assert found[1] == live_out


JAVASCRIPT = {
    "written again before it is read": (f"function f(a) {{\n  let x = a;\n{BRACES}  x = 2; // here\n  return x;\n}}\n", set(), set()),
    "the counter of a for": (

        (f"function f(a) {{\n  let x = 0;\n"
        f"  for (let i = 0; i < a; i++) {{\n    use(i);\n{BRACES}    x += i; // here\n  }}\n  return x;\n}}\n"), {"x", "i"}, {"x"},
    ),
    "continue to a label": (

        (f"function f(a) {{\n  let x = 1;\n  o: for (const b of a) {{\n    use(x);\n"
        f"    for (;;) {{\n{BRACES}      x = 2; // here\n      continue o;\n}} }} }}\n"),
        set(),
        {"x"},
    ),
    "falling through": (

        (f"function f(a) {{\n  let x = 1;\n  switch (a) {{\n    case 1:\n"
        f"{BRACES}      x = 2; // here\n    case 2:\n{BRACES}      use(x);\n  }}\n}}\n"), None, {"x"},
    ),
    "in an arrow function": (
        f"function f(a) {{\n  const x = 1;\n{BRACES}  const y = a.map((x) => x + 1); // here\n{BRACES}  return [x, y];\n}}\n", {"a"}, {"y"},
    ),
    "captured": (f"function f(a) {{\n  const x = 1;\n{BRACES}  const y = a.map((z) => x + z); // here\n{BRACES}  return y;\n}}\n", {"a", "x"}, {"y"}),
    "two variables of one name": (
        f"function f(a) {{\n  let x = 1;\n{BRACES}  {{\n    let x = 2; // here\n    use(x);\n  }}\n{BRACES}  return x;\n}}\n", set(), set(),
    ),
    "destructured, one after the other": (
        f"function f(a) {{\n  use(a);\n{BRACES}  const {{ b, c = 1 }} = a, d = b; // here\n{BRACES}  return c + d;\n}}\n", {"a"}, {"c", "d"},
    ),
    "a function declared below": (f"function f(a) {{\n  let x = a;\n{BRACES}  use(g(x)); // here\n{BRACES}  function g(b) {{ return b; }}\n}}\n", {"x"}, set()),
    "a declared function that is assigned anew": (
        f"function f(a) {{\n  use(a);\n{BRACES}  if (a) g = a; // here\n{BRACES}  function g(b) {{ return b; }}\n{BRACES}  return g;\n}}\n", {"a", "g"}, {"g"},
    ),
    "one name in two blocks": (
        (f"function f(a) {{\n  for (const b of a) {{\n    const x = b;\n{BRACES}    use(x);\n  }}\n"
        f"{BRACES}  for (const b of a) {{\n    const x = b; // here\n    use(x);\n{BRACES}  }}\n}}\n"), {"a"}, set(),
    ),
    "an assignment that reads what it writes, in a condition": (
        f"function f(a) {{\n  let x = a;\n{BRACES}  while ((x = x.next)) use(x); // here\n{BRACES}  return 1;\n}}\n", {"x"}, set(),
    ),
    "bound where both sides held": (
        f"function f(a) {{\n  let x = 1;\n  use(x);\n{BRACES}  if (a && (x = a.b)) use(x); // here\n{BRACES}  return 1;\n}}\n", {"a"}, set(),
    ),
    "taken apart without a declaration": (
        f"function f(a) {{\n  let x = 1, y = 2;\n{BRACES}  ({{ x, b: y }} = a); // here\n{BRACES}  return x + y;\n}}\n", {"a"}, {"x", "y"},
    ),
    "the only parameter, without brackets": (f"const f = a => {{\n  use(1);\n{BRACES}  use(a); // here\n{BRACES}  return 1;\n}};\n", {"a"}, set()),
    "finally": (

        (f"function f(a) {{\n  let x = 1;\n  try {{\n"
        f"{BRACES}    x = a(); // here\n    return 1;\n  }} finally {{\n{BRACES}    use(x);\n  }}\n}}\n"), {"a", "x"}, {"x"},
    ),
    "assigned by a function that is called later": (
        f"function f(a) {{\n  let x = 1;\n  const g = () => {{ x = 2; }};\n{BRACES}  x = 3; // here\n{BRACES}  g();\n  return 1;\n}}\n", set(), {"x"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", JAVASCRIPT)
@pytest.mark.parametrize("language", [Language.JAVASCRIPT, Language.TYPESCRIPT])
def test_javascript_and_typescript(case: str, language: Language) -> None:
    source, live_in, live_out = JAVASCRIPT[case]
    found = flow(source, language, "// here")
    assert live_in is None or found[0] == live_in
    assert found[1] == live_out


def test_any_nesting_ends() -> None:
    deep = "def f(a):\n" + "".join("    " * (level + 1) + "if a:\n" for level in range(90)) + "    " * 91 + "a = 1\n"
    tries = "def f(a):\n" + "".join("    " * (level + 1) + "try:\n" for level in range(12)) + "    " * 13 + "a = 1\n"
    tries += "".join("    " * (12 - level) + "finally:\n" + "    " * (13 - level) + "a += 1\n" for level in range(12))
    for source in (deep, tries):
        found = python(source)
        assert isinstance(found, Atomization)
        assert b"".join(atom.text for atom in found.atoms) == source.encode()
