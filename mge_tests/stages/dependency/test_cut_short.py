"""An analysis that ends at its bound of steps says so, wherever its graph is shown."""

from pathlib import Path

import pytest
from click.testing import CliRunner

import mge_assets.examples
from mge_assets.cli.graph import graph
from mge_assets.stages.dependency import analyse, build_graph
from mge_assets.stages.dependency.fixpoint import solver
from mge_assets.stages.dependency.incremental.incremental import reanalyse
from mge_assets.stages.dependency.kept import graph_from_json, graph_to_json

CHAIN = range(1, 50)
FILES = {
    "m.py": ("def f0(h): h()\n" + "".join(f"def f{n}(h): f{n - 1}(h)\n" for n in CHAIN) + "def last(): pass\nf49(last)\n").encode(),
    "n.js": ("function f0(h) { h(); }\n" + "".join(f"function f{n}(h) {{ f{n - 1}(h); }}\n" for n in CHAIN) + "function last() {}\nf49(last);\n").encode(),
}
"""What is called at the end is known after many steps."""


def hardly_any_steps(patch: pytest.MonkeyPatch) -> None:
    """An analysis may take no more than these."""
    patch.setattr(solver, "MAX_STEPS", 20)
    patch.setattr(solver, "MAX_STEPS_A_NODE", 0)


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hardly any steps are allowed."""
    hardly_any_steps(monkeypatch)


def test_an_analysis_that_reaches_its_end_is_not_cut_short() -> None:
    assert not analyse(FILES).cut_short


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("file", FILES)
def test_its_graph_says_so_also_when_it_was_kept(file: str) -> None:
    code = analyse({file: FILES[file]})
    assert code.cut_short
    assert graph_from_json(graph_to_json(code)).cut_short
    assert build_graph([], code).statistics["cut_short"]


def test_it_is_not_built_upon(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        hardly_any_steps(patch)
        code = analyse(FILES)
    assert reanalyse(FILES, code, FILES) == analyse(FILES)


@pytest.mark.usefixtures("few")
def test_the_command_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "m.py").write_bytes(FILES["m.py"])
    done = CliRunner().invoke(graph, [str(tmp_path)])
    assert "edges may be missing; give its packages one by one" in done.stderr
    plan = next(Path(mge_assets.examples.__file__).parent.glob("*/*.yaml"))
    assert "edges may be missing; split it into plans" in CliRunner().invoke(graph, [str(plan)]).stderr
