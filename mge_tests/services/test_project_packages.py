"""Tests that could not run for want of a package are run once it is there, though no file of the plan has changed."""

from pathlib import Path

from mge_assets.model.findings import CheckStatus, Level
from mge_assets.services.workspace import open_workspace
from mge_resources.sandbox import Sandbox
from mge_resources.settings import Settings
from mge_tests.services.walk import walk

PLAN = """\
name: packs
requirements: [wanted-package]
phases:
  - name: Core
    milestones:
      - name: One
        tasks:
          - name: four
            description: Four times.
            file: four.py
            code: |
              from wanted_package import twice


              def four(number: int) -> int:
                  return twice(twice(number))
            tests: |
              from four import four


              def test_four():
                  assert four(2) == 8
"""


def verdict(settings: Settings, folder: Path) -> CheckStatus:
    with open_workspace(settings) as workspace:
        plan = walk(workspace, folder / "packs.yaml", folder / "out").plan
        (task,) = workspace.stores.validations.of_plan(plan, (Level.TASK,))
    return next(check.status for check in task.checks if check.name == "tests")


def test_a_package_that_comes_later_has_the_tests_run(sandbox: Sandbox, settings: Settings, tmp_path: Path):
    (tmp_path / "packs.yaml").write_text(PLAN)
    site = tmp_path / "site-packages"
    site.mkdir()
    assert verdict(settings, tmp_path) is CheckStatus.NOT_RUN
    there = settings.model_copy(update={"project_packages": str(site)})
    assert verdict(there, tmp_path) is CheckStatus.NOT_RUN
    (site / "wanted_package.py").write_text("def twice(number):\n    return 2 * number\n")
    assert verdict(there, tmp_path) is CheckStatus.PASSED
    assert verdict(settings, tmp_path) is CheckStatus.NOT_RUN
