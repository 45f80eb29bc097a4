"""The files of a folder that analysis looks at: code, and the manifests that say how modules are found."""

import os
from pathlib import Path, PurePosixPath

from mge_resources.syntax import detect_language

_MANIFESTS = {"package.json", "tsconfig.json", "jsconfig.json"}
_CACHES = {"__pycache__", "site-packages"}


def read_folder(folder: Path) -> dict[str, bytes]:
    """The files by path relative to the folder (``/`` between parts), sorted. Installed npm packages are read, as imports lead into them."""
    found: dict[str, bytes] = {}
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".") and name not in _CACHES and not (Path(place) / name / "pyvenv.cfg").exists()]
        for name in names:
            path = Path(place) / name
            if (detect_language(name) or name in _MANIFESTS) and path.is_file():
                found[path.relative_to(folder).as_posix()] = path.read_bytes()
    return dict(sorted(found.items()))


def looked_at(path: PurePosixPath) -> bool:
    """Whether a file at this place below the folder is one of them, going by its path alone."""
    outside = any(part.startswith(".") or part in _CACHES for part in path.parts[:-1])
    return not outside and (detect_language(path.name) is not None or path.name in _MANIFESTS)
