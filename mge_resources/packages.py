"""Folders with packages of a project: which the setting names, and whether they can be used here."""

import os
import sys
from pathlib import Path

NODE_MODULES = "node_modules"
_SITE = frozenset({"site-packages", "dist-packages"})
_FIX = "name virtual environments, site-packages or a node_modules, separated by ':'"


def read_packages(words: str) -> tuple[str, ...]:
    """The package folders that the setting names, absolute. Raises ValueError, in a line, for what holds no packages that can be used here."""
    found = tuple(dict.fromkeys(str(_folder(Path(word).expanduser())) for word in words.split(os.pathsep) if word.strip()))
    if sum(Path(folder).name == NODE_MODULES for folder in found) > 1:
        raise ValueError(f"more than one {NODE_MODULES}: {words}; name the one that the project is run with")
    return found


def _folder(place: Path) -> Path:
    if not place.is_dir():
        raise ValueError(f"{place} is no folder; {_FIX}")
    if place.name == NODE_MODULES or place.name in _SITE:
        return place.absolute()
    if not (place / "pyvenv.cfg").is_file():
        raise ValueError(f"{place} holds no packages; {_FIX}")
    return _of_environment(place.absolute())


def _of_environment(place: Path) -> Path:
    """The packages of a virtual environment, which must be made for this version of Python: compiled ones load in no other."""
    wanted = f"python{sys.version_info.major}.{sys.version_info.minor}"
    if (site := place / "lib" / wanted / "site-packages").is_dir():
        return site
    others = ", ".join(sorted(each.parent.name for each in place.glob("lib/python*/site-packages"))) or "no python"
    raise ValueError(f"{place} is an environment of {others}, and MGE runs {wanted}; make it with {wanted}, or install MGE with the other")
