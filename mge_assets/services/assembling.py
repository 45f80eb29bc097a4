"""A plan's files put together from what its atoms are at some moment, and which atom a line of them belongs to."""

from collections.abc import Mapping, Sequence
from itertools import accumulate

from mge_assets.model.atoms import AtomKind
from mge_assets.services.live import PlanAtoms, with_lines
from mge_assets.stages.validation.spectrum import Assembled
from mge_assets.store.atoms import StoredAtom


def bodies_of(atoms: PlanAtoms) -> Mapping[str, str]:
    """Definition ▸ the atom that is its body, where head and body are atoms apart."""
    bodies = {name.partition("#")[0]: name for name in atoms.briefing.wholes}
    return {head: bodies[head] for head in atoms.briefing.heads if head in bodies}


def assemble(atoms: PlanAtoms, known: Mapping[str, bytes], bodies: Mapping[str, str], brought: Mapping[str, Sequence[bytes]] | None = None) -> Assembled:
    """The files with the code in ``known`` in its atoms' places; ``brought`` are lines of imports that a file gets where it has them not."""
    files = atoms.plan.carried
    spans: dict[str, list[tuple[int, str]]] = {}
    for name, members in atoms.files.items():
        pieces = [known.get(stored.atom.name, stored.atom.text) for stored in members]
        new = brought.get(name, ()) if brought else ()
        pieces = with_imports(members, pieces, new) if new else pieces
        touched = new or any(stored.atom.name in known for stored in members)
        files[name] = b"".join(pieces) if touched else atoms.drafts[name]
        starts = accumulate((piece.count(b"\n") for piece in pieces), initial=1)
        spans[name] = [(start, stored.atom.name) for start, stored in zip(starts, members, strict=False)]
    return Assembled(files, spans, bodies)


def imports_in(before: bytes) -> list[bytes]:
    """The lines of imports in what stands before an atom; those that its file has not yet were brought by the atom's code."""
    return [line for line in before.split(b"\n") if line.startswith((b"import ", b"from "))]


def with_imports(members: Sequence[StoredAtom], pieces: list[bytes], imports: Sequence[bytes]) -> list[bytes]:
    """The pieces of a file with these lines behind its last import, but for those that it has."""
    present = {line for piece in pieces for line in piece.split(b"\n")}
    new = [line for line in dict.fromkeys(imports) if line not in present]
    last = max((index for index, stored in enumerate(members) if stored.atom.kind is AtomKind.IMPORT), default=None)
    if not new or last is None:
        return pieces
    return [*pieces[:last], with_lines(pieces[last], new), *pieces[last + 1 :]]
