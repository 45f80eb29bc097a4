"""What changed between two states of a graph, and the cone that it touches: all that needs something changed, near or far."""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from mge_assets.model.atoms import Atom
from mge_assets.model.changes import Change, Snapshot
from mge_assets.model.graph import AtomGraph, Confidence

_DIGITS = 16


def snapshot(atoms: Sequence[Atom], graph: AtomGraph) -> Snapshot:
    """What there is now."""
    edges = sorted({(edge.source, edge.target) for edge in graph.edges if edge.confidence is Confidence.RESOLVED})
    return Snapshot({atom.name: hashlib.sha256(atom.text).hexdigest()[:_DIGITS] for atom in atoms}, tuple(edges))


def changes(before: Snapshot, after: Snapshot) -> Change:
    """What changed. What needed an atom that is gone counts as touched, as what needs a changed one does."""
    added = [name for name in after.atoms if name not in before.atoms]
    changed = [name for name, digest in after.atoms.items() if before.atoms.get(name, digest) != digest]
    removed = [name for name in before.atoms if name not in after.atoms]
    own = {*added, *changed}
    needed_before, needed_now = _needs(before.edges), _needs(after.edges)
    rewired = [name for name in after.atoms if name not in own and needed_before[name] != needed_now[name]]
    near, cone = _cone(own, removed, before, after)
    return Change(
        added=tuple(added),
        changed=tuple(changed),
        removed=tuple(removed),
        rewired=tuple(rewired),
        near=tuple(name for name in after.atoms if name in near),
        cone=tuple(name for name in after.atoms if name in cone),
        atoms=len(after.atoms),
    )


def _needs(edges: Iterable[tuple[str, str]]) -> defaultdict[str, set[str]]:
    needs: defaultdict[str, set[str]] = defaultdict(set)
    for source, target in edges:
        needs[source].add(target)
    return needs


def _cone(own: Collection[str], removed: Collection[str], before: Snapshot, after: Snapshot) -> tuple[set[str], set[str]]:
    """The atoms that need one of these directly, and all that need one at all; those that changed themselves are left out."""
    users: Mapping[str, set[str]] = _needs((target, source) for source, target in after.edges)
    former = _needs((target, source) for source, target in before.edges)
    near = {user for name in own for user in users.get(name, ())} | {user for name in removed for user in former[name] if user in after.atoms}
    cone, todo = set(near), list(near)
    while todo:
        for user in users.get(todo.pop(), ()):
            if user not in cone:
                cone.add(user)
                todo.append(user)
    return near - set(own), cone - set(own)
