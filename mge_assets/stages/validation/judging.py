"""Acceptance tests that failed, judged one by one: what each speaks against goes beside the check, and what is the machine's doing fails nothing."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from mge_assets.model.findings import Check, CheckStatus, Finding, Severity
from mge_assets.stages.validation.failed_tests import Blame, Evidence, Verdict
from mge_assets.stages.validation.promises import Drafts
from mge_assets.stages.validation.reach import reach
from mge_assets.stages.validation.runs import Failure, Reach, TestRun
from mge_assets.stages.validation.spectrum import Spans, holders, ochiai
from mge_assets.stages.validation.triage import triage
from mge_assets.stages.validation.triage_javascript import script_triage
from mge_resources.sandbox.port import Sandbox

CHECK = "triage"
RULE = "triage."
_PHASE = re.compile(r" \((?:setup|teardown|skipped by the code)\)$")
_ERROR = Severity.ERROR
_CUT_OFF = {"tests.limit": {"TooLong", "MemoryError"}, "tests.unfinished": {"ProcessEnded"}}
"""Rules of findings that speak of all tests together ▸ errors of the one test that can be behind it."""


@dataclass(frozen=True)
class Grounds:
    """What judging failed tests needs of the plan.

    ``drafts`` are its files; ``spans`` where the atoms begin in the files that are tested; ``stubs`` the atoms whose draft has no body, ``changed`` those
    whose code is not the draft.
    """

    drafts: Drafts
    requirements: tuple[str, ...] = ()
    spans: Spans = field(default_factory=dict)
    stubs: frozenset[str] = frozenset()
    changed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Judged:
    finding: Finding
    verdict: Verdict
    atom: str = ""
    test: str = ""


def judged(
    check: Check, sandbox: Sandbox, project: Mapping[str, bytes], test_file: str, tests: str, grounds: Grounds, again: Callable[[], Check]
) -> list[Check]:
    """The check of acceptance tests with the verdicts on what failed; ``again`` runs the tests once more. Raises SandboxUnavailableError."""
    if check.status is not CheckStatus.FAILED:
        return [check]
    found = reach(sandbox, project, test_file, tests)
    suite = _Suite(sandbox, project, test_file, tests, grounds, found, again)
    return _with_verdicts(check, list(suite.verdicts(check)))


@dataclass
class _Suite:
    """The failed tests of one file."""

    sandbox: Sandbox
    project: Mapping[str, bytes]
    test_file: str
    tests: str
    grounds: Grounds
    found: Reach
    again: Callable[[], Check]

    def verdicts(self, check: Check) -> Iterator[_Judged]:
        """A verdict for each error of the check."""
        errors = [finding for finding in check.findings if finding.severity is _ERROR]
        known = Evidence(self.project, self.grounds.drafts, self.test_file, self.tests, self.grounds.requirements, self.found.tests, self._with_drafts(errors))
        runs = {run.name: run for run in self.found.tests}
        for finding in errors:
            run = self._run_of(finding, runs)
            verdict = self._verdict(finding, run, known)
            yield _Judged(finding, verdict, self._atom(run) if verdict.blame is Blame.CODE else "", run.name if run else _name(finding))

    def _triage(self, name: str, failure: Failure, known: Evidence) -> Verdict:
        return (triage if self.test_file.endswith(".py") else script_triage)(name, failure, known)

    def _run_of(self, finding: Finding, runs: Mapping[str, TestRun]) -> TestRun | None:
        """The run of the test that failed; where all were cut off together, of the one that did it."""
        named = [name for name in runs if finding.message == name or finding.message.startswith(f"{name}: ")]
        if named or finding.rule not in _CUT_OFF:
            return runs.get(max(named, key=len) if named else _name(finding))
        return next((run for run in self.found.tests if run.error in _CUT_OFF[finding.rule]), None)

    def _verdict(self, finding: Finding, run: TestRun | None, known: Evidence) -> Verdict:
        if finding.rule == "tests.tampering":
            return Verdict.of(Blame.CODE, "the code does something to its tests")
        if self.found.broken is not None:
            return self._triage("", self.found.broken, known)
        if finding.rule in _CUT_OFF:
            return self._unfinished(finding, run, known)
        if run is not None and run.failure is not None:
            return self._triage(run.name, run.failure, known)
        if finding.rule == "tests.none":
            return Verdict.of(Blame.TEST, finding.message)
        return self._unsteady(finding) if run is not None else Verdict.of(Blame.CODE, "nothing speaks against the test")

    def _unfinished(self, finding: Finding, run: TestRun | None, known: Evidence) -> Verdict:
        """A run that was cut off: by one test that does not end, by code that ended the process, or by many that are long together."""
        if run is not None and run.failure is not None:
            return self._triage(run.name, run.failure, known)
        if run is not None and any(_of(each, run.name) for each in self.again().findings):
            return Verdict.of(Blame.CODE, "it does not end where the tests are kept apart from the code")
        if run is None and (finding.rule == "tests.unfinished" or self.found.limit):
            return Verdict.of(Blame.CODE, "it ends the process that it runs in, or takes more than it may")
        if not _fails(self.again()):
            return Verdict(Blame.ENVIRONMENT, "the tests came to their end when they were run again: the machine was busy", "run it again with less beside it")
        return Verdict(Blame.ENVIRONMENT, "each test ends in time, all of them together do not", "divide the tests between tasks, or make them shorter")

    def _unsteady(self, finding: Finding) -> Verdict:
        names = {_name(each) for each in self.again().findings if each.severity is _ERROR}
        if _name(finding) not in names:
            return Verdict.of(Blame.TEST, "it passed when it was run again: it depends on chance, on time or on what runs beside it")
        return Verdict.of(Blame.CODE, "it fails where the tests are kept apart from the code")

    def _with_drafts(self, errors: Sequence[Finding]) -> Mapping[str, bool]:
        """How the failed tests end on the plan's drafts, where everything that they enter is complete there and something of it was written anew."""
        wanted = []
        for run in self.found.tests:
            entered = holders(run.entered, self.grounds.spans)
            bases = {name.partition("#")[0] for name in entered}
            of = {name for name in self.grounds.stubs | self.grounds.changed if name.partition("#")[0] in bases}
            if any(_of(finding, run.name) for finding in errors) and of & self.grounds.changed and not of & self.grounds.stubs:
                wanted.append(run.name)
        if not wanted:
            return {}
        project = {**self.project, **self.grounds.drafts.files}
        return {run.name: run.passed for run in reach(self.sandbox, project, self.test_file, self.tests, wanted).tests}

    def _atom(self, run: TestRun | None) -> str:
        """The atom that is most likely at fault: by all tests, and among equals the one that the failure came from, then one that was generated."""
        if run is None:
            return ""
        spans = self.grounds.spans
        scores = ochiai((each.passed, holders(each.entered, spans)) for each in self.found.tests)
        last = holders([frame for frame in run.frames if frame.file != self.test_file][-1:], spans)
        names = sorted(holders(run.entered, spans), key=lambda name: (-scores.get(name, 0.0), name not in last, name not in self.grounds.changed, name))
        return names[0] if names else ""


def _of(finding: Finding, test: str) -> bool:
    """Whether the finding is this test's."""
    return _name(finding) == test or finding.message.startswith(f"{test}: ")


def _name(finding: Finding) -> str:
    return _PHASE.sub("", finding.message.partition(": ")[0])


def _fails(check: Check) -> bool:
    return check.status is CheckStatus.FAILED


def _with_verdicts(check: Check, verdicts: Sequence[_Judged]) -> list[Check]:
    """The check as the verdicts weigh it, and the verdicts themselves."""
    if not verdicts:
        return [check]
    by_finding = {id(one.finding): one for one in verdicts}
    told = tuple(_told(one) for one in verdicts)
    if all(one.verdict.blame is Blame.ENVIRONMENT for one in verdicts):
        first = verdicts[0].verdict
        return [Check.not_run(check.name, f"the machine, not the code: {first.evidence}; {first.remedy}"), Check.of(CHECK, told)]
    findings = tuple(_weighed(finding, by_finding.get(id(finding))) for finding in check.findings)
    return [Check.of(check.name, findings, check.share), Check.of(CHECK, told)]


def _weighed(finding: Finding, one: _Judged | None) -> Finding:
    if one is None or one.verdict.blame is Blame.CODE:
        return finding
    severity = Severity.WARNING if one.verdict.blame is Blame.ENVIRONMENT else finding.severity
    return replace(finding, severity=severity, fix=one.verdict.remedy)


def _told(one: _Judged) -> Finding:
    """The verdict as a finding."""
    blame, name = one.verdict.blame, one.test or _name(one.finding)
    whose = f" of {one.atom}" if one.atom else ""
    message = f"{name}: the {blame.value}{whose} is at fault: {one.verdict.evidence}"
    return Finding(f"{RULE}{blame.value}", Severity.WARNING, message, one.verdict.remedy, one.finding.place)
