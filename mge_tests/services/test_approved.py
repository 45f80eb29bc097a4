"""An empty body that the model stood by: a warning for as long as nobody has looked at it, and nothing against the atom once a person has approved it."""

from pathlib import Path

from mge_assets.model.attempts import INSISTED, AtomStatus
from mge_assets.model.decisions import ReviewStatus
from mge_assets.model.findings import Severity
from mge_assets.services.workspace import open_workspace
from mge_resources.settings import Settings
from mge_tests.fakes.emulator.requests import Received
from mge_tests.fakes.emulator.server import MessagesServer
from mge_tests.fakes.emulator.writer import fenced
from mge_tests.services.layered import generating
from mge_tests.services.walk import walk

PLAN = '''\
name: quiet
phases:
  - name: Core
    milestones:
      - name: One
        tasks:
          - name: quiet
            description: Something that does nothing when it begins.
            file: quiet.py
            code: |
              class Quiet:
                  def __init__(self):
                      """Begins."""
                      ...
'''


class Empty:
    """Answers with an empty body, whatever it is told."""

    def answer(self, request: Received) -> str:
        return fenced('def __init__(self):\n    """Begins."""\n    pass\n')


def test_what_a_person_approved_is_no_stub_at_the_next_validation(settings: Settings, tmp_path: Path):
    path = tmp_path / "quiet.yaml"
    path.write_text(PLAN)
    with MessagesServer(Empty()) as server, open_workspace(generating(settings, server)) as workspace:
        done = walk(workspace, path, tmp_path / "out")
        (outcome,) = [one for one in done.outcomes if one.name.endswith("__init__")]
        assert outcome.status is AtomStatus.COMPLETED
        (unseen,) = workspace.validation.atoms(done.plan, [outcome.name])
        assert unseen.passed
        assert {(one.rule, one.severity) for one in unseen.findings} >= {("completeness.empty", Severity.WARNING), (INSISTED, Severity.WARNING)}
        (review,) = [one for one in workspace.review.queue(done.plan) if one.atom == outcome.name]
        workspace.review.decide(review.review_id, ReviewStatus.APPROVED, code_digest=review.code_digest)
        for _ in range(2):
            (approved,) = workspace.validation.atoms(done.plan, [outcome.name])
            assert approved.passed
            assert {one.severity for one in approved.findings if one.rule in {"completeness.empty", INSISTED}} == {Severity.INFO}
        assert workspace.validation.stubs(done.plan) == []
