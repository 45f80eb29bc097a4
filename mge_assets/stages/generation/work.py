"""What is handed to this stage for one atom."""

from dataclasses import dataclass

from mge_assets.model.atoms import Atom, AtomKind


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

    @property
    def first_line(self) -> int:
        """The 1-based line of the file on which the atom begins."""
        return self.before.count(b"\n") + 1


def must_generate(atom: Atom, *, regenerate: bool) -> bool:
    """Whether the draft can't simply be taken: it is empty, a stub, or not wanted. Blank lines and comments are never generated."""
    return not atom.text or atom.stub or (regenerate and atom.kind is not AtomKind.TRIVIA)
