"""What the checking tools add: faults that only they find, code that they misjudge, and their absence said."""

from pathlib import Path

import pytest

from mge_assets.model.findings import CheckStatus, Severity
from mge_assets.stages.validation import AtomicValidator, Inspector
from mge_assets.stages.validation.integration import circle_findings, name_findings
from mge_assets.stages.validation.project import Project
from mge_resources.checkers import CheckerUnavailableError, open_checkers
from mge_resources.syntax import Language
from mge_tests.stages.validation.cases import check, cut, rules


def judge(inspector: Inspector, content: bytes, **others: bytes):
    project = {"pkg/code.py": content, **{f"pkg/{name}.py": text for name, text in others.items()}}
    return AtomicValidator(inspector).validate_drafts(content, cut("pkg/code.py", content), project=project)[0]


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"def area(side: int) -> str:\n    return side\n", "mypy.return-value"),
        (b"def area(side: int) -> int:\n    return len(side)\n", "mypy.arg-type"),
        (b"def area(side):\n    return side\n\n\ndef two():\n    return area(1, 2)\n", "mypy.call-arg"),
        (b"def text(n):\n    return 'n' + 1\n", "mypy.operator"),
        (b"class A:\n    def __init__(self):\n        self.size = 1\n\n    def get(self):\n        return self.sise\n", "mypy.attr-defined"),
        (b"import json\n\n\ndef text(x):\n    return json.dump_it(x)\n", "mypy.attr-defined"),
        (b"def text(a, b):\n    return '%s %s %s' % (a, b)\n", "ruff.F507"),
    ],
)
def test_what_would_go_wrong_when_it_runs_is_an_error(inspector, content, rule):
    result = judge(inspector, content)
    assert rule in rules(result, Severity.ERROR)
    assert not result.passed


@pytest.mark.parametrize(
    "content",
    [
        b"def find(rows: list[int]) -> int | None:\n    for row in rows:\n        if row:\n            return row\n",
        b"def version(text):\n    parts = text.split('.')\n    parts = [int(part) for part in parts]\n    return parts[0] >= 2\n",
        b"class Mixin:\n    def show(self):\n        return self.title\n\n\nclass Page(Mixin):\n    title = 'x'\n",
        b"import helper_that_is_not_here\n\n\nclass A(helper_that_is_not_here.B):\n    def run(self):\n        return self.anything()\n",
        (
            b"class View:\n    def __init__(self, wide):\n        self.report = lambda a: a\n"
            b"        if wide:\n            self.report = lambda a, b: (a, b)\n\n"
            b"    def both(self, a, b):\n        return self.report(a, b)\n"
        ),
        b"class Span:\n    def __init__(self):\n        self.end = None\n\n    def past(self):\n        return self.end >> 1\n",
        b"import logging\n\n\ndef hook():\n    return logging._acquireLock if hasattr(logging, '_acquireLock') else None\n",
    ],
)
def test_code_that_works_has_no_error(inspector, content):
    assert rules(judge(inspector, content), Severity.ERROR) == []


def test_a_call_that_does_not_fit_another_file_is_an_error_of_the_atom_that_calls(inspector):
    result = judge(
        inspector, b"from pkg.shapes import area\n\n\ndef two() -> int:\n    return area('x')\n", shapes=b"def area(side: int) -> int:\n    return side\n"
    )
    assert "mypy.arg-type" in rules(result, Severity.ERROR)


def test_a_file_that_does_not_parse_does_not_silence_the_others(inspector):
    result = judge(inspector, b"def area(side: int) -> str:\n    return side\n", broken=b"def (:\n")
    assert "mypy.return-value" in rules(result, Severity.ERROR)


def test_two_projects_in_turn_are_both_judged(checkers):
    for _ in range(2):
        assert checkers.types(Language.PYTHON, {"a/x.py": b"def f(a: int) -> str:\n    return a\n"})
        assert not checkers.types(Language.PYTHON, {"b/y.py": b"def f(a: int) -> int:\n    return a\n", "b/z.py": b"from b.y import f\nf(1)\n"})


def test_a_missing_compiler_is_said_and_never_passed(checkers, inspector):
    with pytest.raises(CheckerUnavailableError):
        checkers.types(Language.TYPESCRIPT, {"a.ts": b"export const a: number = 1;\n"})
    content = b"export const a: number = 'x';\n"
    result = AtomicValidator(inspector).validate_drafts(content, cut("a.ts", content), project={"a.ts": content})[0]
    assert check(result, "type_safety").status is CheckStatus.NOT_RUN
    assert check(result, "type_safety").reason


def test_no_tool_sees_a_key_of_ours(monkeypatch, checkers):
    monkeypatch.setenv("ANTHROPIC_API_KEY", "canary-key")
    checkers._python.close()
    checkers.types(Language.PYTHON, {"a.py": b"x = 1\n"})
    process = checkers._python._process
    assert process is not None
    assert b"canary-key" not in Path(f"/proc/{process.pid}/environ").read_bytes()


STUBS = [
    (b"def run(x):\n    ...\n", True),
    (b"def run(x) -> None:\n    pass\n", True),
    (b"def run(x):\n    raise NotImplementedError\n", True),
    (b"def run(x):\n    raise NotImplementedError('not implemented yet')\n", True),
    (b"def run(x):\n    raise NotImplementedError('cookies are set elsewhere')\n", False),
    (b"class File(Base):\n    def read(self):\n        return 1\n\n    def close(self) -> None:\n        pass\n", False),
    (b"class File(Base):\n    def read(self):\n        ...\n\n    def close(self) -> None:\n        pass\n", True),
    (b"class Auth:\n    def go(self):\n        raise NotImplementedError\n\n\nclass Basic(Auth):\n    def go(self):\n        return 1\n", False),
    (b"class Auth:\n    def go(self):\n        raise NotImplementedError\n", True),
    (b"class BaseAuth:\n    def go(self):\n        raise NotImplementedError\n", False),
]


@pytest.mark.parametrize(("content", "stub"), STUBS)
def test_a_body_that_is_meant_to_be_empty_is_no_stub(content, stub):
    result = AtomicValidator().validate_drafts(content, cut("pkg/code.py", content))[0]
    assert ("completeness.stub" in rules(result, Severity.ERROR)) is stub


CIRCLES = [
    ({"a.py": b"from b import x\ny = 1\n", "b.py": b"from a import y\nx = 2\n"}, {"a.py", "b.py"}),
    ({"a.py": b"import b\ny = 1\n", "b.py": b"import a\nx = 2\n"}, set()),
    ({"p/__init__.py": b"from p.a import f\n", "p/a.py": b"from p.b import g\ndef f(): pass\n", "p/b.py": b"from p import f\ndef g(): pass\n"}, {"p/b.py"}),
    ({"p/__init__.py": b"from p.a import f\n", "p/a.py": b"def f(): pass\nfrom p import b\n", "p/b.py": b"from p.a import f\n"}, set()),
    ({"a.py": b"import b\nclass Z(b.X): pass\n", "b.py": b"import a\nclass X: pass\n"}, {"a.py"}),
]


@pytest.mark.parametrize(("files", "broken"), CIRCLES)
def test_only_a_circle_that_breaks_is_an_error(files, broken):
    found = list(circle_findings(Project(files), files))
    assert {one.place.file for one in found if one.severity is Severity.ERROR and one.place} == broken


def test_a_name_looked_up_in_a_module_that_lacks_it_is_found():
    files = {
        "p/__init__.py": b"",
        "p/a.py": b"from p import b\nfrom . import b as c\n\n\ndef go():\n    return b.here, c.here, b.gone\n",
        "p/b.py": b"here = 1\n",
    }
    assert [one.message for one in name_findings(Project(files), files)] == ["module 'p.b' has no 'gone'"]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("db.execute(f'SELECT a FROM t WHERE b = {x}')", True),
        ("db.execute('SELECT a FROM t WHERE b = %s' % x)", True),
        ("db.execute('SELECT a FROM t WHERE b = ' + x)", True),
        ("db.execute('SELECT a FROM t WHERE b = ?', (x,))", False),
        ("db.execute(f'{x} is no statement')", False),
        ("print(f'select one from {x}')", False),
    ],
)
def test_sql_that_is_put_together_is_found_where_it_is_run(line, found):
    content = f"def go(db, x):\n    return {line}\n".encode()
    result = AtomicValidator().validate_drafts(content, cut("pkg/code.py", content))[0]
    assert ("python.sql" in rules(result)) is found


def test_a_thread_that_goes_on_after_the_end_starts_no_process_that_nobody_ends(tmp_path: Path):
    checkers = open_checkers(tmp_path, fetch=False)
    code = {"a.py": b"one: str = 1\n"}
    assert [remark.rule for remark in checkers.types(Language.PYTHON, code)] == ["assignment"]
    checkers.close()
    for late in (
        lambda: checkers.types(Language.PYTHON, code),
        lambda: checkers.lint(code),
        lambda: checkers.types(Language.TYPESCRIPT, {"a.ts": b"let a = 1;"}),
    ):
        with pytest.raises(CheckerUnavailableError, match="closed"):
            late()
    assert checkers._python._process is None
