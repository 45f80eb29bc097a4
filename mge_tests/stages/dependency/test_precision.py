"""Precision by hand: 100 resolved calls of real packages, drawn evenly over how the callee is written, each judged by reading the code.

An empty verdict is right (the call may run what it is said to run), any other says why it is wrong. Even strata make the
loose forms heavier than they are: special methods are a fifth of the sample. The sample was drawn when 83 of the 100 were
right; of what is still resolved of it, 94 of 100 are.
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
LEAST = 0.93
"""Share of what is resolved of the sample that is right."""
MOST_LOST = 5
"""Right calls of the sample that may be guesses by now: rare ones of several, and cached properties."""


def _found(package: str) -> set[tuple[str, str]]:
    corpus = python_package(package)
    if isinstance(corpus, str) or version(package) != JUDGED["versions"][package]:
        pytest.skip(f"{package} {JUDGED['versions'][package]} is not installed")
    code = analyse({file.path: file.source for file in corpus.written})
    return {(e.source, e.target) for e in code.edges if e.type is EdgeType.FUNCTION_CALL and e.confidence is Confidence.RESOLVED}


def test_the_sample_is_whole():
    verdicts = Counter(not why for *_, why in JUDGED["calls"])
    assert sum(verdicts.values()) == 100
    assert verdicts[True] == 83


def test_what_is_resolved_of_the_sample_is_right():
    found = {package: _found(package) for package in JUDGED["versions"]}
    kept = [not why for package, _, source, target, why in JUDGED["calls"] if (source, target) in found[package]]
    assert sum(kept) >= 83 - MOST_LOST
    assert sum(kept) / len(kept) >= LEAST
