"""Analysis after a change is the same as from scratch, whatever the change."""

import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mge_assets.stages.dependency import analyse
from mge_assets.stages.dependency.analysis import DependencyAnalyzer
from mge_assets.stages.dependency.incremental.incremental import reanalyse
from mge_tests.bench.corpora import Corpus, python_package

FILES = {
    "pkg/__init__.py": b"from pkg.shapes import Shape, area\n\n__all__ = ['Shape', 'area']\n",
    "pkg/shapes.py": b'''"""Shapes."""

import math
from dataclasses import dataclass


@dataclass
class Shape:
    """A shape."""

    side: float

    def grow(self, by: float) -> "Shape":
        """A larger one."""
        return Shape(self.side + by)  # not this one


def area(shape: Shape) -> float:
    # the square of the side
    return math.pow(shape.side, 2)
''',
    "pkg/use.py": b'''from pkg import area, Shape


def total(shapes):
    found = 0.0
    for shape in shapes:
        found += area(shape.grow(1))
    return found


def grown(one):
    """As it will be.

    :param one: what grows
    :type one: Shape
    """
    return one.grow(1)


def shown(function):
    def inner(*arguments):
        return function(*arguments)
    return inner


print(shown(total)([Shape(2)]), shown(grown)(Shape(1)))
''',
    "tool.py": b"def run(command):\n    return command.split()\n\n\nprint(run('a b'))\n",
    "web/cart.ts": b"""import { price } from "./price";

// what is in it
export function sum(items: string[]): number {
  return items.map((item) => price(item)).reduce((one, other) => one + other, 0);
}
""",
    "web/price.ts": b"export function price(item: string): number {\n  return item.length;\n}\n",
}
PARTS = [{"pkg/__init__.py", "pkg/shapes.py", "pkg/use.py"}, {"tool.py"}, {"web/cart.ts", "web/price.ts"}]
LAYOUT = [
    (b"\n\n\ndef", b"\n\n\n# a word\ndef"),
    (b"\n    return found", b"\n    # why\n    return found"),
    (b'"""Shapes."""', b'"""Shapes,\nand more of them."""'),
    (b"As it will be.", b"As it will be,\n    and more."),
    (b"  # not this one", b""),
    (b"found = 0.0", b"found   =   0.0"),
    (b"(shapes)", b"( shapes )"),
    (b"\n\n", b"\n\n\n\n"),
    (b"// what is in it\n", b""),
    (b"  return items", b"  /* long */\n  return items"),
]
CODE = [
    (b"shape.grow(1)", b"shape"),
    (b"math.pow", b"max"),
    (b"([Shape(2)])", b""),
    (b"def total", b"def whole"),
    (b"return Shape(", b"return area("),
    (b"price(item)", b"sum([item])"),
    (b"import math\n", b""),
    (b"class Shape:", b"class Shape("),
    (b"'area'", b"'Shape'"),
    (b":type one: Shape", b":type one: float"),
    (b"    def inner", b"    # long\n" * 70 + b"    def inner"),
    (b"command.split()", b"command"),
    (b"def run(", b"import pkg\n\n\ndef run("),
]


def analysed(monkeypatch: pytest.MonkeyPatch) -> list[set[str]]:
    """The files of each part that is analysed from now on."""
    asked: list[set[str]] = []
    part, scripts = DependencyAnalyzer.part, DependencyAnalyzer.scripts

    def noted_part(self, parts, one):
        asked.append(set(one.files))
        return part(self, parts, one)

    def noted_scripts(self, taken):
        asked.append({file for file in self._files if file.endswith(".ts")})
        return scripts(self, taken)

    monkeypatch.setattr(DependencyAnalyzer, "part", noted_part)
    monkeypatch.setattr(DependencyAnalyzer, "scripts", noted_scripts)
    return asked


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(sorted(FILES)), st.sampled_from([*LAYOUT, *LAYOUT, *CODE]), st.integers(0, 3)), max_size=5))
def test_incremental_equals_from_scratch_on_random_edits(edits):
    before, code = dict(FILES), analyse(FILES)
    for file, (old, new), which in edits:
        parts = before[file].split(old)
        at = which % max(len(parts) - 1, 1)
        now = {**before, file: old.join(parts[: at + 1]) + new + old.join(parts[at + 1 :]) if len(parts) > 1 else before[file]}
        code = reanalyse(before, code, now)
        assert code == analyse(now)
        before = now


def edited(chance: random.Random, source: bytes) -> bytes:
    """Real code with one line gone, doubled, moved or with another in front of it, a word or a number changed, or in another layout."""
    lines = source.split(b"\n")
    at, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    indent = lines[at][: len(lines[at]) - len(lines[at].lstrip())]
    match chance.randrange(8):
        case 0:
            lines[at : at + 1] = []
        case 1:
            lines[at:at] = [lines[at]]
        case 2:
            lines[at], lines[other] = lines[other], lines[at]
        case 3:
            lines[at:at] = [indent + chance.choice([b"# a word", b"pass", b"value = len(self.name)", b"def added(self): return self", b"import json"])]
        case 4:
            words = re.findall(rb"\b[a-z_]{3,}\b", source)
            lines[at] = re.sub(rb"\b[a-z_]{3,}\b", chance.choice(words), lines[at], count=1)
        case 5:
            lines[at] = re.sub(rb"\d+", b"7", lines[at]) + b"  # a word"
        case 6:
            lines[at:at] = [b""] * chance.randrange(1, 70)
        case _:
            lines[at] = re.sub(rb"(?<=\S) (?=\S)", b"  ", lines[at])
    return b"\n".join(lines)


def real_files() -> dict[str, bytes]:
    """Two packages that know nothing of each other."""
    found: dict[str, bytes] = {}
    for name in ("requests", "rich"):
        corpus = python_package(name)
        assert isinstance(corpus, Corpus)
        chosen = [file for file in corpus.written if name == "requests" or file.path in {"__init__.py", "style.py", "color.py", "palette.py"}]
        found |= {f"{name}/{file.path}": file.source for file in chosen}
    return found


@pytest.mark.parametrize("seed", range(3))
def test_incremental_equals_from_scratch_on_random_edits_of_real_code(seed):
    chance, before = random.Random(seed), real_files()
    code = analyse(before)
    for _ in range(4):
        file = chance.choice(sorted(before))
        now = {**before, file: edited(chance, before[file])}
        code = reanalyse(before, code, now)
        assert code == analyse(now)
        before = now


@pytest.mark.parametrize(("old", "new"), LAYOUT)
def test_layout_alone_is_not_analysed_again(monkeypatch: pytest.MonkeyPatch, old: bytes, new: bytes):
    code = analyse(FILES)
    now = {file: source.replace(old, new) for file, source in FILES.items()}
    expected = analyse(now)
    asked = analysed(monkeypatch)
    assert now != FILES
    assert reanalyse(FILES, code, now) == expected
    assert asked == []


@pytest.mark.parametrize(("old", "new"), CODE)
def test_code_is_and_only_the_part_that_it_belongs_to(monkeypatch: pytest.MonkeyPatch, old: bytes, new: bytes):
    now = {file: source.replace(old, new) for file, source in FILES.items()}
    code, expected = analyse(FILES), analyse(now)
    changed = {file for file, source in FILES.items() if source != now[file]}
    joined = [set().union(*PARTS[:2]), PARTS[2]] if b"import pkg" in new else PARTS
    asked = analysed(monkeypatch)
    assert reanalyse(FILES, code, now) == expected
    assert asked == [part for part in joined if part & changed]


def test_a_file_more_or_less_is_analysed(monkeypatch: pytest.MonkeyPatch):
    fewer = {file: source for file, source in FILES.items() if file != "pkg/use.py"}
    all_found, fewer_found = analyse(FILES), analyse(fewer)
    asked = analysed(monkeypatch)
    assert reanalyse(FILES, all_found, fewer) == fewer_found
    assert reanalyse(fewer, fewer_found, FILES) == all_found
    assert asked == [PARTS[0] - {"pkg/use.py"}, PARTS[0]]


def test_a_script_named_like_python_code_is_analysed_with_it():
    before = {"a.py": b"def f():\n    pass\n", "a.js": b"function f() { return 1 }\nf();\n"}
    now = {"a.py": b"def g():\n    pass\n", "a.js": before["a.js"]}
    assert reanalyse(before, analyse(before), now) == analyse(now)
    alone = {"b.py": before["a.py"], "a.js": before["a.js"]}
    assert reanalyse(before, analyse(before), alone) == analyse(alone)


def test_code_in_a_text_moves_with_the_text():
    source = b"import typing as t\nfrom a import A\n\nT = t.TypeVar('T', bound='t.Callable[..., A]')\n\n\ndef f(a: 't.Optional[A]') -> T:\n    return a\n"
    before = {"a.py": b"class A:\n    pass\n", "b.py": source}
    now = {**before, "b.py": b"# a word\n" + source}
    code = analyse(before)
    assert reanalyse(before, code, now) == analyse(now)
    assert min(use.byte for use in code.imports if use.file == "b.py") > source.index(b"T =")


def test_a_function_that_is_copied_for_each_call_is_analysed_when_it_gets_too_long_for_that():
    source = b"def run(callback, *given):\n    return callback(*given)\n\n\ndef one():\n    return 1\n\n\ndef two():\n    return run(one)\n"
    before = {"a.py": source, "b.py": b"from a import run\n\n\ndef three():\n    return 3\n\n\nprint(run(three)())\n"}
    now = {**before, "a.py": source.replace(b"    return callback", b"    # long\n" * 70 + b"    return callback")}
    assert reanalyse(before, analyse(before), now) == analyse(now)
