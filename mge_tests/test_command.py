"""The command as a person or a script uses it: real processes, exit codes, what goes where."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from dulwich import porcelain

from mge_assets.examples import example
from mge_assets.services.workspace import open_workspace
from mge_resources.settings import Settings
from mge_tests.conftest import NewDatabase
from mge_tests.forked_mge import run_forked


class Mge:
    """Runs the command in a fresh installation, in an empty folder."""

    def __init__(self, place: Path, environment: Mapping[str, str]) -> None:
        self.place, self._environment = place, environment

    def __call__(self, *arguments: object, **extra: str) -> subprocess.CompletedProcess[str]:
        """Run it to its end, in a process that has imported all of it."""
        return run_forked([str(one) for one in arguments], {**self._environment, **extra}, self.place, 240)

    def anew(self, *arguments: object) -> subprocess.CompletedProcess[str]:
        """The same in a new interpreter, as a person starts it."""
        begun = self.start(*arguments)
        out, errors = begun.communicate(timeout=240)
        return subprocess.CompletedProcess(begun.args, begun.returncode, out, errors)

    def start(self, *arguments: object) -> subprocess.Popen[str]:
        """Begin it in a new interpreter."""
        command = [sys.executable, "-m", "mge_assets.cli", *map(str, arguments)]
        return subprocess.Popen(command, cwd=self.place, env=self._environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.fixture
def database(new_database: NewDatabase, used_template: str) -> Iterator[str]:
    """Dagster's tables are there: it makes them in a second, which is tested elsewhere."""
    with new_database(used_template) as url:
        yield url


@pytest.fixture
def mge(settings: Settings, tmp_path: Path) -> Mge:
    place = tmp_path / "here"
    place.mkdir()
    url = settings.database_url
    assert url
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return Mge(place, {**kept, "MGE_HOME": str(settings.home), "MGE_DATABASE_URL": url.get_secret_value(), "COLUMNS": "200"})


def one_error(done: subprocess.CompletedProcess[str], *words: str) -> str:
    """The one line that names what is wrong; no traceback."""
    assert done.returncode == 2, done.stderr
    lines = [line for line in done.stderr.splitlines() if line.startswith("error:")]
    assert len(lines) == 1, done.stderr
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in lines[0], lines[0]
    return lines[0]


def test_run_delivers_a_project_whose_own_tests_pass_and_again_reuses_it_all(mge: Mge):
    done = mge.anew("run", "--json", "--out", "made")
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert list(summary) == ["masterplan", "status", "atoms", "waves", "max_parallel", "precision_percent", "cost_usd", "seconds", "delivered", "report"]
    assert list(summary["atoms"]) == ["total", "completed", "failed", "blocked", "in_review"]
    assert summary["status"] == "completed"
    assert summary["atoms"]["completed"] == summary["atoms"]["total"] > 10
    assert Path(summary["report"]).is_file()
    assert "next: " in done.stderr
    own_tests = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    tests = subprocess.run(own_tests, cwd=summary["delivered"], capture_output=True, text=True, check=False)
    assert tests.returncode == 0, tests.stdout
    again = mge("run", "--out", "made")
    assert again.returncode == 0
    assert "re-used" in again.stdout
    assert "Traceback" not in again.stderr


def test_the_real_plan_ends_with_its_defects_named(mge: Mge):
    done = mge("run", example("inventory"), "--json", "--out", "made")
    assert done.returncode == 1
    summary = json.loads(done.stdout)
    assert summary["status"] == "failed"
    assert summary["atoms"]["failed"] == 2
    assert summary["atoms"]["in_review"] > 0
    status = json.loads(mge("status", summary["masterplan"], "--json").stdout)
    failed = {atom["name"] for atom in status["atom_states"] if atom["status"] == "failed"}
    assert failed == {"inventory.reporting.column_widths", "inventory.stock.turnover"}


PLAN = "name: p\nphases:\n  - name: A\n    milestones:\n      - name: M\n        tasks:\n"


def task(name: str, file: str, **more: str) -> str:
    lines = [f"          - name: {name}", f"            description: {name}", f"            file: {file}"]
    return "\n".join([*lines, *(f"            {key}: {value}" for key, value in more.items())]) + "\n"


SHORT = PLAN + task("a", "a.py", code='"x = 1\\n"')

BAD = {
    "unknown language": (PLAN + task("a", "a.rb", code="x"), ("plan.yaml:7", "language")),
    "a cycle": (PLAN + task("a", "a.py", code="x", depends_on="[b]") + task("b", "b.py", code="x", depends_on="[a]"), ("a", "b", "depends_on")),
    "two owners": (PLAN + task("a", "a.py", code="x") + task("b", "a.py", code="x"), ("a.py",)),
    "climbing": (PLAN + task("a", "../../a.py", code="x"), ("..", "file")),
    "absolute": (PLAN + task("a", "/etc/a.py", code="x"), ("/etc/a.py",)),
    "broken YAML": ("name: p\nphases: [\n", ("plan.yaml:",)),
    "unknown key": (PLAN + task("a", "a.py", cod="x"), ("cod", "code")),
    "missing draft": (PLAN + task("a", "a.py", source="gone.py"), ("gone.py",)),
    "draft outside": (PLAN + task("a", "a.py", source="../secret.py"), ("../secret.py",)),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_plan_gives_one_clear_line_and_leaves_nothing_behind(mge: Mge, case: str):
    text, words = BAD[case]
    (mge.place / "plan.yaml").write_text(text)
    one_error(mge("run", "plan.yaml", "--out", "made"), *words)
    assert not (mge.place / "made").exists()


def test_a_missing_plan_file_says_so(mge: Mge):
    one_error(mge("run", "nowhere.yaml"), "nowhere.yaml")


def test_a_binary_draft_is_refused(mge: Mge):
    (mge.place / "draft.py").write_bytes(b"x = 1\n\0\0\xff")
    (mge.place / "plan.yaml").write_text(PLAN + task("a", "a.py", source="draft.py"))
    one_error(mge("run", "plan.yaml", "--out", "made"), "draft.py", "binary")
    assert not (mge.place / "made").exists()


def test_an_empty_draft_is_a_finding_and_is_delivered_empty(mge: Mge):
    (mge.place / "plan.yaml").write_text(PLAN + task("a", "a.py", code='""') + task("b", "b.py", code='"x = 1\\n"'))
    done = mge("run", "plan.yaml", "--out", "made", "--json")
    assert done.returncode == 0, done.stderr
    assert (mge.place / "made/a.py").read_bytes() == b""
    assert "draft of task" in done.stderr or "empty" in done.stderr


def test_a_foreign_output_folder_is_left_alone(mge: Mge):
    (mge.place / "made").mkdir()
    (mge.place / "made/mine.txt").write_text("mine")
    one_error(mge("run", "--out", "made"), "--out")
    assert [path.name for path in (mge.place / "made").iterdir()] == ["mine.txt"]


def test_what_a_person_changed_in_the_delivered_project_is_not_overwritten(mge: Mge):
    (mge.place / "plan.yaml").write_text(SHORT)
    assert mge("run", "plan.yaml", "--out", "made").returncode == 0
    changed = mge.place / "made/a.py"
    assert changed.read_text() == "x = 1\n"
    changed.write_text("# mine\n")
    done = mge("run", "plan.yaml", "--out", "made")
    assert done.returncode == 1
    assert changed.name in done.stderr
    assert changed.read_text() == "# mine\n"


def test_a_model_that_can_not_be_reached_is_named_once(mge: Mge):
    (mge.place / "plan.yaml").write_text(PLAN + task("a", "a.py", code='"def f():\\n    ...\\n"'))
    done = mge("run", "plan.yaml", "--json", ANTHROPIC_BASE_URL="http://127.0.0.1:9", MGE_MODEL="any", MGE_ATOM_TIMEOUT="3", V2_RETRY_MAX_ATTEMPTS="1")
    assert done.returncode == 1
    lines = [line for line in done.stderr.splitlines() if "not generated" in line]
    assert len(lines) == 1, done.stderr


def test_a_stub_that_nobody_wrote_is_mentioned(mge: Mge):
    (mge.place / "plan.yaml").write_text(PLAN + task("a", "a.py", code='"def f():\\n    ...\\n"'))
    done = mge("run", "plan.yaml", "--json")
    assert "without a body yet: a.f; set ANTHROPIC_API_KEY" in done.stderr


def test_an_interrupt_is_one_line_and_exit_code_130_and_the_next_run_goes_on(mge: Mge, settings: Settings):
    (mge.place / "plan.yaml").write_text(PLAN + "".join(task(f"t{n}", f"m{n}.py", code='"x = 1\\n"') for n in range(40)))
    victim = mge.start("run", "plan.yaml", "--json")
    log = settings.logs / "mge.jsonl"
    while victim.poll() is None and not (log.exists() and log.read_text().count("atom ended") > 1):
        time.sleep(0.01)
    victim.send_signal(signal.SIGTERM)
    _, errors = victim.communicate(timeout=60)
    assert "Traceback" not in errors
    if victim.returncode != 0:  # it may have been done already
        assert victim.returncode == 130, errors
        assert "interrupted" in errors
    assert json.loads(mge("run", "plan.yaml", "--json").stdout)["status"] == "completed"


def test_the_same_plan_twice_at_once_is_refused_in_one_line(mge: Mge, settings: Settings):
    (mge.place / "plan.yaml").write_text(SHORT)
    assert mge("run", "plan.yaml", "--out", "made").returncode == 0
    with open_workspace(settings) as other, other.execution.exclusively("p"):
        one_error(mge("run", "plan.yaml", "--out", "made"), "being executed by another process")


def test_an_unknown_plan_lists_the_known_ones(mge: Mge):
    one_error(mge("status", "nothing"), "nothing", "none yet")


def test_a_database_that_is_not_there_is_waited_for_shortly_and_is_one_line(mge: Mge):
    done = mge("status", MGE_DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")
    assert done.returncode == 3
    waiting, error = [line for line in done.stderr.splitlines() if line]
    assert "waiting up to 10 s for it" in waiting
    assert error.startswith("error: the database does not answer: ")
    assert error.endswith("check MGE_DATABASE_URL and that the server runs")


def test_a_wrong_setting_is_named(mge: Mge):
    done = mge("run", V2_MAX_PARALLEL_ATOMS="many")
    assert done.returncode == 3
    assert "V2_MAX_PARALLEL_ATOMS" in done.stderr


def test_atomize_prints_one_line_a_file_with_the_agreed_keys(mge: Mge):
    (mge.place / "a.py").write_bytes(b"def f(x):\r\n    return x\r\n")
    (mge.place / "b.ts").write_text("export const one: number = 1;\n")
    done = mge.anew("atomize", "a.py", "b.ts", "--json")
    assert done.returncode == 0
    first, second = map(json.loads, done.stdout.splitlines())
    assert (first["file"], first["language"], second["language"]) == ("a.py", "python", "typescript")
    keys = ["name", "kind", "start_byte", "end_byte", "start_line", "end_line", "loc", "complexity", "completeness", "atomicity"]
    assert [list(atom) for atom in first["atoms"] + second["atoms"]] == [keys] * len(first["atoms"] + second["atoms"])
    assert mge("atomize", "none.py").returncode == 2


def test_graph_prints_one_object_a_folder(mge: Mge):
    (mge.place / "one").mkdir()
    (mge.place / "one/main.py").write_text("def f():\n    pass\n\nf()\n")
    done = mge("graph", "one", "one", "--json", "--references")
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [entry["path"] for entry in found] == ["one", "one"]
    assert {"source": "main", "target": "main.f", "type": "FUNCTION_CALL", "confidence": "resolved"} in found[0]["edges"]
    assert any(reference["name"] == "f" and reference["targets"] == [{"file": "main.py", "line": 1}] for reference in found[0]["references"])


def test_graph_shows_a_plan_file_in_both_orders_and_in_forms_for_others(mge: Mge):
    plan = example("inventory")
    done = mge("graph", plan, MGE_DATABASE_URL="postgresql://nobody@127.0.0.1:9/none")
    assert done.returncode == 0, done.stderr
    assert all(word in done.stdout for word in ("contract", "possible parallelism", "critical path", "isolated atoms"))
    document = json.loads(mge("graph", plan, "--json", "--order", "contract").stdout)
    assert document["order"] == "contract"
    assert len(document["waves"]) == document["orders"]["contract"]["waves"] < document["orders"]["code"]["waves"]
    assert mge("graph", plan, "--format", "graphml", "-o", "plan.graphml").returncode == 0
    assert (mge.place / "plan.graphml").read_text().startswith("<?xml")
    assert mge("graph", plan, "--format", "svg").stdout.startswith("<svg")
    one_error(mge("graph", "nowhere"), "nowhere", "mge run")


def test_graph_tells_a_newcomer_in_a_line_what_to_give_it(mge: Mge):
    for name in ("empty", "code"):
        (mge.place / name).mkdir()
    (mge.place / "code/a.py").write_bytes(b"def f():\0\n")
    assert "give the folder of the code" in mge("graph", "empty").stderr
    assert "code/a.py is binary" in mge("graph", "code").stderr
    one_error(mge("graph", "code/a.py"), "file of code", "mge graph code")
    one_error(mge("graph", "none/here"), "no folder or file none/here")
    one_error(mge("graph", "code", "-o", "x"), "--output", "plans")
    one_error(mge("graph", "code", "--format", "png"), "'png'", "graphml")
    one_error(mge("graph", "nowhere", "--references"), "--references is for folders")


def test_graph_tells_what_changed_since_a_commit_and_what_that_touches(mge: Mge):
    porcelain.init(str(mge.place))
    (mge.place / "pkg").mkdir()
    (mge.place / "pkg/base.py").write_text("def twice(number):\n    return 2 * number\n")
    (mge.place / "pkg/use.py").write_text("from base import twice\n\n\ndef four(number):\n    return twice(twice(number))\n\n\nprint(four(1))\n")
    porcelain.add(str(mge.place), [str(path) for path in (mge.place / "pkg").iterdir()])
    porcelain.commit(str(mge.place), b"first", author=b"a <a@b>", committer=b"a <a@b>")
    assert "nothing changed" in mge("graph", "pkg", "--since", "HEAD").stdout
    (mge.place / "pkg/base.py").write_text("def twice(number):\n    return number + number\n")
    change = json.loads(mge("graph", "pkg", "--since", "HEAD", "--json").stdout)
    assert change["changed"] == ["base.twice"]
    assert "use.four" in change["cone"]
    one_error(mge("graph", "pkg", "--since", "none"), "no commit 'none'")


def test_a_run_by_contract_takes_fewer_waves_and_the_plan_tells_what_changed_since(mge: Mge):
    plan = mge.place / "plan.yaml"
    plan.write_text(
        "name: two\nphases:\n- name: p\n  milestones:\n  - name: m\n    tasks:\n    - name: t\n      description: d\n      file: t.py\n      code: |\n"
        "        def one(n):\n            return n\n\n\n        def two(n):\n            return one(n)\n"
    )
    by_code = json.loads(mge("run", "plan.yaml", "--json").stdout)
    by_contract = json.loads(mge("run", "plan.yaml", "--json", "--order", "contract").stdout)
    assert (by_code["waves"], by_contract["waves"]) == (2, 1)
    assert by_contract["atoms"]["completed"] == 2
    assert "nothing changed" in mge("graph", "plan.yaml", "--since", "last").stdout
    plan.write_text(plan.read_text().replace("return n\n", "return -n\n", 1))
    change = json.loads(mge("graph", "plan.yaml", "--since", "last", "--json").stdout)
    assert (change["changed"], change["cone"]) == (["t.one"], ["t.two"])
    assert "by code" not in mge("graph", "two").stdout
    one_error(mge("graph", "two", "--since", "7"), "version 7", "versions with a graph: 1")


def test_doctor_schema_and_url_work_in_an_empty_installation(mge: Mge):
    assert {look["subject"] for look in json.loads(mge.anew("doctor", "--json").stdout)} >= {"Python", "database", "sandbox", "model"}
    assert json.loads(mge("schema").stdout)["title"] == "MGE masterplan"
    assert mge("db", "url").stdout.startswith("postgresql+psycopg2://")


def test_reset_leaves_an_empty_database_that_works(mge: Mge):
    (mge.place / "plan.yaml").write_text(SHORT)
    assert mge("run", "plan.yaml", "--out", "made").returncode == 0
    assert len(json.loads(mge("status", "--json").stdout)) == 1
    assert mge("db", "reset").returncode != 0
    assert mge("db", "reset", "--yes").returncode == 0
    assert json.loads(mge("status", "--json").stdout) == []


def test_import_gives_a_plan_that_delivers_the_same_bytes(mge: Mge):
    source = mge.place / "pkg"
    (source / "sub dir").mkdir(parents=True)
    files = {
        "__init__.py": b"",
        "a.py": b"x = 1\r\ny = 2",
        "sub dir/b.py": b"# coding: latin-1\ns = '\xe9'\n",
        "sub dir/c.js": "export const é = 1;\n".encode(),
    }
    for name, content in files.items():
        (source / name).write_bytes(content)
    done = mge("import", "pkg", "-o", "plans/p.yaml", "--json")
    assert done.returncode == 0, done.stderr
    ran = mge("run", json.loads(done.stdout)["plan"], "--out", "made", "--json")
    assert ran.returncode == 0, ran.stderr
    assert {name: (mge.place / "made/pkg" / name).read_bytes() for name in files} == files
