"""Packages of a project: found where the setting says, seen read-only by every run, and refused in one line where they can't be used."""

import os
import shutil
import sys
from pathlib import Path

import pytest

from mge_resources.packages import read_packages
from mge_resources.sandbox import Sandbox, SandboxJob, open_sandbox
from mge_resources.sandbox.packages import PackagedSandbox
from mge_resources.settings import SettingsError, read_settings

PYTHON = f"python{sys.version_info.major}.{sys.version_info.minor}"
NODE = pytest.mark.skipif(shutil.which("node") is None, reason="Node is not installed")


def environment(place: Path, python: str = PYTHON) -> Path:
    """A virtual environment with a package, and with another version of one that MGE has."""
    site = place / "lib" / python / "site-packages"
    for name in ("priced", "idna"):
        (site / name).mkdir(parents=True)
        (site / name / "__init__.py").write_text(f"WHOSE = 'the project\\'s {name}'\n")
    (place / "pyvenv.cfg").write_text("home = /nowhere\n")
    return place


def modules(place: Path) -> Path:
    """A node_modules with a package of each kind."""
    for name, kind, code in (("old", "commonjs", "module.exports = { whose: 'old' };"), ("@scope/new", "module", "export const whose = 'new';")):
        (place / name).mkdir(parents=True)
        (place / name / "package.json").write_text(f'{{"name": "{name}", "type": "{kind}", "main": "index.js"}}')
        (place / name / "index.js").write_text(code)
    return place


@pytest.fixture
def packaged(sandbox: Sandbox, tmp_path: Path) -> PackagedSandbox:
    words = os.pathsep.join((str(environment(tmp_path / "venv")), str(modules(tmp_path / "web/node_modules"))))
    return PackagedSandbox(sandbox, read_packages(words))


@pytest.mark.parametrize("warm", [False, True])
def test_code_imports_the_projects_packages_before_those_beside_mge(packaged: PackagedSandbox, warm: bool):
    code = b"import idna, priced, pytest\nprint(idna.WHOSE, priced.WHOSE, sep='; ')\n"
    outcome = packaged.run(SandboxJob(("{python}", "code.py"), {"code.py": code}, warm=warm))
    assert (outcome.stderr, outcome.stdout) == (b"", b"the project's idna; the project's priced\n")
    assert packaged.isolation == outcome.isolation


def test_nothing_can_be_written_there(packaged: PackagedSandbox, tmp_path: Path):
    code = b"import priced, pathlib\npathlib.Path(priced.__file__).with_name('mine.py').write_text('')\n"
    outcome = packaged.run(SandboxJob(("{python}", "code.py"), {"code.py": code}))
    assert b"Read-only file system" in outcome.stderr or b"Permission denied" in outcome.stderr
    assert not list(tmp_path.rglob("mine.py"))


def test_a_partner_sees_them_too(packaged: PackagedSandbox):
    speaks = b"import priced, socket\nend = socket.socket(fileno=3)\nend.sendall(priced.WHOSE.encode())\n"
    hears = b"import socket\nprint(socket.socket(fileno=3).recv(99).decode())\n"
    partner = SandboxJob(("{python}", "code.py"), {"code.py": speaks})
    outcome = packaged.run(SandboxJob(("{python}", "code.py"), {"code.py": hears}, partner=partner))
    assert outcome.stdout == b"the project's priced\n"


@NODE
def test_scripts_import_packages_of_npm_of_either_kind(packaged: PackagedSandbox):
    code = b"import { whose } from '@scope/new';\nimport { createRequire } from 'node:module';\n"
    code += b"console.log(whose, createRequire(import.meta.url)('old').whose);\n"
    outcome = packaged.run(SandboxJob(("{node}", "project/code.mjs"), {"project/code.mjs": code}))
    assert (outcome.stdout, outcome.exit_code) == (b"new old\n", 0), outcome.stderr


def test_without_the_setting_nothing_changes(sandbox: Sandbox, tmp_path: Path):
    environment(tmp_path / "venv")
    outcome = sandbox.run(SandboxJob(("{python}", "code.py"), {"code.py": b"import priced\n"}))
    assert b"No module named 'priced'" in outcome.stderr
    assert not isinstance(open_sandbox("auto"), PackagedSandbox)


@pytest.mark.parametrize(
    ("make", "fault"),
    [
        (lambda place: place / "missing", "missing is no folder; name virtual environments, site-packages or a node_modules"),
        (lambda place: place, "holds no packages; name virtual environments"),
        (lambda place: environment(place / "other", "python3.9"), f"is an environment of python3.9, and MGE runs {PYTHON}; make it with {PYTHON}"),
    ],
)
def test_what_holds_no_packages_is_said_in_one_line(make, fault: str, tmp_path: Path):
    with pytest.raises(SettingsError, match=fault) as told:
        read_settings({"MGE_PROJECT_PACKAGES": str(make(tmp_path))})
    assert str(told.value).startswith("MGE_PROJECT_PACKAGES: /")
    assert "\n" not in str(told.value)


def test_two_folders_of_npm_are_one_too_many(tmp_path: Path):
    words = os.pathsep.join(str(modules(tmp_path / name / "node_modules")) for name in ("a", "b"))
    with pytest.raises(SettingsError, match="more than one node_modules"):
        read_settings({"MGE_PROJECT_PACKAGES": words})
