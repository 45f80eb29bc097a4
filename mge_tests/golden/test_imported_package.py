"""A real package as a plan, through the whole command: what comes out is what went in."""

from pathlib import Path

from mge_resources.settings import Settings
from mge_tests.bench.imported import run_import


def test_imported_click_is_delivered_byte_for_byte_with_a_hundred_atoms_in_flight(settings: Settings, tmp_path: Path):
    assert settings.database_url is not None
    environment = {"MGE_HOME": str(settings.home), "MGE_DATABASE_URL": settings.database_url.get_secret_value()}
    first = run_import("click", tmp_path, **environment)
    assert first.summary["status"] == "completed", first.narration
    assert first.different == ()
    assert first.files >= 15
    assert first.summary["atoms"]["total"] >= 800
    assert first.summary["max_parallel"] >= 100
    again = run_import("click", tmp_path, **environment)
    assert again.summary["atoms"] == first.summary["atoms"]
    assert again.summary["max_parallel"] == 0, "nothing is run again"
    assert again.different == ()
