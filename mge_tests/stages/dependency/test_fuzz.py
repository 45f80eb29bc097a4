"""Files that nobody would write down are analysed too: the short form of the bench that mixes real ones."""

import pytest

from mge_assets.model.graph import EdgeType
from mge_assets.stages.dependency import analyse
from mge_tests.bench import dependency_fuzz


def test_mixes_of_real_files_are_analysed(capsys: pytest.CaptureFixture[str]) -> None:
    assert dependency_fuzz.main(40, 1, ["click", "requests"]) == 0
    assert "40 mixes" in capsys.readouterr().out


def test_what_raises_or_does_not_end_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_files: object) -> None:
        raise RecursionError("too deep")

    def endless(_files: object) -> None:
        while True:
            pass

    monkeypatch.setattr(dependency_fuzz, "SECONDS", 1)
    for analysis, said in ((broken, "too deep"), (endless, "no end within 1 s")):
        monkeypatch.setattr(dependency_fuzz, "analyse", analysis)
        assert said in dependency_fuzz.problem({"a.py": b""})


@pytest.mark.parametrize(
    "source",
    [
        " = ".join(f"a{number}" for number in range(1200)) + " = None\n",
        "errors = (ValueError, OSError)\nwhile errors:\n    errors = (errors, errors)\ntry:\n    f()\nexcept errors as e:\n    e.g()\n",
    ],
)
def test_long_chains_and_tuples_that_hold_themselves_are_analysed(source: str) -> None:
    assert analyse({"a.py": source.encode()}).symbols


def test_prototypes_in_a_tangle_are_analysed() -> None:
    names = [f"o{number}" for number in range(40)]
    made = "".join(f"const {name} = {{}};\n" for name in names)
    tangled = "".join(f"Object.setPrototypeOf({one}, {other});\n" for one in names for other in names)
    found = analyse({"a.js": f"{made}const last = {{ set far(v) {{}} }};\n{tangled}Object.setPrototypeOf(o39, last);\no0.far = 1;\n".encode()})
    assert ("a", "a.far") in {(edge.source, edge.target) for edge in found.edges if edge.type is EdgeType.FUNCTION_CALL}
