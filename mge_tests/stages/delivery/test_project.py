"""Promises of what a plan delivers."""

import json
import tomllib
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mge_assets.model.errors import DeliveryError
from mge_assets.model.masterplan import Masterplan, Milestone, Phase, Task
from mge_assets.stages.delivery import AcceptanceTests, Element, ProjectFile, assemble, project_files
from mge_resources.syntax import Language


def task(name: str, file: str) -> Task:
    return Task.model_validate({"name": name, "description": "does it", "file": file})


def plan(*milestones: tuple[str, tuple[Task, ...]], **more) -> Masterplan:
    built = tuple(Milestone.model_validate({"name": name, "tasks": tasks}) for name, tasks in milestones)
    return Masterplan.model_validate({"name": "shop", "phases": (Phase.model_validate({"name": "Core", "milestones": built}),), **more})


SHOP = plan(("Stock", (task("item", "shop/item.py"), task("cart", "web/cart.ts"))), ("Sale", (task("till", "shop/till.py"),)), requirements=("attrs>=24",))
CONTENTS = {"item": b"ITEM = 1\n", "cart": b"export const cart = 1\n", "till": b"TILL = 1\n"}
PYTHON_TEST = "def test_it():\n    assert True\n"


@given(st.binary(), st.lists(st.integers(0, 300)))
def test_atoms_joined_in_order_are_the_file_byte_for_byte(content, cuts):
    edges = sorted({0, *(cut for cut in cuts if cut < len(content)), len(content)})
    assert assemble([content[start:end] for start, end in pairwise(edges)]) == content


def test_a_plan_without_tests_delivers_exactly_its_own_files():
    assert project_files(SHOP, CONTENTS) == (
        ProjectFile("shop/item.py", b"ITEM = 1\n", "Stock", "item"),
        ProjectFile("web/cart.ts", b"export const cart = 1\n", "Stock", "cart"),
        ProjectFile("shop/till.py", b"TILL = 1\n", "Sale", "till"),
    )


def test_acceptance_tests_are_files_of_their_milestone_and_the_plans_own_go_with_the_last():
    tests = [AcceptanceTests(Element.TASK, "cart", "import 'node:test'"), AcceptanceTests(Element.MILESTONE, "Sale", PYTHON_TEST)]
    files = project_files(SHOP, CONTENTS, [*tests, AcceptanceTests(Element.PLAN, "shop", PYTHON_TEST)])
    assert [(file.path, file.milestone, file.task) for file in files if file.path.startswith("tests/")] == [
        ("tests/run.mjs", "Stock", None),
        ("tests/typescript.mjs", "Stock", None),
        ("tests/cart.test.mjs", "Stock", "cart"),
        ("tests/test_Sale.py", "Sale", None),
        ("tests/test_shop.py", "Sale", None),
    ]


def test_python_tests_bring_a_pyproject_that_finds_the_packages_and_lists_the_requirements():
    files = project_files(SHOP, CONTENTS, [AcceptanceTests(Element.TASK, "till", PYTHON_TEST)])
    (found,) = [file for file in files if file.path == "pyproject.toml"]
    read = tomllib.loads(found.content.decode())
    assert read["tool"]["pytest"]["ini_options"] == {"pythonpath": ["."], "testpaths": ["tests"]}
    assert (read["project"]["name"], read["project"]["dependencies"]) == ("shop", ["attrs>=24"])
    assert read["tool"]["setuptools"]["packages"] == ["shop"]


@given(st.text(), st.lists(st.text()))
def test_the_pyproject_can_be_read_whatever_the_plan_says(description, requirements):
    odd = plan(("M", (task("a", "a.py"),)), description=description, requirements=tuple(requirements))
    files = project_files(odd, {"a": b""}, [AcceptanceTests(Element.TASK, "a", PYTHON_TEST)])
    read = tomllib.loads(files[0].content.decode())
    assert read["project"]["dependencies"] == requirements
    assert read["tool"]["setuptools"]["py-modules"] == ["a"]


def test_tests_in_another_language_bring_no_pyproject_and_neither_does_a_plan_with_its_own_conftest():
    javascript = project_files(SHOP, CONTENTS, [AcceptanceTests(Element.TASK, "cart", "import 'node:test'")])
    assert "pyproject.toml" not in {file.path for file in javascript}
    own = plan(("M", (task("a", "conftest.py"),)))
    delivered = project_files(own, {"a": b""}, [AcceptanceTests(Element.TASK, "a", PYTHON_TEST)])
    assert [file.path for file in delivered] == ["README.md", "conftest.py", "tests/test_a.py"]


def test_tests_of_a_milestone_in_several_languages_are_named_for_the_language_that_parses_them():
    typescript = "import test from 'node:test';\ntest('it', () => { const a: number = 1; });\n"
    for text, path in ((PYTHON_TEST, "tests/test_Stock.py"), (typescript, "tests/Stock.test.mts")):
        assert path in {file.path for file in project_files(SHOP, CONTENTS, [AcceptanceTests(Element.MILESTONE, "Stock", text)])}
    chosen = AcceptanceTests(Element.MILESTONE, "Stock", typescript, Language.PYTHON)
    assert "tests/test_Stock.py" in {file.path for file in project_files(SHOP, CONTENTS, [chosen])}


def test_no_two_test_files_have_one_name_even_where_case_is_ignored():
    same = plan(("item", (task("item", "a.py"), task("Item", "tests/test_Item_task.py"))))
    tests = [AcceptanceTests(Element.TASK, "item", "1"), AcceptanceTests(Element.TASK, "Item", "2"), AcceptanceTests(Element.MILESTONE, "item", "3")]
    paths = [file.path.casefold() for file in project_files(same, {"item": b"", "Item": b""}, tests)]
    assert len(paths) == len(set(paths)) == 7


def test_milestones_that_share_a_name_keep_their_own_commits():
    phases = tuple(
        {"name": phase, "milestones": [{"name": "M", "tasks": [{"name": phase, "description": "x", "file": f"{phase}.py"}]}]} for phase in ("A", "B")
    )
    files = project_files(Masterplan.model_validate({"name": "p", "phases": phases}), {"A": b"", "B": b""})
    assert [file.milestone for file in files] == ["A / M", "B / M"]


def test_a_task_without_code_is_named():
    with pytest.raises(DeliveryError, match="task 'till' has no code"):
        project_files(SHOP, {"item": b"", "cart": b""})


def test_a_readme_says_how_to_run_the_tests_in_each_of_their_languages():
    tests = [AcceptanceTests(Element.TASK, "cart", "import 'node:test'"), AcceptanceTests(Element.TASK, "till", PYTHON_TEST)]
    (found,) = [file.content.decode() for file in project_files(SHOP, CONTENTS, tests) if file.path == "README.md"]
    assert all(line in found.splitlines() for line in ("# shop", "    pip install pytest .", "    python -m pytest", "    npm install", "    npm test"))


def test_the_package_of_a_project_in_javascript_needs_no_compiler_and_says_which_modules_its_files_are():
    for code, kind in ((b"export const cart = 1;\n", "module"), (b"exports.cart = 1;\n", "commonjs")):
        script = plan(("M", (task("cart", "cart.js"),)), requirements=("@scope/pkg@^2.1.0", "chalk"))
        files = {file.path: file.content for file in project_files(script, {"cart": code}, [AcceptanceTests(Element.PLAN, "shop", "import 'node:test'")])}
        package = json.loads(files["package.json"])
        assert (package["type"], package["scripts"]) == (kind, {"test": "node --test"})
        assert package["dependencies"] == {"@scope/pkg": "^2.1.0", "chalk": "*"}
        assert not {"devDependencies", "tests/run.mjs"} & {*package, *files}


def test_what_pip_alone_would_take_is_no_dependency_of_npm_in_a_plan_with_python():
    tests = [AcceptanceTests(Element.TASK, "cart", "import 'node:test'")]
    (found,) = [json.loads(file.content) for file in project_files(SHOP, CONTENTS, tests) if file.path == "package.json"]
    assert "dependencies" not in found
