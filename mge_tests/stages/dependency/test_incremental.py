"""Analysis after a change is the same as from scratch, whatever the change."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mge_assets.stages.dependency import analyse, incremental
from mge_assets.stages.dependency.incremental import reanalyse

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
    "pkg/use.py": b"""from pkg import area, Shape


def total(shapes):
    found = 0.0
    for shape in shapes:
        found += area(shape.grow(1))
    return found


print(total([Shape(2)]))
""",
    "web/cart.ts": b"""import { price } from "./price";

// what is in it
export function sum(items: string[]): number {
  return items.map((item) => price(item)).reduce((one, other) => one + other, 0);
}
""",
    "web/price.ts": b"export function price(item: string): number {\n  return item.length;\n}\n",
}
LAYOUT = [
    (b"\n\n\ndef", b"\n\n\n# a word\ndef"),
    (b"\n    return", b"\n    # why\n    return"),
    (b'"""Shapes."""', b'"""Shapes,\nand more of them."""'),
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
    (b"print(total([Shape(2)]))", b"print(total)"),
    (b"def total", b"def whole"),
    (b"return Shape(", b"return area("),
    (b"price(item)", b"sum([item])"),
    (b"import math\n", b""),
    (b"class Shape:", b"class Shape("),
    (b"'area'", b"'Shape'"),
]


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


@pytest.mark.parametrize(("old", "new"), LAYOUT)
def test_layout_alone_is_not_analysed_again(monkeypatch: pytest.MonkeyPatch, old: bytes, new: bytes):
    code = analyse(FILES)
    now = {file: source.replace(old, new) for file, source in FILES.items()}
    expected = analyse(now)
    monkeypatch.setattr(incremental, "analyse", lambda files: pytest.fail("analysed again"))
    assert now != FILES
    assert reanalyse(FILES, code, now) == expected


@pytest.mark.parametrize(("old", "new"), CODE)
def test_code_is(monkeypatch: pytest.MonkeyPatch, old: bytes, new: bytes):
    now = {file: source.replace(old, new) for file, source in FILES.items()}
    asked: list[object] = []

    def noted(files):
        asked.append(files)
        return analyse(files)

    monkeypatch.setattr(incremental, "analyse", noted)
    assert reanalyse(FILES, analyse(FILES), now) == analyse(now)
    assert asked == [now]


def test_a_file_more_or_less_is_analysed():
    fewer = {file: source for file, source in FILES.items() if file != "pkg/use.py"}
    assert reanalyse(FILES, analyse(FILES), fewer) == analyse(fewer)
    assert reanalyse(fewer, analyse(fewer), FILES) == analyse(FILES)
