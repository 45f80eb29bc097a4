"""A plan's files put together from what its atoms are at some moment, and which atom a line of them belongs to."""

from collections.abc import Mapping, Sequence
from itertools import accumulate

from mge_assets.model.atoms import AtomKind
from mge_assets.services.live import PlanAtoms
from mge_assets.stages.validation.spectrum import Assembled
from mge_assets.store.atoms import StoredAtom


def bodies_of(atoms: PlanAtoms) -> Mapping[str, str]:
    """Definition ▸ the atom that is its body, where head and body are atoms apart."""
    bodies = {name.partition("#")[0]: name for name in atoms.briefing.wholes}
    return {head: bodies[head] for head in atoms.briefing.heads if head in bodies}


def assemble(atoms: PlanAtoms, known: Mapping[str, bytes], bodies: Mapping[str, str], file: str = "", before: bytes = b"") -> Assembled:
    """The files with the code in ``known`` in its atoms' places; ``file`` also gets the imports that stand in ``before`` and nowhere in it."""
    files = atoms.plan.carried
    spans: dict[str, list[tuple[int, str]]] = {}
    for name, members in atoms.files.items():
        pieces = [known.get(stored.atom.name, stored.atom.text) for stored in members]
        if name == file:
            pieces = with_new_imports(members, pieces, before)
        touched = name == file or any(stored.atom.name in known for stored in members)
        files[name] = b"".join(pieces) if touched else atoms.drafts[name]
        starts = accumulate((piece.count(b"\n") for piece in pieces), initial=1)
        spans[name] = [(start, stored.atom.name) for start, stored in zip(starts, members, strict=False)]
    return Assembled(files, spans, bodies)


def with_new_imports(members: Sequence[StoredAtom], pieces: list[bytes], before: bytes) -> list[bytes]:
    """The pieces of a file with the imports that stand in ``before`` and nowhere in them: the judged code brings those along."""
    present = {line for piece in pieces for line in piece.split(b"\n")}
    new = [line for line in before.split(b"\n") if line.startswith((b"import ", b"from ")) and line not in present]
    last = max((index for index, stored in enumerate(members) if stored.atom.kind is AtomKind.IMPORT), default=None)
    if not new or last is None:
        return pieces
    body = pieces[last].rstrip()
    return [*pieces[:last], body + b"".join(b"\n" + line for line in new) + pieces[last][len(body) :], *pieces[last + 1 :]]
