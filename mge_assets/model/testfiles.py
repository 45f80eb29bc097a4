"""What the files of acceptance tests are called, wherever they are run or delivered."""

import re
from collections.abc import Iterable
from pathlib import Path

from mge_resources.syntax import SCRIPTS, Language, parse

NODE_RUNNER = "tests/run.mjs"
"""The program, delivered with tests in TypeScript or of it, that runs them on any Node."""


def test_file_name(name: str, language: Language, text: str) -> str:
    """The path, relative to the project, of the acceptance tests of the plan, milestone or task of this name.

    Python's is a module name that pytest can import; JavaScript and TypeScript share ``.test.mjs``, which Node's own runner finds, unless the ``text`` is
    such as only TypeScript has: then it is ``.test.mts``. Go's ends in ``_test.go``.
    """
    if language is Language.PYTHON:
        return f"tests/test_{re.sub(r'[^A-Za-z0-9]+', '_', name)}.py"
    if language not in SCRIPTS:
        return f"tests/{re.sub(r'[^A-Za-z0-9]+', '_', name)}_test.{language.value}"
    typed = language is not Language.JAVASCRIPT and bool(text) and parse(Language.JAVASCRIPT, text.encode()).root_node.has_error
    return f"tests/{re.sub(r'[^A-Za-z0-9_.-]+', '-', name)}.test.{'mts' if typed else 'mjs'}"


test_file_name.__test__ = False  # type: ignore[attr-defined]  # pytest would take it for a test


def test_runners(paths: Iterable[str], python: str, compiler: Path | None) -> tuple[str, ...]:
    """The commands that run a delivered project's tests as it lies there, by its paths.

    ``python`` is the interpreter to run pytest with, ``compiler`` the folder of a package ``typescript`` on this machine; without one, npm brings it.
    """
    told = tuple(paths)
    typed = f'node {NODE_RUNNER} --typescript="{compiler}"' if compiler else f"npm install && node {NODE_RUNNER}"
    node = typed if NODE_RUNNER in told else "node --test"
    runners = {".py": f'"{python}" -m pytest', ".test.mjs": node, ".test.mts": node, "_test.go": "go test ./..."}
    tests = [path for path in told if path.startswith("tests/")]
    return tuple(dict.fromkeys(runner for ending, runner in runners.items() if any(path.endswith(ending) for path in tests)))


test_runners.__test__ = False  # type: ignore[attr-defined]
