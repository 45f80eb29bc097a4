"""Packages of a project that its code and tests import: folders of this machine that every run sees read-only, beside MGE's own environment."""

import os
import sys
from dataclasses import replace
from pathlib import Path

from mge_resources.sandbox.machine import NODE_MODULES
from mge_resources.sandbox.port import Sandbox, SandboxJob, SandboxOutcome

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


class PackagedSandbox:
    """A sandbox all of whose runs see these package folders."""

    def __init__(self, sandbox: Sandbox, packages: tuple[str, ...]) -> None:
        self._sandbox, self._packages = sandbox, packages

    @property
    def isolation(self) -> str:
        """The isolation behind it."""
        return self._sandbox.isolation

    def run(self, job: SandboxJob) -> SandboxOutcome:
        """Run one job to its end. Raises what the sandbox behind it raises."""
        partner = replace(job.partner, packages=self._packages) if job.partner is not None else None
        return self._sandbox.run(replace(job, packages=self._packages, partner=partner))
