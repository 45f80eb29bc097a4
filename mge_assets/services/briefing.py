"""What each atom is told of the project: which files' contracts stand in the prefix that all share, which in its own part, and what is known by now.

What stands in the prefix is written once, at 1.25 of plain input's price, and read with every call, at a twentieth: so a part belongs there once more
than a twentieth of the atoms need it; shown to fewer it is cheaper beside them. What is in the prefix never changes while an execution runs.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from mge_assets.model.atoms import Atom, AtomKind
from mge_assets.model.graph import AtomGraph, Confidence
from mge_assets.stages.generation import AtomWork, DependencyCode, members, outline

SHARED_FROM = 0.05
"""Share of the generated atoms that must need a part before it is in the shared prefix."""
SHARED_BYTES = 36_000
"""Bytes of contract in the shared prefix, some 12,000 tokens: read from the cache they cost what 120 tokens of an answer do."""
_OWNED = {AtomKind.FUNCTION, AtomKind.METHOD}
_CONSTRUCTORS = {"__init__", "constructor", "__new__", "__post_init__"}
_PART = re.compile(r"#\d+$")


class Briefing:
    """The contracts of one execution's atoms.

    Args:
        files: every file's atoms, in order.
        graph: what needs what.
        needs_file: for each task file, the files of the tasks that it depends on.
        generated: names of the atoms that will be generated.
    """

    def __init__(self, files: Mapping[str, Sequence[Atom]], graph: AtomGraph, needs_file: Mapping[str, Collection[str]], generated: Collection[str]) -> None:
        self._files = files
        self._home = {atom.name: atom.file for atoms in files.values() for atom in atoms}
        self._drafts = {atom.name: atom for atoms in files.values() for atom in atoms}
        self._generated = [name for name in self._home if name in generated]
        self.wholes, self.heads = _split_definitions(files)
        self._reach = self._reached(graph, needs_file)
        self._outlines = _Outlines(files)
        self._imports = {file: outline([atom for atom in atoms if atom.kind is AtomKind.IMPORT], imports=True) for file, atoms in files.items()}
        self._shared = self._choose()
        self.contract = "\n\n".join(text for part in self._shared if (text := self._text(part)))
        self._classes = _classes(files)

    def complete(self, work: AtomWork, codes: Mapping[str, bytes]) -> AtomWork:
        """The work with its contracts, and with the members that the code written so far gives to the classes in reach."""
        atom = work.atom
        whole = self.wholes.get(atom.name, b"")
        written = tuple(each for each in work.dependencies if self._is_news(each))
        return replace(work, dependencies=written, contract=self.contract, nearby=self._nearby(atom.file), members=self._members(atom, codes), whole=whole)

    def _is_news(self, needed: DependencyCode) -> bool:
        """Whether the code says more than the contract, which shows every declaration and every head."""
        if needed.kind not in _OWNED and "#" not in needed.name:
            return needed.file not in self._files
        drafted = self._drafts.get(needed.name)
        return not needed.contract_only and (drafted is None or not drafted.stub or needed.code != drafted.text)

    def _text(self, part: tuple[str, bool]) -> str:
        """A part of the contract: a file's imports, or what it declares."""
        file, imports = part
        return self._imports[file] if imports else self._outlines[file]

    def _nearby(self, file: str) -> str:
        """What an atom of the file needs beyond the shared contract: the file's own first, its imports in any case."""
        parts = [(file, True), *((each, False) for each in self._reach[file])]
        return "\n\n".join(text for part in parts if part not in self._shared and (text := self._text(part)))

    def _members(self, atom: Atom, codes: Mapping[str, bytes]) -> tuple[str, ...]:
        """A line for each class of the files in reach: its own first, then in the order of the files; only what the drafts do not show."""
        said: list[str] = []
        owner = atom.name.rpartition(".")[0]
        reach = set(self._reach[atom.file])
        classes = sorted((name for name, atoms in self._classes.items() if atoms[0].file in reach), key=lambda name: name != owner)
        for name in classes:
            known = members(codes.get(each.name, each.text) for each in self._classes[name])
            methods = {each.name.rpartition(".")[2] for each in self._classes[name]}
            shown = [member for member in known if member not in methods]
            if shown:
                said.append(f"{name.rpartition('.')[2]}: {', '.join(shown)}")
        return tuple(said)

    def _reached(self, graph: AtomGraph, needs_file: Mapping[str, Collection[str]]) -> dict[str, list[str]]:
        """For each file itself, then those that it imports from or its task depends on, the most used first."""
        counts: dict[str, dict[str, float]] = {file: defaultdict(float) for file in self._files}
        for edge in graph.edges:
            source, target = self._home.get(edge.source), self._home.get(edge.target)
            if source and target and edge.confidence is Confidence.RESOLVED:
                counts[source][target] += edge.weight
        for file, needed in needs_file.items():
            for each in needed:
                counts[file][each] += 0.5
        return {
            file: [file, *sorted((each for each in found if each != file and each in self._files), key=lambda each: (-found[each], each))]
            for file, found in counts.items()
        }

    def _choose(self) -> dict[tuple[str, bool], None]:
        """The parts that are shared: needed by enough atoms, the most needed first, as far as there is room; in the order of the plan."""
        needed: dict[tuple[str, bool], int] = defaultdict(int)
        for name in self._generated:
            file = self._home[name]
            needed[file, True] += 1
            for each in self._reach[file]:
                needed[each, False] += 1
        room, chosen = SHARED_BYTES, set()
        for part in sorted(needed, key=lambda each: (-needed[each], each)):
            size = len(self._text(part))
            if needed[part] > max(1.25 + SHARED_FROM * len(self._generated), 2) and size <= room:
                chosen.add(part)
                room -= size
        return {(file, imports): None for file in self._files for imports in (True, False) if (file, imports) in chosen}


class _Outlines(dict[str, str]):
    """Each file's outline, made when it is first asked for."""

    def __init__(self, files: Mapping[str, Sequence[Atom]]) -> None:
        super().__init__()
        self._files = files

    def __missing__(self, file: str) -> str:
        self[file] = outline(self._files[file])
        return self[file]


def _split_definitions(files: Mapping[str, Sequence[Atom]]) -> tuple[dict[str, bytes], frozenset[str]]:
    """Stubs too long for one atom: the text of the definition by the name of the atom with its body, and the names of those with its head."""
    wholes: dict[str, bytes] = {}
    heads: set[str] = set()
    for atoms in files.values():
        opened: dict[str, int] = {}
        for index, atom in enumerate(atoms):
            base = _PART.sub("", atom.name)
            if base == atom.name and atom.stub and atom.kind in _OWNED:
                opened[base] = index
            elif base in opened and atom.stub:
                wholes[atom.name] = b"".join(each.text for each in atoms[opened[base] : index + 1])
                heads.add(base)
    return wholes, frozenset(heads)


def _classes(files: Mapping[str, Sequence[Atom]]) -> dict[str, list[Atom]]:
    """The atoms of each class, its methods above all."""
    headers = {atom.name for atoms in files.values() for atom in atoms if atom.kind is AtomKind.CLASS_HEADER and not _PART.search(atom.name)}
    found: dict[str, list[Atom]] = defaultdict(list)
    for atoms in files.values():
        for atom in atoms:
            owner = _PART.sub("", atom.name).rpartition(".")[0]
            if owner in headers:
                found[owner].append(atom)
    return found
