"""What is delivered beside tests for Node: a package.json, a program that runs the tests, and what has Node load the project's TypeScript."""

import json
import re
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from importlib.resources import files as resources

from mge_assets.model.masterplan import Masterplan
from mge_assets.model.testfiles import NODE_RUNNER
from mge_resources.syntax import SCRIPTS, Language, detect_language, parse

PACKAGE = "package.json"
COMPILER = "5.9.3"
"""The TypeScript whose compiler checked the code; any later one of its major version loads it too."""
OLDEST_NODE = "18.19"
"""The first Node that lets a program say how modules are loaded."""
_LOADER = "tests/typescript.mjs"
_TYPED = frozenset({Language.TYPESCRIPT, Language.TSX})
_NPM = re.compile(r"(?P<name>(?:@[a-z0-9~-][a-z0-9._~-]*/)?[a-z0-9~-][a-z0-9._~-]*)(?:@(?P<range>.+))?")
_MODULE = frozenset({"import_statement", "export_statement"})


def node_files(plan: Masterplan, code: Mapping[str, bytes], tests: Collection[str]) -> Iterator[tuple[str, bytes]]:
    """(path, bytes) of what the tests for Node need.

    Args:
        plan: the masterplan.
        code: the bytes of each task's file, by path.
        tests: the paths of the tests for Node.
    """
    typed = any(detect_language(path) in _TYPED for path in (*code, *tests))
    yield PACKAGE, _package(plan, code, typed=typed)
    if typed:
        yield NODE_RUNNER, _program("run.mjs.txt")
        yield _LOADER, _program("typescript.mjs.txt")


def _package(plan: Masterplan, code: Mapping[str, bytes], *, typed: bool) -> bytes:
    told = {
        "name": re.sub(r"[^a-z0-9]+", "-", plan.name.lower()).strip("-") or "project",
        "version": "0.1.0",
        "private": True,
        "description": " ".join(plan.description.split()),
        "type": "module" if speaks_modules(code) else "commonjs",
        "engines": {"node": f">={OLDEST_NODE}"},
        "scripts": {"test": f"node {NODE_RUNNER}" if typed else "node --test"},
        "dependencies": _dependencies(plan, code),
        "devDependencies": {"typescript": f"^{COMPILER}"} if typed else {},
    }
    return (json.dumps({key: value for key, value in told.items() if value or key == "private"}, indent=2, ensure_ascii=False) + "\n").encode()


def speaks_modules(code: Mapping[str, bytes]) -> bool:
    """Whether plain ``.js`` and ``.ts`` are ECMAScript modules in this project: so they are, unless they are there and none imports or exports."""
    plain = {path: text for path, text in code.items() if path.endswith((".js", ".jsx", ".ts", ".tsx")) and not path.endswith(".d.ts")}
    return not plain or any(_is_module(path, text) for path, text in plain.items())


def _is_module(path: str, text: bytes) -> bool:
    language = detect_language(path)
    return language is not None and any(node.type in _MODULE for node in parse(language, text).root_node.named_children)


def _dependencies(plan: Masterplan, code: Mapping[str, bytes]) -> dict[str, str]:
    """The plan's requirements as npm has them; in a plan with Python too, only those that no pip would take."""
    mixed = any(detect_language(path) not in SCRIPTS for path in code)
    found = [match for text in plan.requirements if (match := _NPM.fullmatch(text)) and (not mixed or "@" in text)]
    return {match["name"]: match["range"] or "*" for match in found}


@cache
def _program(name: str) -> bytes:
    return (resources(__name__) / name).read_bytes()
