"""Integration tests while a plan is still being written: every so many atoms, over what has landed; a failure is traced to the atom that brought it in.

A test means something once every atom that it enters is there. Its outcome follows from the atoms that it enters and from what its files run when they are
loaded, so it is run again only when one of those has changed. Between the last state in which it did not fail and the one in which it does, the landings
that it can have to do with are searched by halving, one run in the sandbox for each step.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Protocol

from mge_assets.stages.validation.failed_tests import Blame, Verdict
from mge_assets.stages.validation.runs import Failure, Reach, TestRun
from mge_assets.stages.validation.spectrum import Assembled, ochiai

EVERY = 10
"""Atoms between two runs (specification §5)."""
FLAKY_RUNS = 2
"""Times that a failed test is run again before it is believed; one pass makes it unsteady."""
MOST_TRACED = 5
"""Failed tests traced in one run; more of them rarely have more causes, and the next run traces what is left."""
MOST_SWAPS = 4
"""Other answers tried in place of a suspect's, where the landing alone does not tell."""


@dataclass(frozen=True, slots=True)
class Suite:
    """A file of acceptance tests and the part of the plan that they belong to."""

    owner: str
    file: str
    text: str


class Bench(Protocol):
    """What the tester asks of the plan."""

    def assemble(self, codes: Mapping[str, bytes]) -> Assembled:
        """The project with this code, and drafts for all other atoms."""
        ...

    def run(self, suite: Suite, project: Assembled, only: Collection[str] | None) -> Reach:
        """Run the suite, or ``only`` those of its tests."""
        ...

    def judge(self, suite: Suite, run: TestRun, project: Assembled, runs: Sequence[TestRun]) -> Verdict:
        """What a failed test speaks against."""
        ...

    def unwritten(self, landed: Collection[str]) -> frozenset[str]:
        """The atoms that have no code of their own yet."""
        ...

    def loads(self, atom: str) -> bool:
        """Whether the atom is run when its file is loaded, so that no test need enter it."""
        ...

    def file_of(self, atom: str) -> str:
        """The atom's file."""
        ...

    def may_reach(self, suite: Suite, atoms: Collection[str]) -> bool:
        """Whether the suite's text has to do with any of these atoms, as far as text tells."""
        ...

    def others(self, atom: str) -> Sequence[bytes]:
        """Other code that was tried for the atom."""
        ...


@dataclass(frozen=True, slots=True)
class Traced:
    """A failed test with the atom that brought the failure in; ``atom`` is empty where it is no atom's.

    ``after`` is how many atoms had landed with that one, ``probes`` how many runs the search took, ``certain`` that the test passes without the atom's code
    and fails with it.
    """

    suite: str
    test: str
    verdict: Verdict
    atom: str = ""
    after: int = 0
    probes: int = 0
    certain: bool = False
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One round of tests. ``run`` counts tests run in it, ``telling`` those of them all whose atoms have all landed; ``seconds`` is wall time."""

    number: int
    landed: int
    run: int
    telling: int
    failed: int
    unsteady: tuple[str, ...]
    traced: tuple[Traced, ...]
    probes: int
    seconds: float
    passing: frozenset[str] = frozenset()
    """Atoms that a telling test enters, and none that fails."""


@dataclass
class _Known:
    """What the last run of a test told: the atoms it entered, and at which count of landings it was last not failing."""

    run: TestRun
    atoms: frozenset[str]
    telling: bool
    good_at: int = 0


class ProgressiveIntegrationTester:
    """Tests one execution as its atoms land.

    ``every`` is how many landings make a round; 0 makes none. Not safe to call from several threads at once.
    """

    def __init__(self, bench: Bench, suites: Sequence[Suite], every: int = EVERY, clock: Callable[[], float] = perf_counter) -> None:
        self._bench, self._suites, self._every, self._clock = bench, suites, every, clock
        self._order: list[tuple[str, bytes]] = []
        self._known: dict[str, dict[str, _Known]] = {}
        self._files: dict[str, frozenset[str]] = {}
        self._unsteady: set[tuple[str, str]] = set()
        self._tested, self._rounds, self._probes, self._settled = 0, 0, 0, 0

    def begin(self, landed: Iterable[tuple[str, bytes]]) -> None:
        """Take these atoms for landed before the execution began; they make no round by themselves."""
        self._order += landed
        self._settled = len(self._order)

    def note(self, atom: str, code: bytes) -> bool:
        """An atom has landed, for the first time or with new code. Answers whether a round is due."""
        self._order.append((atom, code))
        return self._every > 0 and len(self._order) - max(self._tested, self._settled) >= self._every

    @property
    def pending(self) -> bool:
        """Whether atoms have landed since the last round."""
        return self._every > 0 and len(self._order) > max(self._tested, self._settled)

    def step(self) -> Step:
        """Run what the landings since the last round can have changed, and trace what fails. Raises SandboxUnavailableError."""
        begin, end = self._clock(), len(self._order)
        fresh = {name for name, _ in self._order[self._tested :]}
        project, open_atoms = self._at(end), self._bench.unwritten(dict(self._order[:end]))
        self._rounds, self._probes, ran = self._rounds + 1, 0, 0
        failing: list[tuple[Suite, TestRun]] = []
        for suite in self._suites:
            found = self._renewed(suite, fresh, project, open_atoms)
            ran += len(found)
            failing += [(suite, run) for run in found if not run.passed and self._known[suite.file][run.name].telling]
        self._tested = end
        steady = [(suite, run) for suite, run in failing if not self._passes_again(suite, run, project)]
        traced = tuple(self._traced(suite, run, project, end) for suite, run in steady[:MOST_TRACED])
        for file, known in self._known.items():
            for name, one in known.items():
                if one.run.passed or not one.telling or (file, name) in self._unsteady:
                    one.good_at = end
        return Step(
            number=self._rounds,
            landed=len({name for name, _ in self._order[:end]}),
            run=ran,
            telling=sum(one.telling for known in self._known.values() for one in known.values()),
            failed=len(steady),
            unsteady=tuple(run.name for suite, run in failing if (suite, run) not in steady),
            traced=traced,
            probes=self._probes,
            seconds=self._clock() - begin,
            passing=self._passing(),
        )

    def _passing(self) -> frozenset[str]:
        known = [one for tests in self._known.values() for one in tests.values() if one.telling]
        failed = {atom for one in known if not one.run.passed for atom in one.atoms}
        return frozenset({atom for one in known if one.run.passed for atom in one.atoms} - failed)

    def _at(self, count: int) -> Assembled:
        return self._bench.assemble(dict(self._order[:count]))

    def _renewed(self, suite: Suite, fresh: Collection[str], project: Assembled, open_atoms: frozenset[str]) -> Sequence[TestRun]:
        """Run the suite's tests that the fresh landings can have changed, and note what they tell."""
        known = self._known.get(suite.file)
        if known is None and not self._bench.may_reach(suite, {name for name, _ in self._order}):
            return ()
        only: set[str] | None = None
        if known:
            loaded = self._files.get(suite.file, frozenset())
            if not any(self._bench.loads(atom) and self._bench.file_of(atom) in loaded for atom in fresh):
                only = {name for name, one in known.items() if one.atoms & set(fresh)}
                if not only:
                    return ()
        found = self._bench.run(suite, project, only)
        if found.tests or not known:
            self._files[suite.file] = found.files
        tests = self._known.setdefault(suite.file, {})
        for run in found.tests:
            atoms, before = project.atoms(run.entered), tests.get(run.name)
            tests[run.name] = _Known(run, atoms, bool(atoms) and not atoms & open_atoms, before.good_at if before else 0)
        return found.tests

    def _passes_again(self, suite: Suite, run: TestRun, project: Assembled) -> bool:
        """Whether the failed test passes on the very same code; then it depends on something else and traces to nothing."""
        for _ in range(FLAKY_RUNS):
            self._probes += 1
            again = next((one for one in self._bench.run(suite, project, [run.name]).tests if one.name == run.name), None)
            if again is not None and again.passed:
                self._unsteady.add((suite.file, run.name))
                return True
        self._unsteady.discard((suite.file, run.name))
        return False

    def _traced(self, suite: Suite, run: TestRun, project: Assembled, end: int) -> Traced:
        verdict = self._bench.judge(suite, run, project, [one.run for one in self._known[suite.file].values()])
        if verdict.blame is not Blame.CODE:
            return Traced(suite.owner, run.name, verdict, failure=run.failure)
        before = self._probes
        search = _Search(self, suite, run, self._known[suite.file][run.name], end)
        atom, after, certain, evidence = search.found()
        return Traced(suite.owner, run.name, Verdict.of(Blame.CODE, evidence), atom, after, self._probes - before, certain, run.failure)

    # --- what the search asks for

    def probe(self, suite: Suite, test: str, codes: Mapping[str, bytes]) -> tuple[TestRun | None, frozenset[str], bool]:
        """One run of one test: how it ended, the atoms that it entered, and whether all of those are written."""
        self._probes += 1
        project = self._bench.assemble(codes)
        run = next((one for one in self._bench.run(suite, project, [test]).tests if one.name == test), None)
        atoms = project.atoms(run.entered) if run else frozenset()
        return run, atoms, bool(atoms) and not atoms & self._bench.unwritten(codes)

    def codes(self, count: int) -> dict[str, bytes]:
        """The code of the first so many landings."""
        return dict(self._order[:count])

    def landings(self, first: int, last: int, atoms: Collection[str], files: Collection[str]) -> list[int]:
        """The places (1-based) after ``first``, up to ``last``, where one of these atoms landed, or one that runs when these files are loaded."""
        return [
            place
            for place, (name, _) in enumerate(self._order[first:last], first + 1)
            if name in atoms or (self._bench.loads(name) and self._bench.file_of(name) in files)
        ]

    def landed(self, place: int) -> str:
        """The atom that landed there."""
        return self._order[place - 1][0]

    def others(self, atom: str) -> Sequence[bytes]:
        """Other code that was tried for the atom."""
        return self._bench.others(atom)

    def scores(self) -> Mapping[str, float]:
        """How likely each atom is at fault, by all tests that tell."""
        return ochiai((one.run.passed, one.atoms) for known in self._known.values() for one in known.values() if one.telling)

    def files(self, suite: Suite) -> frozenset[str]:
        """The project's files that the suite loads."""
        return self._files.get(suite.file, frozenset())


@dataclass
class _Search:
    """The search for the landing that brought one failure in."""

    tester: ProgressiveIntegrationTester
    suite: Suite
    run: TestRun
    known: _Known
    end: int
    _ends: dict[int, tuple[bool, TestRun | None]] = field(default_factory=dict)
    _atoms: dict[int, frozenset[str]] = field(default_factory=dict)

    def found(self) -> tuple[str, int, bool, str]:
        """(atom, landings with it, whether it is certain, the evidence)."""
        low, atoms = self.known.good_at, self.known.atoms
        if low == 0 and self._bad(0):
            return self._by_spectrum("", 0, "it fails with the plan's drafts alone, before anything landed")
        places = self.tester.landings(low, self.end, atoms, self.tester.files(self.suite))
        while len(places) > 1:
            middle = (len(places) - 1) // 2
            if self._bad(places[middle]):
                entered = self._atoms[places[middle]]
                inside = self.tester.landings(low, places[middle], entered, self.tester.files(self.suite))
                places = [place for place in places[: middle + 1] if place in inside] or places[: middle + 1]
            else:
                low, places = places[middle], places[middle + 1 :]
        if not places:
            return self._by_spectrum("", self.end, "nothing that it enters has landed since it did not fail")
        place = places[0]
        passed = self._passes_before(place)
        atom = self.tester.landed(place)
        if passed:
            return atom, place, True, f"it passes with the {place - 1} atoms that landed before, and fails with {atom}"
        return self._by_spectrum(atom, place, f"{atom} is the last of the atoms that it needs")

    def _bad(self, count: int) -> bool:
        """Whether the test fails, with everything that it enters written, on the first so many landings."""
        if count not in self._ends:
            run, atoms, telling = self.tester.probe(self.suite, self.run.name, self.tester.codes(count))
            self._ends[count] = (run is not None and not run.passed and telling, run)
            self._atoms[count] = atoms
        return self._ends[count][0]

    def _passes_before(self, place: int) -> bool:
        """Whether the test passes on what landed before this place."""
        self._bad(place - 1)
        run = self._ends[place - 1][1]
        return run is not None and run.passed

    def _by_spectrum(self, completed: str, place: int, evidence: str) -> tuple[str, int, bool, str]:
        """The likeliest of the atoms that the test enters, where it could not pass before they were all there; other answers of theirs are tried."""
        scores, last = self.tester.scores(), self.run.frames[-1:]
        ranked = sorted(self.known.atoms, key=lambda name: (-scores.get(name, 0.0), name != completed, name))
        tried = 0
        for name in ranked:
            for other in self.tester.others(name):
                if tried == MOST_SWAPS:
                    break
                tried += 1
                run, _, _ = self.tester.probe(self.suite, self.run.name, {**self.tester.codes(self.end), name: other})
                if run is not None and run.passed:
                    return name, place, True, f"it passes with another answer for {name}"
        likely = ranked[0] if ranked else completed
        shared = [name for name in ranked[1:] if scores.get(name, 0.0) == scores.get(likely, 0.0)]
        more = f"; as likely: {', '.join(shared[:3])}" if shared else ""
        where = f", raised in {last[0].file}:{last[0].line}" if last else ""
        return likely, place, False, f"{evidence}; the tests point at {likely} ({scores.get(likely, 0.0):.2f}){where}{more}"
