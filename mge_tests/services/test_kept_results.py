"""What is kept on disk is what was found, for these files and versions only; losing it costs time alone."""

import os
from pathlib import Path

import pytest

from mge_assets.services import kept_results
from mge_assets.services.comparison import Comparison
from mge_assets.services.kept_results import KeptResults
from mge_assets.stages.dependency import analyse
from mge_tests.bench.corpora import Corpus, python_package

SCRIPT = b"export function price(item: string): number {\n  return item.length;\n}\nprice('a');\n"


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    corpus = python_package("requests")
    assert isinstance(corpus, Corpus)
    return {f"requests/{file.path}": file.source for file in corpus.written} | {"web/price.ts": SCRIPT + b"// a word\n" * 6_000}


def none_analysed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mge_assets.stages.dependency.analysis.PythonProgram", lambda *_: pytest.fail("Python analysed again"))
    monkeypatch.setattr("mge_assets.stages.dependency.analysis.JavaScriptProgram", lambda *_: pytest.fail("scripts analysed again"))
    monkeypatch.setattr("mge_assets.services.comparison.atomize", lambda *_: pytest.fail("cut again"))


def test_a_graph_is_kept_as_it_was_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, files: dict[str, bytes]):
    found = analyse(files)
    assert analyse(files, kept=KeptResults(tmp_path, "1")) == found
    none_analysed(monkeypatch)
    assert analyse(files, kept=KeptResults(tmp_path, "1")) == found
    with pytest.raises(pytest.fail.Exception, match="Python analysed again"):
        analyse(files, kept=KeptResults(tmp_path, "2"))


def test_references_are_never_taken_from_what_is_kept(tmp_path: Path, files: dict[str, bytes]):
    analyse(files, kept=KeptResults(tmp_path, "1"))
    assert analyse(files, references=True, kept=KeptResults(tmp_path, "1")).references


@pytest.mark.parametrize("added", [b"# a word\n", b"\n\nclass Added(Session):\n    def get(self, url): return super().get(url)\n"])
def test_a_comparison_tells_the_same_with_and_without_what_is_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, files: dict[str, bytes], added: bytes):
    now = files | {"requests/sessions.py": files["requests/sessions.py"] + added, "requests/run.py": b"from . import sessions\n"}
    expected = Comparison(files, now, KeptResults(tmp_path / "empty", "1")).change()
    kept = KeptResults(tmp_path / "kept", "1")
    assert Comparison(files, files, kept).change().nothing
    assert Comparison(files, now, kept).change() == expected
    none_analysed(monkeypatch)
    assert Comparison(files, now, kept).change() == expected
    assert expected.changed or expected.added


def test_what_cannot_be_read_is_found_again(tmp_path: Path, files: dict[str, bytes]):
    kept = KeptResults(tmp_path, "1")
    expected = Comparison(files, files | {"new.py": b"import requests\n"}, kept).change()
    for number, path in enumerate(sorted(tmp_path.iterdir())):
        path.write_bytes(b"" if number % 2 else b"x\x9c\x01")
    assert Comparison(files, files | {"new.py": b"import requests\n"}, kept).change() == expected


def test_a_place_that_cannot_be_written_costs_nothing_but_time(tmp_path: Path, files: dict[str, bytes]):
    (tmp_path / "file").write_bytes(b"")
    kept = KeptResults(tmp_path / "file" / "below", "1")
    assert Comparison(files, files, kept).change().nothing


def test_room_is_bounded_and_what_was_asked_for_last_stays(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, files: dict[str, bytes]):
    kept, graph = KeptResults(tmp_path, "1"), analyse(files)
    kept.keep_graph("a", graph)
    size = next(tmp_path.iterdir()).stat().st_size
    monkeypatch.setattr(kept_results, "MAX_BYTES", 3 * size)
    for mark in "bc":
        kept.keep_graph(mark, graph)
    for number, path in enumerate(sorted(tmp_path.iterdir())):
        os.utime(path, (number, number))
    assert kept.graph("a") == graph
    kept.keep_graph("d", graph)
    kept.keep_graph("e", graph)
    assert [mark for mark in "abcde" if kept.graph(mark)] == ["a", "d", "e"]
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 3 * size
