"""Precision by hand: 100 resolved calls of real packages, drawn evenly over how the callee is written, each judged by reading the code.

An empty verdict is right (the call may run what it is said to run), any other says why it is wrong. Even strata make the
loose forms heavier than they are: special methods are a fifth of the sample.
"""

import json
from collections import Counter
from importlib.metadata import version
from pathlib import Path

import pytest

from mge_assets.model.graph import Confidence, EdgeType
from mge_assets.stages.dependency import analyse
from mge_tests.bench.corpora import python_package

JUDGED = json.loads((Path(__file__).parent / "judged_calls.json").read_text())
LEAST = 0.83
"""Share of the sample that is right."""


def _found(package: str) -> set[tuple[str, str]]:
    corpus = python_package(package)
    if isinstance(corpus, str) or version(package) != JUDGED["versions"][package]:
        pytest.skip(f"{package} {JUDGED['versions'][package]} is not installed")
    code = analyse({file.path: file.source for file in corpus.written})
    return {(e.source, e.target) for e in code.edges if e.type is EdgeType.FUNCTION_CALL and e.confidence is Confidence.RESOLVED}


def test_the_sample_is_whole():
    verdicts = Counter(not why for *_, why in JUDGED["calls"])
    assert sum(verdicts.values()) == 100
    assert verdicts[True] / 100 >= LEAST


@pytest.mark.parametrize("package", JUDGED["versions"])
def test_calls_judged_right_stay_found_and_wrong_ones_grow_no_more(package: str):
    found = _found(package)
    rows = [(source, target, why) for name, _, source, target, why in JUDGED["calls"] if name == package]
    lost = [(source, target) for source, target, why in rows if not why and (source, target) not in found]
    kept = [not why for source, target, why in rows if (source, target) in found]
    assert lost == []
    assert sum(kept) / len(kept) >= sum(not why for *_, why in rows) / len(rows)
