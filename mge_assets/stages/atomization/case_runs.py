"""Cases that are really run: the planned calls of a draft, made in the sandbox, and what came of them recorded with its atoms.

A file's calls are one sandbox run, which makes every call in two processes, in opposite orders and the second time twice: an outcome that is not
always the same is no case. The same calls can be made of other code in the draft's place (``differences``), for whoever tests with them.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mge_assets.model.atoms import Atomization, AtomKind
from mge_assets.model.cases import CaseCall, RunCase
from mge_assets.stages.atomization.assembly import assemble
from mge_assets.stages.atomization.case_plan import CasePlan
from mge_assets.stages.atomization.decomposition import RecursiveDecomposer
from mge_assets.stages.atomization.definitions import Definitions
from mge_assets.stages.atomization.erasure import erase_types
from mge_assets.stages.atomization.facts import Facts
from mge_assets.stages.atomization.harness import program
from mge_assets.stages.atomization.naming import module_path
from mge_assets.stages.atomization.packing import pack
from mge_assets.stages.atomization.parsing import MultiLanguageParser
from mge_resources.sandbox.port import Limits, Sandbox, SandboxJob, SandboxOutcome, SandboxUnavailableError
from mge_resources.syntax import Language, detect_language

CASES_VERSION = "3"
"""Changes when the same draft would be called otherwise or its outcomes written otherwise."""
LIMITS = Limits(wall_seconds=40.0, cpu_seconds=30)
KEPT, SHOWN = 8, 3
"""Cases kept of one function, and those of them that its author is shown; the others only test."""
_FILES = ("outcomes-0.jsonl", "outcomes-1.jsonl")
_TYPED = {Language.TYPESCRIPT, Language.TSX}
_SCRIPTS = {*_TYPED, Language.JAVASCRIPT}
RUN = {Language.PYTHON, *_SCRIPTS}
"""Languages whose drafts can be called."""
_COMPLAINTS = {"TypeError", "AttributeError", "IndexError", "KeyError", "ReferenceError"}
"""What guessed arguments bring about by themselves."""


@dataclass(frozen=True, slots=True)
class CaseRun:
    """A file's cases. ``not_run`` says why there is none, where calls were planned and could not be made."""

    cases: tuple[RunCase, ...] = ()
    not_run: str = ""


def plan_calls(source: bytes, file: str, language: Language) -> tuple[tuple[CaseCall, ...], tuple[str, ...]]:
    """The calls to make of a file, and the names at its top level that they begin with."""
    if language not in RUN:
        return (), ()
    parsed = MultiLanguageParser().parse(source, file, language)
    if parsed.root.has_error:
        return (), ()
    tiling = assemble(parsed, pack(RecursiveDecomposer(parsed, module_path(file)).decompose(), parsed.lines, parsed.decisions))
    facts = Facts(tiling)
    plan = CasePlan(parsed, facts, Definitions(tiling, facts.marks))
    return plan.calls(), plan.names


def run_cases(sandbox: Sandbox, project: Mapping[str, bytes], file: str, language: Language) -> CaseRun:
    """The cases of the project's file: at most 8 a function, the ones with other outcomes first. Never fails for what the draft does."""
    calls, names = plan_calls(project[file], file, language)
    if not calls:
        return CaseRun()
    outcomes, reason = _outcomes(sandbox, project, file, language, calls, names)
    if reason:
        return CaseRun(not_run=reason)
    found = [_case(calls[number], outcome, raised, language) for number, (outcome, raised) in sorted(outcomes.items())]
    explicit = project[file].decode(errors="replace")
    return CaseRun(tuple(_chosen([case for case in found if not _meaningless(case, explicit)])))


def differences(sandbox: Sandbox, project: Mapping[str, bytes], file: str, language: Language, cases: Sequence[RunCase]) -> tuple[list[str], str]:
    """Of recorded cases: a sentence for each whose outcome is another in this project, without what was expected; or why none could be run."""
    if not cases:
        return [], "there are no cases"
    calls = tuple(case.call for case in cases)
    names = tuple(dict.fromkeys(call.target.partition(".")[0] for call in calls))
    outcomes, reason = _outcomes(sandbox, project, file, language, calls, names)
    if reason:
        return [], reason
    said = []
    for number, case in enumerate(cases):
        outcome, raised = outcomes.get(number, ("no steady plain value", False))
        if (outcome, raised) != (case.outcome, case.raised):
            said.append(case.failure(outcome, raised=raised))
    return said, ""


_Outcomes = dict[int, tuple[str, bool]]


def _outcomes(
    sandbox: Sandbox, project: Mapping[str, bytes], file: str, language: Language, calls: Sequence[CaseCall], names: Sequence[str]
) -> tuple[_Outcomes, str]:
    try:
        outcomes, reason = _read(_run(sandbox, project, file, language, calls, names))
    except (SandboxUnavailableError, ValueError) as error:
        return {}, str(error)
    return {number: said for number, said in outcomes.items() if 0 <= number < len(calls)}, reason


def _run(sandbox: Sandbox, project: Mapping[str, bytes], file: str, language: Language, calls: Sequence[CaseCall], names: Sequence[str]) -> SandboxOutcome:
    """The calls made. TypeScript goes through its compiler, and without one as far as its types can be left out."""
    files = {"calls.json": json.dumps({"file": file, "calls": [_wire(call) for call in calls]}).encode()}
    if language is Language.PYTHON:
        files |= {f"project/{name}": content for name, content in project.items()} | {"calls.py": program("calls.py.txt")}
        return sandbox.run(SandboxJob(("{python}", "calls.py"), files, {}, LIMITS, _FILES))
    if any(detect_language(name) in _TYPED for name in project):
        try:
            return sandbox.run(_typed_job(project, file, names, files))
        except SandboxUnavailableError:
            job = _job(project, file, names, files)
            if job is None:
                raise
            return sandbox.run(job)
    job = _job(project, file, names, files)
    assert job is not None  # only TypeScript is refused
    return sandbox.run(job)


def _typed_job(project: Mapping[str, bytes], file: str, names: Sequence[str], files: Mapping[str, bytes]) -> SandboxJob:
    """The job with the project as it is written, for a sandbox that compiles."""
    content = {f"project/{name}": text for name, text in project.items()}
    content[f"project/{file}"] += _exposed(project[file], names, detect_language(file) or Language.TYPESCRIPT)
    programs = {"calls.mjs": program("calls.js"), "hooks.mjs": b"export {};\n"}
    return SandboxJob(("{node}", "calls.mjs"), {**files, **content, **programs}, {}, LIMITS, _FILES, typescript=True)


def _job(project: Mapping[str, bytes], file: str, names: Sequence[str], given: Mapping[str, bytes]) -> SandboxJob | None:
    files = dict(given)
    for name, content in project.items():
        spoken = detect_language(name)
        ready = erase_types(content, spoken) if spoken in _TYPED else content
        if ready is None and name == file:
            return None
        files[f"project/{name}"] = (ready or b"") + (_exposed(ready or b"", names, Language.JAVASCRIPT) if name == file else b"")
    if not any(name == "package.json" for name in project):
        files["project/package.json"] = json.dumps({"type": "module" if _is_module(project[file]) else "commonjs"}).encode()
    files |= {"calls.mjs": program("calls.js"), "hooks.mjs": program("hooks.js")}
    return SandboxJob(("{node}", "calls.mjs"), files, {}, LIMITS, _FILES)


def _wire(call: CaseCall) -> dict[str, Any]:
    return {"target": call.target, "arguments": call.arguments, "made_with": call.made_with, "read": call.read}


def _is_module(source: bytes) -> bool:
    root = MultiLanguageParser().parse(source, "file", Language.TSX).root
    return any(node.type in {"import_statement", "export_statement"} for node in root.named_children)


def _exposed(source: bytes, names: Sequence[str], language: Language) -> bytes:
    """What makes the file's own functions reachable from outside, exported or not: code after its end."""
    if _is_module(source):
        bound = [name for name in names if _binds(source, name, language)]
        return ("\nexport { " + ", ".join(f"{name} as __case_{name}" for name in bound) + " };\n").encode() if bound else b""
    listed = ", ".join(f'{name}: typeof {name} === "undefined" ? undefined : {name}' for name in names)
    return f"\n;Object.defineProperty(module.exports, '__cases', {{ value: {{ {listed} }} }});\n".encode()


def _binds(source: bytes, name: str, language: Language) -> bool:
    """Whether the file declares the name at its top level, so that it may be exported once more."""
    root = MultiLanguageParser().parse(source, "file", language).root
    for node in root.named_children:
        declared = (node.child_by_field_name("declaration") or node) if node.type == "export_statement" else node
        targets = [declared, *(child for child in declared.named_children if child.type == "variable_declarator")]
        if any((found := target.child_by_field_name("name")) is not None and found.text == name.encode() for target in targets):
            return True
    return False


def _read(outcome: SandboxOutcome) -> tuple[_Outcomes, str]:
    """The outcomes that are the same in both turns, by the call's number."""
    turns: list[_Outcomes] = []
    for name in _FILES:
        rows = _rows(outcome.files.get(name, b""))
        if fault := next((row["fault"] for row in rows if isinstance(row, dict) and "fault" in row), ""):
            return {}, f"its file can't be loaded: {fault}"
        good = [row for row in rows if isinstance(row, list) and len(row) == 3 and isinstance(row[0], int)]
        turns.append({number: (str(said), bool(raised)) for number, said, raised in good if said is not None})
    if not outcome.files:
        last = outcome.stderr.decode(errors="replace").strip().split("\n")[-1]
        return {}, f"the calls ended at the {outcome.limit} limit" if outcome.limit else f"the calls did not begin: {last or 'no message'}"
    return {number: said for number, said in turns[0].items() if turns[1].get(number) == said}, ""


def _rows(content: bytes) -> list[Any]:
    found = []
    for line in content.decode(errors="replace").split("\n"):
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return found


def _meaningless(case: RunCase, source: str) -> bool:
    """A guessed argument's complaint that the draft does not itself raise."""
    return case.raised and case.call.guessed and case.outcome in _COMPLAINTS and f"raise {case.outcome}" not in source and f"new {case.outcome}" not in source


def _case(call: CaseCall, outcome: str, raised: bool, language: Language) -> RunCase:
    """The case, with the call as a person would write it."""
    new = "" if language is Language.PYTHON else "new "
    owner, _, name = call.target.partition(".")
    called = call.target if call.made_with is None else f"{new}{owner}({_listed(call.made_with, language)}).{name}"
    text = called if call.read else f"{called}({_listed(call.arguments, language)})"
    return RunCase(call, outcome, raised, text)


def _listed(arguments: str, language: Language) -> str:
    """A tuple's or array's text without its brackets."""
    inner = arguments[1:-1]
    return inner.removesuffix(",") if language is Language.PYTHON else inner


def _chosen(cases: Sequence[RunCase]) -> list[RunCase]:
    """At most 8 of each function: those first whose outcome no earlier one has."""
    by_target: dict[str, list[RunCase]] = {}
    for case in cases:
        by_target.setdefault(case.call.target, []).append(case)
    found: list[RunCase] = []
    for listed in by_target.values():
        seen: set[tuple[str, bool]] = set()
        fresh = [case for case in listed if (case.outcome, case.raised) not in seen and not seen.add((case.outcome, case.raised))]  # type: ignore[func-returns-value]
        rest = [case for case in listed if case not in fresh]
        found += [*fresh, *rest][:KEPT]
    return found


def with_cases(atomization: Atomization, cases: Sequence[RunCase]) -> Atomization:
    """The atomization with each case at the atoms of its function: whole, header and parts, or the class that holds it whole.

    The first three are told among the test cases; all of them are kept for tests.
    """
    if not cases:
        return atomization
    module = module_path(atomization.file)
    owners = {atom.name.partition("#")[0] for atom in atomization.atoms}
    by_owner: dict[str, list[RunCase]] = {}
    for case in cases:
        own = f"{module}.{case.call.target}"
        by_owner.setdefault(own if own in owners else own.rpartition(".")[0], []).append(case)
    atoms = []
    for atom in atomization.atoms:
        found = by_owner.get(atom.name.partition("#")[0], ()) if atom.kind not in {AtomKind.DOCSTRING, AtomKind.TRIVIA, AtomKind.DATA_LITERAL} else ()
        if found:
            told = tuple(f"ran: {case.expectation}" for case in found[:SHOWN])
            context = replace(atom.context, test_cases=(*told, *atom.context.test_cases), cases=tuple(found), exempt=atom.context.exempt - {"test_cases"})
            atom = replace(atom, context=context)  # noqa: PLW2901
        atoms.append(atom)
    return replace(atomization, atoms=tuple(atoms))
