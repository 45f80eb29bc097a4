"""What is handed to this stage for one atom."""

from collections.abc import Callable
from dataclasses import dataclass, field

from mge_assets.model.atoms import Atom, AtomKind
from mge_assets.model.attempts import Attempt


@dataclass(frozen=True, slots=True)
class DependencyCode:
    """Another atom that this one needs: its contract (``signature``, may be empty) and its code as it stands.

    With ``contract_only`` the code is its contract in full, its header and docstring without the body: it is written at the same time, or later.
    """

    name: str
    kind: AtomKind
    file: str
    signature: str
    code: bytes
    contract_only: bool = False


@dataclass(frozen=True, slots=True)
class AtomWork:
    """An atom and all that its code follows from.

    ``before`` and ``after`` are the file's bytes around the atom; ``dependencies`` stand in order of relevance, the nearest first.
    ``rejected_because`` is what a person found wrong with the code that stood here; every attempt is told.
    ``contract`` is the part of the project's contract that all atoms of an execution share, ``nearby`` what this atom needs beyond it,
    ``members`` a line for each class in reach whose state is known by now. ``whole`` is the definition's text up to the atom's end, where
    the atom is only its body; ``given`` marks the head of such a definition, which is taken as it is. ``suspected`` is an attempt that had passed
    until another atom's tests threw doubt on it; ``attempts_made`` counts those that were made before.
    ``more`` adds what only a model needs, once one is asked.
    """

    atom: Atom
    before: bytes
    after: bytes
    regenerate: bool = False
    dependencies: tuple[DependencyCode, ...] = ()
    plan_summary: str = ""
    task_description: str = ""
    requirements: tuple[str, ...] = ()
    rejected_because: str = ""
    contract: str = ""
    nearby: str = ""
    members: tuple[str, ...] = ()
    whole: bytes = b""
    given: bool = False
    suspected: Attempt | None = None
    attempts_made: int = 0
    more: "Callable[[AtomWork], AtomWork] | None" = field(default=None, compare=False)

    @property
    def name(self) -> str:
        """The name to ask for: the definition's, also where the atom is only its body."""
        return self.atom.name.partition("#")[0] if self.whole else self.atom.name

    @property
    def kind(self) -> AtomKind:
        """The kind to ask for: the definition's, also where the atom is only its body."""
        if not self.whole:
            return self.atom.kind
        return AtomKind.METHOD if self.whole[:1].isspace() else AtomKind.FUNCTION

    @property
    def first_line(self) -> int:
        """The 1-based line of the file on which the atom begins."""
        return self.before.count(b"\n") + 1


def must_generate(atom: Atom, *, regenerate: bool) -> bool:
    """Whether the draft can't simply be taken: it is empty, a stub, or not wanted. Blank lines and comments are never generated."""
    return not atom.text or atom.stub or (regenerate and atom.kind is not AtomKind.TRIVIA)
