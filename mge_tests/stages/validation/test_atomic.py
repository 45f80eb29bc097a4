"""Level 1: what an atom's code does wrong is found, in the atom that does it, and only there."""

import pytest

from mge_assets.model.findings import CheckStatus, Severity, ValidationResult
from mge_assets.stages.validation import AtomicValidator
from mge_assets.stages.validation.analysis import analyse
from mge_tests.stages.validation.cases import around, check, cut, rules

CONTENT = b"""import os

LIMIT = 3


def first(a, b=1):
    return a + b + LIMIT


def second(path):
    return os.path.join(path, str(first(1)))
"""
ATOMS = cut("pkg/code.py", CONTENT, b"def first", b"def second")
FIRST = ATOMS[1]


def judge(code: bytes, atom=FIRST, atoms=ATOMS, **options) -> ValidationResult:
    return AtomicValidator().validate(atom, code, *around(atoms, atom), **options)


def test_every_atom_of_sound_code_passes_every_check_that_runs():
    for atom in ATOMS:
        result = judge(atom.text, atom)
        assert result.passed
        assert result.findings == ()
        assert result.subject == atom.name
        assert [one.name for one in result.checks] == [
            "syntax", "semantics", "atomicity", "type_safety", "runtime_safety", "completeness", "contract", "unit_test",
        ]  # fmt: skip
        assert check(result, "type_safety").status is CheckStatus.NOT_RUN
        assert check(result, "unit_test").reason


FAULTS = [
    (b"def first(a, b=1):\n    return (a + b\n\n\n", "syntax.python", "syntax"),
    (b"def first(a, b=1):\n    return a +\n\n\n", "syntax.python", "syntax"),
    (b"def first(a, b=1):\nreturn a\n\n\n", "syntax.python", "syntax"),
    (b"def first(a, b=1):\n    return a\n\nreturn 3\n\n", "syntax.python", "syntax"),
    (b"def first(a, b=1):\n    return a + c\n\n\n", "pyflakes.UndefinedName", "semantics"),
    (b"def first(a):\n    return a\n\n\n", "contract.changed", "contract"),
    (b"def first(b, a=1):\n    return a\n\n\n", "contract.changed", "contract"),
    (b"async def first(a, b=1):\n    return a\n\n\n", "contract.changed", "contract"),
    (b"def renamed(a, b=1):\n    return a\n\n\n", "contract.missing", "contract"),
    (b"def first(a, b=1):\n    ...\n\n\n", "completeness.stub", "completeness"),
    (b'def first(a, b=1):\n    """Doc."""\n    raise NotImplementedError\n\n\n', "completeness.stub", "completeness"),
    (b"def first(a, b=1):\n    return eval(a)\n\n\n", "python.eval", "runtime_safety"),
    (b"def first(a, b=1):\n    return os.system(a)\n\n\n", "python.shell", "runtime_safety"),
    (b"def first(a, b=1):\n    import subprocess as s\n    return s.run(a, shell=True)\n\n\n", "python.shell", "runtime_safety"),
    (b"def first(a, b=1):\n    from yaml import load\n    return load(a)\n\n\n", "python.yaml", "runtime_safety"),
    (b"def first(a, b=1):\n    api_key = 'f83hf83hf8h38fh38hf8'\n    return api_key\n\n\n", "secret", "runtime_safety"),
]


@pytest.mark.parametrize(("code", "rule", "name"), FAULTS, ids=[f"{rule}-{number}" for number, (_, rule, _) in enumerate(FAULTS)])
def test_a_fault_is_an_error_of_its_check_and_of_its_atom_alone(code, rule, name):
    result = judge(code)
    assert rule in rules(result, Severity.ERROR)
    assert check(result, name).status is CheckStatus.FAILED
    assert not result.passed
    finding = next(finding for finding in result.findings if finding.rule == rule)
    assert finding.fix
    assert finding.place is not None
    assert (finding.place.file, finding.place.line) >= ("pkg/code.py", 6)
    content = ATOMS[0].text + code + ATOMS[2].text
    others = cut("pkg/code.py", content, b"def second")
    if name != "syntax" and rule != "contract.missing":  # without its name the neighbour is at fault too
        assert judge(others[1].text, others[1], others).findings == ()


def test_a_harmless_twin_of_each_danger_passes():
    twins = [
        b"def first(a, b=1):\n    return eval('1 + 1')\n\n\n",
        b"def first(a, b=1):\n    import subprocess\n    return subprocess.run(['ls', a])\n\n\n",
        b"def first(a, b=1):\n    import yaml\n    return yaml.load(a, Loader=yaml.SafeLoader)\n\n\n",
        b"def first(a, b=1):\n    password = 'your-password-here'\n    return password\n\n\n",
        b"def first(a, b=1):\n    return a.eval(b)\n\n\n",
    ]
    assert [rules(judge(twin)) for twin in twins] == [[]] * len(twins)


def test_warnings_do_not_fail_the_atom():
    result = judge(b"def first(a, b=1):\n    try:\n        return a\n    except:\n        return b\n\n\n")
    assert result.passed
    assert rules(result, Severity.WARNING) == ["python.bare_except"]
    assert result.score < 1


def test_the_severity_of_a_stub_is_the_callers_choice():
    stub = b"def first(a, b=1):\n    pass\n\n\n"
    assert not judge(stub).passed
    offline = judge(stub, stub=Severity.WARNING)
    assert offline.passed
    assert rules(offline) == ["completeness.stub"]


def test_bodies_that_are_meant_to_be_empty_are_no_stubs():
    content = b"""from abc import ABC, abstractmethod
from typing import Protocol, overload


class Error(Exception):
    pass


class Port(Protocol):
    def run(self) -> int: ...


class Base(ABC):
    @abstractmethod
    def run(self) -> int:
        raise NotImplementedError
"""
    atoms = cut("a.py", content, b"class Error", b"class Port", b"class Base")
    assert [rules(judge(atom.text, atom, atoms)) for atom in atoms] == [[]] * 4


def test_code_that_breaks_another_atom_is_charged_for_it():
    result = judge(b"LIMITS = 3\n\n\n", ATOMS[0])
    elsewhere = [finding for finding in result.findings if finding.rule == "pyflakes.UndefinedName"]
    assert {finding.message.split(",")[0] for finding in elsewhere} == {"undefined name 'LIMIT'", "undefined name 'os'"}
    assert all(finding.place and finding.place.line == 1 for finding in elsewhere)


def test_an_atom_is_not_charged_for_its_neighbours_syntax_error():
    broken = CONTENT.replace(b"str(first(1))", b"str(first(1)")
    atoms = cut("a.py", broken, b"def first", b"def second")
    result = judge(atoms[1].text, atoms[1], atoms)
    assert result.passed
    assert check(result, "semantics").status is CheckStatus.NOT_RUN
    assert not judge(atoms[2].text, atoms[2], atoms).passed


def test_a_rewrite_that_mends_the_file_passes():
    broken = CONTENT.replace(b"return a + b", b"return (a + b")
    atoms = cut("a.py", broken, b"def first", b"def second")
    assert not judge(atoms[1].text, atoms[1], atoms).passed
    assert judge(FIRST.text, atoms[1], atoms).passed


def test_helpers_may_be_added_and_defaults_changed():
    result = judge(b"def _helper(x):\n    return x\n\n\ndef first(a, b=7):\n    return _helper(a) + b + LIMIT\n\n\n")
    assert result.findings == ()


def test_code_that_grew_too_long_is_a_warning():
    body = b"".join(b"    a += %d\n" % number for number in range(30))
    assert rules(judge(b"def first(a, b=1):\n" + body + b"    return a\n\n\n")) == ["atomicity.loc"]


def test_a_name_that_an_earlier_turn_of_a_loop_binds_is_defined():
    result = judge(b"def first(a, b=1):\n    for n in a:\n        if n:\n            print(last)\n        last = n\n    return b\n\n\n")
    assert rules(result, Severity.ERROR) == []


JAVASCRIPT = b"""export function first(a, b = 1) {
  return a + b;
}

export const second = (x) => {
  return first(x);
};
"""


@pytest.mark.parametrize(
    ("file", "code", "rule"),
    [
        ("a.mjs", b"export function first(a, b = 1) {\n  return a + ;\n}\n\n", "syntax.tree"),
        ("a.mjs", b"export function first(a) {\n  return a;\n}\n\n", "contract.changed"),
        ("a.mjs", b"export function other(a, b = 1) {\n  return a;\n}\n\n", "contract.missing"),
        ("a.mjs", b"export function first(a, b = 1) {}\n\n", "completeness.stub"),
        ("a.mjs", b"export function first(a, b = 1) {\n  return eval(a);\n}\n\n", "javascript.eval"),
        ("a.mjs", b"export function first(a, b = 1) {\n  return new Function(a);\n}\n\n", "javascript.eval"),
        ("a.mjs", b"export function first(a, b = 1) {\n  a.innerHTML = b;\n}\n\n", "javascript.inner_html"),
        ("a.mjs", b"export function first(a, b = 1) {\n  document.write(a);\n}\n\n", "javascript.document_write"),
        ("a.mjs", b"export function first(a, b = 1) {\n  var c = a;\n  return c;\n}\n\n", "javascript.var"),
        ("a.mjs", b"export function first(a, b = 1) {\n  return a == b;\n}\n\n", "javascript.loose_equality"),
        ("a.ts", b"export function first(a: any, b = 1) {\n  return a;\n}\n\n", "typescript.any"),
        ("a.tsx", b"export function first(a: any, b = 1) {\n  return a;\n}\n\n", "typescript.any"),
    ],
)
def test_faults_in_javascript_and_typescript_are_found(file, code, rule):
    atoms = cut(file, JAVASCRIPT, b"export const")
    result = judge(code, atoms[0], atoms)
    assert rule in rules(result)
    assert judge(atoms[0].text, atoms[0], atoms).findings == ()
    assert check(result, "semantics").status is CheckStatus.NOT_RUN
    assert rule not in rules(judge(atoms[1].text, atoms[1], cut(file, code + atoms[1].text, b"export const")))


def test_the_idiom_for_null_or_undefined_is_no_loose_equality():
    atoms = cut("a.mjs", JAVASCRIPT, b"export const")
    assert judge(b"export function first(a, b = 1) {\n  return a == null ? b : a;\n}\n\n", atoms[0], atoms).findings == ()


@pytest.mark.parametrize("code", [b"x = " + b"-" * 3000 + b"1\n", b"x = " + b"(" * 150 + b")" * 150 + b"\n", b"x = 1" + b" + 1" * 3000 + b"\n"])
def test_code_that_is_nested_too_deeply_for_a_check_is_judged_by_the_others(code: bytes):
    result = judge(code)
    assert {check.name for check in result.checks} >= {"syntax", "semantics"}


def test_any_bytes_at_all_give_a_result():
    for code in (b"", b"\0", b"\xff\xfe", b"(" * 500, b"\r\r\r", "def ƒ(): pass".encode(), b"x = " + b"-" * 5000 + b"1\n"):
        result = judge(code)
        assert result.checks
        assert result.seconds >= 0


def test_unchanged_atoms_of_one_file_cost_one_analysis():
    content = b"".join(b"def f%d(a):\n    return a + %d\n\n\n" % (n, n) for n in range(400))
    atoms = cut("big.py", content, *(b"def f%d(" % n for n in range(400)))
    results = [judge(atom.text, atom, atoms) for atom in atoms]
    assert all(result.findings == () for result in results)
    assert analyse(atoms[0].language, content) is analyse(atoms[0].language, content)
