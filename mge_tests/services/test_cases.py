"""Cases reach the atoms through the service, are kept by the code they follow from, and never hold a plan up."""

import json
from pathlib import Path

import pytest

from mge_assets.services.cases import CaseService, Project, not_run_findings
from mge_assets.services.workspace import open_workspace
from mge_resources.sandbox import Sandbox, SandboxJob, SandboxOutcome, open_sandbox
from mge_resources.settings import Settings
from mge_resources.syntax import Language
from mge_tests.services.walk import plan_all

FILES = {
    "pkg/__init__.py": b"",
    "pkg/a.py": b"from pkg import b\n\n\ndef f(n: int) -> int:\n    return b.g(n) + 1\n",
    "pkg/b.py": b"def g(n: int) -> int:\n    return n * 2\n",
    "pkg/c.py": b"def h(n: int) -> int:\n    return n\n",
}
PLAN = """
name: cases
phases:
  - name: Core
    milestones:
      - name: One
        tasks:
          - name: a
            description: Doubles and adds.
            file: a.py
            code: |
              def f(n: int) -> int:
                  return n * 2 + 1
"""


class Counting:
    """A real sandbox that counts its runs."""

    def __init__(self) -> None:
        self._real, self.runs = open_sandbox("auto"), 0

    @property
    def isolation(self) -> str:
        return self._real.isolation

    def run(self, job: SandboxJob) -> SandboxOutcome:
        self.runs += 1
        return self._real.run(job)


@pytest.fixture
def sandbox() -> Counting:
    found = Counting()
    if found.isolation == "refused":
        pytest.skip("this machine refuses every isolation")
    return found


def run(sandbox: Sandbox, folder: Path, files: dict[str, bytes], seconds: float = 60, names: tuple[str, ...] = ("pkg/a.py", "pkg/c.py")):
    return CaseService(sandbox, folder, seconds).run([(name, Language.PYTHON) for name in names], Project(files))


def test_the_same_code_is_called_once_and_what_it_loads_counts(sandbox: Counting, tmp_path: Path) -> None:
    first = run(sandbox, tmp_path, FILES)
    assert "f(3) gives 7" in [case.expectation for case in first["pkg/a.py"].cases]
    assert sandbox.runs == 2
    assert run(sandbox, tmp_path, FILES) == first
    assert sandbox.runs == 2
    changed = run(sandbox, tmp_path, {**FILES, "pkg/b.py": FILES["pkg/b.py"].replace(b"* 2", b"* 3")})
    assert "f(3) gives 10" in [case.expectation for case in changed["pkg/a.py"].cases]
    assert changed["pkg/c.py"] == first["pkg/c.py"]
    assert sandbox.runs == 3


def test_a_file_is_run_with_what_it_may_load_and_nothing_else() -> None:
    project = Project(FILES)
    assert set(project.reached("pkg/a.py")) == {"pkg/__init__.py", "pkg/a.py", "pkg/b.py"}
    assert set(project.reached("pkg/c.py")) == {"pkg/__init__.py", "pkg/c.py"}
    web = Project({"web/a.ts": b'import { x } from "./lib";\n', "web/lib/index.ts": b'export * from "./deep.js";\n', "web/lib/deep.ts": b"", "web/z.ts": b""})
    assert set(web.reached("web/a.ts")) == {"web/a.ts", "web/lib/index.ts", "web/lib/deep.ts"}


def test_a_plan_waits_no_longer_than_it_is_told(sandbox: Counting, tmp_path: Path) -> None:
    found = run(sandbox, tmp_path, FILES, seconds=1e-9)
    assert sandbox.runs == 0
    (finding,) = not_run_findings(found)
    assert "2 files" in finding.message
    assert "MGE_CASE_SECONDS" in finding.message
    assert run(sandbox, tmp_path, FILES, seconds=0) == {}


def test_where_no_sandbox_is_permitted_the_report_says_not_run(tmp_path: Path) -> None:
    (finding,) = not_run_findings(run(open_sandbox("off"), tmp_path, FILES))
    assert "were not run" in finding.message
    assert not list(tmp_path.iterdir())


def test_a_plans_atoms_carry_their_cases(sandbox: Counting, settings: Settings, tmp_path: Path) -> None:
    plan = tmp_path / "plan.yaml"
    plan.write_text(PLAN)
    with open_workspace(settings.model_copy(update={"case_seconds": 60.0})) as workspace:
        name = plan_all(workspace, plan)
        (stored,) = workspace.atoms.of_plan(name)
        assert "ran: f(3) gives 7" in stored.atom.context.test_cases
        assert len(stored.atom.context.cases) > 3
        assert workspace.atoms.decompose(name).kept_files == 1
    kept = list((settings.root / "cases").iterdir())
    assert [len(json.loads(file.read_bytes())) for file in kept] == [len(stored.atom.context.cases)]
