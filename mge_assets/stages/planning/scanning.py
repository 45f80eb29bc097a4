"""Which files of a folder can become tasks, and what was left out and why; nothing is left out in silence."""

import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from mge_assets.model.errors import Place
from mge_assets.model.findings import Finding, Severity
from mge_assets.model.masterplan import MANIFEST
from mge_assets.stages.planning.file_names import path_problem
from mge_resources.syntax import detect_language

MAX_BYTES = 32 << 20
"""Largest file taken as a draft."""

COPY_MARK = ".mge-import"
"""A file of this name marks a folder of sources that an earlier import copied; it is not imported again."""

_MACHINE_MADE = {"__pycache__", "node_modules", "bower_components", "site-packages"}
_MESSAGES = {
    "hidden": "{count} hidden folder(s)",
    "machine": "{count} folder(s) of caches, installed packages or metadata",
    "environment": "{count} virtual environment(s)",
    "copy": "{count} folder(s) that an earlier import copied",
    "link": "{count} symbolic link(s) to folders, to nowhere or out of the folder",
    "binary": "{count} binary file(s) with a code file's ending",
    "large": "{count} file(s) over 32 MB",
    "name": "{count} file(s) whose name no task may own",
    "unreadable": "{count} file(s) or folder(s) that can't be read",
}
_SHOWN = 5
_MANIFEST = re.compile(MANIFEST)
_MOST_MANIFEST = 64 << 10
"""Bytes of a file that says how npm or TypeScript see the project; a larger one is something else of that name."""


@dataclass
class Scan:
    """Files that can become tasks, by their path in the folder (``/`` between parts, sorted), manifests likewise, and what was left out by reason."""

    files: dict[str, Path] = field(default_factory=dict)
    manifests: dict[str, Path] = field(default_factory=dict)
    left_out: dict[str, list[str]] = field(default_factory=dict)
    endings: Counter[str] = field(default_factory=Counter)

    def leave_out(self, reason: str, name: str) -> None:
        """Note that this was not taken."""
        self.left_out.setdefault(reason, []).append(name)


def scan(folder: Path, prefix: str = "") -> Scan:
    """Walk the folder in a fixed order; every path gets the prefix. Symbolic links are followed to files inside of it only."""
    result = Scan()
    _walk(folder, prefix, folder.resolve(), result)
    result.files = dict(sorted(result.files.items(), key=lambda item: item[0].split("/")))
    return result


def _walk(folder: Path, prefix: str, root: Path, result: Scan) -> None:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        result.leave_out("unreadable", prefix)
        return
    for entry in entries:
        name = prefix + entry.name
        if _is_folder(entry):
            try:
                reason = _folder_reason(entry)
            except OSError:
                reason = "unreadable"
            if reason:
                result.leave_out(reason, name + "/")
            else:
                _walk(Path(entry.path), f"{name}/", root, result)
        else:
            _take(Path(entry.path), name, root, result)


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:
        return False


def _folder_reason(entry: "os.DirEntry[str]") -> str | None:
    """Why a folder is left out, or ``None`` where it is walked."""
    if entry.name.startswith("."):
        return "hidden"
    if entry.name in _MACHINE_MADE or entry.name.endswith((".egg-info", ".dist-info")):
        return "machine"
    inside = Path(entry.path)
    if (inside / "pyvenv.cfg").exists():
        return "environment"
    return "copy" if (inside / COPY_MARK).exists() else None


def _take(path: Path, name: str, root: Path, result: Scan) -> None:
    """Put a file where it belongs: among the tasks, or among what was left out."""
    try:
        reason = _file_reason(path, name, root)
    except (OSError, RuntimeError):
        reason = "unreadable"
    if reason == "other" and _MANIFEST.match(name) and path.is_file() and path.stat().st_size <= _MOST_MANIFEST:
        result.manifests[name] = path
    elif reason == "other":
        result.endings[path.suffix.lower() or "no ending"] += 1
    elif reason:
        result.leave_out(reason, name)
    else:
        result.files[name] = path


def _file_reason(path: Path, name: str, root: Path) -> str | None:
    """Why a file is left out, or ``None`` where it can be a task."""
    if path.is_symlink() and not (path.is_file() and path.resolve().is_relative_to(root)):
        return "link"
    if detect_language(name) is None:
        return "other"
    if path_problem(name):
        return "name"
    if not path.is_file():
        return "unreadable"
    if path.stat().st_size > MAX_BYTES:
        return "large"
    return "binary" if b"\0" in path.read_bytes() else None


def scan_findings(result: Scan, folder: Path) -> Iterator[Finding]:
    """One finding for each reason for which something was left out, with a count and the first names."""
    place = Place(str(folder))
    for reason, names in sorted(result.left_out.items()):
        shown = ", ".join(_printable(name) for name in names[:_SHOWN]) + (", …" if len(names) > _SHOWN else "")
        severity = Severity.INFO if reason in {"hidden", "machine", "environment", "copy"} else Severity.WARNING
        yield Finding(f"import.{reason}", severity, f"left out: {_MESSAGES[reason].format(count=len(names))}: {shown}", "", place)
    if result.endings:
        counts = ", ".join(f"{count} {_printable(ending)}" for ending, count in sorted(result.endings.items(), key=lambda item: (-item[1], item[0])))
        message = f"left out: {sum(result.endings.values())} file(s) in no language that we parse: {counts}"
        yield Finding("import.other", Severity.WARNING, message, "copy what the code needs of them beside the delivered project", place)


def _printable(name: str) -> str:
    """The name as it can be shown on any terminal."""
    shown = name.encode("utf-8", "backslashreplace").decode()
    return shown if shown.isprintable() else ascii(shown)
