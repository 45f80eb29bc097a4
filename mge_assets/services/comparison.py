"""Two states of a folder compared: now, and as a commit has it."""

from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path

from mge_assets.model.atoms import Atom
from mge_assets.model.changes import Change, Snapshot
from mge_assets.model.graph import CodeGraph
from mge_assets.services.kept_results import KeptResults
from mge_assets.services.versions import ANALYSER_VERSION, ATOMIZER_VERSION
from mge_assets.stages.atomization import atomize
from mge_assets.stages.atomization.plan_names import PlanNames
from mge_assets.stages.dependency import analyse, build_graph, changes, snapshot
from mge_assets.stages.dependency.incremental.commits import read_commit
from mge_assets.stages.dependency.incremental.incremental import reanalyse
from mge_assets.stages.dependency.kept import mark_of
from mge_assets.stages.dependency.reading import read_folder
from mge_resources.syntax import detect_language

_Atoms = dict[str, tuple[Atom, ...]]


def folder_change(folder: Path, reference: str, cache: Path) -> Change:
    """Which atoms of the folder changed since the commit, and which need one of them. Raises NotFoundError.

    What was found before is kept in ``cache``: a state is analysed once, and of a later one only the parts that are not like it.
    """
    before, now = read_commit(folder, reference), read_folder(folder)
    now = {file: source for file, source in now.items() if file in before or "node_modules" not in file.split("/")}
    return Comparison(before, now, KeptResults(cache, ANALYSER_VERSION, ATOMIZER_VERSION)).change()


class Comparison:
    """Two states of some files. What is asked for of either is made when it is first needed, or found among what is kept."""

    def __init__(self, before: Mapping[str, bytes], now: Mapping[str, bytes], kept: KeptResults) -> None:
        self._before, self._now, self._kept = before, now, kept

    def change(self) -> Change:
        """What changed from one to the other."""
        before = self._state(self._before, lambda: (self._atoms_before, self._code_before))
        return changes(before, before if self._now == self._before else self._state(self._now, lambda: (self._atoms_now(), self._code_now())))

    def _state(self, files: Mapping[str, bytes], made: Callable[[], tuple[_Atoms, CodeGraph]]) -> Snapshot:
        mark = mark_of(files)
        state = self._kept.snapshot(mark) if mark else None
        if state is None:
            cut, code = made()
            atoms = [atom for file in files for atom in cut.get(file, ())]
            state = snapshot(atoms, build_graph(atoms, code))
            if mark:
                self._kept.keep_snapshot(mark, state)
        return state

    @cached_property
    def _code_before(self) -> CodeGraph:
        return analyse(self._before, kept=self._kept)

    def _code_now(self) -> CodeGraph:
        return reanalyse(self._before, self._code_before, self._now, self._kept)

    @cached_property
    def _atoms_before(self) -> _Atoms:
        mark = mark_of(self._before)
        found = self._kept.atoms(mark, self._before) if mark else {}
        if not found:
            names = _names(self._before)
            found = {file: _cut(file, source, names) for file, source in self._before.items() if detect_language(file)}
            if mark:
                self._kept.keep_atoms(mark, (atom for atoms in found.values() for atom in atoms))
        return found

    def _atoms_now(self) -> _Atoms:
        """As before where a file is the same, unless other files change its names."""
        former, names, known = _names(self._before), _names(self._now), self._atoms_before
        return {
            file: known[file] if file in known and self._before[file] == source and former.mark(file) == names.mark(file) else _cut(file, source, names)
            for file, source in self._now.items()
            if detect_language(file)
        }


def _names(files: Mapping[str, bytes]) -> PlanNames:
    return PlanNames(file for file in files if detect_language(file))


def _cut(file: str, source: bytes, names: PlanNames) -> tuple[Atom, ...]:
    language = detect_language(file)
    assert language is not None
    return names.named(atomize(source, file, language)).atoms
