"""Hidden cases: plain inputs go into the sandbox, plain outputs come out, and what is expected never enters it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

from mge_assets.model.errors import Place
from mge_assets.model.findings import Check, Finding
from mge_assets.stages.validation.grading import failed, unfinished
from mge_assets.stages.validation.harness import program
from mge_assets.stages.validation.plain import NotPlainError, Plain, from_json, same, to_json
from mge_assets.stages.validation.reach_javascript import speaks_typescript
from mge_assets.stages.validation.spelling import spelled_out
from mge_resources.sandbox.port import Limits, Sandbox, SandboxJob, SandboxOutcome, SandboxUnavailableError
from mge_resources.syntax import Language

CHECK = "cases"
_LIMITS = Limits(wall_seconds=60.0, cpu_seconds=30)
_FIX = "correct the code so that it does what its contract says"
_SHORT = 120


@dataclass(frozen=True, slots=True)
class HiddenCase:
    """One call of ``function`` (a dotted name in its file) and what comes of it: ``expected``, or ``raises``, the name of an error's class."""

    function: str
    arguments: tuple[Plain, ...]
    expected: Plain = None
    raises: str = ""
    keywords: Mapping[str, Plain] = field(default_factory=dict)


def _job(project: Mapping[str, bytes], file: str, cases: Sequence[HiddenCase], language: Language, limits: Limits) -> SandboxJob:
    """The calls without what is expected of them."""
    calls = [{"function": case.function, "arguments": to_json(list(case.arguments)), "keywords": to_json(dict(case.keywords))} for case in cases]
    given = json.dumps({"file": file, "calls": calls}).encode()
    content = {f"project/{name}": text for name, text in project.items()}
    if language is Language.PYTHON:
        content |= {"calls.py": program("calls.py.txt"), "plain.py": (files("mge_assets.stages.validation") / "plain.py").read_bytes()}
        return SandboxJob(("{python}", "calls.py"), content, {}, limits, stdin=given, warm=True)
    content = {f"project/{name}": text for name, text in spelled_out(project, file, "")[0].items()}
    typed = speaks_typescript(project)
    return SandboxJob(("{node}", "calls.mjs"), {**content, "calls.mjs": program("calls.mjs.txt")}, {}, limits, stdin=given, typescript=typed)


def _results(outcome: SandboxOutcome, language: Language) -> Iterator[Mapping[str, Any]]:
    for line in outcome.stdout.splitlines():
        try:
            found = json.loads(line)
        except ValueError:
            continue
        if isinstance(found, dict) and (language is Language.PYTHON or isinstance(found.get("result"), dict)):
            yield found if language is Language.PYTHON else found["result"]


def _javascript(said: Plain) -> Plain:
    """A value of JavaScript as Python has it; every number is a float there."""
    if isinstance(said, dict) and len(said) == 1:
        ((kind, body),) = said.items()
        if kind == "number":
            return float(body)
        if kind in ("list", "set") and isinstance(body, list):
            parts = [_javascript(part) for part in body]
            return parts if kind == "list" else set(parts)
        if kind == "dict" and isinstance(body, list):
            return {_javascript(key): _javascript(part) for key, part in body}
    return from_json(said)


def _as_javascript(value: Plain) -> Plain:
    """What is expected, in the same terms."""
    if type(value) is int:
        return float(value)
    if isinstance(value, (list, tuple)):
        return [_as_javascript(part) for part in value]
    if isinstance(value, dict):
        return {key: _as_javascript(part) for key, part in value.items()}
    return value


def _call(case: HiddenCase) -> str:
    words = [repr(argument) for argument in case.arguments] + [f"{name}={value!r}" for name, value in case.keywords.items()]
    return f"{case.function}({', '.join(words)})"[:_SHORT]


def _problem(case: HiddenCase, result: Mapping[str, Any], language: Language) -> str:
    """What is wrong with the result, in words that do not give the expectation away; empty where nothing is."""
    if "raised" in result:
        kinds = result["raised"] if isinstance(result["raised"], list) else []
        return "" if case.raises and case.raises in kinds else f"raises {kinds[0] if kinds else 'an error'}: {str(result.get('message', ''))[:_SHORT]}"
    if case.raises:
        return "raises no error where it should"
    if "strange" in result:
        return f"gives {result['strange']}, which is no plain data"
    try:
        value = from_json(result.get("value")) if language is Language.PYTHON else _javascript(result.get("value"))
    except (NotPlainError, TypeError, ValueError):
        return "gives no plain data"
    wanted = case.expected if language is Language.PYTHON else _as_javascript(case.expected)
    return "" if same(value, wanted) else f"gives {value!r:.120}, which is not what is expected"


def _findings(cases: Sequence[HiddenCase], outcome: SandboxOutcome, file: str, language: Language) -> Iterator[Finding]:
    results = list(_results(outcome, language))
    for case, result in zip(cases, results, strict=False):
        if problem := _problem(case, result, language):
            yield failed(f"{_call(case)} {problem}", Place(file), "cases.failed", _FIX)
    if len(results) != len(cases):
        yield unfinished(outcome, file)


def run_cases(sandbox: Sandbox, project: Mapping[str, bytes], file: str, cases: Sequence[HiddenCase], language: Language, limits: Limits = _LIMITS) -> Check:
    """Call the functions of the project's ``file`` and compare what comes out, type for type.

    Not run, with the reason, where there is no case, no sandbox or no tool. Raises NotPlainError for a case whose input is no plain data.
    """
    if not cases:
        return Check.not_run(CHECK, "there are no cases")
    try:
        outcome = sandbox.run(_job(project, file, cases, language, limits))
    except SandboxUnavailableError as error:
        return Check.not_run(CHECK, str(error))
    return Check.of(CHECK, tuple(_findings(cases, outcome, file, language)))
