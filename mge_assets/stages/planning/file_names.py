"""Which paths a task may own: relative, portable enough, and unable to leave the project or touch its git folder."""

import re
import unicodedata
from pathlib import PurePosixPath

MAX_COMPONENT_BYTES = 255
"""Longest name that usual file systems take."""
MAX_PATH_CHARACTERS = 500
"""As the model has it."""

_DRIVE = re.compile(r"^[A-Za-z]:")
_IGNORED_BY_FILE_SYSTEMS = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]")
_RESERVED = re.compile(r"^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(\..*)?$", re.IGNORECASE)
_NOT_ON_WINDOWS = re.compile(r'[<>:"|?*]')


def path_problem(file: str) -> str | None:
    """Why no task may own this path, or ``None`` where it may."""
    if not file.strip():
        return "it is empty"
    if len(file) > MAX_PATH_CHARACTERS:
        return f"it is longer than {MAX_PATH_CHARACTERS} characters"
    if any(unicodedata.category(sign) in {"Cc", "Cs", "Zl", "Zp"} for sign in file):
        return "it holds a control character"
    if "\\" in file:
        return "it holds a backslash"
    if file.startswith("/") or _DRIVE.match(file):
        return "it is absolute"
    return next((problem for part in file.split("/") if (problem := _part_problem(part))), None)


def _part_problem(part: str) -> str | None:
    if part == "..":
        return "it climbs with `..`"
    if part in {"", "."}:
        return "it holds `//`, `./` or ends in `/`"
    if len(part.encode()) > MAX_COMPONENT_BYTES:
        return f"a part of it is longer than {MAX_COMPONENT_BYTES} bytes"
    if is_git_folder(part):
        return "it lies in git's own folder"
    return None


def is_git_folder(part: str) -> bool:
    """True for every spelling of ``.git`` that some file system takes for it."""
    return _IGNORED_BY_FILE_SYSTEMS.sub("", part).rstrip(". ").split(":")[0].rstrip(". ").lower() in {".git", "git~1"}


def windows_problem(file: str) -> str | None:
    """Why Windows can't hold this path, or ``None`` where it can."""
    for part in file.split("/"):
        if _RESERVED.match(part.rstrip(". ")):
            return f"{part!r} is a device's name on Windows"
        if _NOT_ON_WINDOWS.search(part) or part != part.rstrip(". "):
            return f"{part!r} can't be a name on Windows"
    return None


def folded(file: str) -> str:
    """The path as a file system sees it that takes no notice of case and of how accents are composed."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", file).casefold())


def folders(file: str) -> tuple[str, ...]:
    """Every folder above the file, within the project."""
    return tuple(str(folder) for folder in PurePosixPath(file).parents if str(folder) != ".")
