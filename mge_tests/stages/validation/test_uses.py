"""A use that does not fit what is used is told, and one that may fit is not."""

import pytest

from mge_assets.stages.validation.uses import callee_of, members_of, misuses

BOX = b"""
class Box:
    size: int = 0

    def __init__(self, width, *, deep=False):
        self.width = width

    def grow(self, by, times=1):
        return self

    @staticmethod
    def unit(name):
        return name
"""


def faults(code: str, f: str) -> list[str]:
    callee = callee_of(f.encode(), "f", "")
    assert callee is not None
    return [words for _, words in misuses(code.encode(), {"f": callee}, "Box", lambda name: members_of(BOX, name))]


@pytest.mark.parametrize(
    ("call", "fault"),
    [
        ("f(1)", None), ("f(1, 2)", None), ("f(a=1, b=2)", None), ("f(*rest)", None), ("f(1, **more)", None),
        ("f()", "is not given a"), ("f(1, 2, 3)", "takes 2 positional"), ("f(1, c=2)", "no parameter c"), ("f(1, a=2)", "a twice"),
    ],
)  # fmt: skip
def test_arguments(call: str, fault: str | None):
    found = faults(f"def g(rest, more):\n    return {call}\n", f="def f(a, b=1):\n    return a\n")
    assert [fault in each for each in found] == [True] if fault else found == []


def test_a_name_that_is_bound_here_is_another_one():
    assert faults("def g(f):\n    return f(1, 2, 3)\n", f="def f(a):\n    return a\n") == []
    assert callee_of(b"@cached\ndef f(a):\n    return a\n", "f", "") is None


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("async def g():\n    return await f()\n", None),
        ("async def g():\n    task = f()\n    return await task\n", None),
        ("async def g():\n    f()\n", "not awaited"),
        ("async def g():\n    return f().size\n", "not awaited"),
        ("async def g():\n    return f() + 1\n", "not awaited"),
    ],
)
def test_a_coroutine_is_awaited(code: str, fault: str | None):
    found = faults(code, f="async def f() -> int:\n    return 1\n")
    assert [fault in each for each in found] == [True] if fault else found == []


def test_what_is_no_coroutine_is_not_awaited_unless_it_may_return_one():
    assert "is awaited" in faults("async def g():\n    return await f()\n", f="def f() -> list[int]:\n    return []\n")[0]
    assert faults("async def g():\n    return await f()\n", f="def f() -> Awaitable[int]:\n    return other()\n") == []


def test_the_result_is_looked_up_as_its_class_is():
    made = "def f() -> Box:\n    return Box(1)\n"
    assert faults("def g():\n    box = f()\n    return box.width + box.size + f().width\n", f=made) == []
    assert "no height" in faults("def g():\n    box = f()\n    return box.height\n", f=made)[0]
    assert faults("def g():\n    box = f()\n    box = other()\n    return box.height\n", f=made) == []
    assert members_of(b"class Box(Base):\n    pass\n", "Box") is None
    assert members_of(b"class Box:\n    def __init__(self):\n        ...\n", "Box") is None


def test_methods_go_by_their_receiver():
    grow = callee_of(b"def grow(self, by, times=1):\n    return self\n", "grow", "Box")
    assert grow is not None

    def found(code: str) -> list[str]:
        return [words for _, words in misuses(code.encode(), {"grow": grow}, "Box", lambda _: None)]

    assert found("def g(self):\n    return self.grow(1)\n") == []
    assert "is not given by" in found("def g(self):\n    return self.grow()\n")[0]
    assert found("def g(self, other):\n    return other.grow()\n") == []
    assert "is not given by" in found("def g(box: Box):\n    return box.grow()\n")[0]
    assert found("def g(box):\n    return Box.grow(box, 1)\n") == []
