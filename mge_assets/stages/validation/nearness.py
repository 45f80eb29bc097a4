"""Which files of a project a test can have to do with, by words alone: what its text names, what the texts of those name, and so on."""

import re
from collections import defaultdict
from collections.abc import Mapping
from pathlib import PurePosixPath

_WORD = re.compile(rb"\w+")
_SPEAK_FOR_FOLDERS = frozenset({"__init__", "__main__", "index"})
_ALWAYS = frozenset({"conftest", "sitecustomize", "usercustomize"})
"""Loaded without being named."""


def near(project: Mapping[str, bytes], tests: str) -> frozenset[str]:
    """The files that the tests may load, more rather than fewer: any word that a file goes by counts, wherever it stands."""
    named: dict[bytes, list[str]] = defaultdict(list)
    for file in project:
        named[_word(file)].append(file)
    found = {file for file in project if PurePosixPath(file).stem in _ALWAYS}
    pending = [tests.encode(errors="replace"), *(project[file] for file in found)]
    while pending:
        words = set(_WORD.findall(pending.pop()))
        fresh = {file for word in words & named.keys() for file in named[word]} - found
        found |= fresh
        pending += (project[file] for file in fresh)
    return frozenset(found)


def _word(file: str) -> bytes:
    """The word that an import may call a file by: its name up to the first dot, or its folder's where the file speaks for the folder."""
    path = PurePosixPath(file)
    stem = path.name.partition(".")[0]
    return (path.parent.name if stem in _SPEAK_FOR_FOLDERS and path.parent.name else stem).encode()
