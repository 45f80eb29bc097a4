"""What counts as wrong, as data: tables (JSON) and tree-sitter queries (SCM), and nothing but their loading."""

import json
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def table(name: str) -> Any:  # noqa: ANN401 - the shape is each table's own
    """The table of this name (``python``, ``javascript``, ``secrets``, ``packages``)."""
    return json.loads((files(__name__) / f"{name}.json").read_text("utf-8"))


@cache
def query(name: str) -> str:
    """The text of the query of this name (``javascript``, ``typescript``)."""
    return (files(__name__) / f"{name}.scm").read_text("utf-8")
