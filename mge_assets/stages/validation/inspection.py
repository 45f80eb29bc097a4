"""What the checking tools say of a project's files, asked once for equal files and shared by all atoms and levels."""

import hashlib
import re
from collections import Counter, OrderedDict
from collections.abc import Collection, Mapping, Sequence
from threading import RLock

from mge_assets.model.script_paths import is_config
from mge_assets.stages.validation.analysis import analyse
from mge_assets.stages.validation.lint_spots import lint_spots
from mge_assets.stages.validation.spots import Lines, Spot
from mge_assets.stages.validation.type_spots import python_type_spots, typescript_spots
from mge_resources.checkers import Checkers, CheckerUnavailableError, Remark
from mge_resources.syntax import SCRIPTS, Language, detect_language, parse_python

_MOST_PROJECTS = 6
_MOST_FILES = 2048
_FEW = 5
_LINES_EACH = 200
_WORD = re.compile(rb"\w+")

Said = tuple[Spot, ...] | str
"""What a tool said of a file; a sentence where it could not be asked."""


class Inspector:
    """Asks the tools; safe to call from many threads. Without tools every answer is the reason."""

    def __init__(self, checkers: Checkers | None) -> None:
        self._checkers = checkers
        self._typed: OrderedDict[int, tuple[dict[str, bytes], Language, frozenset[str] | None, dict[str, list[Remark]] | str]] = OrderedDict()
        self._linted: OrderedDict[bytes, Said] = OrderedDict()
        self._sound: OrderedDict[bytes, bool] = OrderedDict()
        self._words: OrderedDict[bytes, Counter[bytes]] = OrderedDict()
        self._answers: OrderedDict[int, tuple[Mapping[str, bytes], dict[tuple[str, str, bool], Said]]] = OrderedDict()
        self._count = 0
        self._strict_held = True
        self._lock = RLock()

    def types(self, project: Mapping[str, bytes], file: str, *, alone: bool = False) -> Said:
        """Type errors of one file among all of the project's; ``alone`` where only this one will be asked for."""
        return self._of(project, file, "types", alone=alone)

    def syntax(self, project: Mapping[str, bytes], file: str, *, alone: bool = False) -> Said:
        """Syntax errors of a TypeScript or JavaScript file."""
        return self._of(project, file, "syntax", alone=alone)

    def names(self, project: Mapping[str, bytes], file: str, *, alone: bool = False) -> Said:
        """Undefined and doubly defined names of a TypeScript or JavaScript file."""
        return self._of(project, file, "names", alone=alone)

    def taken(self, project: Mapping[str, bytes], file: str, *, alone: bool = False) -> Said:
        """Names that a TypeScript or JavaScript file imports and that are not offered."""
        return self._of(project, file, "integration", alone=alone)

    def lint(self, project: Mapping[str, bytes], file: str, near: bytes | None = None) -> Said:
        """What ruff and bandit say of a Python file; all files of the project that were not asked for yet go along.

        With ``near``, what of the file matters for one place in it, bandit reads no more than that: a third of level 1's cost on a file of 3,000 lines.
        """
        if near is not None and near != project[file]:
            return self._lint_near(project[file], file, near)
        key = _digest(project[file])
        with self._lock:
            if key not in self._linted:
                self._lint({name: content for name, content in project.items() if detect_language(name) is Language.PYTHON or name == file})
            return self._linted[key]

    def _of(self, project: Mapping[str, bytes], file: str, category: str, *, alone: bool) -> Said:
        """The answer; kept with the very mapping that it was asked of, which its owner does not change: all atoms of a draft ask the same."""
        with self._lock:
            held, answers = self._answers.setdefault(id(project), (project, {}))  # what is held keeps its identity
            assert held is project
            self._answers.move_to_end(id(project))
            while len(self._answers) > _MOST_PROJECTS:
                self._answers.popitem(last=False)
            key = (file, category, alone)
            if key not in answers:
                answers[key] = self._asked(project, file, category, alone=alone)
            return answers[key]

    def _asked(self, project: Mapping[str, bytes], file: str, category: str, *, alone: bool) -> Said:
        language = detect_language(file)
        if language is None:
            return "the file is in no language that is checked"
        if language is Language.PYTHON and analyse(language, project[file]).python is not None:
            self._sound[project[file]] = True  # known already: level 1 has compiled it
        remarks = self._remarks(language, project, frozenset([file]) if alone else None, file)
        if isinstance(remarks, str):
            return remarks
        found, content = remarks.get(file, []), project[file]
        if language is Language.PYTHON:
            return self._python(project, content, found)
        spots = typescript_spots(language, Lines(content), found, held_to_strict=self._strict_held, category=category)
        return tuple(sorted(spots, key=lambda spot: spot.byte))

    def _python(self, project: Mapping[str, bytes], content: bytes, remarks: Sequence[Remark]) -> Said:
        if not remarks:
            return () if self._compiles(content) else "the file does not parse, so its types are not known"
        tree = analyse(Language.PYTHON, content).python
        if tree is None:
            return "the file does not parse, so its types are not known"
        spots = python_type_spots(tree, Lines(content), remarks, lambda name: self._named(project, name.encode()))
        return tuple(sorted(spots, key=lambda spot: spot.byte))

    def _remarks(self, language: Language, project: Mapping[str, bytes], focus: frozenset[str] | None, file: str) -> Mapping[str, list[Remark]] | str:
        if self._checkers is None:
            return "no type checker was handed in"
        python = language is Language.PYTHON
        files = {name: content for name, content in project.items() if self._belongs(name, content, python=python)}
        family = Language.PYTHON if python else Language.TYPESCRIPT
        for key, (held, spoken, seen, remarks) in reversed(self._typed.items()):
            if spoken is family and (seen is None or file in seen) and held == files:
                self._typed.move_to_end(key)
                return remarks
        asked = None if python else focus
        answer = self._ask(family, files, asked)
        self._count += 1
        self._typed[self._count] = (files, family, asked, answer)
        while len(self._typed) > _MOST_PROJECTS:
            self._typed.popitem(last=False)
        return answer

    def _belongs(self, name: str, content: bytes, *, python: bool) -> bool:
        language = detect_language(name)
        if language is None:
            return not python and is_config(name)
        return self._compiles(content) if python and language is Language.PYTHON else not python and language in SCRIPTS

    def _compiles(self, content: bytes) -> bool:
        if content not in self._sound:
            self._sound[content] = _compiles(content)
            while len(self._sound) > _MOST_FILES:
                self._sound.popitem(last=False)
        return self._sound[content]

    def _named(self, project: Mapping[str, bytes], name: bytes) -> int:
        """How often the project's files name something."""
        return sum(self._counted(content)[name] for content in project.values())

    def _counted(self, content: bytes) -> Counter[bytes]:
        if content not in self._words:
            self._words[content] = Counter(_WORD.findall(content))
            while len(self._words) > _MOST_FILES:
                self._words.popitem(last=False)
        return self._words[content]

    def _ask(self, family: Language, files: Mapping[str, bytes], focus: Collection[str] | None) -> dict[str, list[Remark]] | str:
        assert self._checkers is not None
        try:
            remarks = self._checkers.types(family, files, focus)
            if any(remark.rule == "syntax" for remark in remarks):  # mypy stops at what it can't read, though Python can: look at the others without it
                barred = {remark.file for remark in remarks if remark.rule == "syntax"}
                remarks = self._checkers.types(family, {name: content for name, content in files.items() if name not in barred}, focus)
        except CheckerUnavailableError as error:
            return str(error)
        found = _by_file(remarks)
        if focus is None and family is not Language.PYTHON:
            lines = sum(content.count(b"\n") for content in files.values())
            self._strict_held = sum(remark.grade == "medium" for remark in remarks) <= max(_FEW, lines // _LINES_EACH)
        return found

    def _lint_near(self, content: bytes, file: str, near: bytes) -> Said:
        key = _digest(content + near)
        with self._lock:
            if key not in self._linted:
                self._keep({key: self._spoken({file: content}, {file: near})[file]})
            return self._linted[key]

    def _lint(self, files: Mapping[str, bytes]) -> None:
        wanted = {name: content for name, content in files.items() if _digest(content) not in self._linted}
        said = self._spoken(wanted, {})
        self._keep({_digest(content): said[name] for name, content in wanted.items()})

    def _spoken(self, files: Mapping[str, bytes], near: Mapping[str, bytes]) -> dict[str, Said]:
        """What the linters say of each file."""
        if self._checkers is None:
            return dict.fromkeys(files, "no linter was handed in")
        try:
            found = _by_file(self._checkers.lint(files, near))
        except CheckerUnavailableError as error:
            return dict.fromkeys(files, str(error))
        return {name: tuple(lint_spots(Lines(content), found.get(name, []))) for name, content in files.items()}

    def _keep(self, said: Mapping[bytes, Said]) -> None:
        self._linted |= said
        while len(self._linted) > _MOST_FILES:
            self._linted.popitem(last=False)


def _by_file(remarks: Sequence[Remark]) -> dict[str, list[Remark]]:
    found: dict[str, list[Remark]] = {}
    for remark in remarks:
        found.setdefault(remark.file, []).append(remark)
    return found


def _digest(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()


def _compiles(content: bytes) -> bool:
    try:
        parse_python(content)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
