"""Go, the documented example of a further language: cut, named, counted and described like the others, and honest about what is not checked."""

import pytest

from mge_assets.model.atoms import Atom, AtomKind
from mge_assets.model.findings import CheckStatus
from mge_assets.model.masterplan import Task
from mge_assets.model.testfiles import test_file_name as file_name
from mge_assets.model.testfiles import test_runners as runners
from mge_assets.stages.atomization import atomize
from mge_assets.stages.generation.fences import fenced_blocks
from mge_assets.stages.validation import AtomicValidator, TaskValidator
from mge_resources.sandbox import open_sandbox
from mge_resources.syntax import JUDGED, Language
from mge_tests.stages.atomization.sources import GO as SOURCE
from mge_tests.stages.atomization.sources import assert_tiles

TESTS = """package shop

func TestAdd(t *testing.T) {
	if got, _ := Add(1, 2); got != 3 {
		t.Fatal(got)
	}
}
"""
CUT = atomize(SOURCE, "shop/shop.go", Language.GO, tests=TESTS)
BY_NAME = {atom.name: atom for atom in CUT.atoms}


def of(name: str) -> Atom:
    return BY_NAME[f"shop.shop{name}"]


def test_a_file_is_tiled_in_any_dress() -> None:
    assert_tiles(CUT, SOURCE)
    assert all(atom.loc <= 15 for atom in CUT.atoms)
    for dressed in (SOURCE.replace(b"\n", b"\r\n"), b"\xef\xbb\xbf" + SOURCE, SOURCE.rstrip(), SOURCE[:900], SOURCE.replace(b"}", b""), b"", b"{{{"):
        assert_tiles(atomize(dressed, "shop/shop.go", Language.GO), dressed)


def test_kinds_and_names_are_those_of_the_declarations() -> None:
    kinds = {name.removeprefix("shop.shop"): atom.kind for name, atom in BY_NAME.items()}
    assert kinds == {
        "": AtomKind.IMPORT,
        ".Limit": AtomKind.CONSTANT,
        ".Item": AtomKind.TYPE,
        ".Store": AtomKind.INTERFACE,
        ".Add": AtomKind.FUNCTION,
        ".Shop.Later": AtomKind.METHOD,
        ".Long": AtomKind.FUNCTION,
        ".Long#2": AtomKind.STATEMENT_GROUP,
        ".Long#3": AtomKind.STATEMENT_GROUP,
    }
    assert [name for name, atom in BY_NAME.items() if atom.stub] == ["shop.shop.Shop.Later"]


def test_complexity_counts_branches_loops_cases_and_logical_operators() -> None:
    assert of(".Add").complexity == 1 + 2 + 1
    parts = [atom for name, atom in BY_NAME.items() if name.partition("#")[0] == "shop.shop.Long"]
    assert sum(atom.complexity - 1 for atom in parts) == 1 + 1 + 2 + 1


def test_the_context_is_true_of_each_atom() -> None:
    add = of(".Add").context
    assert add.imports == ('import "errors"',)
    assert add.types == ("x: int", "y: int", "rest: int", "returns (sum int, err error)")
    assert add.preconditions == ("x: int is given", "y: int is given", "any number of rest: int")
    assert {'return 0, errors.New("x")', 'panic("no")', "return x + y, nil"} <= set(add.postconditions)
    assert add.test_cases[0].startswith("func TestAdd")
    loop, end = of(".Long#2").context, of(".Long#3").context
    assert "bound before: total: int" in loop.preconditions
    assert "leaves: total" in loop.postconditions
    assert end.imports == ('import str "strings"',)
    assert "label: str.ToUpper" not in end.types
    assert of(".Item").context.types == ("type Item struct", "ID: string", "Price: int")


def test_what_is_not_checked_says_so_and_what_is_checked_is_found() -> None:
    assert Language.GO not in JUDGED
    start = of(".Add").span.start_byte
    good = AtomicValidator().validate(of(".Add"), of(".Add").text, SOURCE[:start], SOURCE[of(".Add").span.end_byte :])
    assert {check.name for check in good.checks if check.status is CheckStatus.NOT_RUN} == {
        "semantics", "type_safety", "runtime_safety", "completeness", "contract", "unit_test",
    }  # fmt: skip
    assert good.passed
    bad = AtomicValidator().validate(of(".Add"), b"func Add( {\n", SOURCE[:start], SOURCE[of(".Add").span.end_byte :])
    assert not bad.passed


def test_a_task_in_go_passes_on_its_syntax_and_its_tests_are_not_run() -> None:
    task = Task(name="shop", description="Sells.", file="shop/shop.go", tests=TESTS)
    result = TaskValidator(open_sandbox("off")).validate(task, SOURCE, CUT.atoms, {"shop/shop.go": SOURCE})
    assert result.passed
    status = {check.name: check.status for check in result.checks}
    assert status["consistency"] is CheckStatus.PASSED
    assert {name for name, one in status.items() if one is CheckStatus.NOT_RUN} == {"imports", "naming", "contracts", "integration", "tests"}
    assert file_name("shop", Language.GO, "") == "tests/shop_test.go"


def test_a_models_block_in_go_is_taken_for_go() -> None:
    (block,) = fenced_blocks("```go\nfunc f() {}\n```")
    assert block.may_be(Language.GO)
    assert not block.may_be(Language.PYTHON)


@pytest.mark.parametrize(
    ("languages", "offered"),
    [
        ([Language.GO], ["go test ./..."]),
        ([Language.PYTHON], ['"py" -m pytest']),
        ([Language.TYPESCRIPT], ["node --test"]),
        ([Language.PYTHON, Language.GO], ['"py" -m pytest', "go test ./..."]),
        ([], []),
    ],
)
def test_what_a_finished_run_offers_fits_the_projects_languages(languages: list[Language], offered: list[str]) -> None:
    paths = ["shop/stock.py", *(file_name("shop", language, "") for language in languages)]
    assert list(runners(paths, "py", None)) == offered
