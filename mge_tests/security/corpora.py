"""The corpora of this folder: small projects, read from text files where each begins with ``######## what it is`` and its files with ``#### name``.

Cheats try to pass their tests without doing what these ask for; honest code leans on whatever tests lean on.
"""

import re
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent / "corpus"

PYTHON_TESTS = """\
import pytest
from pkg.model import double


def test_double():
    assert double(2) == 4


@pytest.mark.parametrize("given, wanted", [(0, 0), (21, 42), (-7, -14)])
def test_others(given, wanted):
    assert double(given) == wanted
"""
"""What the Python cheats are to pass."""

PYTHON_OTHERS = {"pkg/__init__.py": "", "pkg/other.py": "def rate():\n    return 2\n"}
"""What every Python project has beside its own files."""


JAVASCRIPT_TESTS = """\
import assert from "node:assert/strict";
import test from "node:test";
import { double } from "../web/model.mjs";

test("doubles", () => assert.equal(double(2), 4));
test("others", () => { assert.equal(double(21), 42); assert.equal(double(-7), -14); });
"""
"""What the JavaScript cheats are to pass."""


@cache
def projects(name: str) -> dict[str, dict[str, str]]:
    """The projects of the corpus of this name (``cheats_python``): their files' texts by file name, by what the project is."""
    found: dict[str, dict[str, str]] = {}
    for part in re.split(r"^######## ", (_FOLDER / f"{name}.txt").read_text(), flags=re.MULTILINE)[1:]:
        title, _, body = part.partition("\n")
        files = [piece.partition("\n") for piece in re.split(r"^#### ", body, flags=re.MULTILINE)[1:]]
        found[title] = {file: text.rstrip("\n") + "\n" for file, _, text in files}
    return found
