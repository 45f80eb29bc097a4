"""What comes in and goes out of a statement group is what makes it replaceable: replaced by a function of just these, the code does what it did."""

from types import CodeType

import pytest

from mge_tests.stages.atomization.extraction import NEEDED, extract, flows_of, run_apart

MODULES = ("difflib", "statistics", "fractions", "heapq")
EXITS = """def f(items, limit):
    total = 0
    first = None
    note(items)
    note(limit)
    note(first)
    for item in items:
        note(item)
        note(limit)
        note(total)
        note(items)
        if item is None:
            first = total
            note(first)
            note(total)
            note(limit)
            break
        if item < 0:
            note("negative")
            continue
        total += item
        note(total)
        note(item)
        if total > limit:
            note(limit)
            note(items)
            note(first)
            return "over", total
    note(first)
    note(total)
    return first, total
"""


def test_standard_modules_do_what_they_did() -> None:
    before, after = (run_apart(MODULES, MODULES, replace=replace) for replace in (False, True))
    assert after.outcomes == before.outcomes
    assert sum(examples for examples, _ in after.outcomes.values()) > 150
    assert len(after.run) >= 50


def test_a_variable_that_is_not_passed_is_missed() -> None:
    group = next(name for name in run_apart(MODULES[1:2], MODULES[1:2], replace=True).run if flows_of("statistics", name))
    missing = run_apart(MODULES[1:2], MODULES[1:2], replace=True, without={group: flows_of("statistics", group)[0]})
    assert missing.outcomes != run_apart(MODULES[1:2], MODULES[1:2], replace=False).outcomes


@pytest.mark.parametrize("items", [[], [1, 2], [1, -1, 2], [1, None, 5], [9, 9, 9], [-1, 50], ["x"]])
def test_exits_leave_as_they_did(items: list[object]) -> None:
    found = extract(EXITS.encode(), "mod")
    assert len(found.groups) >= 3
    plain, replaced = (_run(compile(code, "mod", "exec"), items) for code in (EXITS, found.tree))
    assert plain == replaced


def _run(code: CodeType, items: list[object]) -> tuple[object, list[object]]:
    noted: list[object] = []
    names: dict[str, object] = {**NEEDED, "note": noted.append}
    exec(code, names)
    function = names["f"]
    assert callable(function)
    try:
        return function(items, 10), noted
    except TypeError as error:
        return str(error), noted
