"""Paths that may be delivered: inside the project, on every file system, each once.

The plan's lint refuses such paths long before; this is the second lock, in front of the disk.
"""

import unicodedata
from collections.abc import Iterable
from pathlib import PurePosixPath, PureWindowsPath

from mge_assets.model.errors import DeliveryError

_FIX = "give the task a file inside the project, such as 'package/module.py'"


def check_paths(paths: Iterable[str]) -> None:
    """Raises DeliveryError where a path climbs out, hides in git's own folder, or is the same as another but for its case."""
    seen: dict[str, str] = {}
    for path in paths:
        if fault := _fault(path):
            raise DeliveryError(f"the path {path!r} {fault}", fix=_FIX)
        if (other := seen.setdefault(_fold(path), path)) != path:
            raise DeliveryError(f"the paths '{other}' and '{path}' are one file where case is ignored", fix="rename one of them")
    for path in seen.values():
        for parent in PurePosixPath(path).parents:
            if (file := seen.get(_fold(str(parent)))) is not None:
                raise DeliveryError(f"'{file}' is a file and '{path}' needs a folder of that name", fix="rename one of them")


def _fold(path: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFKC", path).casefold())


def _fault(path: str) -> str:
    """What is wrong with the path, or an empty string."""
    parts = path.split("/")
    if not path or path.startswith("/") or PureWindowsPath(path).drive:
        return "is not relative to the project"
    if ".." in parts:
        return "climbs out of the output folder"
    if "" in parts or "." in parts:
        return "is not written in its shortest form"
    if "\\" in path or any(unicodedata.category(sign) in {"Cc", "Cs"} for sign in path):
        return "holds a sign that not every system takes in a file's name"
    if any(_is_git(part) for part in parts):
        return "lies in git's own folder"
    return ""


def _is_git(part: str) -> bool:
    """True for ``.git`` and for what some file system takes for it: other case, dots or blanks at the end, a stream, signs of no width, the 8.3 name."""
    plain = "".join(sign for sign in part if unicodedata.category(sign) != "Cf").casefold().split(":")[0].rstrip(". ")
    return plain in {".git", "git~1"}
