"""Levels 2 to 4: seeded faults are found at their level, and a sound project has no findings."""

import pytest

from mge_assets.model.findings import CheckStatus, Severity
from mge_assets.model.masterplan import Masterplan
from mge_assets.stages.validation import MasterPlanValidator, MilestoneValidator, TaskValidator, apply_strictness
from mge_resources.sandbox import open_sandbox
from mge_tests.stages.validation.cases import check, cut, milestone, phase, rules, task

OFF = open_sandbox("off")
MODEL = b'"""Model."""\n\n\ndef price(amount, rate=1):\n    return amount * rate\n\n\nclass Item:\n    def total(self, count):\n        return count\n'
SHOP = b"from pkg.model import Item, price\n\n\ndef sell(amount):\n    return price(amount, rate=2), Item()\n"
PROJECT = {
    "pkg/__init__.py": b"",
    "pkg/model.py": MODEL,
    "pkg/shop.py": SHOP,
    "web/cart.mjs": b"export const a = 1;\n",
    "web/page.mjs": b'import { a } from "./cart.mjs";\nexport const b = a;\n',
}


def level_2(file: str, content: bytes, draft: bytes | None = None, requirements=()):
    atoms = cut(file, content if draft is None else draft)
    return TaskValidator(OFF).validate(task("unit", file), content, atoms, PROJECT, requirements)


def level_3(files: dict[str, bytes]):
    return MilestoneValidator(OFF).validate(milestone(*(task(file.replace("/", "."), file) for file in files if file != "pkg/__init__.py")), files)


def level_4(files: dict[str, bytes], owned: list[str] | None = None, **fields: object):
    tasks = [task(f"t{number}", file) for number, file in enumerate(owned if owned is not None else files)]
    return MasterPlanValidator(OFF).validate(Masterplan.model_validate({"name": "plan", "phases": [phase(milestone(*tasks))], **fields}), files)


def test_a_sound_project_has_no_findings_at_any_level():
    for file, content in PROJECT.items():
        result = level_2(file, content)
        assert result.passed
        assert result.findings == ()
        assert check(result, "tests").status is CheckStatus.NOT_RUN
    assert level_3(PROJECT).findings == ()
    assert level_4(PROJECT).findings == ()


@pytest.mark.parametrize(
    ("content", "rule", "severity"),
    [
        (b"from pkg.model import Item\n\ndef sell(amount:\n    return Item\n", "syntax.python", Severity.ERROR),
        (b"import pkg.missing\n\ndef sell(amount):\n    return pkg\n", "imports.missing", Severity.ERROR),
        (b"from .missing import x\n\ndef sell(amount):\n    return x\n", "imports.missing", Severity.ERROR),
        (b"try:\n    from .missing import x\nexcept ImportError:\n    x = 1\n\ndef sell(amount):\n    return x\n", "imports.missing", Severity.WARNING),
        (b"import flask\n\ndef sell(amount):\n    return flask\n", "imports.undeclared", Severity.WARNING),
        (b"from pkg.model import Stock\n\ndef sell(amount):\n    return Stock\n", "integration.missing_name", Severity.ERROR),
        (b"def other(amount):\n    return amount\n", "contract.missing", Severity.ERROR),
        (b"def sell(amount, more):\n    return amount\n", "contract.changed", Severity.ERROR),
        (b"class order:\n    x = 1\n\ndef sell(amount):\n    return order\n", "naming.class", Severity.WARNING),
        (b"def sell(amount):\n    return 1\n\ndef sell(amount):\n    return 2\n", "pyflakes.RedefinedWhileUnused", Severity.WARNING),
    ],
)
def test_level_2_finds_what_is_wrong_with_a_file(content, rule, severity):
    result = level_2("pkg/shop.py", content, SHOP)
    assert rule in rules(result, severity)
    assert result.passed is (severity is not Severity.ERROR)


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b'import { a } from "./missing.mjs";\nexport const b = a;\n', "imports.missing"),
        (b'import { c } from "./cart.mjs";\nexport const b = c;\n', "integration.missing_name"),
        (b'import c from "./cart.mjs";\nexport const b = c;\n', "integration.missing_name"),
        (b'import React from "react";\nexport const b = React;\n', "imports.undeclared"),
    ],
)
def test_level_2_finds_what_is_wrong_with_a_javascript_file(content, rule):
    assert rules(level_2("web/page.mjs", content)) == [rule]


def test_what_is_declared_standard_or_only_for_type_checkers_is_no_finding():
    content = b"import os.path, yaml, bs4\nfrom typing import TYPE_CHECKING\nfrom pkg import model\nfrom . import shop\n"
    content += b"if TYPE_CHECKING:\n    import flask\nprint(os, yaml, bs4, model, shop)\n"
    assert rules(level_2("pkg/new.py", content, requirements=("PyYAML>=6", "beautifulsoup4")), Severity.ERROR, Severity.WARNING) == []


def test_atoms_that_do_not_tile_the_file_are_an_error():
    atoms = cut("pkg/model.py", MODEL, b"def price", b"class Item")
    result = TaskValidator(OFF).validate(task("model", "pkg/model.py"), MODEL, (atoms[0], atoms[2]), PROJECT)
    assert "consistency.tiling" in rules(result, Severity.ERROR)


@pytest.mark.parametrize(
    ("call", "fits"),
    [
        ("price()", False), ("price(1, 2, 3)", False), ("price(1, tax=2)", False), ("price(rate=2)", False),
        ("price(1)", True), ("price(1, 2)", True), ("price(amount=1, rate=2)", True), ("price(*amount)", True), ("price(**amount)", True),
    ],
)  # fmt: skip
def test_level_3_finds_calls_that_do_not_fit_across_files(call, fits):
    shop = f"from pkg.model import price\n\n\ndef sell(amount):\n    return {call}\n".encode()
    result = level_3({"pkg/__init__.py": b"", "pkg/model.py": MODEL, "pkg/shop.py": shop})
    assert rules(result) == ([] if fits else ["interfaces.call"])
    assert result.passed is fits


def test_level_3_finds_circles_doubles_missing_names_and_missing_files():
    files = {
        "a.py": b"import b\n\ndef run(x):\n    return b\n",
        "b.py": b"import c\n\ndef run():\n    return c\n",
        "c.py": b"from a import lost\nprint(lost)\n",
    }
    result = MilestoneValidator(OFF).validate(milestone(*(task(file, file) for file in (*files, "d.py"))), files)
    assert sorted(set(rules(result))) == ["api.duplicate", "imports.circle_breaks", "imports.circular", "integration.missing_file", "integration.missing_name"]
    circle = next(finding for finding in result.findings if finding.rule == "imports.circular")
    assert "a.py ▸ b.py ▸ c.py ▸ a.py" in circle.message
    assert circle.severity is Severity.WARNING


def test_an_import_inside_a_function_closes_no_circle():
    files = {"a.py": b"import b\nprint(b)\n", "b.py": b"def run():\n    import a\n    return a\n"}
    assert level_3(files).findings == ()


def test_level_4_finds_owners_dependencies_smells_and_dangers():
    files = {
        "a.py": b"import flask\n\n\ndef run(rows):\n    for x in rows:\n        for y in rows:\n            print(x, y, flask)\n",
        "b.py": b"import os\n\nTOKEN = 'ghp_" + b"a1B2c3D4e5F6" * 4 + b"'\n\n\ndef go(x):\n    os.system(x)\n",
    }
    result = level_4(files, ["a.py", "b.py", "b.py", "lost.py"], requirements=["rich>=1"])
    assert sorted(set(rules(result))) == [
        "architecture.missing_file", "architecture.owner", "dependencies.unused", "imports.undeclared", "performance.nested_loop", "python.shell", "secret",
    ]  # fmt: skip
    assert check(result, "performance").status is CheckStatus.PASSED


def test_strictness_moves_warnings_and_nothing_else():
    result = level_2("pkg/shop.py", b"import flask\n\ndef sell(amount):\n    return flask\n", SHOP)
    low, medium, high = (apply_strictness(result, word) for word in ("low", "medium", "high"))
    assert (low.passed, medium.passed, high.passed) == (True, True, False)
    assert (rules(low, Severity.INFO), rules(medium, Severity.WARNING), rules(high, Severity.ERROR)) == (["imports.undeclared"],) * 3
    assert medium == result
    assert check(high, "tests").status is CheckStatus.NOT_RUN
    with pytest.raises(ValueError, match="low, medium, high"):
        apply_strictness(result, "harsh")
