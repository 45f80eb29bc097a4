"""What the programs that run tests beside the code write of them: a line of JSON for each test, and one at the end."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from mge_assets.stages.validation.grading import MOST_LATE
from mge_assets.stages.validation.runs import LOADING_SECONDS, Entry, Failure, Reach, TestRun

REPORT = "reach.jsonl"


def repeated(run: Callable[[dict[str, Any]], tuple[Reach, list[TestRun]]], only: Iterable[str] | None, seconds: float) -> Reach:
    """All tests, or ``only`` those of these names: run again without the ones that ended the run, a few times.

    ``run`` is handed what the program is told, and gives what came of it and the tests that ended it.
    """
    wanted, late, found = None if only is None else sorted(only), list[TestRun](), Reach()
    for _ in range(MOST_LATE):
        found, stuck = run({"only": wanted, "skip": [each.name for each in late], "seconds": seconds, "loading": LOADING_SECONDS})
        late += stuck
        if not stuck or set(wanted or ()) == {each.name for each in late}:
            break
    return replace(found, tests=(*found.tests, *late))


def rows_of(content: bytes) -> Iterator[dict[str, Any]]:
    """The objects of a file of JSON lines; what is none is passed over, since the code under test could write there."""
    for line in content.splitlines():
        try:
            row = json.loads(line)
        except ValueError:
            continue
        if isinstance(row, dict):
            yield row


def run_of(row: Mapping[str, Any], entered: frozenset[Entry] | None = None) -> TestRun | None:
    """The test that the row tells of; ``None`` where it tells of none, or of one that was skipped. What it ``entered`` stands in the row, or is given."""
    if not isinstance(row.get("test"), str) or not row["test"] or row.get("skipped"):
        return None
    passed = row.get("passed") is True
    reached = frozenset(entries_of(row.get("entered"))) if entered is None else entered
    return TestRun(row["test"], passed, reached, None if passed else failure_of(row))


def failure_of(said: Mapping[str, Any]) -> Failure:
    """How a test came to grief, as the harness tells it."""
    kinds, number = said.get("kinds"), said.get("errno")
    return Failure(
        error=str(said.get("error", "")),
        message=str(said.get("message", "")),
        frames=tuple(entries_of(said.get("frames"))),
        kinds=tuple(map(str, kinds if isinstance(kinds, list) else ())),
        last=str(said.get("last", "")),
        number=number if isinstance(number, int) else 0,
        subject=str(said.get("name") or said.get("code") or ""),
        phase=str(said.get("phase", "call")),
        said=str(said.get("said", "")),
    )


def broken_of(rows: Sequence[Mapping[str, Any]]) -> Failure | None:
    """Why no test could be collected; ``None`` where they could."""
    return next((failure_of(row["broken"]) for row in rows if isinstance(row.get("broken"), dict)), None)


def files_of(rows: Sequence[Mapping[str, Any]]) -> frozenset[str] | None:
    """The project's files that were loaded; ``None`` where the run did not come to its end."""
    end = next((row for row in rows if row.get("finished")), None)
    return frozenset(map(str, end.get("files", ()))) if end else None


def entries_of(value: Any) -> list[Entry]:  # noqa: ANN401 - JSON of a process that runs code under test
    """Functions that were entered, or lines that were gone through: (file, 1-based line)."""
    pairs: Sequence[Any] = value if isinstance(value, list) else ()
    return [Entry(str(pair[0]), int(pair[1])) for pair in pairs if isinstance(pair, list) and len(pair) == 2 and isinstance(pair[1], int)]
