"""What lint finds in a plan whose form is right."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mge_assets.model.errors import PlanError
from mge_assets.model.findings import Severity
from mge_assets.model.masterplan import Masterplan
from mge_assets.stages.planning import check, dump_yaml, lint, load_masterplan, parse_masterplan, path_problem
from mge_assets.stages.planning.file_names import windows_problem


def task(name: str, file: str = "", **more: object) -> dict[str, object]:
    return {"name": name, "description": "d", "file": file or f"{name}.py", "tests": "t", **more}


def loaded(*tasks: dict[str, object], **more: object):
    plan = Masterplan.model_validate({"name": "p", "phases": [{"name": "A", "milestones": [{"name": "M", "tasks": tasks}]}], **more})
    return parse_masterplan(dump_yaml(plan).encode(), Path("plan.yaml"))


def found(*tasks: dict[str, object], **more: object) -> list[tuple[str, str]]:
    plan = loaded(*tasks, **more)
    return [(finding.rule, finding.severity.value) for finding in lint(plan.masterplan, plan.locate)]


def problems(*tasks: dict[str, object]) -> list[str]:
    with pytest.raises(PlanError) as caught:
        check(loaded(*tasks))
    return [f"{error.problem}; {error.fix}" for error in caught.value.every]


def test_a_good_plan_has_no_findings():
    assert found(task("a"), task("b", "web/b.tsx", depends_on=["a"]), task("c", "c", language="python")) == []


def test_unknown_dependencies_are_named_with_what_is_near():
    assert problems(task("stock-item"), task("b", depends_on=["stock-itm"])) == [
        "task 'b' depends on 'stock-itm', which is no task; did you mean 'stock-item'?"
    ]


def test_a_cycle_is_named_in_full():
    tasks = [task("a", depends_on=["b"]), task("b", depends_on=["c"]), task("c", depends_on=["a"]), task("d", depends_on=["a"])]
    assert problems(*tasks) == ["`depends_on` goes in a circle: a ▸ b ▸ c ▸ a; take one of these dependencies away"]


def test_a_task_that_waits_for_itself_is_a_cycle():
    assert problems(task("a", depends_on=["a"])) == ["task 'a' depends on itself; take one of these dependencies away"]


def test_each_knot_gives_one_shortest_cycle():
    tasks = [
        task("a", depends_on=["b"]),
        task("b", depends_on=["c", "a"]),
        task("c", depends_on=["a"]),
        task("x", depends_on=["y"]),
        task("y", depends_on=["x"]),
    ]
    assert [problem.partition(";")[0] for problem in problems(*tasks)] == [
        "`depends_on` goes in a circle: a ▸ b ▸ a",
        "`depends_on` goes in a circle: x ▸ y ▸ x",
    ]


def test_a_long_chain_is_no_cycle():
    tasks = [task(f"t{n}", depends_on=[f"t{n + 1}"]) for n in range(1_500)]
    assert found(*tasks, task("t1500")) == []


def test_two_tasks_can_not_own_one_file():
    assert problems(task("a", "x/y.py"), task("b", "x/y.py")) == ["tasks 'a' and 'b' both own 'x/y.py'; give each its own file"]


@pytest.mark.parametrize(("one", "other"), [("x/Y.py", "x/y.py"), ("stra\u00dfe.py", "STRASSE.py"), ("caf\u00e9.py", "cafe\u0301.py")])
def test_files_that_some_file_systems_hold_for_one_are_one(one, other):
    (problem,) = problems(task("a", one), task("b", other))
    assert "one file where case is not told apart" in problem


def test_a_file_can_not_be_the_folder_of_another():
    (problem,) = problems(task("a", "x.py"), task("b", "X.py/y.py"))
    assert problem.startswith("task 'b' needs the folder 'x.py', which is the file of task 'a'")


def test_names_are_unique():
    assert problems(task("a", "x.py"), task("a", "y.py"))[0].startswith("two tasks are named 'a', first in line 8")
    subtasks = [{"name": "s", "description": "d"}] * 2
    assert problems(task("a", subtasks=subtasks))[0].startswith("two subtasks are named 's'")


def test_milestones_and_phases_are_unique_too():
    stone = {"name": "M", "tasks": [task("a")]}
    other = {"name": "M", "tasks": [task("b")]}

    plan = Masterplan.model_validate({"name": "p", "phases": [{"name": "A", "milestones": [stone]}, {"name": "A", "milestones": [other]}]})
    parsed = parse_masterplan(dump_yaml(plan).encode(), Path("p.yaml"))
    assert [finding.message.split(",")[0] for finding in lint(plan, parsed.locate)] == ["two phases are named 'A'", "two milestones are named 'M'"]


def test_all_errors_are_raised_at_once():
    assert len(problems(task("a", "../a.py", depends_on=["q"]), task("a", "b.rs"))) == 4


@pytest.mark.parametrize(
    "file",
    [
        *(
            "../x.py",
            "a/../../x.py",
            "a/..",
            "/etc/x.py",
            "C:/x.py",
            "c:x.py",
            "a\\b.py",
            "\\\\host\\x.py",
            "a\0.py",
            "a\n.py",
            "a\x1b.py",
            "a\u2028.py",
            "a//b.py",
        ),
        *(
            "./a.py",
            "a/./b.py",
            "a/",
            ".git/config.py",
            "a/.git/x.py",
            "a/.GIT/x.py",
            ".git./x.py",
            ".git /x.py",
            "git~1/x.py",
            ".g\u200cit/x.py",
            ".git::$data/x.py",
        ),
        *(" ", "x" * 256 + ".py", "é" * 128 + ".py", "x/" * 250 + "y.py"),
    ],
)
def test_paths_that_could_leave_the_project_are_refused(file):
    assert path_problem(file)
    if file.isprintable() and len(file) <= 500:
        assert "may not own the file" in problems(task("a", file, language="python"))[0]


@pytest.mark.parametrize("file", ["a.py", "a b/c d.py", "[id]/page.tsx", "päckchen/模块.py", "..a/b...py", ".github/x.py", "a/.gitignore.py", "git/x.py"])
def test_odd_paths_inside_of_the_project_are_taken(file):
    assert path_problem(file) is None
    assert found(task("a", file)) == []


@given(st.text(max_size=30))
def test_a_path_without_problem_stays_inside(file):
    if path_problem(file) is None:
        assert (Path("/srv/project") / file).resolve().is_relative_to("/srv/project")


@pytest.mark.parametrize("file", ["aux.py", "x/NUL", "com1.py", "ab:c.py", "what?.py", "x./y.py"])
def test_paths_that_windows_can_not_hold_are_a_warning(file):
    assert windows_problem(file)
    assert found(task("a", file, language="python")) == [("plan.file.portable", "warning")]


def test_a_language_that_nobody_parses_is_an_error():
    (problem,) = problems(task("a", "main.rs"))
    assert problem.startswith("unsupported language: the ending of 'main.rs'")


def test_a_language_against_the_ending_is_a_warning():
    assert found(task("a", "a.ts", language="python")) == [("plan.language.ending", "warning")]


def test_a_plan_without_any_test_has_one_finding():
    assert found(task("a", tests=None), task("b", tests=None)) == [("plan.tests", "warning")]


def test_a_task_without_tests_is_a_warning_where_nobody_tests_it():
    assert found(task("a"), task("b", tests=None)) == [("plan.tests", "warning")]
    assert found(task("a"), task("b", tests=None), tests="t") == [("plan.tests", "info")]


def test_a_task_far_over_80_lines_is_told():
    assert found(task("a", code="x = 1\n" * 160)) == []
    assert found(task("a", code="x = 1\n\n" * 161)) == [("plan.size", "info")]


def test_drafts_beside_the_plan_are_counted(tmp_path):
    (tmp_path / "a.py").write_text("x = 1\n" * 200)
    (tmp_path / "plan.yaml").write_text(
        dump_yaml(loaded(task("a", source="a.py"), task("b", source="none.py"), task("c", source="../../etc/passwd")).masterplan)
    )
    assert [finding.rule for finding in check(load_masterplan(tmp_path / "plan.yaml"))] == ["plan.size"]


def test_requirements_are_read_as_pip_reads_them():
    assert found(task("a"), requirements=["fastapi>=0.110", "requests[socks]; python_version > '3.8'"]) == []
    assert found(task("a"), requirements=["not a requirement"]) == [("plan.requirement", "warning")]
    assert found(task("a"), requirements=["@scope/name"]) == [("plan.requirement", "warning")]
    assert found(task("a", "a.ts"), requirements=["@scope/name@^1.2.0", "react"]) == []


def test_findings_say_where():
    plan = loaded(task("a", "a.ts", language="python"))
    (finding,) = lint(plan.masterplan, plan.locate)
    assert str(finding.place).startswith("plan.yaml:11:13 (phases[0]")
    assert finding.severity is Severity.WARNING
