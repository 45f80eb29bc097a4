"""Imports by a path of tsconfig.json, spelt as Node knows them: what runs tests and code has no compiler that would look there."""

import posixpath
import re
from collections.abc import Mapping
from functools import lru_cache

from mge_assets.model.script_paths import ScriptPaths
from mge_assets.stages.validation.project import Project
from mge_resources.syntax import SCRIPTS, Language, detect_language, parse

_SPECIFIER = re.compile(rb"""(?:\bfrom\s*|\bimport\s*\(?\s*|\brequire\s*\(\s*)(?P<quote>["'])(?P<name>[^."'\n][^"'\n]*)(?P=quote)""")
_STATEMENTS = frozenset({"import_statement", "export_statement", "arguments", "import_require_clause"})
_MOST = 512


def spelled_out(files: Mapping[str, bytes], test_file: str, tests: str) -> tuple[Mapping[str, bytes], str]:
    """The files and the tests with such imports as relative ones; no line moves, and where there are none, both are what they were."""
    paths = ScriptPaths(files)
    if not paths:
        return files, tests
    project = Project(files)
    spelt = {name: _spelt(project, name, content) if detect_language(name) in SCRIPTS else content for name, content in files.items()}
    return spelt, _spelt(project, test_file, tests.encode(errors="surrogateescape")).decode(errors="surrogateescape")


def _spelt(project: Project, file: str, content: bytes) -> bytes:
    language = detect_language(file) or Language.TYPESCRIPT
    for start, end in reversed(_places(language, content) if _SPECIFIER.search(content) else ()):
        found = project.resolve_script(file, content[start:end].decode(errors="replace"))
        if found and found.file:
            path = posixpath.relpath(found.file, posixpath.dirname(file) or ".")
            content = content[:start] + (path if path.startswith(".") else f"./{path}").encode() + content[end:]
    return content


@lru_cache(_MOST)
def _places(language: Language, content: bytes) -> tuple[tuple[int, int], ...]:
    """Where the names stand that imports ask for and that are no relative ones, without their quotes."""
    root = parse(language, content).root_node
    found = []
    for match in _SPECIFIER.finditer(content):
        node = root.descendant_for_byte_range(match.start("quote"), match.end())
        if node is not None and node.type == "string" and node.parent is not None and node.parent.type in _STATEMENTS:
            found.append(match.span("name"))
    return tuple(found)
