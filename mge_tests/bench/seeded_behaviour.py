"""Behaviour changed in classes with good tests: how many of the mutants that their own tests tell from the original the whole stack catches.

The oracle is pytest itself, run on the mutant outside of everything that is measured. Caught means that a level fails (an error), or warns of what it did
not warn of before; a failed test that triage lays on the test or the machine is not caught.
"""

import json
import random
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mge_assets.model.findings import Finding, Severity, ValidationResult
from mge_assets.model.masterplan import Task
from mge_assets.stages.atomization import atomize
from mge_assets.stages.validation import AtomicValidator, Drafts, Grounds, Inspector, TaskValidator
from mge_assets.stages.validation.mutants import Mutant, mutants
from mge_resources.sandbox import Sandbox
from mge_resources.syntax import Language

BOUND = 0.99
EACH = 40
_SECONDS = 30


@dataclass(frozen=True)
class Subject:
    """A class with its tests."""

    module: str
    code: bytes
    tests: str


@dataclass
class Behaviour:
    """What was counted."""

    tried: int = 0
    told: int = 0
    caught: int = 0
    by_tests: int = 0
    blamed: Counter[str] = field(default_factory=Counter)
    missed: list[str] = field(default_factory=list)


def subjects(path: Path) -> Iterator[Subject]:
    """The benchmark's classes, as modules."""
    for one in json.loads(path.read_text())["classes"]:
        module = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", one["class_name"]).lower()
        imports = one["import_statement"] if isinstance(one["import_statement"], list) else [one["import_statement"]]
        head = "\n".join(imports)
        tests = f"{head}\nfrom {module} import *\nfrom {module} import {one['class_name']}\n\n{one['test']}"
        yield Subject(module, f"{head}\n\n{one['solution_code']}".encode(), tests)


def oracle(subject: Subject, code: bytes) -> bool:
    """Whether the class's tests pass on this code, by pytest alone."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / f"{subject.module}.py").write_bytes(code)
        (Path(folder) / f"test_{subject.module}.py").write_text(subject.tests)
        command = [sys.executable, "-B", "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", f"test_{subject.module}.py"]
        try:
            return subprocess.run(command, cwd=folder, capture_output=True, timeout=_SECONDS, check=False, stdin=subprocess.DEVNULL).returncode == 0
        except subprocess.TimeoutExpired:
            return False


class Stack:
    """The levels that judge one file: 1 and 2, the second with its tests."""

    def __init__(self, inspector: Inspector, sandbox: Sandbox) -> None:
        self._atomic, self._task = AtomicValidator(inspector), TaskValidator(sandbox, inspector)

    def results(self, subject: Subject, code: bytes) -> tuple[ValidationResult, ...]:
        """What they say of this code in the draft's place."""
        file = f"{subject.module}.py"
        atoms = atomize(code, file, Language.PYTHON).atoms
        task = Task.model_validate({"name": "unit", "description": "part", "file": file})
        spans = {file: [(atom.span.start_line, atom.name) for atom in atoms]}
        grounds = Grounds(Drafts({file: subject.code}), (), spans, frozenset(), frozenset())
        second = self._task.validate(task, code, atomize(subject.code, file, Language.PYTHON).atoms, {file: code}, (), tests=subject.tests, grounds=grounds)
        return (*self._atomic.validate_drafts(code, list(atoms), project={file: code}), second)


def _keys(results: tuple[ValidationResult, ...]) -> Counter[tuple[str, str]]:
    return Counter((finding.rule, finding.message) for result in results for finding in result.findings if finding.severity is not Severity.INFO)


def _verdicts(results: tuple[ValidationResult, ...]) -> list[Finding]:
    return [finding for check in results[-1].checks if check.name == "triage" for finding in check.findings]


def measure(path: Path, wanted: int, inspector: Inspector, sandbox: Sandbox, seed: int = 1) -> Behaviour:
    """Seed ``wanted`` mutants, drawn evenly over the classes, and judge them."""
    found, stack = Behaviour(), Stack(inspector, sandbox)
    pools = {one.module: (one, _seeded(one, seed)) for one in subjects(path) if oracle(one, one.code)}
    before: dict[str, Counter[tuple[str, str]]] = {}
    while found.tried < wanted and any(pool for _, pool in pools.values()):
        for module, (subject, pool) in pools.items():
            if found.tried >= wanted or not pool:
                continue
            if module not in before:
                before[module] = _keys(stack.results(subject, subject.code))
            _judge(found, stack, subject, pool.pop(), before[module])
    return found


def _seeded(subject: Subject, seed: int) -> list[Mutant]:
    lines: Mapping[int, None] = dict.fromkeys(range(1, subject.code.count(b"\n") + 2))
    pool = list(mutants(f"{subject.module}.py", subject.code, lines.keys(), EACH * 5))
    random.Random(f"{seed}/{subject.module}").shuffle(pool)
    return pool[:EACH]


def _judge(found: Behaviour, stack: Stack, subject: Subject, mutant: Mutant, before: Counter[tuple[str, str]]) -> None:
    found.tried += 1
    code = mutant.text.encode()
    if oracle(subject, code):
        return
    found.told += 1
    results = stack.results(subject, code)
    verdicts = _verdicts(results)
    found.blamed.update(finding.rule for finding in verdicts)
    tests_fail = any(check.name == "tests" and check.status.value == "failed" for check in results[-1].checks) and any(
        finding.rule == "triage.code" for finding in verdicts
    )
    fresh = {key for key in _keys(results) - before if not key[0].startswith(("triage.", "tests."))}
    found.by_tests += tests_fail
    found.caught += tests_fail or bool(fresh)
    if not tests_fail and not fresh:
        found.missed.append(f"{subject.module}:{mutant.line} {mutant.what}; {[finding.message[:100] for finding in verdicts]}")


def behaviour(inspector: Inspector, sandbox: Sandbox, path: Path, wanted: int) -> bool:
    """Measure and print."""
    found = measure(path, wanted, inspector, sandbox)
    share = found.caught / found.told if found.told else 0.0
    print(f"behaviour: {found.tried} mutants, {found.told} that their tests tell from the original; caught by the whole stack {found.caught}, ", end="")
    print(f"{share:.2%} (bound {BOUND:.0%}, ratio {share / BOUND:.3f}); by tests laid on the code {found.by_tests}")
    total = sum(found.blamed.values())
    print("  failed tests: " + ", ".join(f"{rule} {count} ({count / total:.2%})" for rule, count in found.blamed.most_common()))
    for line in found.missed[:12]:
        print(f"  missed: {line}")
    return share >= BOUND
