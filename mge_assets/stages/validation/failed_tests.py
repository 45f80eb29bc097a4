"""A failed test with all that is known of it, and what the judges of every language make of that alike."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

from mge_assets.stages.validation.promises import Drafts
from mge_assets.stages.validation.runs import Failure, TestRun


class Blame(StrEnum):
    """What a failed test speaks against."""

    CODE = "code"
    TEST = "test"
    ENVIRONMENT = "environment"


_REMEDIES = {
    Blame.CODE: "the atom goes back to the attempt loop, or before a person",
    Blame.TEST: "correct the test in the plan; no atom is charged with it",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a failed test speaks against, the evidence in a sentence, and the remedy."""

    blame: Blame
    evidence: str
    remedy: str = ""

    @classmethod
    def of(cls, blame: Blame, evidence: str) -> "Verdict":
        """The verdict with the remedy that belongs to it."""
        return cls(blame, evidence, _REMEDIES.get(blame, ""))


@dataclass(frozen=True)
class Evidence:
    """What is known beside the failure itself.

    ``project`` are the files that were tested, ``drafts`` the plan's; ``test_file`` and ``tests`` name and hold the tests; ``requirements`` are the plan's.
    ``runs`` are all runs of the same tests. ``with_drafts`` says for a test that can be run on the drafts alone whether it passes there.
    """

    project: Mapping[str, bytes]
    drafts: Drafts
    test_file: str
    tests: str
    requirements: tuple[str, ...] = ()
    runs: tuple[TestRun, ...] = ()
    with_drafts: Mapping[str, bool] = field(default_factory=dict)


class FailedTest:
    """One failure with what is known of it. ``raises`` tells a line that says in its language that it raises."""

    raises: re.Pattern[str]

    def __init__(self, name: str, failure: Failure, known: Evidence) -> None:
        self.name, self.failure, self.known = name, failure, known
        self.run = next((run for run in known.runs if run.name == name), None)

    @property
    def in_test(self) -> bool:
        """Whether it was raised by a line of the test itself, or came out of a call that never got into the project."""
        frames = self.failure.frames
        return bool(frames) and frames[-1].file == self.known.test_file and self.failure.last == self.known.test_file

    @property
    def raised_by_project(self) -> bool:
        """Whether the project says there that it raises, so that it means to."""
        frames = [frame for frame in self.failure.frames if frame.file != self.known.test_file]
        if not frames or self.failure.last != frames[-1].file:
            return False
        lines = self.known.project.get(frames[-1].file, b"").decode(errors="replace").splitlines()
        return any(self.raises.search(line) for line in lines[frames[-1].line - 1 : frames[-1].line])

    @property
    def far_from_project(self) -> bool:
        """Whether the test is known to have entered nothing but its own file."""
        return self.run is not None and not {entry.file for entry in self.run.entered} - {self.known.test_file}

    def default(self) -> str:
        """The evidence where nothing speaks for anything but the code."""
        frames = [frame for frame in self.failure.frames if frame.file != self.known.test_file]
        where = f" in {frames[-1].file}:{frames[-1].line}" if frames else ""
        if self.failure.error == "AssertionError":
            return "the code gives something else than the test asks for, and nothing speaks against the test"
        return f"{self.failure.error or 'the run'} is raised{where}"


CaseT = TypeVar("CaseT", bound=FailedTest)


def judged(case: CaseT, judges: Iterable[Callable[[CaseT], Verdict | None]]) -> Verdict:
    """The first judge's verdict that has one; without any it is the code."""
    return next((found for judge in judges if (found := judge(case)) is not None), None) or Verdict.of(Blame.CODE, case.default())


def other_code(case: FailedTest) -> Verdict | None:
    """What the plan's own complete drafts do with the same test."""
    passes = case.known.with_drafts.get(case.name)
    if passes is None:
        return None
    if passes:
        return Verdict.of(Blame.CODE, "the plan's own draft passes it, the code in its place does not")
    return Verdict.of(Blame.TEST, "the plan's own complete draft fails it, and so does the code that was written in its place")


def ended_process(case: FailedTest) -> Verdict | None:
    """A test in which the process ended: by the code, unless the test never came near it."""
    if case.failure.error != "ProcessEnded":
        return None
    return Verdict.of(Blame.TEST if case.far_from_project else Blame.CODE, case.failure.message)
