"""What pydantic found wrong with a plan, said in plain words.

Pydantic's own messages name validators and types; whoever writes a plan needs the key, the fix and the line.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from mge_assets.model.errors import PlanError
from mge_assets.model.masterplan import Masterplan, Milestone, Phase, Subtask, Task
from mge_assets.stages.planning.written import Path, Written, describe, locate

_ELEMENTS: dict[str, type[BaseModel]] = {"phases": Phase, "milestones": Milestone, "tasks": Task, "subtasks": Subtask}
_SINGULAR = {"phases": "phase", "milestones": "milestone", "tasks": "task", "subtasks": "subtask"}
_NAME_RULE = "begin with a letter, a digit or `_`, and use only letters, digits, `_`, `.`, `-` and blanks"
Said = tuple[str, str]


@dataclass(frozen=True, slots=True)
class _Wrong:
    """One of pydantic's errors: the path and value it is about, and what was expected."""

    path: Path
    value: object
    kind: str
    message: str
    context: Mapping[str, Any]

    @property
    def key(self) -> str:
        """The last key of the path, with the index where an element of a list is meant."""
        names = [step for step in self.path if isinstance(step, str)]
        if not names:
            return "plan"
        return f"{names[-1]}[{self.path[-1]}]" if isinstance(self.path[-1], int) else names[-1]


def plan_errors(details: list[ErrorDetails], root: Written, file: str) -> Iterator[PlanError]:
    """One PlanError for each of pydantic's errors, with its place in the file."""
    for detail in details:
        wrong = _Wrong(detail["loc"], detail["input"], detail["type"], detail["msg"], detail.get("ctx", {}))
        if wrong.kind == "too_short" and wrong.value:
            continue  # pydantic counts only the items without errors, and those errors are reported themselves
        problem, fix = next((speak(wrong) for kinds, speak in _SPEAKERS if wrong.kind in kinds), _other(wrong))
        yield PlanError(_owner(root, wrong.path) + problem, fix=fix, place=locate(root, file, wrong.path))


def _other(wrong: _Wrong) -> Said:
    return f"`{wrong.key}` can't be used: {wrong.message.lower()}", "see `mge schema` for what it takes"


def _unknown_key(wrong: _Wrong) -> Said:
    above = [step for step in wrong.path[:-1] if isinstance(step, str)]
    known = sorted((_ELEMENTS[above[-1]] if above and above[-1] in _ELEMENTS else Masterplan).model_fields)
    near = get_close_matches(str(wrong.path[-1]), known, n=1)
    return f"unknown key {_short(wrong.path[-1])}", f"did you mean `{near[0]}`?" if near else f"known here are {', '.join(known)}"


def _missing(wrong: _Wrong) -> Said:
    return f"`{wrong.key}` is missing", f"add `{wrong.key}: …`"


def _not_text(wrong: _Wrong) -> Said:
    if wrong.value is None:
        return f"`{wrong.key}` is empty", f"write `{wrong.key}: …` with a text"
    fix = "put it in double quotes" if isinstance(wrong.value, bool | int | float) else f"write `{wrong.key}: …` with a text"
    return f"`{wrong.key}` is {describe(wrong.value)}, not a text", fix


def _half_character(wrong: _Wrong) -> Said:
    return f"`{wrong.key}` holds half a character (a lone surrogate)", "write the character itself, or both halves"


def _not_list(wrong: _Wrong) -> Said:
    fix = f"begin a line with `- ` for each item, or write `{wrong.key}: [one, two]`"
    return f"`{wrong.key}` is {describe(wrong.value)}, not a list", fix


def _not_mapping(wrong: _Wrong) -> Said:
    return f"`{wrong.key}` is {describe(wrong.value)}, not a mapping", "write `key: value` lines, such as `name: …`"


def _not_flag(wrong: _Wrong) -> Said:
    return f"`{wrong.key}` is {_short(wrong.value)}, neither true nor false", f"write `{wrong.key}: true` or `{wrong.key}: false`"


def _empty_list(wrong: _Wrong) -> Said:
    return f"`{wrong.key}` is empty", f"give at least one {_SINGULAR.get(wrong.key, 'item')}"


def _empty_text(wrong: _Wrong) -> Said:
    return f"`{wrong.key}` is empty", "write a text"


def _long_text(wrong: _Wrong) -> Said:
    return f"`{wrong.key}` is {len(str(wrong.value)):,} characters long", f"at most {wrong.context.get('max_length')} are taken"


def _bad_name(wrong: _Wrong) -> Said:
    if wrong.key == "[key]":
        return f"{_short(wrong.value)} is no manifest", "keep package.json, tsconfig*.json and jsconfig*.json there; every other file is a task's"
    return f"`{wrong.key}` can't be {_short(wrong.value)}", _NAME_RULE


def _unlisted(wrong: _Wrong) -> Said:
    listed = re.findall(r"'([^']*)'", str(wrong.context.get("expected", "")))
    near = get_close_matches(wrong.value.lower(), listed, n=1) if isinstance(wrong.value, str) else []
    hint = f"did you mean `{near[0]}`? " if near else ""
    return f"unknown {wrong.key.replace('_', ' ')} {_short(wrong.value)}", f"{hint}known are {', '.join(listed)}"


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}…"


_SPEAKERS: tuple[tuple[frozenset[str], Callable[[_Wrong], Said]], ...] = (
    (frozenset({"extra_forbidden"}), _unknown_key),
    (frozenset({"missing"}), _missing),
    (frozenset({"string_type"}), _not_text),
    (frozenset({"string_unicode"}), _half_character),
    (frozenset({"tuple_type", "list_type"}), _not_list),
    (frozenset({"model_type", "model_attributes_type", "dict_type"}), _not_mapping),
    (frozenset({"bool_type", "bool_parsing"}), _not_flag),
    (frozenset({"too_short"}), _empty_list),
    (frozenset({"string_too_short"}), _empty_text),
    (frozenset({"string_too_long"}), _long_text),
    (frozenset({"string_pattern_mismatch"}), _bad_name),
    (frozenset({"enum"}), _unlisted),
)


def _owner(root: Written, path: Path) -> str:
    """``task 'x': ``: the innermost named element that holds the path, so that a long file is read by names."""
    node: Written | None = root
    owner = ""
    for above, step in zip(("", *path), path, strict=False):
        node = node.child(step) if node else None
        name = node.child("name") if node and isinstance(step, int) and above in _SINGULAR else None
        if name and isinstance(name.value, str) and path[-1] != "name":
            owner = f"{_SINGULAR[str(above)]} {_short(name.value)}: "
    return owner
