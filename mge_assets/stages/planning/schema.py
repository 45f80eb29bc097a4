"""The published JSON Schema of the plan file; it follows from the model, so the two can't drift apart."""

from typing import Any

from mge_assets.model.masterplan import Masterplan

SCHEMA_ID = "urn:mge:masterplan:1"


def masterplan_schema() -> dict[str, Any]:
    """The plan file's JSON Schema, draft 2020-12."""
    body = Masterplan.model_json_schema()
    definitions = body.pop("$defs", {})
    for element in (body, *definitions.values()):
        _forbid_both(element)
    body.pop("title", None), body.pop("description", None)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        "title": "MGE masterplan",
        "description": "What to build: phases of milestones of tasks, each task one file. Written as YAML or JSON.",
        **body,
        "$defs": definitions,
    }


def _forbid_both(element: dict[str, Any]) -> None:
    """Say that a thing is written out or in a file, not both."""
    properties = element.get("properties", {})
    pairs = [pair for pair in (("code", "source"), ("tests", "tests_source")) if set(pair) <= set(properties)]
    given = {"type": "string"}
    rules = [{"not": {"required": [*pair], "properties": dict.fromkeys(pair, given)}} for pair in pairs]
    if rules:
        element["allOf"] = rules
