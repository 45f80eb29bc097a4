"""The pyproject.toml that is delivered beside Python acceptance tests."""

import json
import re
from pathlib import PurePosixPath

from mge_assets.model.masterplan import Masterplan

MANIFEST = "pyproject.toml"


def manifest(plan: Masterplan) -> bytes:
    """A pyproject.toml with the plan's requirements, with which plain ``pytest`` finds the packages and ``pip install .`` works."""
    files = [PurePosixPath(task.file) for task in plan.tasks if task.file.endswith(".py")]
    modules = sorted(file.stem for file in files if len(file.parts) == 1)
    packages = sorted({file.parent.as_posix().replace("/", ".") for file in files if len(file.parts) > 1})
    lines = [
        "[project]",
        f"name = {_string(_project_name(plan.name))}",
        'version = "0.1.0"',
        f"description = {_string(' '.join(plan.description.split()))}",
        'requires-python = ">=3.11"',
        f"dependencies = {_list(plan.requirements)}",
        "",
        "[build-system]",
        'requires = ["setuptools>=80"]',
        'build-backend = "setuptools.build_meta"',
        "",
        "[tool.setuptools]",
        f"packages = {_list(packages)}",
        f"py-modules = {_list(modules)}",
        "",
        "[tool.pytest.ini_options]",
        'pythonpath = ["."]',
        'testpaths = ["tests"]',
        "",
    ]
    return "\n".join(lines).encode()


def _project_name(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-").lower() or "project"


def _string(text: str) -> str:
    """A TOML basic string: JSON's but for the delete sign, which TOML wants escaped too."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _list(items: tuple[str, ...] | list[str]) -> str:
    if not items:
        return "[]"
    return "[\n" + "".join(f"    {_string(item)},\n" for item in items) + "]"
