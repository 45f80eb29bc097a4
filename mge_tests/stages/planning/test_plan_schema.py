"""The published schema accepts what the loader accepts, and refuses what it refuses."""

import json

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from mge_assets.examples import EXAMPLES, example
from mge_assets.stages.planning import masterplan_schema

MINIMAL = {"name": "p", "phases": [{"name": "A", "milestones": [{"name": "M", "tasks": [{"name": "t", "description": "d", "file": "t.py"}]}]}]}
VALIDATOR = Draft202012Validator(masterplan_schema())


def test_the_schema_is_a_schema():
    Draft202012Validator.check_schema(masterplan_schema())
    assert masterplan_schema()["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert {"$id", "title", "description"} <= masterplan_schema().keys()
    assert json.loads(json.dumps(masterplan_schema())) == masterplan_schema()


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_bundled_plans_are_valid(name):
    VALIDATOR.validate(YAML(typ="safe", pure=True).load(example(name).read_text(encoding="utf-8")))


def test_the_smallest_plan_is_valid():
    assert VALIDATOR.is_valid(MINIMAL)


@pytest.mark.parametrize(
    "change",
    [
        {"name": "a/b"},
        {"phases": []},
        {"extra": 1},
        {"name": None},
        {"tests": "a", "tests_source": "b"},
        {"phases": [{"name": "A", "milestones": [{"name": "M", "tasks": [{"name": "t", "description": "d", "file": "t.py", "code": "", "source": "x"}]}]}]},
        {"phases": [{"name": "A", "milestones": [{"name": "M", "tasks": [{"name": "t", "description": "d", "file": "t.py", "language": "cobol"}]}]}]},
    ],
)
def test_wrong_plans_are_refused(change):
    assert not VALIDATOR.is_valid({**MINIMAL, **change})
