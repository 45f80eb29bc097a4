"""The two files that ship with MGE are found, and Dagster's home holds the shipped one."""

import shutil
import subprocess
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mge_resources import instance_files
from mge_resources.instance_files import InstanceFileError, instance_file, prepare_dagster_home

TOP = Path(__file__).parents[2]


@pytest.mark.parametrize("name", ["dagster.yaml", "workspace.yaml"])
def test_a_checkout_uses_its_top_level_file(name: str):
    assert instance_file(name) == TOP / name


def test_a_name_that_nobody_ships_is_an_error_of_one_line():
    with pytest.raises(InstanceFileError, match=r"^nothing\.yaml is missing from this installation; install mge again$"):
        instance_file("nothing.yaml")


def test_an_installation_finds_them_below_its_prefix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    module = tmp_path / "lib" / "python3.12" / "site-packages" / "mge_resources" / "instance_files.py"
    shared = tmp_path / "share" / "mge"
    for folder in (module.parent, shared):
        folder.mkdir(parents=True)
    shutil.copy(TOP / "dagster.yaml", shared)
    monkeypatch.setattr(instance_files, "__file__", str(module))
    monkeypatch.setattr(instance_files, "_CHECKOUT", module.parent.parent)
    assert instance_file("dagster.yaml") == shared / "dagster.yaml"


def test_dagsters_home_follows_the_shipped_file_also_when_many_make_it_at_once(tmp_path: Path):
    home = tmp_path / "dagster"
    with ThreadPoolExecutor(8) as threads:
        made = set(threads.map(prepare_dagster_home, [home] * 16))
    assert made == {home}
    (home / "dagster.yaml").write_text("telemetry: {enabled: true}\n")
    prepare_dagster_home(home)
    assert (home / "dagster.yaml").read_bytes() == (TOP / "dagster.yaml").read_bytes()
    assert [path.name for path in home.iterdir()] == ["dagster.yaml"]


def test_the_wheel_carries_both_files_as_they_stand(tmp_path: Path):
    for name in ("pyproject.toml", "dagster.yaml", "workspace.yaml", "LICENSE"):
        shutil.copy(TOP / name, tmp_path)
    (tmp_path / "README.md").write_text("")
    for package in ("mge_assets", "mge_resources"):
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").write_text("")
    build = "import setuptools.build_meta as backend; backend.build_wheel('out')"
    subprocess.run([sys.executable, "-c", build], cwd=tmp_path, check=True, capture_output=True)
    with zipfile.ZipFile(next((tmp_path / "out").glob("*.whl"))) as wheel:
        for name in ("dagster.yaml", "workspace.yaml"):
            assert wheel.read(f"mge-0.1.0.data/data/share/mge/{name}") == (TOP / name).read_bytes()
