"""What of a file a place in it is read by."""

import ast
from pathlib import Path

import click
import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from mge_assets.stages.validation.analysis import analyse
from mge_assets.stages.validation.excerpt import excerpt
from mge_assets.stages.validation.spots import Lines, between
from mge_resources.syntax import Language

REAL = sorted(path for package in (click, requests) for path in Path(str(package.__file__)).parent.glob("*.py"))
DANGEROUS = (
    'import subprocess as sub\n{0}sub.run(eval("cmd"), shell=True)\n{0}password = "hunter2-and-more"\n{0}try:\n{0}    pass\n{0}except:\n{0}    pass\n'
    '{0}query = "SELECT * FROM t WHERE a = %s" % 1\n{0}db.execute(query)\n{0}'
)


def places(content: bytes) -> list[tuple[bytes, int, int]]:
    """The content with something dangerous put first into a function, and that function's span, for every function."""
    found, lines = [], content.split(b"\n")
    for node in ast.walk(ast.parse(content)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not lines[node.body[0].lineno - 1][: node.body[0].col_offset].strip():
            first = node.body[0]
            at = sum(len(line) + 1 for line in lines[: first.lineno - 1]) + first.col_offset
            start = sum(len(line) + 1 for line in lines[: node.lineno - 1])
            added = DANGEROUS.format(" " * first.col_offset).encode()
            end = sum(len(line) + 1 for line in lines[: node.end_lineno]) + len(added)
            found.append((content[:at] + added + content[at:], start, end))
    return found


def near(content: bytes, start: int, end: int) -> bytes:
    tree = analyse(Language.PYTHON, content).python
    assert tree is not None
    return excerpt(tree, Lines(content), content, start, end)


@pytest.mark.parametrize("path", REAL, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_the_dangers_of_a_function_are_the_same_in_its_excerpt(path):
    for content, start, end in places(path.read_bytes())[::23]:
        read = near(content, start, end)
        assert len(read) == len(content)
        whole = between(analyse(Language.PYTHON, content).dangers, start, end)
        assert {"python.shell", "python.bare_except", "secret", "python.sql"} <= {spot.rule for spot in whole}
        assert list(between(analyse(Language.PYTHON, read).dangers, start, end)) == list(whole)


def test_the_linters_say_the_same_of_it(inspector):
    content = Path(str(requests.__file__)).with_name("sessions.py").read_bytes()
    for changed, start, end in places(content)[::8]:
        project = {"sessions.py": changed}
        whole = inspector.lint(project, "sessions.py")
        said = inspector.lint(project, "sessions.py", near(changed, start, end))
        assert between(said, start, end) == between(whole, start, end) != ()


@given(st.sampled_from(REAL), st.integers(0, 150_000), st.integers(0, 400))
def test_an_excerpt_of_any_place_can_be_compiled_and_moves_nothing(path, start, length):
    content = path.read_bytes()
    start = min(start, len(content) - 1)
    end = min(start + length, len(content))
    read = near(content, start, end)
    compile(read, "code.py", "exec")
    assert read[start:end] == content[start:end]
    assert [at for at, byte in enumerate(read) if byte == 10] == [at for at, byte in enumerate(content) if byte == 10]


def test_other_methods_and_functions_are_left_out_and_what_names_mean_stays():
    content = (
        b"import os as o\n\nLIMIT = 3\n\n\ndef other():\n    return 1\n\n\nclass A:\n    size = 2\n\n    @property\n    def a(self):\n        return 1\n\n"
    )
    content += b"    def b(self):\n        return 2\n"
    start = content.index(b"    def b")
    assert near(content, start, len(content)).split() == b"import os as o LIMIT = 3 class A: size = 2 def b(self): return 2".split()


def test_a_class_whose_methods_all_stand_apart_keeps_one():
    content = b"class A(Base):\n    def a(self):\n        return 1\n\n    def b(self):\n        return 2\n"
    assert near(content, 0, 8).split() == b"class A(Base): def b(self): return 2".split()


def test_a_file_with_lone_carriage_returns_stays_whole():
    content = b"def a():\r    return 1\r\rdef b():\r    return 2\r"
    assert near(content, 0, 8) == content
