"""Plans whose bodies were taken out, run by ``mge run`` against the emulator: what came of them, what was asked, what it cost."""

import argparse
import ast
import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from mge_assets.examples import example
from mge_tests.fakes.emulator.latency import Latencies
from mge_tests.fakes.emulator.references import References
from mge_tests.fakes.emulator.server import MessagesServer
from mge_tests.fakes.emulator.writer import ReferenceWriter


@dataclass(frozen=True)
class Subject:
    """A plan to run: its file's content, the drafts beside it, the finished project, and for each unit the test that tells whether it is right."""

    name: str
    plan: Mapping[str, Any]
    drafts: Mapping[str, str]
    finished: Mapping[str, str]
    units: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """One run: ``mge run``'s summary, the emulator's accounts, and how often each atom was asked for."""

    summary: Mapping[str, Any]
    narration: str
    seconds: float
    writer: ReferenceWriter
    server: MessagesServer
    made: Mapping[str, str]
    journal: Mapping[str, Any]

    @property
    def asked(self) -> list[int]:
        """Answers that each atom took."""
        return list(self.writer.asked.values())

    @property
    def first_time(self) -> float:
        """Share of the generated atoms that one answer was enough for."""
        return sum(count == 1 for count in self.asked) / max(1, len(self.asked))


def blanked(source: str) -> str:
    """Python with every function's body but its documentation taken out."""
    raw = source.encode()
    lines = raw.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    edits: list[tuple[int, int]] = []
    for node in _outer_functions(ast.parse(source)):
        rest = node.body[1:] if ast.get_docstring(node, clean=False) is not None else node.body
        if rest:
            first = min([rest[0].lineno, *(each.lineno for each in getattr(rest[0], "decorator_list", []))])
            last = rest[-1]
            edits.append((starts[first - 1] + rest[0].col_offset, starts[(last.end_lineno or 1) - 1] + (last.end_col_offset or 0)))
    for begin, end in sorted(edits, reverse=True):
        raw = raw[:begin] + b"..." + raw[end:]
    return raw.decode()


def _outer_functions(node: ast.AST) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    found: list[ast.FunctionDef | ast.AsyncFunctionDef] = []
    for child in ast.iter_child_nodes(node):
        found += [child] if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) else _outer_functions(child)
    return found


def wanted(document: str | None, standard: Sequence[str], arguments: Sequence[str] | None = None) -> Iterator[tuple[str, Subject]]:
    """What a command asks for: a file of classes, then ``classes``, ``inventory`` or installed packages, ``-wrong`` behind a name left to the caller."""
    parser = argparse.ArgumentParser(description=document, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path, help="a file of classes with their tests: classeval.json")
    parser.add_argument("name", nargs="*", help=f"what is run; otherwise {' '.join(standard)}")
    given = parser.parse_args(arguments)
    if not given.path.is_file():
        parser.error(f"{given.path} is no file; name the file of classes first")
    for name in given.name or standard:
        base = name.removesuffix("-wrong")
        if base not in {"classes", "inventory"} and find_spec(base) is None:
            parser.error(f"{base!r} is not installed; name classes, inventory or an installed package")
        yield name, classes(given.path) if base == "classes" else bundled(example(base)) if base == "inventory" else package(base)


def classes(path: Path) -> Subject:
    """ClassEval as one plan: a class a task, its skeleton the draft, its own tests the task's."""
    found = json.loads(path.read_text())["classes"]
    tasks, drafts, finished, units = [], {}, {}, {}
    for each in found:
        module = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", each["class_name"]).lower()
        module = f"{module}_{each['task_id'].rpartition('_')[2]}"
        imports = _listed(each["import_statement"])
        tests = "\n".join([*imports, f"from {module} import *", f"from {module} import {each['class_name']}", "", each["test"]])
        head = "" if each["skeleton"].lstrip().startswith(("import", "from")) else "\n".join(imports) + "\n\n"
        drafts[f"drafts/{module}.py"] = head + each["skeleton"].rstrip() + "\n"
        finished[f"{module}.py"] = "\n".join(imports) + "\n\n" + each["solution_code"]
        units[module] = tests
        about = " ".join(each["class_description"].replace('"""', "").split())
        tasks.append({"name": module, "description": about or module, "file": f"{module}.py", "source": f"drafts/{module}.py", "tests": tests})
    packages = sorted({"numpy"} if any("numpy" in text for text in finished.values()) else set())
    plan = {"name": "classes", "requirements": packages, "phases": [{"name": "Core", "milestones": [{"name": "Classes", "tasks": tasks}]}]}
    return Subject("classes", plan, drafts, finished, units)


def _listed(imports: Any) -> list[str]:
    return list(imports) if isinstance(imports, list) else list(ast.literal_eval(imports or "[]"))


def package(name: str) -> Subject:
    """An installed package with every body taken out."""
    spec = find_spec(name)
    assert spec is not None
    assert spec.origin is not None
    root = Path(spec.origin).parent
    finished = {f"{name}/{path.relative_to(root).as_posix()}": path.read_text() for path in sorted(root.rglob("*.py")) if "tests" not in path.parts}
    drafts = {f"drafts/{file}": blanked(source) for file, source in finished.items()}
    tasks = [
        {"name": re.sub(r"\W+", "-", file.removesuffix(".py")).strip("-"), "description": f"The module {file}.", "file": file, "source": f"drafts/{file}"}
        for file in finished
    ]
    requirements = ["charset_normalizer", "idna", "urllib3", "certifi", "chardet", "simplejson", "cryptography", "pyOpenSSL", "PySocks"]
    plan = {"name": name, "requirements": requirements, "phases": [{"name": "Core", "milestones": [{"name": "Package", "tasks": tasks}]}]}
    return Subject(name, plan, drafts, finished)


def run(subject: Subject, folder: Path, *, environment: Mapping[str, str] | None = None, rates: Mapping[str, float] | None = None, **writer: Any) -> Outcome:
    """Run the plan in this folder. Keyword arguments beside are the reference writer's."""
    path = _written(subject, folder)
    writes = ReferenceWriter(References(dict(subject.finished)), **writer)
    out = folder / "made"
    with MessagesServer(writes, rates=rates or {}, latencies=Latencies(), seed=int(writer.get("seed", 0))) as server:
        given = {"MGE_HOME": str(folder / "home"), "ANTHROPIC_BASE_URL": server.url, "ANTHROPIC_API_KEY": "any", **(environment or {})}
        begin = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-m", "mge_assets.cli", "run", str(path), "--out", str(out), "--json"],
            env={**os.environ, **given}, cwd=folder, capture_output=True, text=True, check=False,
        )  # fmt: skip
        seconds = time.perf_counter() - begin
        journal = _journal(folder, given)
        subprocess.run([sys.executable, "-m", "mge_assets.cli", "db", "stop"], env={**os.environ, **given}, cwd=folder, capture_output=True, check=False)
    if done.returncode not in (0, 1):
        sys.exit(done.stderr)
    made = {file: (out / file).read_text() for file in subject.finished if (out / file).is_file()}
    return Outcome(json.loads(done.stdout), done.stderr, seconds, writes, server, made, journal)


_SUMS = """
import json
from mge_assets.services.workspace import open_workspace
from mge_resources.settings import read_settings
from sqlalchemy import text
with open_workspace(read_settings()) as workspace, workspace.stores.journal._engine.connect() as connection:
    rows = connection.execute(text("SELECT state, count(*), coalesce(sum(coalesce(cost_usd, reserved_usd)), 0) FROM mge.llm_calls GROUP BY state")).all()
    print(json.dumps({str(state): [count, float(usd)] for state, count, usd in rows}))
"""


def _journal(folder: Path, given: Mapping[str, str]) -> dict[str, Any]:
    """Calls and USD in the journal, by state."""
    done = subprocess.run([sys.executable, "-c", _SUMS], env={**os.environ, **given}, cwd=folder, capture_output=True, text=True, check=False)
    return dict(json.loads(done.stdout)) if done.returncode == 0 else {"error": done.stderr[-300:]}


def _written(subject: Subject, folder: Path) -> Path:
    for file, text in subject.drafts.items():
        target = folder / file
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    path = folder / f"{subject.name}.yaml"
    with path.open("w") as stream:
        YAML().dump(dict(subject.plan), stream)
    return path


SEEDS = range(5)
LONGEST = 60
"""Seconds for a unit's own tests; code that needs longer does not come to an end."""
_SEEDED = """import random
import pytest

@pytest.fixture(autouse=True)
def seeded():
    random.seed({seed})
"""


def right_units(subject: Subject, made: Mapping[str, str]) -> Sequence[str]:
    """The units whose own tests pass on what was made, with chance seeded: by the first seed with which they pass on the reference."""
    return [unit for unit in subject.units if _right(subject, made, unit)]


def _right(subject: Subject, made: Mapping[str, str], unit: str) -> bool:
    tests = subject.units[unit]
    for seed in SEEDS:
        if _passes(made, unit, tests, seed):
            return True
        if _passes(subject.finished, unit, tests, seed):
            return False
    return False


def _passes(files: Mapping[str, str], unit: str, tests: str, seed: int) -> bool:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, text in {**files, f"test_{unit}.py": tests, "conftest.py": _SEEDED.format(seed=seed)}.items():
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).write_text(text)
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"test_{unit}.py"]
        with contextlib.suppress(subprocess.TimeoutExpired):
            return subprocess.run(command, cwd=folder, capture_output=True, timeout=LONGEST, check=False).returncode == 0
        return False


def same_functions(subject: Subject, made: Mapping[str, str]) -> tuple[int, list[str]]:
    """How many functions the finished project has, and those that came out differently (documentation aside)."""
    total, different = 0, []
    for file, source in subject.finished.items():
        if not file.endswith(".py"):
            continue
        wanted = {(node.name, node.lineno): _bare(node) for node in _outer_functions(ast.parse(source))}
        found = [_bare(node) for node in _outer_functions(ast.parse(made[file]))] if file in made else []
        total += len(wanted)
        different += [f"{file}: {name}" for (name, _), code in wanted.items() if code not in found]
    return total, different


def _bare(node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    return ast.unparse(node)


def bundled(path: Path) -> Subject:
    """A bundled plan with its drafts and tests, the reference solutions laid over its drafts."""
    plan = YAML(typ="safe").load(path)
    folder = path.parent
    drafts = {file.relative_to(folder).as_posix(): file.read_text() for file in sorted(folder.rglob("*")) if file.is_file() and file != path}
    tasks = [task for phase in plan["phases"] for milestone in phase["milestones"] for task in milestone["tasks"]]
    finished = {task["file"]: drafts[task["source"]] if "source" in task else task.get("code", "") for task in tasks}
    reference = folder.parent / "reference" / folder.name
    for file in sorted(reference.rglob("*")):
        if file.is_file():
            finished[file.relative_to(reference).as_posix()] = file.read_text()
    return Subject(plan["name"], plan, drafts, finished)
