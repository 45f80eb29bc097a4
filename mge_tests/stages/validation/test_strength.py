"""A test that no fault can fail is called weak; one that notices something is not, and neither is one that could not be tried."""

import ast

import pytest

from mge_assets.model.findings import Severity
from mge_assets.stages.validation.mutants import mutants
from mge_assets.stages.validation.reach import reach
from mge_assets.stages.validation.strength import strength, strength_check
from mge_resources.sandbox import Sandbox

CODE = b'''def price(amount, rate=3):
    """The price with tax."""
    if amount < 0 or rate < 0:
        raise ValueError("negative")
    return amount + amount * rate // 100


class Shop:
    def __init__(self):
        self.sold = []

    def rename(self, name):
        self.name = name.strip() or "shop"

    @property
    def total(self):
        return sum(self.sold)

    def sell(self, amount):
        self.sold.append(price(amount))
        while not self.sold:
            pass
'''
TESTS = """
import pytest
from shop import Shop, price


def test_says_nothing():
    try:
        price(100)
    except Exception:
        pass


def test_agrees_with_everything():
    shop = Shop()
    shop.rename("a")
    assert shop.name == shop.name


def test_price():
    assert price(200) == 206


def test_negative():
    with pytest.raises(ValueError):
        price(-1)


def test_shop():
    shop = Shop()
    shop.sell(100)
    assert shop.total == 103


def test_of_nothing():
    assert 1 + 1 == 2
"""


def test_weak_tests_are_told_from_those_that_notice_something(sandbox: Sandbox):
    project = {"shop.py": CODE}
    found = strength(sandbox, project, "tests/test_shop.py", TESTS, reach(sandbox, project, "tests/test_shop.py", TESTS), 20)
    assert set(found.weak) == {"test_says_nothing", "test_agrees_with_everything"}
    assert found.strong == {"test_price", "test_negative", "test_shop"}
    assert found.untried == {"test_of_nothing"}
    check = strength_check(found, "tests/test_shop.py", ["shop.other"])
    assert [(finding.rule, finding.severity) for finding in check.findings] == [
        ("tests.weak", Severity.WARNING),
        ("tests.weak", Severity.WARNING),
        ("tests.unreached", Severity.INFO),
        ("tests.untried", Severity.INFO),
    ]


def test_without_time_nothing_is_called_weak(sandbox: Sandbox):
    project = {"shop.py": CODE}
    found = strength(sandbox, project, "tests/test_shop.py", TESTS, reach(sandbox, project, "tests/test_shop.py", TESTS), 0)
    assert not found.weak
    assert len(found.untried) == 6


@pytest.mark.parametrize("line", [1, 12, 19])
def test_every_fault_is_code_that_differs_in_its_function_alone(line: int):
    seeded = mutants("shop.py", CODE, {line}, 20)
    assert len(seeded) >= 2
    plain = {node.name: ast.dump(node) for node in ast.walk(ast.parse(CODE)) if isinstance(node, ast.FunctionDef)}
    for mutant in seeded:
        assert mutant.function == line
        changed = {node.name: ast.dump(node) for node in ast.walk(ast.parse(mutant.text)) if isinstance(node, ast.FunctionDef)}
        assert sum(changed[name] != text for name, text in plain.items()) == 1


def test_code_that_does_not_parse_has_no_faults_to_seed():
    assert mutants("a.py", b"def f(:\n", {1}, 5) == ()
