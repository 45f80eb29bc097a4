"""Every binding form of the three languages in small programs: each use of a name has the very lines that the language says.

``judged_references.json`` holds the programs and, for each line with uses, ``column name lines`` of each; lines of other files carry their names.
TypeScript and JavaScript were agreed upon with TypeScript's language service (``mge_tests.bench.reference_oracle``), Python was judged by reading.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from mge_assets.stages.dependency import analyse

CASES: list[dict[str, Any]] = json.loads(Path(__file__).with_name("judged_references.json").read_text())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_uses_have_the_lines_that_the_language_gives_them(case: dict[str, Any]) -> None:
    code = analyse({file: "".join(f"{line}\n" for line in lines).encode() for file, lines in case["files"].items()}, references=True)
    found: dict[str, set[str]] = {}
    for use in code.references:
        lines = ",".join(str(place.line) if place.file == use.file else f"{place.file}:{place.line}" for place in use.targets)
        found.setdefault(f"{use.file}:{use.line}", set()).add(f"{use.column} {use.name} {lines or '-'}")
    differing = {place: sorted(set(said) - found.get(place, set())) for place, said in case["uses"].items() if not set(said) <= found.get(place, set())}
    assert not differing


def test_edges_are_the_same_whether_references_are_asked_for_or_not() -> None:
    files = {"a.ts": b"interface V { v(): void }\nclass A { v() {} }\nfunction f(x: V) { x.v(); }\nf(new A());\n"}
    plain, asked = analyse(files), analyse(files, references=True)
    assert (plain.edges, plain.symbols) == (asked.edges, asked.symbols)
    assert {(use.line, place.line) for use in asked.references if use.name == "v" for place in use.targets} == {(3, 1)}
