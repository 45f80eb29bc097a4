"""What is forecast before a cent is spent, beside what it then was."""

from pathlib import Path

import pytest

from mge_assets.model.executions import Schedule
from mge_assets.model.forecasts import by_dependency, by_wave
from mge_assets.services.workspace import open_workspace
from mge_tests.services.layered import Layered, generating
from mge_tests.services.walk import plan_all, walk


def test_a_forecast_is_near_the_truth_sends_nothing_and_is_kept_with_the_execution(settings, tmp_path: Path):
    plan = Layered("layers", (8, 8))
    with plan.emulator() as server, open_workspace(generating(settings, server)) as workspace:
        name = plan_all(workspace, plan.write(tmp_path))
        found = workspace.execution.estimate(name)
        assert server.received == []
        done = walk(workspace, tmp_path / "layers.yaml", tmp_path / "out")
        assert found.usd_median <= found.usd_p90
        assert found.usd_median == pytest.approx(done.progress.cost_usd, rel=0.4)
        assert found.atoms == len(server.received)
        assert (found.width, found.known_calls) == (8, 0)
        newest = workspace.stores.executions.newest(name)
        assert newest is not None
        assert newest.forecast["usd_median"] == pytest.approx(found.usd_median)
        rows = {row.name: row for row in workspace.reports.report(name).measures}
        assert set(rows) == {"cost", "time", "calls", "atoms at once, on the average"}
        assert rows["calls"].found == str(len(server.received))
        assert workspace.execution.estimate(name, Schedule.DEPENDENCY).atoms == 0


def test_a_ladder_is_forecast_at_each_models_own_price_and_a_batch_at_half(settings, tmp_path: Path):
    plan = Layered("ladder", (12, 12))
    ladder = "claude-haiku-5-5,claude-opus-5-5"
    with plan.emulator(mistakes=0.2) as server, open_workspace(generating(settings, server, models=ladder)) as workspace:
        name = plan_all(workspace, plan.write(tmp_path))
        alone, batch = workspace.execution.estimate(name), workspace.execution.estimate(name, batch=True)
        assert 0 < batch.usd_median < alone.usd_median
        assert batch.seconds_median > 600
        done = walk(workspace, tmp_path / "ladder.yaml", tmp_path / "out")
        assert {bill.model for bill in server.ledger.bills} == {"claude-haiku-5-5", "claude-opus-5-5"}
        assert done.progress.cost_usd == pytest.approx(server.ledger.usd, abs=1e-4)
        assert alone.usd_median / 3 < done.progress.cost_usd < 3 * alone.usd_p90
        assert all(workspace.stores.journal.figures(model).calls for model in ladder.split(","))


def test_work_is_laid_out_by_wave_and_by_dependency():
    waves = by_wave([[1.0, 5.0, 1.0], [2.0]], limit=2)
    assert (waves.seconds, waves.width) == (7.0, 2)
    free = by_dependency({"a": 1.0, "b": 5.0, "c": 1.0, "d": 2.0}, {"d": ["a", "gone"]}, limit=2)
    assert (free.seconds, free.width) == (5.0, 2)
    assert free.parallelism == pytest.approx(9 / 5)
    assert by_wave([], 3).seconds == by_dependency({}, {}, 3).seconds == 0.0
