"""Triage of JavaScript and TypeScript tests: the same question and the same kinds of evidence as for Python's, in Node's words."""

import re
from collections.abc import Callable
from functools import cached_property

from mge_assets.stages.validation.failed_tests import Blame, Evidence, FailedTest, Verdict, ended_process, judged, other_code
from mge_assets.stages.validation.project import declared_packages, is_standard
from mge_assets.stages.validation.rules import table
from mge_assets.stages.validation.runs import TEST_SECONDS, Failure
from mge_assets.stages.validation.script_tests import ScriptTests
from mge_resources.syntax import Language

_EXPORT = re.compile(r"The requested module '([^']+)' does not provide an export named '([^']+)'")
_MODULE = re.compile(r"Cannot find module '([^']+)'(?: imported from (\S+))?")
_PACKAGE = re.compile(r"Cannot find package '([^']+)'(?: imported from (\S+))?")
_REQUIRED = re.compile(r"Cannot find module '([^'./][^']*)'(?:\s+Require stack:\s+- (\S+))?")
"""What CommonJS says of a package, of which a path is asked for."""
_MEMBER = re.compile(r"(?:^|[\s(])([\w$.\]\[)(]+?)\.([\w$]+) is not a (?:function|constructor)|^([\w$]+) is not a (?:function|constructor)")
_PROJECT = "/job/project/"


def script_triage(name: str, failure: Failure, known: Evidence) -> Verdict:
    """Judge one failure; ``name`` is the test's, empty where the tests could not even be loaded."""
    return judged(_Case(name, failure, known), _JUDGES)


class _Case(FailedTest):
    """A failure of a test in JavaScript or TypeScript."""

    raises = re.compile(r"\bthrow\b")

    def __init__(self, name: str, failure: Failure, known: Evidence) -> None:
        super().__init__(name, failure, known)
        self.words = f"{failure.message} {failure.said}"

    @cached_property
    def text(self) -> ScriptTests:
        return ScriptTests(self.known.tests)

    def by_test(self, importer: str) -> bool:
        """Whether the file that asked for something is the tests' own."""
        return importer.removeprefix("file://").removeprefix(_PROJECT) == self.known.test_file if importer else self.in_test


def _unplanned(case: _Case, what: str, name: str, *, by_test: bool) -> Verdict:
    """Something of the project is not there: the code's fault where the plan promises it or the code itself asks for it, else the test's."""
    if case.known.drafts.speak_of(name):
        return Verdict.of(Blame.CODE, f"{what} is promised by the plan's drafts and is not there")
    if not by_test:
        return Verdict.of(Blame.CODE, f"{what} is asked for by the code itself and is not there")
    return Verdict.of(Blame.TEST, f"it asks for {what}, of which the plan's drafts say nothing")


def _missing_export(case: _Case) -> Verdict | None:
    match = _EXPORT.search(case.words)
    if match is None:
        return None
    frames = case.failure.frames
    asked = frames[-1].file if frames else case.known.test_file
    return _unplanned(case, f"{match[2]!r} of {match[1]!r}", match[2], by_test=asked == case.known.test_file)


def _missing_module(case: _Case) -> Verdict | None:
    if match := _PACKAGE.search(case.words) or _REQUIRED.search(case.words):
        package, by_test = "/".join(match[1].split("/")[: 2 if match[1].startswith("@") else 1]), case.by_test(match[2] or "")
        declared = declared_packages(case.known.requirements)
        if package.lower() in declared or is_standard(Language.JAVASCRIPT, package):
            remedy = "name the node_modules that has it in MGE_PROJECT_PACKAGES, or have the test put a stand-in for it"
            return Verdict(Blame.ENVIRONMENT, f"{package!r} is declared and not here", remedy)
        if by_test:
            return Verdict(Blame.TEST, f"it imports {package!r}, which the plan does not declare", "write the test without it")
        return Verdict.of(Blame.CODE, f"the code imports {package!r}, which the plan does not declare")
    if match := _MODULE.search(case.words):
        path = match[1].removeprefix(_PROJECT)
        stem = path.rpartition("/")[2].partition(".")[0]
        planned = any(file.rpartition("/")[2].partition(".")[0] == stem for file in case.known.drafts.files)
        if planned and case.by_test(match[2] or "") and not any(file.partition(".")[0] == path.partition(".")[0] for file in case.known.drafts.files):
            return Verdict.of(Blame.TEST, f"it imports {path!r}, and the plan's file of that name is elsewhere")
        return _unplanned(case, f"the file {path!r}", stem if planned else "", by_test=case.by_test(match[2] or ""))
    return None


def _syntax(case: _Case) -> Verdict | None:
    if "SyntaxError" not in case.failure.kinds or not case.failure.frames or _EXPORT.search(case.words):
        return None
    place = case.failure.frames[-1]
    if case.failure.phase != "collect" and case.failure.last != place.file:
        return None
    blame = Blame.TEST if place.file == case.known.test_file else Blame.CODE
    return Verdict.of(blame, f"{place.file}:{place.line} does not parse: {case.failure.message}")


def _environment(case: _Case) -> Verdict | None:
    """The machine withholds something: a network, a file system."""
    rules = table("environment")
    key = next((kind for words, kind in rules["words"].items() if words in case.words or words == case.failure.subject), "")
    if case.raised_by_project or not key:
        return None
    return Verdict(Blame.ENVIRONMENT, f"{case.failure.error}: {case.failure.message}".rstrip(": "), rules["mends"][key])


def _missing_name(case: _Case) -> Verdict | None:
    if not case.in_test:
        return None
    if "ReferenceError" in case.failure.kinds:
        return Verdict.of(Blame.TEST, f"it uses a name that it does not define: {case.failure.message}")
    match = _MEMBER.search(case.failure.message) if "TypeError" in case.failure.kinds else None
    if match is not None:
        name = match[2] or match[3]
        return _unplanned(case, f"{name!r}", name, by_test=True)
    return None


def _endless(case: _Case) -> Verdict | None:
    if case.failure.error != "TooLong":
        return None
    frames = case.failure.frames
    inside = bool(frames) and frames[-1].file != case.known.test_file
    where = f" in {frames[-1].file}:{frames[-1].line}" if frames else ""
    waits = not frames and case.run is not None and any(entry.file != case.known.test_file for entry in case.run.entered)
    return Verdict.of(Blame.CODE if inside or waits or not frames else Blame.TEST, f"it does not end within {TEST_SECONDS:g} s{where}")


def _against_itself(case: _Case) -> Verdict | None:
    """The test asks for what nothing can give, or never comes near the project."""
    if case.failure.error != "AssertionError" or not case.name:
        return None
    if said := case.text.contradicted(case.name if case.name in case.text.bodies else ""):
        return Verdict.of(Blame.TEST, said)
    if case.far_from_project and not case.text.touches_project(case.name):
        return Verdict.of(Blame.TEST, "it fails without a line of the project being run")
    return None


_JUDGES: tuple[Callable[[_Case], Verdict | None], ...] = (
    _syntax, _missing_export, _missing_module, _environment, _missing_name, _endless, ended_process, _against_itself, other_code,
)  # fmt: skip
