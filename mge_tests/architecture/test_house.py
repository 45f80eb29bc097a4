"""The house's own rules: the same names everywhere, documents that tell the truth."""

import re
from pathlib import Path

import pytest

import mge_assets.stages
from mge_assets.cli import cli
from mge_assets.model.stages import Stage
from mge_resources.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"


def folders(place: Path) -> set[str]:
    return {path.name for path in place.iterdir() if path.is_dir() and not path.name.startswith("__")}


def test_every_stage_has_its_folder_its_tests_and_its_dagster_module():
    names = {stage.value for stage in Stage}
    assert folders(Path(mge_assets.stages.__file__).parent) == names
    assert folders(ROOT / "mge_tests/stages") == names
    assert {path.stem for path in (ROOT / "mge_assets/defs").glob("*.py")} >= names


def test_every_package_folder_says_what_belongs_in_it():
    for package in ("mge_assets", "mge_resources", "mge_tests"):
        for init in (ROOT / package).rglob("__init__.py"):
            assert init.read_text().lstrip().startswith('"""'), init


def test_every_setting_is_documented_with_its_default():
    table = (DOCS / "settings.md").read_text()
    for field in Settings.model_fields.values():
        assert f"| `{field.alias}` |" in table, field.alias
        assert field.description, field.alias
        assert field.description in table, field.alias


def test_every_command_is_documented():
    guide = (DOCS / "commands.md").read_text()
    for name, command in cli.commands.items():
        assert f"mge {name}" in guide, name
        for option in command.params:
            for flag in option.opts:
                assert not flag.startswith("--") or flag in guide, (name, flag)


@pytest.mark.parametrize("page", ["README.md", *[f"docs/{path.name}" for path in DOCS.glob("*.md")]])
def test_links_and_pictures_of_the_documents_lead_somewhere(page: str):
    path = ROOT / page
    for target in re.findall(r"\]\(([^)#]+)\)|(?:src|srcset)=\"([^\"]+)\"", path.read_text()):
        link = next(filter(None, target))
        assert link.startswith("http") or (path.parent / link).exists(), link


def test_the_top_level_holds_what_the_design_says():
    allowed = {
        "pyproject.toml",
        "README.md",
        "workspace.yaml",
        "dagster.yaml",
        "mge_assets",
        "mge_resources",
        "mge_tests",
        "docs",
        "constraints.txt",
        "LICENSE",
        "CHANGELOG.md",
    }
    made = {"build", "dist", "mge.egg-info"}
    assert {path.name for path in ROOT.iterdir() if not path.name.startswith((".", "__"))} - made == allowed


def test_the_constraints_pin_every_dependency_by_version_and_hash_and_name_no_address():
    text = (ROOT / "constraints.txt").read_text()
    assert "://" not in text
    entries = re.split(r"\n(?=\S)", text.strip())
    assert len(entries) > 80
    for entry in entries:
        assert re.match(r"[\w.-]+==[\w.+!-]+(?: ;[^\\]+)? \\\n", entry), entry[:80]
        assert "--hash=sha256:" in entry
