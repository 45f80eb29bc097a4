"""Drafts are the plan's bytes or the file's, and nothing from outside of the plan's folder."""

import os
from pathlib import Path

import pytest

from mge_assets.model.drafts import DraftOrigin
from mge_assets.model.errors import DraftError
from mge_assets.model.findings import Severity
from mge_assets.model.masterplan import Masterplan, Task
from mge_assets.stages.drafting import beside, prepare_drafts, read_draft, read_tests
from mge_resources.syntax import Language


def task(name: str = "t", file: str = "shop/t.py", **more: object) -> Task:
    return Task.model_validate({"name": name, "description": "d", "file": file, **more})


def plan(*tasks: Task) -> Masterplan:
    return Masterplan.model_validate({"name": "p", "phases": [{"name": "A", "milestones": [{"name": "M", "tasks": tasks}]}]})


def rules(folder: Path, *tasks: Task) -> list[tuple[str, Severity]]:
    return [(finding.rule, finding.severity) for finding in prepare_drafts(plan(*tasks), folder).findings]


def test_code_in_the_plan_is_the_draft(tmp_path):
    draft = read_draft(task(code="x = 'é'\n"), tmp_path)
    assert draft
    assert (draft.task, draft.file, draft.language, draft.content, draft.origin) == ("t", "shop/t.py", Language.PYTHON, "x = 'é'\n".encode(), DraftOrigin.CODE)


@pytest.mark.parametrize("content", [b"x = 1\r\n", b"\xef\xbb\xbfx", b"\xff\xfe", b"", b"no newline"])
def test_a_source_file_is_taken_to_the_byte(tmp_path, content):
    (tmp_path / "t.py").write_bytes(content)
    draft = read_draft(task(source="t.py"), tmp_path)
    assert draft
    assert (draft.content, draft.origin) == (content, DraftOrigin.SOURCE)


def test_a_task_without_draft_has_none(tmp_path):
    assert read_draft(task(), tmp_path) is None


def test_the_language_is_the_tasks_own_before_the_endings(tmp_path):
    draft = read_draft(task(file="x.js", language="tsx", code=""), tmp_path)
    assert draft
    assert draft.language is Language.TSX
    with pytest.raises(DraftError, match="the language of task 't' is unknown"):
        read_draft(task(file="x.rs", code=""), tmp_path)


def test_a_draft_of_five_megabytes_works(tmp_path):
    content = b"value = 1\n" * 524_288
    (tmp_path / "t.py").write_bytes(content)
    drafting = prepare_drafts(plan(task(source="t.py")), tmp_path)
    assert drafting.drafts[0].content == content
    assert [finding.rule for finding in drafting.findings] == ["draft.long"]


def test_a_draft_over_the_limit_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(beside, "MAX_BYTES", 1 << 20)
    (tmp_path / "t.py").write_bytes(b"#" * ((1 << 20) + 1))
    for given in (task(source="t.py"), task(code="#" * ((1 << 20) + 1))):
        with pytest.raises(DraftError, match="is over 1 MB; split it into smaller files"):
            read_draft(given, tmp_path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    plan_folder = tmp_path / "plans"
    (plan_folder / "sub").mkdir(parents=True)
    (tmp_path / "secret.py").write_text("SECRET = 1\n")
    (plan_folder / "binary.py").write_bytes(b"x = 1\0")
    (plan_folder / "link.py").symlink_to(tmp_path / "secret.py")
    (plan_folder / "away").symlink_to(tmp_path, target_is_directory=True)
    (plan_folder / "loop.py").symlink_to(plan_folder / "loop.py")
    (plan_folder / "inside.py").write_text("x = 1\n")
    (plan_folder / "alias.py").symlink_to(plan_folder / "inside.py")
    return plan_folder


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("none.py", "is missing; put the file there"),
        ("sub", "is a folder; name a file in it"),
        ("../secret.py", "lies outside of the plan's folder"),
        ("sub/../../secret.py", "lies outside of the plan's folder"),
        ("link.py", "lies outside of the plan's folder"),
        ("away/secret.py", "lies outside of the plan's folder"),
        ("/etc/passwd", "lies outside of the plan's folder"),
        ("binary.py", "is binary: it holds a NUL byte at 5"),
        ("loop.py", "can't be followed|is missing|can't be read"),
        ("a\0.py", "has a NUL character in its path"),
        ("inside.py/x", "is missing|can't be read"),
        ("x" * 5000, "can't be"),
    ],
)
def test_a_source_that_can_not_be_is_told_in_one_line(folder, source, problem):
    with pytest.raises(DraftError, match=f"the draft of task 't' ({problem})") as caught:
        read_draft(task(source=source), folder)
    assert "\n" not in str(caught.value)
    with pytest.raises(DraftError, match="the tests of task 't'"):
        read_tests(task(tests_source=source), folder)


@pytest.mark.parametrize("source", ["alias.py", "sub/../inside.py", "./inside.py"])
def test_ways_that_stay_in_the_folder_are_taken(folder, source):
    draft = read_draft(task(source=source), folder)
    assert draft
    assert draft.content == b"x = 1\n"


def test_a_pipe_is_no_draft(tmp_path):
    os.mkfifo(tmp_path / "pipe.py")
    with pytest.raises(DraftError, match="is not a plain file"):
        read_draft(task(source="pipe.py"), tmp_path)


def test_a_binary_in_the_plan_is_refused(tmp_path):
    with pytest.raises(DraftError, match="is binary"):
        read_draft(task(code="a\0b"), tmp_path)


def test_drafting_keeps_plan_order_and_names_what_is_missing(tmp_path):
    drafting = prepare_drafts(plan(task("b", "b.py", code="1"), task("a", "a.py"), task("c", "c.py", code="2")), tmp_path)
    assert [draft.task for draft in drafting.drafts] == ["b", "c"]
    assert drafting.missing == ("a",)


def test_all_unreadable_drafts_are_told_at_once(tmp_path):
    with pytest.raises(DraftError) as caught:
        prepare_drafts(plan(task("a", "a.py", source="a"), task("b", "b.py", code="1"), task("c", "c.py", source="c")), tmp_path)
    assert [error.problem for error in caught.value.every] == ["the draft of task 'a' is missing", "the draft of task 'c' is missing"]


def test_an_empty_draft_is_a_warning_and_usual_only_for_a_package(tmp_path):
    assert rules(tmp_path, task("a", "shop/__init__.py", code="")) == [("draft.empty", Severity.INFO)]
    assert rules(tmp_path, task("a", "shop/a.py", code=" \n")) == [("draft.empty", Severity.WARNING)]


def test_bytes_that_nobody_declared_are_a_warning(tmp_path):
    contents = {
        "a.py": b"# \xe9",
        "b.py": b"# coding: latin-1\n# \xe9",
        "c.js": b"// \xe9",
        "d.py": b"# coding: no-such\n",
        "e.py": b"\xef\xbb\xbf# coding: latin-1\n",
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    drafting = prepare_drafts(plan(*(task(name[0], name, source=name) for name in contents)), tmp_path)
    assert [finding.place.file for finding in drafting.findings if finding.place] == ["a.py", "c.js", "d.py", "e.py"]
    assert {finding.rule for finding in drafting.findings} == {"draft.encoding"}
    assert [draft.content for draft in drafting.drafts] == list(contents.values())


def test_a_very_long_draft_is_told(tmp_path):
    assert rules(tmp_path, task(code="x\n" * 5_000)) == [("draft.long", Severity.INFO)]
    assert rules(tmp_path, task(code="x\n" * 4_999)) == []


def test_tests_are_read_for_every_kind_of_element(tmp_path):
    (tmp_path / "t.py").write_bytes(b"assert 1\r\n")
    base = plan(task(tests="assert 2\n"))
    assert read_tests(next(base.tasks), tmp_path) == b"assert 2\n"
    assert read_tests(next(base.milestones), tmp_path) is None
    assert read_tests(base.model_copy(update={"tests_source": "t.py"}), tmp_path) == b"assert 1\r\n"
