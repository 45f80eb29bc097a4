"""Bundled masterplans with their drafts, and the correct version of every file that is wrong on purpose (see README.md).

What belongs here: finding them. The folders beside this file are data, and are never imported.
"""

from collections.abc import Mapping
from pathlib import Path

from mge_assets.model.errors import NotFoundError

EXAMPLES: Mapping[str, str] = {
    "small": "Three Python files that turn comma-separated text into tables; finishes in seconds.",
    "inventory": "A shop's stock in Python, TypeScript and JavaScript, 17 files, with deliberate defects for validation and review to find.",
}
"""Each example's name and what it is; the first is the one to begin with."""

_ROOT = Path(__file__).parent


def example(name: str) -> Path:
    """The plan file of a bundled example. Raises NotFoundError that lists them."""
    if name not in EXAMPLES:
        raise NotFoundError(f"there is no example {name!r}", fix=f"choose one of {', '.join(EXAMPLES)}")
    return _ROOT / name / "plan.yaml"


def references(name: str) -> Mapping[str, bytes]:
    """The correct content of each file of an example whose draft is wrong on purpose, by the file's path in the project."""
    folder = example(name).parents[1] / "reference" / name
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix != ".pyc"}
