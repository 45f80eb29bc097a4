"""While atoms land, tests run over what is there; a failure is traced to the landing that brought it in, in few runs, and never by chance."""

import math
from collections.abc import Collection, Mapping, Sequence

import pytest

from mge_assets.stages.validation.failed_tests import Blame, Verdict
from mge_assets.stages.validation.progressive import ProgressiveIntegrationTester, Suite
from mge_assets.stages.validation.reach import reach
from mge_assets.stages.validation.runs import Entry, Failure, Reach, TestRun
from mge_assets.stages.validation.spectrum import Assembled
from mge_resources.sandbox import Sandbox

COUNT = 64
SUITE = Suite("one", "tests/test_one.py", "m")


class Numbered:
    """A plan of functions f0 … f63 whose tests call groups of them. Code ``b"!"`` is wrong; a stub is empty."""

    def __init__(self, tests: Mapping[str, Sequence[int]], *, drafted: bool = False, chance: Sequence[bool] = ()) -> None:
        self.tests, self.drafted, self.chance = tests, drafted, list(chance)
        self.runs: list[Collection[str] | None] = []

    def assemble(self, codes: Mapping[str, bytes]) -> Assembled:
        files = {f"f{number}": codes.get(f"f{number}", b"ok" if self.drafted else b"") for number in range(COUNT)}
        return Assembled(files, {name: [(1, name)] for name in files})

    def run(self, suite: Suite, project: Assembled, only: Collection[str] | None) -> Reach:
        self.runs.append(only)
        return Reach(tuple(self._run(name, project) for name in self.tests if only is None or name in only), None, frozenset(project.files))

    def _run(self, name: str, project: Assembled) -> TestRun:
        entered, passed = set(), True
        for number in self.tests[name]:
            entered.add(Entry(f"f{number}", 1))
            code = project.files[f"f{number}"]
            if code in (b"", b"!"):
                passed = False
                break
        if name == "chance" and self.chance:
            passed = self.chance.pop(0)
        return TestRun(name, passed, frozenset(entered), None if passed else Failure("AssertionError"))

    def judge(self, suite: Suite, run: TestRun, project: Assembled, runs: Sequence[TestRun]) -> Verdict:
        return Verdict.of(Blame.TEST if run.name == "wrong" else Blame.CODE, "")

    def unwritten(self, landed: Collection[str]) -> frozenset[str]:
        return frozenset() if self.drafted else frozenset(f"f{number}" for number in range(COUNT)) - set(landed)

    def loads(self, atom: str) -> bool:
        return False

    def file_of(self, atom: str) -> str:
        return atom

    def may_reach(self, suite: Suite, atoms: Collection[str]) -> bool:
        return True

    def others(self, atom: str) -> Sequence[bytes]:
        return ()


def land(tester: ProgressiveIntegrationTester, wrong: Collection[int] = (), order: Sequence[int] = range(COUNT)):
    """Let all atoms land; answers the rounds that were due."""
    return [tester.step() for number in order if tester.note(f"f{number}", b"!" if number in wrong else b"ok")]


@pytest.mark.parametrize("culprit", [0, 7, 31, 40, 63])
def test_the_landing_that_breaks_a_drafted_project_is_found_in_log2_runs(culprit: int):
    bench = Numbered({"all": range(COUNT)}, drafted=True)
    tester = ProgressiveIntegrationTester(bench, [SUITE], COUNT)
    (step,) = land(tester, {culprit})
    (traced,) = step.traced
    assert (traced.atom, traced.after, traced.certain) == (f"f{culprit}", culprit + 1, True)
    assert traced.probes <= math.log2(COUNT) + 2


def test_a_round_comes_every_ten_atoms_and_runs_what_the_landings_can_have_changed():
    bench = Numbered({f"t{first}": range(first, first + 4) for first in range(0, COUNT, 4)})
    steps = land(ProgressiveIntegrationTester(bench, [SUITE]))
    assert [step.landed for step in steps] == [10, 20, 30, 40, 50, 60]
    assert all(step.failed == 0 for step in steps)
    assert steps[0].run == len(bench.tests)
    assert all(step.run <= 4 for step in steps[1:])
    assert [step.telling for step in steps] == [2, 5, 7, 10, 12, 15]


def test_a_test_that_enters_what_is_unwritten_says_nothing_yet():
    bench = Numbered({"pair": [3, 40]})
    steps = land(ProgressiveIntegrationTester(bench, [SUITE]), {40})
    assert [step.failed for step in steps] == [0, 0, 0, 0, 1, 0]
    assert steps[4].traced[0].atom == "f40"


def test_blame_goes_where_the_tests_point_when_no_state_ever_passed():
    bench = Numbered({"both": [3, 40], "first": [3], "second": [40], "again": [40, 5]})
    (step,) = [step for step in land(ProgressiveIntegrationTester(bench, [SUITE], 60), {40}) if step.traced]
    assert {traced.atom for traced in step.traced} == {"f40"}


def test_an_atom_that_lands_anew_and_breaks_what_passed_is_named_for_certain():
    tester = ProgressiveIntegrationTester(Numbered({"all": range(20)}), [SUITE], 20)
    (good,) = land(tester, order=range(20))
    assert good.failed == 0
    tester.note("f3", b"ok2")
    tester.note("f11", b"!")
    tester.note("f12", b"ok2")
    (traced,) = tester.step().traced
    assert (traced.atom, traced.certain) == ("f11", True)
    assert not tester.pending


def test_a_test_that_passes_when_run_again_traces_to_nothing():
    bench = Numbered({"chance": range(4)}, drafted=True, chance=[False, True])
    (step,) = land(ProgressiveIntegrationTester(bench, [SUITE], COUNT))
    assert step.unsteady == ("chance",)
    assert step.traced == ()
    assert step.failed == 0


def test_a_wrong_test_is_charged_to_no_atom():
    (step,) = land(ProgressiveIntegrationTester(Numbered({"wrong": range(4)}, drafted=True), [SUITE], COUNT), {2})
    assert [(traced.atom, traced.verdict.blame) for traced in step.traced] == [("", Blame.TEST)]


class Files(Numbered):
    """The same on real files in the sandbox."""

    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__({}, drafted=True)
        self._sandbox = sandbox
        self.text = "from chain import *\n\n\ndef test_chain():\n    assert f11(0) == 12\n\n\ndef test_short():\n    assert f2(0) == 3\n"

    def assemble(self, codes: Mapping[str, bytes]) -> Assembled:
        lines: list[bytes] = []
        spans: list[tuple[int, str]] = []
        for number in range(12):
            spans.append((sum(text.count(b"\n") for text in lines) + 1, f"f{number}"))
            inner = f"f{number - 1}(n)" if number else "n"
            lines.append(codes.get(f"f{number}", f"def f{number}(n):\n    return {inner} + 1\n\n\n".encode()))
        return Assembled({"chain.py": b"".join(lines)}, {"chain.py": spans})

    def run(self, suite: Suite, project: Assembled, only: Collection[str] | None) -> Reach:
        self.runs.append(only)
        return reach(self._sandbox, project.files, suite.file, self.text, only)


def test_on_real_files_the_atom_is_named_and_only_its_tests_are_run_again(sandbox: Sandbox):
    bench = Files(sandbox)
    tester = ProgressiveIntegrationTester(bench, [SUITE], 12)
    drafted = bench.assemble({})
    for number in range(12):
        text = b"".join(drafted.files["chain.py"].splitlines(keepends=True)[4 * number : 4 * number + 4])
        due = tester.note(f"f{number}", text.replace(b"+ 1", b"+ 2") if number == 7 else text)
    assert due
    step = tester.step()
    (traced,) = step.traced
    assert (traced.test, traced.atom, traced.certain) == ("test_chain", "f7", True)
    assert traced.failure is not None
    assert "13 == 12" in traced.failure.message
    assert all(only == ["test_chain"] for only in bench.runs[1:])
