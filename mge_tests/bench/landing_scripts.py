"""Published JavaScript and TypeScript held against itself: how many uses of its own functions the landing check takes for wrong.

    sh .ci/env python -m mge_tests.bench.landing_scripts [--unpacked FOLDER] [zod rxjs express preact react-native-paper]

Every function that is known is a callee, every atom that the graph or its words say uses it a caller. Every error on code that works is a false alarm; the
bound is none. ``--unpacked`` names a folder that holds unpacked packages by name, where no registry can be reached.
"""

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from mge_assets.model.atoms import Atom, AtomKind
from mge_assets.stages.atomization import atomize
from mge_assets.stages.dependency import build_graph
from mge_assets.stages.dependency.analysis import analyse
from mge_assets.stages.validation.conduct_javascript import ScriptFunction, function_of, unfitting
from mge_assets.stages.validation.uses_javascript import script_misuses
from mge_resources.syntax import SCRIPTS
from mge_tests.bench.corpora import NPM, Corpus, corpora

_CALLED = frozenset({AtomKind.FUNCTION, AtomKind.METHOD})
_LARGEST = 300_000


def _owner(atom: Atom) -> str:
    return atom.name.partition("#")[0].split(".")[-2] if atom.kind is AtomKind.METHOD else ""


def known(atoms: Mapping[str, Atom]) -> dict[str, ScriptFunction]:
    """The functions whose conduct can be read."""
    whole = {name: atom for name, atom in atoms.items() if atom.kind in _CALLED and "#" not in name}
    found = {name: function_of(atom.text, name.rpartition(".")[2], _owner(atom), atom.language) for name, atom in whole.items()}
    return {name: function for name, function in found.items() if function is not None}


def measure(corpus: Corpus) -> int:
    """The errors in a package; prints them and the warnings by kind."""
    files = {file.path: file for file in corpus.written if file.language in SCRIPTS and ".d." not in file.path and len(file.source) < _LARGEST}
    atoms = {atom.name: atom for path, file in files.items() for atom in atomize(file.source, path, file.language).atoms}
    graph = build_graph(list(atoms.values()), analyse({path: file.source for path, file in files.items()}))
    functions, targets, pairs = known(atoms), dict[str, set[str]](), 0
    for edge in graph.edges:
        targets.setdefault(edge.source, set()).add(edge.target)
    near: dict[str, list[str]] = {}
    for name in functions:
        near.setdefault(atoms[name].file, []).append(name)
    errors, doubts = [f"{name} {words}" for name, function in functions.items() for words in unfitting(function, function)], Counter[str]()
    for atom in atoms.values():
        used = targets.get(atom.name, set()) | {name for name in near.get(atom.file, ()) if name.rpartition(".")[2].encode() in atom.text}
        callees = {name: functions[name] for name in used & functions.keys() if name != atom.name}
        pairs += len(callees)
        for use in script_misuses(atom.text, callees, _owner(atom), atom.language):
            if use.certain:
                errors.append(f"{atom.name}: {use.key} {use.words}")
            else:
                doubts[use.words.partition(" ")[0]] += 1
    head = f"{corpus.name}: {len(functions)} functions, {pairs} pairs of caller and callee"
    print(f"{head}, {len(errors)} errors (bound 0), {doubts.total()} warnings {dict(doubts)}")
    for error in errors:
        print(f"  {error}")
    return len(errors)


def main() -> None:
    """Measure; exit code 1 where there is an error."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--unpacked", type=Path)
    parser.add_argument("names", nargs="*")
    given = parser.parse_args()
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        for corpus in corpora(given.names or list(NPM), given.unpacked or Path(folder)):
            if isinstance(corpus, str):
                print(corpus)
            else:
                wrong += measure(corpus)
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()
