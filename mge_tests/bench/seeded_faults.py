"""Faults seeded into real code, and how many of them each validation level finds.

    sh .ci/env python -m mge_tests.bench.seeded_faults [--python N] [--typescript N] [--behaviour N --classes path/to/classeval.json]

Python: click, flask and requests as installed; TypeScript: rxjs and zod as published; behaviour: the classes of a benchmark with their unit tests.
Each line: kind, seeded, found as an error, found at all, and what was missed. Found means a finding that the unchanged code does not have.
"""

import argparse
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from mge_assets.model.findings import Finding, Severity, ValidationResult
from mge_assets.model.masterplan import Masterplan, Milestone, Phase, Task
from mge_assets.stages.validation import AtomicValidator, Inspector, MasterPlanValidator, MilestoneValidator, TaskValidator
from mge_resources.checkers import open_checkers
from mge_resources.sandbox import open_sandbox
from mge_resources.syntax import Language
from mge_tests.bench.corpora import corpora
from mge_tests.bench.faults import LEVEL_1, LEVEL_2, Fault, Source, cross_file, drawn, whole_plan
from mge_tests.bench.faults_typescript import TYPESCRIPT
from mge_tests.bench.seeded_behaviour import behaviour
from mge_tests.stages.validation.cases import cut

BOUNDS = {1: 0.99, 2: 0.95, 3: 0.95, 4: 0.90}
OFF = open_sandbox("off")
REQUIREMENTS = (
    "werkzeug",
    "jinja2",
    "itsdangerous",
    "markupsafe",
    "blinker",
    "urllib3",
    "certifi",
    "idna",
    "charset_normalizer",
    "click",
    "asgiref",
    "python-dotenv",
    "cryptography",
    "watchdog",
    "colorama",
    "chardet",
    "simplejson",
    "pyOpenSSL",
    "pysocks",
    "flask",
    "requests",
    "benchmark",
)
Judge = Callable[[Mapping[str, bytes], Fault], tuple[ValidationResult, ...]]


class Levels:
    """The four levels over one corpus, without a sandbox."""

    def __init__(self, inspector: Inspector, project: Mapping[str, bytes]) -> None:
        self.project, self.inspector = dict(project), inspector
        self.atomic, self.task = AtomicValidator(inspector), TaskValidator(OFF, inspector)
        self.milestone, self.plan = MilestoneValidator(OFF, inspector), MasterPlanValidator(OFF, inspector)
        self.tasks = tuple(Task.model_validate({"name": f"t{number}", "description": "part", "file": file}) for number, file in enumerate(project))
        self.whole = Milestone(name="all", tasks=self.tasks)

    def level_1(self, project: Mapping[str, bytes], fault: Fault) -> tuple[ValidationResult, ...]:
        content = project[fault.file]
        return self.atomic.validate_drafts(content, cut(fault.file, content), project=project)

    def level_2(self, project: Mapping[str, bytes], fault: Fault) -> tuple[ValidationResult, ...]:
        task = next(one for one in self.tasks if one.file == fault.file)
        return (self.task.validate(task, project[fault.file], cut(fault.file, self.project[fault.file]), project, REQUIREMENTS),)

    def level_3(self, project: Mapping[str, bytes], _: Fault) -> tuple[ValidationResult, ...]:
        return (self.milestone.validate(self.whole, project),)

    def level_4(self, project: Mapping[str, bytes], _: Fault) -> tuple[ValidationResult, ...]:
        plan = Masterplan(name="plan", requirements=REQUIREMENTS, phases=(Phase(name="all", milestones=(self.whole,)),))
        return (self.plan.validate(plan, project),)


def _key(finding: Finding) -> tuple[str, str, str]:
    return finding.rule, finding.place.file if finding.place else "", finding.message


def findings(results: Iterable[ValidationResult]) -> Counter[tuple[str, str, str, Severity]]:
    """How often each finding is made, lines left out: a fault moves those below it."""
    return Counter((*_key(finding), finding.severity) for result in results for finding in result.findings)


class Tally:
    """What was found of what was seeded, by kind."""

    def __init__(self, name: str, bound: float) -> None:
        self.name, self.bound = name, bound
        self.seeded: Counter[str] = Counter()
        self.errors: Counter[str] = Counter()
        self.found: Counter[str] = Counter()
        self.missed: dict[str, list[Fault]] = defaultdict(list)

    def add(self, fault: Fault, new: Iterable[Severity]) -> None:
        severities = set(new)
        self.seeded[fault.kind] += 1
        self.errors[fault.kind] += Severity.ERROR in severities
        self.found[fault.kind] += bool(severities)
        if not severities:
            self.missed[fault.kind].append(fault)

    def print(self) -> bool:
        for kind in sorted(self.seeded):
            print(
                f"  {kind:<24}{self.seeded[kind]:>6}{self.errors[kind]:>6}{self.found[kind]:>6}  "
                + "; ".join(f"{one.file}:{one.line} {one.was!r}" for one in self.missed[kind][:4])
            )
        total, found = sum(self.seeded.values()), sum(self.found.values())
        share = found / total if total else 0.0
        beside = f"bound {self.bound:.0%}, ratio {share / self.bound:.3f}"
        print(f"{self.name}: {found} of {total} found, {share:.2%} ({beside}); as errors {sum(self.errors.values())}", flush=True)
        return share >= self.bound


def run(tally: Tally, project: Mapping[str, bytes], faults: Iterable[Fault], judge: Judge) -> None:
    """Seed each fault in the project, judge, and count what is new beside the unchanged project."""
    before: dict[str, Counter[tuple[str, str, str, Severity]]] = {}
    for fault in faults:
        if fault.file not in before:
            before[fault.file] = findings(judge(project, fault))
        changed = {name: content for name, content in project.items() if name != fault.file}
        if fault.content is not None:
            changed[fault.file] = fault.content
        new = findings(judge(changed, fault)) - before[fault.file]
        tally.add(fault, (severity for *_, severity in new))


def _pools(sources: Iterable[Source], kinds: Mapping[str, Callable[[Source], Iterable[Fault]]]) -> dict[str, list[Fault]]:
    pools: dict[str, list[Fault]] = defaultdict(list)
    for source in sources:
        for kind, seed in kinds.items():
            pools[kind] += seed(source)
    return pools


def _grouped(faults: Iterable[Fault]) -> dict[str, list[Fault]]:
    pools: dict[str, list[Fault]] = defaultdict(list)
    for fault in faults:
        pools[fault.kind].append(fault)
    return pools


def python(inspector: Inspector, wanted: int, names: list[str]) -> bool:
    """Python's faults: four sevenths at level 1, the rest shared by the others."""
    tallies = {level: Tally(f"Python, level {level}", bound) for level, bound in BOUNDS.items()}
    shares = {1: wanted * 4 // 7, 2: wanted // 7, 3: wanted // 7, 4: wanted // 7}
    for corpus in corpora(names, Path()):
        if isinstance(corpus, str):
            print(corpus)
            continue
        project = {f"{corpus.name}/{file.path}": file.source for file in corpus.written}
        levels, sources = Levels(inspector, project), [Source(file, content) for file, content in project.items() if content.strip()]
        counts = {level: share // len(names) + 1 for level, share in shares.items()}
        run(tallies[1], project, drawn(_pools(sources, LEVEL_1), counts[1]), levels.level_1)
        run(tallies[2], project, drawn(_pools(sources, LEVEL_2), counts[2]), levels.level_2)
        run(tallies[3], project, drawn(_grouped(cross_file(sources)), counts[3]), levels.level_3)
        run(tallies[4], project, drawn(_grouped(whole_plan(sources)), counts[4]), levels.level_4)
    shown = [tally.print() for tally in tallies.values()]
    return all(shown)


def typescript(inspector: Inspector, wanted: int, folder: Path) -> bool:
    """TypeScript's faults, at levels 1 to 3."""
    tallies = {level: Tally(f"TypeScript, level {level}", BOUNDS[level]) for level in (1, 2, 3)}
    for corpus in corpora(["rxjs"], folder):
        if isinstance(corpus, str):
            print(corpus)
            continue
        project = {file.path: file.source for file in corpus.written if file.language is Language.TYPESCRIPT and "/testing/" not in file.path}
        levels = Levels(inspector, project)
        for level, kinds in TYPESCRIPT.items():
            pools: dict[str, list[Fault]] = defaultdict(list)
            for file, content in project.items():
                for kind, seed in kinds.items():
                    pools[kind] += seed(file, content, project)
            share = wanted * 4 // 7 if level == 1 else wanted * 3 // 14 + 1
            run(tallies[level], project, drawn(pools, share), getattr(levels, f"level_{level}"))
    shown = [tally.print() for tally in tallies.values()]
    return all(shown)


def main() -> None:
    """Seed, judge, print; exit code 1 where a bound is not reached."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", type=int, default=1050)
    parser.add_argument("--typescript", type=int, default=520)
    parser.add_argument("--behaviour", type=int, default=0, help="mutants of the benchmark's classes; needs --classes")
    parser.add_argument("--classes", type=Path, help="the benchmark's file of classes")
    parser.add_argument("--packages", nargs="+", default=["click", "flask", "requests"], help="installed Python packages to seed faults in")
    options = parser.parse_args()
    begin = time.perf_counter()
    with tempfile.TemporaryDirectory() as name:
        cache = Path.home() / ".cache" / "mge" / "tools"
        checkers = open_checkers(cache)
        try:
            inspector = Inspector(checkers)
            good = python(inspector, options.python, options.packages) if options.python else True
            good = (typescript(inspector, options.typescript, Path(name)) if options.typescript else True) and good
            if options.behaviour and options.classes:
                good = behaviour(inspector, open_sandbox("auto"), options.classes, options.behaviour) and good
        finally:
            checkers.close()
    print(f"{time.perf_counter() - begin:.0f} s")
    sys.exit(not good)


if __name__ == "__main__":
    main()
