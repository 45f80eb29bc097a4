"""The five components of an atom's context and its hints (specification §3, ``ContextInjector``).

What belongs here: who needs which component, and putting them together. How each is found is in ``components``.
A component that does not apply is exempt, by kind (the table below) or because there is nothing it could speak of: an atom that uses no
import needs none, a definition without parameters has no preconditions, an atom without variables no types. Nothing else is exempt:
a component that applies and of which nothing is known counts as missing.
"""

from collections.abc import Iterator

from mge_assets.model.atoms import AtomContext, AtomKind
from mge_assets.stages.atomization.acceptance import AcceptanceTests
from mge_assets.stages.atomization.assembly import Tiling
from mge_assets.stages.atomization.components import Components
from mge_assets.stages.atomization.facts import Facts, Subject, subjects

_ALL = frozenset(AtomContext.COMPONENTS)
EXEMPT: dict[AtomKind, frozenset[str]] = {
    AtomKind.TRIVIA: _ALL,
    AtomKind.DOCSTRING: _ALL,
    AtomKind.DATA_LITERAL: frozenset({"types", "preconditions", "postconditions", "test_cases"}),
    AtomKind.IMPORT: frozenset({"types", "preconditions", "test_cases"}),
    AtomKind.CONSTANT: frozenset({"preconditions", "test_cases"}),
    AtomKind.TYPE: frozenset({"preconditions", "test_cases"}),
    AtomKind.INTERFACE: frozenset({"preconditions", "test_cases"}),
    AtomKind.ENUM: frozenset({"preconditions", "test_cases"}),
}
"""Components that do not apply to a kind: a literal is data, an import or a declaration is not called and so has nothing to hold before, nor to test."""
_LIMIT = 12


class ContextInjector:
    """Finds every atom's context in one file."""

    def __init__(self, tiling: Tiling, tests: str = "") -> None:
        self.subjects = subjects(tiling)
        self.facts = Facts(tiling)
        self._components = Components(self.facts, AcceptanceTests(tests, tiling.parsed.language))

    def inject(self) -> Iterator[AtomContext]:
        """The context of each atom, in order; found as it is asked for, so that what else asks of the atom finds what was looked up for it."""
        return map(self._context, self.subjects)

    def _context(self, subject: Subject) -> AtomContext:
        atom, components = subject.atom, self._components
        fixed = EXEMPT.get(atom.kind, frozenset())
        if fixed == _ALL:
            return AtomContext(exempt=fixed)
        exempt = set(fixed)
        found: dict[str, tuple[str, ...]] = {}
        for name in AtomContext.COMPONENTS:
            said = () if name in fixed else components.find(name, subject)
            if said is None:
                exempt.add(name)
            found[name] = tuple(dict.fromkeys(said))[:_LIMIT] if said else ()
        imports, types, before, after, cases = (found[name] for name in AtomContext.COMPONENTS)
        return AtomContext(imports, types, before, after, cases, components.hints(subject), frozenset(exempt))
