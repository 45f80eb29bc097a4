"""Two states of a folder compared: now, and as a commit has it."""

from collections.abc import Mapping
from pathlib import Path

from mge_assets.model.atoms import Atom
from mge_assets.model.changes import Change
from mge_assets.stages.atomization import atomize
from mge_assets.stages.atomization.plan_names import PlanNames
from mge_assets.stages.dependency import analyse, build_graph, changes, snapshot
from mge_assets.stages.dependency.commits import read_commit
from mge_assets.stages.dependency.incremental import reanalyse
from mge_assets.stages.dependency.reading import read_folder
from mge_resources.syntax import detect_language


def folder_change(folder: Path, reference: str) -> Change:
    """Which atoms of the folder changed since the commit, and which need one of them. Raises NotFoundError.

    Files that stayed the same are cut once, and edits of layout alone are not analysed again.
    """
    before, now = read_commit(folder, reference), read_folder(folder)
    now = {file: source for file, source in now.items() if file in before or "node_modules" not in file.split("/")}
    code_before = analyse(before)
    code_now = code_before if before == now else reanalyse(before, code_before, now)
    known: dict[tuple[str, bytes], tuple[Atom, ...]] = {}
    atoms_before, atoms_now = _atoms(before, known), _atoms(now, known)
    return changes(snapshot(atoms_before, build_graph(atoms_before, code_before)), snapshot(atoms_now, build_graph(atoms_now, code_now)))


def _atoms(files: Mapping[str, bytes], known: dict[tuple[str, bytes], tuple[Atom, ...]]) -> list[Atom]:
    names = PlanNames(file for file in files if detect_language(file))
    found: list[Atom] = []
    for file, source in files.items():
        language = detect_language(file)
        if language is None:
            continue
        if (file, source) not in known:
            known[file, source] = names.named(atomize(source, file, language)).atoms
        found += known[file, source]
    return found
