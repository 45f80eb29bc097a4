"""An execution in memory: everything that its atoms need, read once, so that an atom in flight reads nothing from the database."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from uuid import UUID

from mge_assets.model.atoms import Atom, AtomKind
from mge_assets.model.attempts import AtomOutcome, AtomStatus
from mge_assets.model.errors import MgeError
from mge_assets.model.executions import ControlSignal, ExecutionMode
from mge_assets.model.findings import Override, ValidationResult
from mge_assets.model.graph import AtomGraph, Confidence
from mge_assets.model.masterplan import Masterplan
from mge_assets.model.waves import WavePlan
from mge_assets.services.briefing import Briefing
from mge_assets.services.gathering import Gatherer
from mge_assets.services.journal import Accounts, stopped
from mge_assets.services.pacing import Pacer
from mge_assets.services.yardstick import Yardstick
from mge_assets.stages.dependency import Contracts, orders
from mge_assets.stages.dependency.waves.promises import PROMISED
from mge_assets.stages.generation import AtomWork, DependencyCode, fingerprint, must_generate, skeleton
from mge_assets.store.atoms import StoredAtom
from mge_assets.store.landings import Landing
from mge_assets.store.leases import fenced
from mge_resources.llm.port import LanguageModel

MAX_DEPENDENCIES = 40
"""Dependencies whose code goes into one prompt, the heaviest first."""

LOST = (AtomStatus.FAILED, AtomStatus.BLOCKED)
ENDED = (AtomStatus.COMPLETED, *LOST, AtomStatus.SKIPPED)


class PlanAtoms:
    """A plan's atoms with what they need of one another; does not change while the plan is executed.

    ``needs`` are the atoms whose code an atom waits for, ``uses`` those that it knows by their contract alone: calls and other uses where the
    waves are ordered by contract, and dependencies that were cut to break a cycle. ``touches`` are the functions that it calls, constructors among
    them, and ``classes`` the files that define a class of each plain name.
    """

    def __init__(self, plan: Masterplan, atoms: Sequence[StoredAtom], graph: AtomGraph, waves: WavePlan, contracts: Contracts) -> None:
        self.plan = plan
        self.mode = plan.execution_mode or ExecutionMode.V2_ATOMS
        self.by_id: Mapping[UUID, StoredAtom] = {stored.atom_id: stored for stored in atoms}
        self.by_name: Mapping[str, StoredAtom] = {stored.atom.name: stored for stored in atoms}
        self.waves = tuple(tuple(self.by_name[name].atom_id for name in wave.atoms) for wave in waves.waves)
        self.needs, self.uses = _needs(graph, waves, contracts)
        self._promised = {(edge.source, edge.target) for edge in graph.edges if edge.weight <= PROMISED}
        self._skeletons: dict[str, bytes] = {}
        self.touches = _touched(graph, self.by_name)
        self.classes = _classes(self.by_name)
        self.tasks = {task.name: task for task in plan.tasks}
        self.files: dict[str, list[StoredAtom]] = defaultdict(list)
        for stored in atoms:
            self.files[stored.atom.file].append(stored)
        self.drafts = {**plan.carried, **{file: b"".join(stored.atom.text for stored in members) for file, members in self.files.items()}}
        self.wave_of = {atom: number for number, wave in enumerate(self.waves) for atom in wave}
        self.summary = f"{plan.name}: {plan.description}".rstrip(": ")
        self.briefing = self._brief(graph)
        self._file_digests = {file: hashlib.sha256(draft).hexdigest() for file, draft in self.drafts.items()}

    def _brief(self, graph: AtomGraph) -> Briefing:
        files = {file: [stored.atom for stored in members] for file, members in self.files.items()}
        needs = {task.file: [self.tasks[name].file for name in task.depends_on if name in self.tasks] for task in self.plan.tasks}
        wanted = {stored.atom.name for stored in self.by_name.values() if must_generate(stored.atom, regenerate=self.regenerate(stored))}
        return Briefing(files, graph, needs, wanted)

    def generates(self, stored: StoredAtom) -> bool:
        """True where the atom's draft can't be taken as it is, so that its code follows from more than its own text."""
        return stored.atom.name not in self.briefing.heads and must_generate(stored.atom, regenerate=self.regenerate(stored))

    def regenerate(self, stored: StoredAtom) -> bool:
        """True where the plan, or a person who rejected the code, wants the atom written anew."""
        return self.tasks[stored.task].regenerate or bool(stored.rejected_because)

    def fingerprint(self, stored: StoredAtom, model: str, codes: Mapping[str, bytes]) -> str:
        """What the atom's code follows from: ``own:rest``, itself and then the code (``codes``, else drafts) of what it needs.

        A complete draft needs nobody's code, but is validated with its whole file. The plan's name is nothing that code follows from.
        """
        task = self.tasks[stored.task]
        if self.generates(stored):
            brief = (self.plan.description, task.description, *self.plan.requirements)
            needed = [self._as_drafted(each) if each.kind is AtomKind.IMPORT else each for each in self.dependencies(stored, codes)]
            own = fingerprint(stored.atom, regenerate=task.regenerate, dependencies=needed, model=model, brief=brief)
            rest = hashlib.sha256(b"\0".join(part for each in needed for part in (each.name.encode(), hashlib.sha256(each.code).digest()))).hexdigest()
            return f"{own}:{rest}"
        own = fingerprint(stored.atom, regenerate=task.regenerate, dependencies=(), model="")
        return f"{own}:{self._file_digests[stored.atom.file]}"

    def _as_drafted(self, imports: DependencyCode) -> DependencyCode:
        """An import atom by its draft: what later atoms add to it is nothing that an earlier one's code follows from."""
        return replace(imports, code=self.by_name[imports.name].atom.text)

    def dependencies(self, stored: StoredAtom, codes: Mapping[str, bytes]) -> tuple[DependencyCode, ...]:
        """What the atom needs, with the code that it has by now, or else its draft; then what it uses, by the frozen contract."""
        needed = [self.by_name[name].atom for name in self._shown(stored.atom.name)[:MAX_DEPENDENCIES]]
        used = [self.by_name[name].atom for name in self.uses.get(stored.atom.name, ())[: MAX_DEPENDENCIES - len(needed)]]
        code = [DependencyCode(a.name, a.kind, a.file, a.signature, codes.get(a.name, a.text)) for a in needed]
        return (*code, *(DependencyCode(a.name, a.kind, a.file, a.signature, self._contract(a), contract_only=True) for a in used))

    def waits(self) -> Mapping[UUID, tuple[UUID, ...]]:
        """The atoms that each one waits for, of those that must be generated."""
        found = {key: self.needs.get(stored.atom.name, ()) for key, stored in self.by_id.items() if self.generates(stored)}
        return {key: tuple(self.by_name[name].atom_id for name in names) for key, names in found.items()}

    def hard_needs(self, name: str) -> list[str]:
        """The atoms without which this one can't be: its needs but for the constructors that only come first so that their members are known."""
        return [needed for needed in self.needs.get(name, ()) if (name, needed) not in self._promised]

    def _shown(self, name: str) -> list[str]:
        """The atoms whose code is shown: the own class's constructor, then what is needed for certain."""
        owner = name.partition("#")[0].rpartition(".")[0]
        own = [needed for needed in self.needs.get(name, ()) if (name, needed) in self._promised and needed.partition("#")[0].rpartition(".")[0] == owner]
        return [*own, *self.hard_needs(name)]

    def _contract(self, atom: Atom) -> bytes:
        """What the draft says of the atom to others."""
        if atom.name not in self._skeletons:
            self._skeletons[atom.name] = skeleton(atom)
        return self._skeletons[atom.name]


@dataclass(slots=True)
class LiveExecution:
    """A running execution. ``codes`` and ``statuses`` go by atom name and change as atoms land; ``halted`` says why it stands still;
    ``accounts`` is missing where it is only looked at. ``tried`` is other code that was judged for an atom,
    ``brought`` the lines that others put into an atom of imports, ``unstored`` such atoms with lines that are not stored yet.
    ``wave`` is set where it runs that one alone.
    """

    atoms: PlanAtoms
    codes: dict[str, bytes]
    statuses: dict[str, AtomStatus]
    reused: frozenset[UUID]
    pacer: Pacer
    model: LanguageModel
    accounts: Accounts | None
    writer: Gatherer[Landing, None]
    yardstick: Yardstick
    overrides: Sequence[Override] = ()
    halted: MgeError | None = None
    wave: int | None = None
    in_flight: int = 0
    max_in_flight: int = 0
    changed_files: set[str] = field(default_factory=set)
    draft_results: dict[str, dict[str, ValidationResult]] = field(default_factory=dict)
    tried: dict[str, list[bytes]] = field(default_factory=dict)
    brought: dict[str, list[str]] = field(default_factory=dict)
    unstored: set[UUID] = field(default_factory=set)

    @property
    def shares(self) -> bool:
        """Whether its calls share the limit with other executions'; those of message batches do not."""
        return self.accounts is None or not self.accounts.batched

    @property
    def asked(self) -> range:
        """The waves that it runs."""
        return range(len(self.atoms.waves)) if self.wave is None else range(self.wave, self.wave + 1)

    def hear(self, order: ControlSignal | None) -> None:
        """What a person asked for; ``None`` where another process has taken over."""
        if order is None:
            self.halted = fenced()
        elif order is not ControlSignal.GO_ON and self.halted is None:
            self.halted = stopped(self.atoms.plan.name, cancelled=order is ControlSignal.CANCEL)

    def unfinished(self, waves: Iterable[int]) -> int:
        """How many atoms of these waves have not come to an end."""
        return sum(self.statuses[self.atoms.by_id[atom].atom.name] not in ENDED for wave in waves for atom in self.atoms.waves[wave])

    @contextmanager
    def flying(self) -> Iterator[None]:
        """One more atom is in flight."""
        self.in_flight += 1
        self.max_in_flight = max(self.max_in_flight, self.in_flight)
        try:
            yield
        finally:
            self.in_flight -= 1

    def work(self, atom_id: UUID) -> AtomWork:
        """What an atom's generation needs."""
        stored = self.atoms.by_id[atom_id]
        before, after = self._around(stored)
        task, plan = self.atoms.tasks[stored.task], self.atoms.plan
        work = AtomWork(
            atom=stored.atom,
            before=before,
            after=after,
            regenerate=self.atoms.regenerate(stored),
            rejected_because=stored.rejected_because,
            plan_summary=self.atoms.summary,
            task_description=task.description,
            requirements=plan.requirements,
        )
        if stored.atom.name in self.atoms.briefing.heads:
            return replace(work, given=True)
        return replace(work, more=partial(self._briefed, stored))

    def _briefed(self, stored: StoredAtom, work: AtomWork) -> AtomWork:
        """The work with all that only a model needs, which most drafts never get to."""
        return self.atoms.briefing.complete(replace(work, more=None, dependencies=self.atoms.dependencies(stored, self.codes)), self.codes)

    def blocked_by(self, atom_id: UUID) -> tuple[str, ...]:
        """The lost atoms that this one needs, if it must be generated; a complete draft needs nobody's code."""
        stored = self.atoms.by_id[atom_id]
        needs = self.atoms.hard_needs(stored.atom.name) if self.atoms.generates(stored) else ()
        return tuple(name for name in needs if self.statuses.get(name) in LOST)

    def with_imports(self, atom_id: UUID, outcome: AtomOutcome) -> tuple[tuple[UUID, AtomOutcome], ...]:
        """The file's import atom as it must be stored before this atom's code; nothing where it is stored with all that the code needs."""
        last = self._import_atom(atom_id) if outcome.imports else None
        if last is None:
            return ()
        self._bring(last, outcome.imports)
        if last.atom_id not in self.unstored:
            return ()
        self.unstored.discard(last.atom_id)
        self.statuses[last.atom.name] = AtomStatus.COMPLETED
        return ((last.atom_id, AtomOutcome(last.atom.name, AtomStatus.COMPLETED, self.codes[last.atom.name])),)

    def _import_atom(self, atom_id: UUID) -> StoredAtom | None:
        """The last atom of imports at the margin of this atom's file."""
        members = self.atoms.files[self.atoms.by_id[atom_id].atom.file]
        return next((stored for stored in reversed(members) if stored.atom.kind is AtomKind.IMPORT and not stored.atom.indent), None)

    def _bring(self, last: StoredAtom, imports: Sequence[str]) -> None:
        """Put those of these lines into an atom of imports that are not in it."""
        code = self.codes.get(last.atom.name, last.atom.text)
        present = set(code.decode(errors="replace").split("\n"))
        new = [line for line in imports if line not in present]
        if new:
            self.brought.setdefault(last.atom.name, []).extend(new)
            self.unstored.add(last.atom_id)
            self.show(last.atom_id, with_lines(code, (line.encode() for line in new)))

    def keeping(self, outcome: AtomOutcome) -> AtomOutcome:
        """The outcome with what others put into the atom, an import, before it came to its own end."""
        present = set(outcome.code.decode(errors="replace").split("\n"))
        new = [line for line in dict.fromkeys(self.brought.get(outcome.name, ())) if line not in present]
        return replace(outcome, code=with_lines(outcome.code, (line.encode() for line in new))) if new and outcome.status is AtomStatus.COMPLETED else outcome

    def project(self) -> dict[str, bytes]:
        """Every file as it stands: drafts, with the code that landed."""
        changed = {file: self._joined(file) for file in tuple(self.changed_files)}
        return {**self.atoms.drafts, **changed}

    def is_draft(self, atom: Atom, code: bytes) -> bool:
        """True where the atom's file, with this code in it, is the draft byte for byte."""
        return code == atom.text and atom.file not in self.changed_files

    def landed(self, atom_id: UUID, status: AtomStatus, code: bytes, imports: Sequence[str] = ()) -> None:
        """Note how an atom ended, for those that come after it: its code first, since who sees the status relies on the code."""
        self.show(atom_id, code, imports)
        self.statuses[self.atoms.by_id[atom_id].atom.name] = status

    def show(self, atom_id: UUID, code: bytes, imports: Sequence[str] = ()) -> None:
        """Have others see the code, from before it is stored, and what it needs at the top of its file."""
        last = self._import_atom(atom_id) if imports else None
        if last is not None:
            self._bring(last, imports)
        atom = self.atoms.by_id[atom_id].atom
        self.codes[atom.name] = code
        if code != atom.text:
            self.changed_files.add(atom.file)

    def _joined(self, file: str) -> bytes:
        return b"".join(self.codes.get(other.atom.name, other.atom.text) for other in self.atoms.files[file])

    def _around(self, stored: StoredAtom) -> tuple[bytes, bytes]:
        atom = stored.atom
        if atom.file not in self.changed_files:  # slices of the draft, instead of joining hundreds of atoms for each of them
            draft = self.atoms.drafts[atom.file]
            return draft[: atom.span.start_byte], draft[atom.span.end_byte :]
        parts = [self.codes.get(other.atom.name, other.atom.text) for other in self.atoms.files[atom.file]]
        return b"".join(parts[: atom.number - 1]), b"".join(parts[atom.number :])


def with_lines(code: bytes, lines: Iterable[bytes]) -> bytes:
    """The code of an atom of imports with these lines at its end."""
    body = code.rstrip()
    return body + b"".join(b"\n" + line for line in lines) + code[len(body) :]


def reusable(atoms: PlanAtoms, model: str, yardstick: Yardstick) -> frozenset[UUID]:
    """The atoms whose code still follows from what it followed from: neither they nor anything that they need has changed, nor what they are judged by.

    What a person approved or wrote stays as long as the atom itself is the same.
    """
    codes = {name: stored.code for name, stored in atoms.by_name.items() if stored.code is not None and stored.status is AtomStatus.COMPLETED}
    kept: set[UUID] = set()
    for atom in (atom for wave in atoms.waves for atom in wave):
        stored = atoms.by_id[atom]
        needs = atoms.needs.get(stored.atom.name, ()) if atoms.generates(stored) else ()
        steady = all(atoms.by_name[name].atom_id in kept for name in needs)
        if yardstick.holds(stored) and unchanged(stored, atoms.fingerprint(stored, model, codes), steady=steady):
            kept.add(atom)
    return frozenset(kept)


def unchanged(stored: StoredAtom, print_: str, *, steady: bool = True) -> bool:
    """Whether stored code may stand: made under this fingerprint, or under its own part where a person decided on it. ``steady``: so is all it needs."""
    if stored.status is not AtomStatus.COMPLETED or stored.code is None:
        return False
    if stored.human_reviewed:
        return stored.fingerprint.partition(":")[0] == print_.partition(":")[0]
    return steady and stored.fingerprint == print_


def _needs(graph: AtomGraph, waves: WavePlan, contracts: Contracts) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """The atoms whose code each atom waits for, and those whose contract alone it knows, the heaviest first in both."""
    cut = {(edge.source, edge.target, edge.type) for edge in waves.cut}
    needs: dict[str, dict[str, float]] = defaultdict(dict)
    uses: dict[str, dict[str, float]] = defaultdict(dict)
    for edge in graph.edges:
        if edge.confidence is Confidence.RESOLVED:
            waits = orders(edge, waves.order, contracts) and (edge.source, edge.target, edge.type) not in cut
            targets = (needs if waits else uses)[edge.source]
            targets[edge.target] = targets.get(edge.target, 0.0) + edge.weight
    only_used = {source: {name: weight for name, weight in targets.items() if name not in needs.get(source, ())} for source, targets in uses.items()}
    return _heaviest(needs), _heaviest(only_used)


def _touched(graph: AtomGraph, by_name: Mapping[str, StoredAtom]) -> Mapping[str, list[str]]:
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for edge in graph.edges:
        if edge.confidence is Confidence.RESOLVED and edge.source != edge.target:
            constructor = f"{edge.target}.__init__"
            target = constructor if by_name[edge.target].atom.kind is AtomKind.CLASS_HEADER and constructor in by_name else edge.target
            found[edge.source][target] = None
    return {source: [name for name in targets if name != source] for source, targets in found.items()}


def _classes(by_name: Mapping[str, StoredAtom]) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, list[str]] = defaultdict(list)
    for name, stored in by_name.items():
        if stored.atom.kind is AtomKind.CLASS_HEADER and "#" not in name:
            found[name.rpartition(".")[2]].append(stored.atom.file)
    return {name: tuple(files) for name, files in found.items()}


def _heaviest(found: Mapping[str, Mapping[str, float]]) -> dict[str, list[str]]:
    return {source: sorted(targets, key=lambda name: (-targets[name], name)) for source, targets in found.items()}
