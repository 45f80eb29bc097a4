"""Cases as a use case: the calls of each draft are made in the sandbox, within a time, and never twice for the same code."""

import hashlib
import json
import re
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath
from tempfile import NamedTemporaryFile

from mge_assets.model.cases import case_from_json, case_to_json
from mge_assets.model.findings import Finding, Severity
from mge_assets.stages.atomization.case_runs import CASES_VERSION, RUN, CaseRun, run_cases
from mge_resources.sandbox import Sandbox
from mge_resources.syntax import Language, detect_language

WORKERS = 2
"""Files whose calls are made at once."""
_IMPORTING = re.compile(rb"^.*\b(?:import|require|from)\b.*$", re.MULTILINE)
_WORD = re.compile(rb"[\w-]+")
_LOADED = {"__init__", "index"}


class Project:
    """A plan's drafts by file, and which of them each one may load: by the words of its imports, and the files that speak for its packages."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.files = files
        self._digests = {name: hashlib.sha256(content).digest() for name, content in files.items()}
        by_word: dict[bytes, list[str]] = {}
        for name in files:
            by_word.setdefault(_called(name), []).append(name)
        packages = {name: {f"{folder}/__init__.py" for folder in PurePosixPath(name).parents} & files.keys() for name in files}
        self._next = {name: packages[name].union(*(by_word.get(word, ()) for word in _words(content))) for name, content in files.items()}

    def reached(self, file: str) -> dict[str, bytes]:
        """The file and those that it may load, directly or through others."""
        found, pending = {file}, [file]
        while pending:
            fresh = self._next[pending.pop()] - found
            found |= fresh
            pending += fresh
        return {name: self.files[name] for name in sorted(found)}

    def mark(self, file: str) -> str:
        """What a file's cases follow from."""
        told = hashlib.sha256(f"{CASES_VERSION}\0{file}".encode())
        for name in self.reached(file):
            told.update(f"\0{name}\0".encode() + self._digests[name])
        return told.hexdigest()


def _words(content: bytes) -> set[bytes]:
    return {word for line in _IMPORTING.findall(content) for word in _WORD.findall(line)}


def _called(name: str) -> bytes:
    """The word that an import may call a file by: its stem, or its folder's name where the file speaks for the folder."""
    path = PurePosixPath(name)
    stem = path.name.partition(".")[0]
    return (path.parent.name if stem in _LOADED else stem).encode()


class CaseService:
    """Runs drafts' cases. ``folder`` keeps outcomes by the code that they follow from; ``seconds`` bound all files of a plan together, 0 runs none."""

    def __init__(self, sandbox: Sandbox, folder: Path, seconds: float) -> None:
        self._sandbox, self._folder, self._seconds = sandbox, folder, seconds

    def mark(self, file: str, project: Project) -> str:
        """What a file's cases follow from; empty where none are run."""
        return project.mark(file) if self._seconds > 0 and detect_language(file) in RUN and file in project.files else ""

    def run(self, files: Sequence[tuple[str, Language]], project: Project) -> Mapping[str, CaseRun]:
        """The cases of these files of a project, from what is kept where the same code was called before."""
        due = [(file, language) for file, language in files if self.mark(file, project)]
        deadline = time.monotonic() + self._seconds
        with ThreadPoolExecutor(WORKERS) as pool:
            return dict(zip((file for file, _ in due), pool.map(lambda one: self._one(one[0], one[1], project, deadline), due), strict=True))

    def _one(self, file: str, language: Language, project: Project, deadline: float) -> CaseRun:
        kept = self._folder / f"{project.mark(file)}.json"
        if kept.is_file():
            return CaseRun(tuple(case_from_json(row) for row in json.loads(kept.read_bytes())))
        if time.monotonic() > deadline:
            return CaseRun(not_run=f"the {self._seconds:g} s for a plan's cases were used up; raise MGE_CASE_SECONDS")
        found = run_cases(self._sandbox, project.reached(file), file, language)
        if not found.not_run:
            _keep(kept, json.dumps([case_to_json(case) for case in found.cases], ensure_ascii=False).encode(errors="replace"))
        return found


def _keep(path: Path, content: bytes) -> None:
    """Written whole or not at all, since two processes may keep the same."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=path.parent, delete=False) as target:
        target.write(content)
    Path(target.name).replace(path)


def not_run_findings(runs: Mapping[str, CaseRun]) -> tuple[Finding, ...]:
    """A finding for each reason for which cases were not run."""
    reasons = Counter(run.not_run for run in runs.values() if run.not_run)
    return tuple(
        Finding("atomization.cases", Severity.INFO, f"cases of {count} file{'s' if count > 1 else ''} were not run: {reason}")
        for reason, count in sorted(reasons.items())
    )
