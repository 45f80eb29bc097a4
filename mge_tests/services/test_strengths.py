"""What a plan's tests are worth is told with the results of their unit."""

from pathlib import Path

from mge_assets.model.findings import Level
from mge_assets.services.workspace import open_workspace
from mge_resources.sandbox import Sandbox
from mge_resources.settings import Settings
from mge_tests.services.walk import walk

PLAN = """
name: strengths
phases:
  - name: Core
    milestones:
      - name: One
        tasks:
          - name: shop
            description: Adds tax, and names.
            file: shop.py
            code: |
              def taxed(amount: int) -> int:
                  return amount + amount // 10


              def named(text: str) -> str:
                  return text.strip() or "shop"


              def alone(text: str) -> str:
                  return text.upper()
            tests: |
              from shop import named, taxed


              def test_taxed():
                  assert taxed(100) == 110


              def test_named():
                  named("a")
"""


def test_weak_tests_and_untested_atoms_are_told_and_nothing_else_is(sandbox: Sandbox, settings: Settings, tmp_path: Path):
    path = tmp_path / "strengths.yaml"
    path.write_text(PLAN)
    with open_workspace(settings.model_copy(update={"mutation_seconds": 20.0})) as workspace:
        done = walk(workspace, path, tmp_path / "out")
        (result,) = [one for one in workspace.validation.results(done.plan) if one.level is Level.TASK]
    (check,) = [check for check in result.checks if check.name == "test_strength"]
    told = {finding.rule: finding.message for finding in check.findings}
    assert "test_named" in told["tests.weak"]
    assert "1 atom that no test enters: shop.alone" in told["tests.unreached"]
    assert set(told) == {"tests.weak", "tests.unreached"}
    assert result.passed
