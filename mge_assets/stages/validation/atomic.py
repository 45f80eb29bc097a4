"""Level 1: one atom's code, judged in its place in the file."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from time import perf_counter

from mge_assets.model.atoms import MAX_LOC, Atom
from mge_assets.model.errors import Place
from mge_assets.model.findings import Check, Finding, Level, Severity, ValidationResult
from mge_assets.stages.validation.analysis import Analysis, analyse
from mge_assets.stages.validation.contracts import broken, outermost
from mge_assets.stages.validation.definitions import Definition
from mge_assets.stages.validation.excerpt import excerpt
from mge_assets.stages.validation.inheritance import overridden
from mge_assets.stages.validation.inspection import Inspector, Said
from mge_assets.stages.validation.lint_spots import without_doubles
from mge_assets.stages.validation.spots import Spot, as_given, between
from mge_resources.syntax import JUDGED, Language

_COMMENT = {Language.PYTHON: (b"#",)}
_NO_UNIT_TEST = "an atom has no tests of its own; the acceptance tests of its task run at level 2"


@dataclass(frozen=True, slots=True)
class _Case:
    """An atom's code in its file: the analysis with it, and the one with the atom's own text in its place (the baseline)."""

    atom: Atom
    code: bytes
    start: int
    now: Analysis
    baseline: Analysis
    stub: Severity
    inspector: Inspector
    project: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def files(self) -> Mapping[str, bytes]:
        """The project with this code in it; the very same where that changes nothing, so that what is known of it is not asked again."""
        held = self.project.get(self.atom.file)
        return self.project if held == self.now.content else {**self.project, self.atom.file: self.now.content}

    @property
    def files_before(self) -> Mapping[str, bytes]:
        """The project with the atom's own text in its place."""
        return {**self.project, self.atom.file: self.baseline.content}

    @property
    def end(self) -> int:
        return self.start + len(self.code)

    @property
    def reach(self) -> int:
        """Where this code's positions end: what is missing at the end of the file is missing in the last piece of it."""
        return self.end + (self.end == len(self.now.content))

    @property
    def line(self) -> int:
        return self.now.lines.line(self.start)

    @property
    def changed(self) -> bool:
        return self.now is not self.baseline

    @property
    def near(self) -> Analysis:
        """The file as far as a danger in this code can depend on it; whole where all of its atoms are judged as they stand."""
        if not self.changed or self.now.python is None:
            return self.now
        return analyse(self.now.language, excerpt(self.now.python, self.now.lines, self.now.content, self.start, self.end))

    def mine(self, spots: Sequence[Spot]) -> tuple[Finding, ...]:
        """Of spots in order: those that lie in the atom's span, as findings."""
        return tuple(spot.finding(self.atom.file) for spot in between(spots, self.start, self.reach))

    def caused(self, spots: tuple[Spot, ...], before: tuple[Spot, ...]) -> tuple[Finding, ...]:
        """Errors elsewhere in the file that were not there with the atom's own text: this code caused them."""
        if not self.changed:
            return ()
        known = {(spot.rule, spot.message) for spot in before}
        return tuple(self._moved(spot) for spot in spots if self._elsewhere(spot) and (spot.rule, spot.message) not in known)

    def _elsewhere(self, spot: Spot) -> bool:
        return spot.severity is Severity.ERROR and not self.start <= spot.byte < self.reach

    def _moved(self, spot: Spot) -> Finding:
        message = f"{spot.message}, in line {spot.line}, because of this code"
        return Finding(spot.rule, spot.severity, message, spot.fix, Place(self.atom.file, self.line))


def _faults(case: _Case, analysis: Analysis, files: Mapping[str, bytes]) -> tuple[Spot, ...]:
    """Syntax errors. For TypeScript the compiler's word counts where it can be asked: its grammar is newer than tree-sitter's."""
    if case.atom.language is Language.PYTHON:
        return analysis.syntax
    said = case.inspector.syntax(files, case.atom.file, alone=case.changed)
    return analysis.syntax if isinstance(said, str) else said


def _syntax(case: _Case) -> Check:
    now = _faults(case, case.now, case.files)
    before = _faults(case, case.baseline, case.files_before) if case.changed and now else ()
    return Check.of("syntax", case.mine(now) + case.caused(now, before))


def _semantics(case: _Case) -> Check:
    if case.atom.language is not Language.PYTHON:
        return _said(case, "semantics", case.inspector.names)
    if case.atom.file.endswith(".pyi"):
        return Check.not_run("semantics", "a stub file may use names before it defines them")
    if case.now.python is None:
        return Check.not_run("semantics", "the file does not parse, so its names are not known")
    if case.now.names is None:
        return Check.not_run("semantics", "the code is nested too deeply for its names to be followed")
    return Check.of("semantics", case.mine(case.now.names) + case.caused(case.now.names, case.baseline.names or ()))


def _said(case: _Case, name: str, ask: Callable[..., Said]) -> Check:
    """The check of what a tool says of the file as it is now, and of other places in it only what this code brought about."""
    if _faults(case, case.now, case.files):
        return Check.not_run(name, "the file does not parse")
    found = ask(case.files, case.atom.file, alone=case.changed)
    if isinstance(found, str):
        return Check.not_run(name, found)
    elsewhere = case.changed and any(spot.severity is Severity.ERROR and not case.start <= spot.byte < case.reach for spot in found)
    before = ask(case.files_before, case.atom.file, alone=True) if elsewhere else ()
    return Check.of(name, case.mine(found) + (case.caused(found, before) if elsewhere and not isinstance(before, str) else ()))


def count_lines(language: Language, code: bytes) -> int:
    """Lines that are neither blank nor only a comment."""
    marks = _COMMENT.get(language, (b"//", b"/*", b"*"))
    return sum(1 for line in code.splitlines() if line.strip() and not line.strip().startswith(marks))


def _atomicity(case: _Case) -> Check:
    """The draft's own violations, as warnings at most; for other code only its length, which is all that can have changed for the worse."""
    if not case.changed:
        return Check.of("atomicity", tuple(_at_most_warning(finding) for finding in case.atom.atomicity.violations))
    lines = count_lines(case.atom.language, case.code)
    if lines <= max(MAX_LOC, case.atom.loc):
        return Check.of("atomicity", ())
    place = Place(case.atom.file, case.line)
    return Check.of("atomicity", (Finding("atomicity.loc", Severity.WARNING, f"{lines} lines of code, more than {MAX_LOC}", "make it shorter", place),))


def _at_most_warning(finding: Finding) -> Finding:
    return replace(finding, severity=Severity.WARNING) if finding.severity is Severity.ERROR else finding


def _type_safety(case: _Case) -> Check:
    return _said(case, "type_safety", case.inspector.types)


def _runtime_safety(case: _Case) -> Check:
    if case.atom.language is Language.PYTHON and case.now.python is None:
        return Check.not_run("runtime_safety", "the file does not parse, so its calls are not known")
    near = case.near
    found = case.mine(near.dangers)
    if case.atom.language is Language.PYTHON and not isinstance(said := case.inspector.lint(case.files, case.atom.file, near.content), str):
        found += case.mine(without_doubles(said, near.dangers))
    return Check.of("runtime_safety", found if case.changed else tuple(map(as_given, found)))


def _completeness(case: _Case) -> Check:
    bare = [one for one in outermost(case.now.definitions, case.start, case.end) if one.stub and one.kind == "function"]
    stubs = [one for one in bare if not overridden(one.name, case.files)]
    return Check.of("completeness", case.mine([_unwritten(one, case.stub) for one in stubs]))


def _unwritten(one: Definition, severity: Severity) -> Spot:
    rule = "completeness.empty" if one.empty else "completeness.stub"
    return Spot(rule, severity, f"{one.name} has no body yet", "write the body", one.start, one.line)


def _contract(case: _Case) -> Check:
    if case.changed and case.atom.language is Language.PYTHON:
        if case.baseline.python is None:
            return Check.not_run("contract", "the draft does not parse, so its contract is not known")
        if case.now.python is None:
            return Check.not_run("contract", "the file does not parse, so its definitions are not known")
    if not case.changed:
        return Check.of("contract", ())
    wanted = outermost(case.baseline.definitions, case.start, case.start + len(case.atom.text))
    found = outermost(case.now.definitions, case.start, case.end)
    return Check.of("contract", tuple(spot.finding(case.atom.file) for spot in broken(wanted, found, case.start, case.line)))


def _unit_test(_: _Case) -> Check:
    return Check.not_run("unit_test", _NO_UNIT_TEST)


_CHECKS: tuple[Callable[[_Case], Check], ...] = (
    _syntax, _semantics, _atomicity, _type_safety, _runtime_safety, _completeness, _contract, _unit_test,
)  # fmt: skip


class AtomicValidator:
    """Level 1. It runs nothing: it only reads. ``inspector`` asks the checking tools; without one, what they would say is reported as not run."""

    def __init__(self, inspector: Inspector | None = None) -> None:
        self._inspector = inspector or Inspector(None)

    def validate(
        self, atom: Atom, code: bytes, before: bytes, after: bytes, *, stub: Severity = Severity.ERROR, project: Mapping[str, bytes] | None = None
    ) -> ValidationResult:
        """Judge ``code`` in the place of the atom, between the bytes ``before`` and ``after`` it.

        Findings are those that lie in the code, and errors elsewhere in the file that the atom's own text did not cause.
        ``stub`` is the severity of a body that is there in name only; ``project`` are the other files as they stand.
        """
        now = analyse(atom.language, b"".join((before, code, after)))
        baseline = now if code == atom.text else analyse(atom.language, b"".join((before, atom.text, after)))
        return _judged(_Case(atom, code, len(before), now, baseline, stub, self._inspector, project or {}))

    def validate_drafts(
        self, content: bytes, atoms: Sequence[Atom], *, stub: Severity = Severity.ERROR, project: Mapping[str, bytes] | None = None
    ) -> tuple[ValidationResult, ...]:
        """Judge every atom of a draft as it stands: the same as ``validate`` says of each, for one analysis of the file."""
        if not atoms:
            return ()
        now = analyse(atoms[0].language, content)
        return tuple(_judged(_Case(atom, atom.text, atom.span.start_byte, now, now, stub, self._inspector, project or {})) for atom in atoms)


def _unread(case: _Case) -> Iterator[Check]:
    """The checks of a language of which nothing but the syntax is known."""
    known = {"syntax": _syntax, "atomicity": _atomicity}
    for check in _CHECKS:
        name = check.__name__.lstrip("_")
        yield known[name](case) if name in known else Check.not_run(name, f"code in {case.atom.language.value} is read for its syntax only")


def _judged(case: _Case) -> ValidationResult:
    begin = perf_counter()
    checks = tuple(check(case) for check in _CHECKS) if case.atom.language in JUDGED else tuple(_unread(case))
    return ValidationResult(Level.ATOMIC, case.atom.name, checks, perf_counter() - begin)
