"""Thirty atoms whose context was judged by a reader, component by component: ten each of Python, TypeScript and JavaScript.

Python's are read from the installed click, the others from the bundled plan. What stands in ``sample.json`` was checked against the code by hand:
each import used and no other, each type, what holds before and after, the variables that come in and go out, the tests (by their first line).
A change of an expectation is a change of judgement: read the code before you change it.
"""

import json
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import pytest

from mge_assets.examples import example
from mge_assets.model.atoms import Atom
from mge_assets.stages.atomization import atomize
from mge_resources.syntax import Language, detect_language

SAMPLE = json.loads(Path(__file__).with_name("sample.json").read_text(encoding="utf-8"))
LANGUAGES = (Language.PYTHON, Language.TYPESCRIPT, Language.JAVASCRIPT)


@cache
def atoms(file: str) -> dict[str, Atom]:
    language = detect_language(file)
    assert language
    if language is Language.PYTHON:
        spec = find_spec(file.removesuffix(".py").replace("/", "."))
        assert spec
        assert spec.origin
        source, tests = Path(spec.origin).read_bytes(), ""
    else:
        folder = example("inventory").parent
        beside = folder / "tests" / Path(file).name
        source, tests = (folder / "drafts" / file).read_bytes(), beside.read_text(encoding="utf-8") if beside.is_file() else ""
    return {atom.name: atom for atom in atomize(source, file, language, tests=tests).atoms}


def test_the_sample_is_ten_of_each_language() -> None:
    spoken = [detect_language(row["file"]) for row in SAMPLE["atoms"]]
    assert [spoken.count(language) for language in LANGUAGES] == [10, 10, 10]


@pytest.mark.parametrize("row", SAMPLE["atoms"], ids=lambda row: row["atom"])
def test_each_component_is_what_a_reader_says(row: dict[str, list[str]]) -> None:
    file, name = str(row["file"]), str(row["atom"])
    if file.startswith("click/") and version("click") != SAMPLE["click"]:
        pytest.skip(f"the sample was read in click {SAMPLE['click']}")
    context = atoms(file)[name].context
    assert list(context.imports) == row["imports"]
    assert list(context.types) == row["types"]
    assert list(context.preconditions) == row["preconditions"]
    assert list(context.postconditions) == row["postconditions"]
    assert [case.split("\n")[0] for case in context.test_cases] == row["test_cases"]
    assert list(context.hints) == row["hints"]
