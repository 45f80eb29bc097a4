"""What a function does beside computing, held against its contract and against how it is used; where there is a doubt nothing is said."""

import ast

import pytest

from mge_assets.stages.validation.conduct import harmful_changes, unfitting
from mge_assets.stages.validation.uses import callee_of, misuses


def function(text: str) -> ast.FunctionDef | ast.AsyncFunctionDef:
    found = ast.parse(text).body[0]
    assert isinstance(found, ast.FunctionDef | ast.AsyncFunctionDef)
    return found


def said(head: str, words: str, body: str) -> list[str]:
    now, contract = (function(f'{head}\n    """{words}"""\n    {text}') for text in (body, "..."))
    return list(unfitting(now, contract))


@pytest.mark.parametrize(
    ("head", "words", "body", "fault"),
    [
        ("def f(n) -> list[int]:", "Numbers.", "yield n", "is a generator"),
        ("def f(n) -> Iterator[int]:", "Numbers.", "return [n]", "next() of it fails"),
        ("def f(n) -> None:", "Nothing.", "return [n]", "its contract says None"),
        ("def f(n) -> tuple[int, int]:", "Two.", "return n, n, n", "returns 3 values"),
        ("def f(n) -> int:", "One. Raises KeyError for an unknown one.", "raise ValueError(n)", "raises ValueError"),
        ("def f(n) -> int:", "The price.", "global total\n    total = n\n    return n", "writes to total of its module"),
        ("def f(n) -> int:", "The price.", "PRICES[n] = 1\n    return n", "writes to PRICES of its module"),
        ("def f(n) -> int:", "The price.", "PRICES.append(n)\n    return n", "writes to PRICES of its module"),
    ],
)
def test_what_is_not_as_promised_is_told(head: str, words: str, body: str, fault: str):
    assert [fault in each for each in said(head, words, body)] == [True]


@pytest.mark.parametrize(
    ("head", "words", "body"),
    [
        ("def f(n) -> Iterator[int]:", "Numbers.", "yield n"),
        ("def f(n) -> Iterator[int]:", "Numbers.", "return iter([n])"),
        ("def f(n) -> None:", "Nothing.", "return None"),
        ("def f(n) -> None:", "Nothing.", "return print(n)"),
        ("def f(n) -> tuple[int, ...]:", "Some.", "return n, n, n"),
        ("def f(n) -> int:", "One. Raises LookupError for an unknown one.", "raise KeyError(n)"),
        ("def f(n) -> int:", "One. Raises ShopError.", "raise ClosedShop(n)"),
        ("def f(n) -> int:", "One.", "raise ValueError(n)"),
        ("def f(n) -> int:", "One. Raises KeyError.", "try:\n        raise ValueError\n    except ValueError:\n        return n"),
        ("def f(n) -> list:", "One.", "def inner():\n        yield n\n    return list(inner())"),
        ("def f(n) -> int:", "The price, which is recorded.", "PRICES[n] = 1\n    return n"),
        ("def f(n) -> None:", "Nothing.", "PRICES[n] = 1"),
        ("def f(n) -> int:", "The price.", "if n not in PRICES:\n        PRICES[n] = 1\n    return PRICES[n]"),
        ("def f(n) -> int:", "The price.", "global total\n    if total is None:\n        total = n\n    return total"),
        ("def f(n) -> int:", "The price.", "PRICES = {}\n    PRICES[n] = 1\n    return PRICES[n]"),
        ("def f(n) -> int:", "The price.", "from prices import PRICES\n    return len(PRICES)"),
        ("def f(n) -> int:", "The price.", "class PRICES:\n        pass\n    PRICES[n] = 1\n    return n"),
        ("def f(PRICES) -> int:", "The price, put in.", "PRICES[1] = 1\n    return 1"),
    ],
)
def test_what_keeps_the_promise_or_leaves_a_doubt_is_not(head: str, words: str, body: str):
    assert said(head, words, body) == []


def used(callee: str, caller: str, contract: str | None = None) -> list[str]:
    found = callee_of(callee.encode(), "f", "")
    assert found is not None
    told = function(contract or callee)
    return [words for _, words in misuses(caller.encode(), {"f": type(found)(found.name, found.owner, found.node, told)}, "", lambda _: None)]


TOP = 'def f(values) -> list:\n    """The largest three."""\n    '


@pytest.mark.parametrize(
    ("callee", "caller", "fault"),
    [
        ("def f(n):\n    yield n", "def g():\n    return f(1)[0]", "is indexed"),
        ("def f(n):\n    yield n", "def g():\n    return len(f(1))", "length"),
        ("def f(n):\n    return [n]", "def g():\n    return next(f(1))", "next()"),
        ("def f(n):\n    return n, n, n", "def g():\n    a, b = f(1)\n    return a", "2 are taken"),
        ("def f(n):\n    raise ValueError(n)", "def g():\n    try:\n        return f(1)\n    except KeyError:\n        return 0", "KeyError is caught"),
        (f"{TOP}values.sort()\n    return values[-3:]", "def g(all_):\n    top = f(all_)\n    return top, all_[0]", "needs a copy"),
    ],
)
def test_a_use_that_does_not_fit_what_it_does_is_told(callee: str, caller: str, fault: str):
    assert [fault in words for words in used(callee, caller)] == [True]


@pytest.mark.parametrize(
    ("callee", "caller"),
    [
        ("def f(n):\n    yield n", "def g():\n    return list(f(1))[0], next(f(1))"),
        ("def f(n):\n    return n, n", "def g():\n    a, b = f(1)\n    c, *d = f(2)\n    return a"),
        ("def f(n):\n    return (n, n) if n else None", "def g():\n    a, b, c = f(1)\n    return a"),
        ("def f(n):\n    raise KeyError(n)", "def g():\n    try:\n        return f(1)\n    except LookupError:\n        return 0"),
        ("def f(n):\n    raise ValueError(n)", "def g(d):\n    try:\n        return d[f(1)]\n    except KeyError:\n        return 0"),
        (f"{TOP}values.sort()\n    return values[-3:]", "def g(all_):\n    return f(all_)"),
        (f"{TOP}values = sorted(values)\n    values.reverse()\n    return values[:3]", "def g(all_):\n    top = f(all_)\n    return top, all_[0]"),
    ],
)
def test_a_use_that_fits_or_may_fit_is_not(callee: str, caller: str):
    assert used(callee, caller) == []


def test_a_contract_that_speaks_of_changing_lets_it_change():
    now = function("def take(queue) -> int:\n    return queue.pop()")
    for words, changed in (("Remove and return the last.", frozenset()), ("The last.", frozenset({"queue"}))):
        contract = function(f'def take(queue) -> int:\n    """{words}"""')
        assert harmful_changes(now, contract) == changed
