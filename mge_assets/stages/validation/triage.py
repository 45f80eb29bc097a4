"""Triage: whether a failed test speaks against the code, against the test, or against the machine; each has a remedy of its own.

Judged by evidence: what was raised, where, what the plan's drafts promise, what other tests ask for, what other code does. Without evidence for anything
else it is the code.
"""

import re
import sys
from collections.abc import Callable

from mge_assets.stages.validation.failed_tests import Blame, Evidence, FailedTest, Verdict, ended_process, judged, other_code
from mge_assets.stages.validation.project import declared_packages, is_standard
from mge_assets.stages.validation.promises import Drafts, TestText
from mge_assets.stages.validation.rules import table
from mge_assets.stages.validation.runs import TEST_SECONDS, Failure
from mge_resources.syntax import Language

_CALL = re.compile(r"(?:\w+\.)*(\w+)\(\) (?:takes|missing|got an unexpected|got multiple|got some positional)")
_IMPORTED = re.compile(r"cannot import name '(\w+)' from (?:partially initialized module )?'([\w.]+)'")
_OWNER = re.compile(r"(?:module|type object)? ?'([\w.]+)'(?: object)? has no attribute '(\w+)'")
_FIXTURE = re.compile(r"'(\w+)'")
_WHERE = "where MGE_PROJECT_PACKAGES points, or beside mge"
_ENOENT = 2


def triage(name: str, failure: Failure, known: Evidence) -> Verdict:
    """Judge one failure; ``name`` is the test's, empty where the tests could not even be collected."""
    return judged(_Case(name, failure, known), _JUDGES)


class _Case(FailedTest):
    """A failure of a test in Python."""

    raises = re.compile(r"^\s*raise\b")

    def __init__(self, name: str, failure: Failure, known: Evidence) -> None:
        super().__init__(name, failure, known)
        self.text = TestText(known.tests, [file for file in known.project if file != known.test_file])

    @property
    def modules(self) -> frozenset[str]:
        """Top names of the project's own modules."""
        return frozenset(file.partition("/")[0].removesuffix(".py") for file in self.known.project if file != self.known.test_file)


def _environment(case: _Case) -> Verdict | None:
    """The machine withholds something: a network, a file system, a plugin, a program."""
    failure, rules = case.failure, table("environment")
    if case.raised_by_project:
        return None
    key = next((rules["kinds"][kind] for kind in failure.kinds if kind in rules["kinds"]), "")
    key = key or (rules["numbers"].get(str(failure.number), "") if "OSError" in failure.kinds else "")
    key = key or next((kind for words, kind in rules["words"].items() if words in failure.message or words in failure.said), "")
    if key:
        return Verdict(Blame.ENVIRONMENT, f"{failure.error}: {failure.message}".rstrip(": "), rules["mends"][key])
    program = failure.message.rpartition(": ")[2].strip("'")
    if failure.number == _ENOENT and failure.last.endswith(("/subprocess.py", "/asyncio/base_events.py", "/asyncio/unix_events.py")):
        return Verdict(Blame.ENVIRONMENT, f"the program {program!r} is not there", f"install {program!r} beside mge, or have the test put a stand-in for it")
    if failure.error == "FixtureLookupError" and (match := _FIXTURE.search(failure.message)):
        plugin = rules["fixtures"].get(match.group(1))
        if plugin:
            return Verdict(Blame.ENVIRONMENT, f"the fixture {match.group(1)!r} is {plugin}'s", f"plugins are not loaded here: do without {plugin}")
        return Verdict.of(Blame.TEST, f"it asks for a fixture {match.group(1)!r} that nobody defines")
    return None


def _missing_module(case: _Case) -> Verdict | None:
    failure = case.failure
    if "ModuleNotFoundError" not in failure.kinds or not failure.subject:
        return None
    top = failure.subject.partition(".")[0]
    if top in case.modules:
        return _unplanned(case, f"the module {failure.subject!r}", bool(case.known.drafts.module(failure.subject)))
    return _missing_package(case, top) or _unknown_package(case, top)


def _missing_package(case: _Case, top: str) -> Verdict | None:
    """A package that may be imported and is not here."""
    declared, last = declared_packages(case.known.requirements), case.failure.last
    if top in sys.stdlib_module_names:
        return Verdict(Blame.ENVIRONMENT, f"this Python has no module {top!r}", "use a Python that was built with it")
    if is_standard(Language.PYTHON, top) or top.lower() in declared:
        text = declared.get(top.lower(), top)
        return Verdict(Blame.ENVIRONMENT, f"{top!r} is declared and not installed here", f'pip install "{text}" {_WHERE}')
    if last.startswith("/"):
        return Verdict(Blame.ENVIRONMENT, f"{last.rpartition('/')[2]} of another package needs {top!r}", f"install {top!r} {_WHERE}")
    return None


def _unknown_package(case: _Case, top: str) -> Verdict:
    """A package that nobody declared."""
    if case.failure.last != case.known.test_file:
        return Verdict.of(Blame.CODE, f"{case.failure.last} imports {top!r}, which the plan does not declare")
    if case.known.drafts.speak_of(top):
        return Verdict.of(Blame.CODE, f"the module {top!r} of the plan is not there")
    return Verdict(Blame.TEST, f"it imports {top!r}, which the plan does not declare", "add it to the plan's requirements, or write the test without it")


def _unplanned(case: _Case, what: str, promised: bool) -> Verdict:
    """Something of the project is not there: the code's fault where the plan promises it or the code itself asks for it, else the test's."""
    if promised:
        return Verdict.of(Blame.CODE, f"{what} is promised by the plan's drafts and is not there")
    if case.failure.frames and case.failure.frames[-1].file != case.known.test_file:
        return Verdict.of(Blame.CODE, f"{what} is asked for by {case.failure.frames[-1].file} and is not there")
    return Verdict.of(Blame.TEST, f"it asks for {what}, of which the plan's drafts say nothing")


def _missing_name(case: _Case) -> Verdict | None:
    failure, drafts = case.failure, case.known.drafts
    if match := _IMPORTED.search(failure.message):
        name, module = match.groups()
        if module.partition(".")[0] in case.modules:
            return _unplanned(case, f"{name!r} of {module!r}", drafts.speak_of(name))
        return Verdict(
            Blame.ENVIRONMENT,
            f"the installed {module.partition('.')[0]!r} has no {name!r}",
            f"install the version that the plan asks for {_WHERE}",
        )
    if "NameError" in failure.kinds and case.in_test:
        return _unplanned(case, f"the name {failure.subject!r}", drafts.speak_of(failure.subject))
    if "AttributeError" in failure.kinds and case.in_test and (match := _OWNER.search(failure.message)):
        owner, name = match.groups()
        known = owner.partition(".")[0] in case.modules or drafts.speak_of(owner.rpartition(".")[2])
        return _unplanned(case, f"{name!r} of {owner!r}", drafts.speak_of(name)) if known else None
    return None


def _called_wrongly(case: _Case) -> Verdict | None:
    match = _CALL.search(case.failure.message)
    if "TypeError" not in case.failure.kinds or not match or not case.in_test:
        return None
    name = match.group(1)
    wanted = case.known.drafts.parameters(name if name != "__init__" else _class_of(case.failure.message))
    now = Drafts(case.known.project).parameters(name if name != "__init__" else _class_of(case.failure.message))
    if wanted and sorted(wanted) == sorted(now):
        return Verdict.of(Blame.TEST, f"it calls {name} otherwise than the plan's draft says: ({wanted[0]})")
    return Verdict.of(Blame.CODE, f"{name} takes other arguments than the plan's draft says") if wanted else None


def _class_of(message: str) -> str:
    return message.partition(".__init__()")[0].rpartition(".")[2]


def _syntax(case: _Case) -> Verdict | None:
    if "SyntaxError" not in case.failure.kinds or not case.failure.frames:
        return None
    place = case.failure.frames[-1]
    blame = Blame.TEST if place.file == case.known.test_file else Blame.CODE
    return Verdict.of(blame, f"{place.file}:{place.line} does not parse: {case.failure.message}")


def _endless(case: _Case) -> Verdict | None:
    if case.failure.error != "TooLong":
        return None
    frames = case.failure.frames
    inside = bool(frames) and frames[-1].file != case.known.test_file
    where = f" in {frames[-1].file}:{frames[-1].line}" if frames else ""
    return Verdict.of(Blame.CODE if inside else Blame.TEST, f"it does not end within {TEST_SECONDS:g} s{where}")


def _against_itself(case: _Case) -> Verdict | None:
    """The test asks for what nothing can give, or never comes near the project."""
    if case.failure.error != "AssertionError" or not case.name:
        return None
    line = next((frame.line for frame in reversed(case.failure.frames) if frame.file == case.known.test_file), None)
    if said := case.text.contradicted(case.name, line, case.known.drafts.examples):
        return Verdict.of(Blame.TEST, said)
    if case.far_from_project and not case.text.touches_project(case.name):
        return Verdict.of(Blame.TEST, "it fails without a line of the project being run")
    return None


_JUDGES: tuple[Callable[[_Case], Verdict | None], ...] = (
    _syntax,
    _missing_module,
    _missing_name,
    _environment,
    _called_wrongly,
    _endless,
    ended_process,
    _against_itself,
    other_code,
)
