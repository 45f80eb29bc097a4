"""The ten criteria: each is violated by what it is against, and by nothing else."""

import pytest

from mge_assets.model.findings import Severity
from mge_assets.stages.atomization import atomization_json
from mge_tests.stages.atomization.sources import PYTHON, package_files, python, typescript

GOOD = 'def area(width: int, height: int) -> int:\n    """Area.\n\n    >>> area(1, 2)\n    2\n    """\n    return width * height\n'
NINE = [f"a{i}" for i in range(9)]
WORSE = {
    "complexity": GOOD.replace("return width * height", "return width if width and height else 0"),
    "context": "def area(width): ...\n",
    "testable": "def area(width: int) -> None: ...\n",
    "deterministic": GOOD.replace("width * height", "random.random() * width"),
    "effects": GOOD.replace("    return", "    print(width)\n    return"),
    "input_output": GOOD.replace("height: int", "height: int, a: int, b: int, c: int, d: int, e: int, f: int"),
    "boundaries": "def f(a):\n    b = '''\n" + "    text\n" * 40 + "    '''\n    return b\n",
    "independence": f"def f({', '.join(NINE)}):\n" + "    b = a0\n" * 20 + f"    return {' + '.join(NINE)}\n",
    "responsibility": "class A:\n" + "    def f(self): return 1\n" * 9,
}


def rules(source: str) -> set[str]:
    return {violation.rule for atom in python(source).atoms for violation in atom.atomicity.violations}


def test_a_good_atom_has_full_score_and_no_violation() -> None:
    atom = python(GOOD).atoms[0]
    assert (atom.atomicity.score, atom.atomicity.violations) == (1.0, ())


@pytest.mark.parametrize("criterion", WORSE)
def test_each_criterion_is_violated_by_what_it_is_against(criterion: str) -> None:
    assert f"atomicity.{criterion}" in rules(WORSE[criterion])


@pytest.mark.parametrize("criterion", ["complexity", "deterministic", "effects"])
def test_one_fault_violates_one_criterion(criterion: str) -> None:
    assert rules(WORSE[criterion]) == {f"atomicity.{criterion}"}


def test_a_violation_costs_a_tenth_names_the_atom_and_says_what_to_change() -> None:
    atom = python(WORSE["effects"]).atoms[0]
    (violation,) = atom.atomicity.violations
    assert atom.atomicity.score == pytest.approx(0.9)
    assert violation.fix
    assert violation.message.startswith("pkg.mod.area: ")
    assert violation.place is not None
    assert violation.place.line == 1


def test_no_violation_is_an_error_and_each_costs_a_tenth_at_most() -> None:
    for file in package_files("click"):
        for atom in python(file.read_bytes()).atoms:
            violations = atom.atomicity.violations
            assert all(violation.severity is not Severity.ERROR and violation.fix for violation in violations)
            assert 1 - len(violations) / 10 <= atom.atomicity.score <= 1 - bool(violations) / 100


@pytest.mark.parametrize(
    ("decisions", "score"),
    [(1, 1.0), (2, 0.967), (3, 0.933), (4, 0.9), (9, 0.9)],
)
def test_complexity_from_three_on_costs_more_and_more_up_to_a_tenth(decisions: int, score: float) -> None:
    condition = " or ".join(["width"] * (decisions + 1))
    assert python(GOOD.replace("width * height", condition)).atoms[0].atomicity.score == pytest.approx(score)


def test_what_is_missing_in_the_context_is_not_counted_again_as_untestable() -> None:
    atom = python("def area(width):\n    other = width\n    call(other)\n").atoms[0]
    assert {violation.rule for violation in atom.atomicity.violations} <= {"atomicity.context", "atomicity.input_output"}
    assert atom.atomicity.score > 0.9


def test_whole_arguments_of_a_call_too_long_for_one_atom_have_clear_boundaries() -> None:
    atoms = python("x = foo(\n" + "    a + b,\n" * 40 + ")\n").atoms
    assert len(atoms) > 2
    assert not any(violation.rule == "atomicity.boundaries" for atom in atoms for violation in atom.atomicity.violations)


def test_javascript_side_effects_and_chance_are_seen() -> None:
    source = "export function f(n: number): number {\n  console.log(n);\n  return Math.random() * n;\n}\n"
    found = {violation.rule for violation in typescript(source).atoms[0].atomicity.violations}
    assert found == {"atomicity.effects", "atomicity.deterministic"}


def test_an_atomization_is_plain_data_for_outside_tools() -> None:
    rows = atomization_json(python(PYTHON + b"def broken(:\n", "shop/stock.py"))
    assert list(rows) == ["file", "language", "errors", "atoms"]
    assert rows["language"] == "python"
    assert isinstance(rows["atoms"], list)
    assert list(rows["atoms"][0]) == [
        "name",
        "kind",
        "start_byte",
        "end_byte",
        "start_line",
        "end_line",
        "loc",
        "complexity",
        "completeness",
        "atomicity",
    ]
    assert isinstance(rows["errors"], list)
    assert "shop/stock.py:" in rows["errors"][0]


def test_code_that_only_acts_loses_half_of_what_mixed_code_loses() -> None:
    only, mixed = (
        python(source).atoms[0].atomicity.score for source in (GOOD.replace("int:", "None:").replace("return width * height", "print(width)"), WORSE["effects"])
    )
    assert mixed < only < 1.0


OWN = {
    "a parameter": "def f(input: str) -> bytes:\n    return input.encode()\n",
    "a local variable": "def f(name: str) -> str:\n    requests = name.split()\n    return requests.get(0)\n",
    "the file's own function": "def open(name: str) -> str:\n    return name\n\n\ndef f(name: str) -> str:\n    return open(name)\n",
    "a stream that was given": "def f(out: TextIO, name: str) -> None:\n    print(name, file=out)\n",
    "a query": "def f(name: str) -> Logger:\n    return logging.getLogger(name)\n",
}


@pytest.mark.parametrize("case", OWN)
def test_what_is_called_as_an_effect_is_but_is_none(case: str) -> None:
    assert not rules(OWN[case]) & {"atomicity.effects", "atomicity.deterministic"}


def test_a_date_of_something_is_no_clock() -> None:
    def found(source: str) -> set[str]:
        return {violation.rule for atom in typescript(source).atoms for violation in atom.atomicity.violations}

    assert "atomicity.deterministic" not in found("export function f(at: number): Date {\n  return new Date(at);\n}\n")
    assert "atomicity.deterministic" in found("export function f(): Date {\n  return new Date();\n}\n")


CALLS = "".join(f"        call({number})\n" for number in range(13))


@pytest.mark.parametrize(("after", "lost"), [("", False), ("    call(99)\n", True)])
def test_a_whole_clause_is_a_clear_boundary_and_one_that_goes_on_after_its_statement_is_not(after: str, lost: bool) -> None:
    short = "        call(1)\n        call(2)\n"
    source = f"def f(a: int) -> None:\n    if a:\n{CALLS}    else:\n{short}{after}"
    begins = [atom for atom in python(source).atoms if atom.text.lstrip().startswith(b"else")]
    assert len(begins) == 1
    assert (b"call(99)" in begins[0].text) is lost
    assert any(violation.rule == "atomicity.boundaries" for violation in begins[0].atomicity.violations) is lost
