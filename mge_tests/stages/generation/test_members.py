"""Which members a class's written pieces give its objects."""

import pytest

from mge_assets.stages.generation import members


@pytest.mark.parametrize(
    ("code", "found"),
    [
        (b"    def __init__(self, a):\n        self.a = a\n        self.b: int = 0\n", ["a", "b"]),
        (
            b"    def __init__(self, t, p):\n        self.text, self.pattern = t, p\n        (self.n, [self.m, *self.rest]) = t\n",
            ["text", "pattern", "n", "m", "rest"],
        ),
        (b"    def fill(self):\n        self.first = self.second = 0\n        self.count += 1\n", ["first", "second", "count"]),
        (
            b"    def read(self, path):\n        with open(path) as self.file:\n            for self.line in self.file:\n                pass\n",
            ["file", "line"],
        ),
        (b"    def ask(self):\n        self.table[0] = 1\n        self.other.part = 2\n        return self.a == 1, f(self.b, key=1)\n", []),
        (b"  constructor(a) {\n    this.a = a;\n    this.b = a === 1 ? 2 : 3;\n  }\n", ["a", "b"]),
        (b"    def broken(self:\n        self.kept = 1\n", ["kept"]),
    ],
)
def test_members_are_those_that_are_set(code: bytes, found: list[str]) -> None:
    assert list(members([code])) == found
