"""An existing repository becomes a plan whose drafts are its files, byte for byte."""

import os
import shutil
from pathlib import Path

import click
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mge_assets.model.errors import ConflictError, PlanError
from mge_assets.stages.planning import check, default_plan_path, dump_yaml, import_repository, load_masterplan, parse_masterplan, write_import


def write(folder: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def by_file(plan_path: Path) -> dict[str, bytes]:
    """The delivered path and the source's bytes of each task of a plan file."""
    loaded = load_masterplan(plan_path)
    check(loaded)
    return {task.file: (loaded.folder / str(task.source)).read_bytes() for task in loaded.masterplan.tasks}


REPOSITORY = {
    "shop/__init__.py": b'"""A shop.\n\nMore."""\n',
    "shop/stock/__init__.py": b"",
    "shop/stock/ledger.py": b"import json\nimport yaml\nfrom shop import x\r\n",
    "web/app.ts": b'import React from "react";\nimport x from "@scope/pkg/deep";\nimport "./y";\nimport fs from "node:fs";\n',
    "web/old.cjs": b'const l = require("lodash/fp"), p = require("path");\nimport("chalk");\n',
    "setup.py": b"from setuptools import setup\n",
}


def test_packages_become_milestones_and_files_tasks(tmp_path):
    plan = import_repository(write(tmp_path / "repo", REPOSITORY)).masterplan
    assert plan.name == "repo"
    assert [(stone.name, [task.name for task in stone.tasks]) for stone in plan.milestones] == [
        ("repo", ["setup"]),
        ("shop", ["shop.__init__"]),
        ("shop.stock", ["shop.stock.__init__", "shop.stock.ledger"]),
        ("web", ["web.app.ts", "web.old.cjs"]),
    ]
    assert [task.file for task in plan.tasks if task.name == "shop.stock.ledger"] == ["shop/stock/ledger.py"]
    assert [task.description for task in plan.tasks][:2] == ["The file setup.py, as imported.", "A shop."]


def test_requirements_are_what_the_files_import_from_others(tmp_path):
    plan = import_repository(write(tmp_path / "repo", REPOSITORY)).masterplan
    assert plan.requirements == ("@scope/pkg", "chalk", "lodash", "react", "setuptools", "yaml")


def test_own_modules_are_no_requirements_wherever_their_root_is(tmp_path):
    files = {"src/shop/__init__.py": b"", "src/shop/a.py": b"import shop.b, other, conftest", "src/other.py": b"", "tests/conftest.py": b"import shop"}
    assert import_repository(write(tmp_path, files)).masterplan.requirements == ()


def test_relative_imports_and_broken_files_ask_for_nothing(tmp_path):
    files = {"a.py": b"from . import requests\nfrom .x import y\n", "b.py": b"import numpy\ndef (", "c.py": b"print 'import'\n"}
    assert import_repository(write(tmp_path, files)).masterplan.requirements == ()


def test_a_package_keeps_its_name(tmp_path):
    plan = import_repository(write(tmp_path / "shop", {"__init__.py": b"", "a/b.py": b"import shop\n"})).masterplan
    assert [task.file for task in plan.tasks] == ["shop/__init__.py", "shop/a/b.py"]
    assert plan.requirements == ()


def test_an_installed_package_survives_to_the_byte(tmp_path):
    package = Path(click.__file__).parent
    imported = import_repository(package)
    write_import(imported, tmp_path / "click.plan.yaml")
    originals = {f"click/{path.relative_to(package).as_posix()}": path.read_bytes() for path in package.rglob("*.py")}
    assert by_file(tmp_path / "click.plan.yaml") == originals
    assert len(originals) > 10


def test_a_plan_with_copies_does_not_need_the_original_any_more(tmp_path):
    repository = write(tmp_path / "repo", REPOSITORY)
    write_import(import_repository(repository), tmp_path / "plans" / "repo.yaml")
    shutil.rmtree(repository)
    assert by_file(tmp_path / "plans" / "repo.yaml") == REPOSITORY


def test_a_plan_above_the_repository_names_the_originals(tmp_path):
    repository = write(tmp_path / "repo", REPOSITORY)
    plan = write_import(import_repository(repository), tmp_path / "repo.plan.yaml")
    assert {task.source for task in plan.tasks} == {f"repo/{file}" for file in REPOSITORY}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["repo", "repo.plan.yaml"]
    assert by_file(tmp_path / "repo.plan.yaml") == REPOSITORY


def test_a_plan_inside_of_the_repository_names_the_originals(tmp_path):
    repository = write(tmp_path / "repo", REPOSITORY)
    write_import(import_repository(repository), repository / "repo.plan.yaml")
    assert by_file(repository / "repo.plan.yaml") == REPOSITORY


def test_a_package_imported_from_its_own_folder_keeps_its_name(tmp_path):
    package = write(tmp_path / "shop", {"__init__.py": b"1", "a.py": b"2"})
    write_import(import_repository(package), package / "plan.yaml")
    assert by_file(package / "plan.yaml") == {"shop/__init__.py": b"1", "shop/a.py": b"2"}


def test_copies_are_not_imported_again(tmp_path):
    repository = write(tmp_path / "repo", REPOSITORY)
    write_import(import_repository(repository), repository / "plans" / "repo.yaml")
    again = import_repository(repository)
    assert {task.file for task in again.masterplan.tasks} == set(REPOSITORY)
    assert [finding.rule for finding in again.skipped] == ["import.copy", "import.other"]


def test_json_is_written_where_the_name_says_so(tmp_path):
    repository = write(tmp_path / "repo", REPOSITORY)
    plan = write_import(import_repository(repository), tmp_path / "repo.json")
    assert load_masterplan(tmp_path / "repo.json").masterplan == plan
    assert by_file(tmp_path / "repo.json") == REPOSITORY


def test_the_same_content_gives_the_same_plan(tmp_path):
    one = write(tmp_path / "a" / "repo", REPOSITORY)
    other = write(tmp_path / "b" / "repo", dict(reversed(REPOSITORY.items())))
    assert import_repository(one).masterplan == import_repository(other).masterplan


def test_writing_twice_changes_nothing(tmp_path):
    imported = import_repository(write(tmp_path / "repo", REPOSITORY))
    path = tmp_path / "out" / "p.yaml"
    write_import(imported, path)
    before = path.read_bytes()
    write_import(imported, path)
    assert path.read_bytes() == before
    assert sorted(entry.name for entry in path.parent.iterdir()) == ["p-sources", "p.yaml"]


def test_nothing_of_somebody_else_is_overwritten(tmp_path):
    imported = import_repository(write(tmp_path / "repo", REPOSITORY))
    path = write(tmp_path, {"out/p.yaml": b"name: mine\n"}) / "out" / "p.yaml"
    with pytest.raises(ConflictError, match="another plan stands here already"):
        write_import(imported, path)
    assert path.read_bytes() == b"name: mine\n"
    assert sorted(entry.name for entry in path.parent.iterdir()) == ["p.yaml"]
    write_import(imported, path, replace=True)
    assert by_file(path) == REPOSITORY


def test_a_folder_that_no_import_made_is_never_replaced(tmp_path):
    imported = import_repository(write(tmp_path / "repo", REPOSITORY))
    mine = write(tmp_path, {"out/p-sources/mine.py": b"1"}) / "out/p-sources/mine.py"
    with pytest.raises(ConflictError, match="no import made"):
        write_import(imported, tmp_path / "out/p.yaml", replace=True)
    assert mine.read_bytes() == b"1"


def test_copies_that_somebody_edited_are_kept_until_told_otherwise(tmp_path):
    imported = import_repository(write(tmp_path / "repo", REPOSITORY))
    path = tmp_path / "out" / "p.yaml"
    write_import(imported, path)
    (tmp_path / "out/p-sources/setup.py").write_bytes(b"edited")
    with pytest.raises(ConflictError, match="other sources stand here already"):
        write_import(imported, path)
    write_import(imported, path, replace=True)
    assert by_file(path) == REPOSITORY


def test_what_is_left_out_is_told_with_its_kind_and_count(tmp_path):
    others = {".git/hook.py": b"", "a/__pycache__/x.py": b"", "node_modules/x.js": b"", "env/pyvenv.cfg": b"", "env/lib/x.py": b"", "x.egg-info/y.py": b""}
    others |= {"binary.py": b"a\0b", "data.csv": b"", "more.csv": b"", "README.md": b"", "LICENSE": b"", "back\\slash.py": b"", "new\nline.py": b""}
    repository = write(tmp_path / "repo", {"a/good.py": b"", **others})
    (tmp_path / "secret.py").write_text("SECRET = 1")
    (repository / "out.py").symlink_to(tmp_path / "secret.py")
    (repository / "loop.py").symlink_to(repository / "loop.py")
    (repository / "folder").symlink_to(tmp_path, target_is_directory=True)
    (repository / "alias.py").symlink_to(repository / "a" / "good.py")
    imported = import_repository(repository)
    assert [task.file for task in imported.masterplan.tasks] == ["alias.py", "a/good.py"]
    told = {finding.rule: finding.message for finding in imported.skipped}
    assert told == {
        "import.binary": "left out: 1 binary file(s) with a code file's ending: binary.py",
        "import.environment": "left out: 1 virtual environment(s): env/",
        "import.hidden": "left out: 1 hidden folder(s): .git/",
        "import.link": "left out: 3 symbolic link(s) to folders, to nowhere or out of the folder: folder, loop.py, out.py",
        "import.machine": "left out: 3 folder(s) of caches, installed packages or metadata: a/__pycache__/, node_modules/, x.egg-info/",
        "import.name": "left out: 2 file(s) whose name no task may own: back\\slash.py, 'new\\nline.py'",
        "import.other": "left out: 4 file(s) in no language that we parse: 2 .csv, 1 .md, 1 no ending",
    }
    assert all("\n" not in str(finding) for finding in imported.skipped)


@pytest.mark.skipif(os.name != "posix", reason="bytes in file names")
def test_a_name_in_another_encoding_is_left_out(tmp_path):
    write(tmp_path, {"good.py": b""})
    (tmp_path / os.fsdecode(b"caf\xe9.py")).write_bytes(b"")
    assert [finding.rule for finding in import_repository(tmp_path).skipped] == ["import.name"]


def test_contents_that_are_no_utf8_survive(tmp_path):
    odd = {
        "latin.py": b"# coding: latin-1\nx = '\xe9'\r\n",
        "bom.py": b"\xef\xbb\xbfx = 1",
        "crlf.js": b"a;\r\nb;\r",
        "broken.py": b"\xff\xfe(((",
        "empty.py": b"",
    }
    write_import(import_repository(write(tmp_path / "repo", odd)), tmp_path / "out/p.yaml")
    assert by_file(tmp_path / "out/p.yaml") == odd


def test_names_that_yaml_or_plans_dislike_work(tmp_path):
    odd = {
        "a b/c d.py": b"1",
        "[id]/page.tsx": b"2",
        "{id}/page.tsx": b"3",
        "模块.py": b"4",
        "- x.py": b"5",
        "a'b\".py": b"6",
        "#x.js": b"7",
        "ab: c.ts": b"8",
        "yes.py": b"9",
        "&a *b.py": b"0",
    }
    imported = import_repository(write(tmp_path / "repo", odd))
    write_import(imported, tmp_path / "out/p.yaml")
    assert by_file(tmp_path / "out/p.yaml") == odd


def test_long_and_like_sounding_names_stay_apart(tmp_path):
    files = {f"{'deep/' * 30}x{n}.py": b"" for n in range(3)} | {"a/b.py": b"1", "a.b.py": b"2", "a.b.pyi": b"3", "é.py": b"4", "è.py": b"5"}
    imported = import_repository(write(tmp_path / "repo", files))
    names = [task.name for task in imported.masterplan.tasks]
    assert len(set(names)) == len(files)
    assert max(len(name) for name in names) == 100


def test_a_task_keeps_its_name_when_other_files_come(tmp_path):
    repository = write(tmp_path / "repo", {"m/[id].ts": b"", "m/a.py": b""})
    before = {task.file: task.name for task in import_repository(repository).masterplan.tasks}
    write(repository, {"m/(id).ts": b"", "0.py": b"", "m/a.pyi": b""})
    after = {task.file: task.name for task in import_repository(repository).masterplan.tasks}
    assert before.items() <= after.items()


def test_a_name_can_be_given(tmp_path):
    imported = import_repository(write(tmp_path / "repo", REPOSITORY), "my-plan")
    assert imported.masterplan.name == "my-plan"
    assert default_plan_path(imported, Path("here")) == Path("here/my-plan.plan.yaml")
    with pytest.raises(PlanError, match="the plan can't be named 'a/b'"):
        import_repository(tmp_path / "repo", "a/b")


@pytest.mark.parametrize(
    ("make", "problem"), [(None, "no such folder"), (b"x", "not a folder"), ({}, "no file in a language"), ({"a.md": b""}, "no file in a language")]
)
def test_nothing_to_import_is_an_error(tmp_path, make, problem):
    folder = tmp_path / "repo"
    if isinstance(make, bytes):
        folder.write_bytes(make)
    elif make is not None:
        folder.mkdir()
        write(folder, make)
    with pytest.raises(PlanError, match=problem):
        import_repository(folder)


PART = st.text(st.characters(blacklist_categories=["Cc", "Cs", "Zl", "Zp"], blacklist_characters="/\\:"), min_size=1, max_size=8).filter(
    lambda part: part not in {".", ".."}
)


@settings(max_examples=40, deadline=None)
@given(
    st.dictionaries(
        st.tuples(PART, PART, st.sampled_from([".py", ".ts", ".mjs"])),
        st.binary(max_size=20).filter(lambda content: b"\0" not in content),
        min_size=1,
        max_size=5,
    )
)
def test_import_write_load_is_identity(tmp_path_factory, wanted):
    base = tmp_path_factory.mktemp("import")
    files = {f"f{folder}/{stem}{ending}": content for (folder, stem, ending), content in wanted.items() if len(stem.encode()) < 200}
    imported = import_repository(write(base / "repo", files))
    plan = write_import(imported, base / "out" / "p.yaml")
    loaded = load_masterplan(base / "out" / "p.yaml")
    assert loaded.masterplan == plan
    assert {task.file: (loaded.folder / str(task.source)).read_bytes() for task in plan.tasks} == files


def test_manifests_of_npm_and_typescript_come_along_and_survive_the_plan_file(tmp_path):
    given = {"package.json": '{"type": "module"}\n', "web/tsconfig.json": "{ // paths\n}\n", "web/tsconfig.base.json": "{}"}
    others = {"web/a.ts": "export const a = 1;\n", "data.json": "{}", "node_modules/x/package.json": "{}", "big/package.json": " " * 70_000}
    plan = import_repository(write(tmp_path, {name: text.encode() for name, text in (given | others).items()})).masterplan
    assert plan.manifests == given
    assert [task.file for task in plan.tasks] == ["web/a.ts"]
    assert parse_masterplan(dump_yaml(plan).encode(), tmp_path / "plan.yaml").masterplan == plan
    assert plan.carried["package.json"] == b'{"type": "module"}\n'
