"""A plan file becomes a Masterplan, or one PlanError that holds every error of the file.

What belongs here: reading and the form of the file. What does not: whether its parts fit together (``lint.py``).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from pydantic import ValidationError

from mge_assets.model.errors import Place, PlanError
from mge_assets.model.masterplan import Masterplan
from mge_assets.stages.planning.json_reader import BrokenError, read_json
from mge_assets.stages.planning.wording import plan_errors
from mge_assets.stages.planning.written import Path as FieldPath
from mge_assets.stages.planning.written import Written, dotted, locate, plain
from mge_assets.stages.planning.yaml_reader import read_yaml

MAX_BYTES = 32 << 20
"""Largest plan file taken: a draft of 5 MB written out in YAML loads in about 2.5 s, this in about 15 s."""

PLAN_ENDINGS = (".yaml", ".yml", ".json")
_EXCLUSIVE = (("code", "source"), ("tests", "tests_source"))


@dataclass(frozen=True, slots=True)
class LoadedPlan:
    """A masterplan, the file it was read from and that file's exact bytes; ``locate`` finds where an element is written."""

    masterplan: Masterplan
    path: Path
    text: bytes
    root: Written

    @property
    def folder(self) -> Path:
        """The folder that ``source`` and ``tests_source`` are relative to."""
        return self.path.parent

    def locate(self, *path: str | int) -> Place:
        """The place of an element by its path, such as ``("phases", 0, "name")``; of what holds it where it is not written."""
        return locate(self.root, str(self.path), path)


def load_masterplan(path: Path) -> LoadedPlan:
    """The plan of a YAML or JSON file. Raises PlanError with all that is wrong with the file's form."""
    return parse_masterplan(_read(path), path)


def parse_masterplan(text: bytes, path: Path) -> LoadedPlan:
    """The plan of these bytes, as if they stood in the file ``path`` (JSON where it ends so, else YAML). Raises PlanError."""
    file = str(path)
    root = _tree(_decode(text, file), file)
    errors = [*_clashes(root, file, ())]
    try:
        masterplan = Masterplan.model_validate(plain(root))
    except ValidationError as error:
        errors.extend(plan_errors(error.errors(include_url=False), root, file))
    if errors:
        raise together(errors)
    return LoadedPlan(masterplan, path, text, root)


def together(errors: list[PlanError]) -> PlanError:
    """One error that holds them all, in the order of the file."""

    def position(error: PlanError) -> tuple[int, int]:
        return (error.place.line or 0, error.place.column or 0) if error.place else (0, 0)

    first, *others = sorted(errors, key=position)
    return PlanError(first.problem, fix=first.fix, place=first.place, others=tuple(others))


def _read(path: Path) -> bytes:
    place = Place(str(path))
    try:
        if path.is_dir():
            raise PlanError("this is a folder, not a plan file", fix=_in_folder(path), place=place)
        if not path.exists():
            raise PlanError("there is no such file", fix=_beside(path), place=place)
        if not path.is_file():
            raise PlanError("this is not a plain file", fix="give a YAML or JSON file", place=place)
        with path.open("rb") as file:
            text = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise PlanError(f"the file can't be read ({getattr(error, 'strerror', None) or error})", fix="check its path and rights", place=place) from error
    if len(text) > MAX_BYTES:
        raise PlanError(f"the file is over {MAX_BYTES >> 20} MB", fix="keep drafts in files of their own and name them with `source:`", place=place)
    return text


def _in_folder(folder: Path) -> str:
    plans = sorted(entry.name for entry in folder.iterdir() if entry.suffix in PLAN_ENDINGS)
    return f"name the file, such as {folder / plans[0]}" if plans else f"make a plan of it with `mge import {folder}`"


def _beside(path: Path) -> str:
    near = get_close_matches(path.name, [entry.name for entry in path.parent.iterdir()], n=1) if path.parent.is_dir() else []
    return f"did you mean {path.parent / near[0]}?" if near else "check the path"


def _decode(text: bytes, file: str) -> str:
    try:
        decoded = text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = text.count(b"\n", 0, error.start) + 1
        raise PlanError(f"the file is binary or not UTF-8 (byte {error.start})", fix="save it as UTF-8 text", place=Place(file, line)) from error
    if "\0" in decoded:
        line = decoded.count("\n", 0, decoded.index("\0")) + 1
        raise PlanError("the file is binary: it holds a NUL character", fix="give a YAML or JSON text", place=Place(file, line))
    return decoded


def _tree(text: str, file: str) -> Written:
    try:
        root = read_json(text) if file.lower().endswith(".json") else read_yaml(text)
    except BrokenError as error:
        raise PlanError(error.problem, fix=error.fix, place=Place(file, error.line, error.column)) from error
    return root


def _clashes(node: Written, file: str, path: FieldPath) -> Iterator[PlanError]:
    """An error for each element that gives the same thing twice: written out, and in a file."""
    if isinstance(node.value, list):
        for index, child in enumerate(node.value):
            yield from _clashes(child, file, (*path, index))
    elif isinstance(node.value, dict):
        for inline, beside in _EXCLUSIVE:
            if all(node.value.get(key) and node.value[key].value is not None for key in (inline, beside)):
                place = Place(file, *node.keys[beside], dotted((*path, beside)))
                yield PlanError(f"both `{inline}` and `{beside}` are given", fix=f"keep one of them: `{inline}` is the text, `{beside}` a file", place=place)
        for key, child in node.value.items():
            yield from _clashes(child, file, (*path, key))
