"""From an atom's work to the request that asks a model for it."""

from collections.abc import Iterator
from dataclasses import dataclass

from mge_assets.model.atoms import Atom, AtomKind
from mge_assets.model.attempts import TEMPERATURES
from mge_assets.stages.generation.prompts import render
from mge_assets.stages.generation.scaffold import enclosing_headers, skeleton
from mge_assets.stages.generation.work import AtomWork, DependencyCode
from mge_resources.llm.port import ModelRequest

DEPENDENCY_BYTES = 12_000
"""Bytes of dependencies' code in a prompt, about 4,000 tokens; what does not fit is shown by its signature alone."""
LINES_ABOVE, LINES_BELOW = 30, 12
_CONTEXT = (
    ("imports", "Imports in reach"),
    ("types", "Types"),
    ("preconditions", "Preconditions"),
    ("postconditions", "Postconditions"),
    ("test_cases", "Cases that must hold"),
    ("hints", "Hints"),
)


@dataclass(frozen=True, slots=True)
class _Shown:
    name: str
    kind: str
    file: str
    shown: bytes


def build_request(work: AtomWork, attempt: int, feedback: str, max_tokens: int) -> ModelRequest:
    """The request of this attempt (from 1). ``feedback`` is what was wrong with the one before, empty where there was none."""
    atom = work.atom
    return ModelRequest(
        system=render("system"),
        shared=render("shared", plan_summary=work.plan_summary, requirements=work.requirements),
        prompt=_prompt(work, feedback),
        attempt=attempt,
        temperature=TEMPERATURES[min(attempt, len(TEMPERATURES)) - 1],
        max_tokens=max_tokens,
        draft=atom.text or None,
    )


def _prompt(work: AtomWork, feedback: str) -> str:
    atom = work.atom
    return render(
        "atom",
        name=atom.name,
        kind=atom.kind.value,
        language=atom.language.value,
        file=atom.file,
        task_description=work.task_description,
        dependencies=list(_shown(work.dependencies)),
        above=b"\n".join(work.before.split(b"\n")[-LINES_ABOVE - 1 :]).strip(b"\r\n"),
        below=b"\n".join(work.after.split(b"\n")[:LINES_BELOW]).strip(b"\r\n"),
        feedback=feedback,
        headers=enclosing_headers(work),
        signature=atom.signature,
        context=[(title, lines) for name, title in _CONTEXT if (lines := getattr(atom.context, name))],
        draft=skeleton(atom) if work.regenerate and atom.kind is not AtomKind.TRIVIA else atom.text,
        indentation=_indentation(atom),
    )


def _shown(dependencies: tuple[DependencyCode, ...]) -> Iterator[_Shown]:
    """Each dependency with its code as long as there is room, with its signature from then on."""
    room = DEPENDENCY_BYTES
    for each in dependencies:
        fits = len(each.code) <= room or not each.signature
        shown = each.code[: max(room, 0)] if fits else each.signature.encode()
        room -= len(shown)
        if shown:
            yield _Shown(each.name + (" (contract only)" if each.contract_only else ""), each.kind.value, each.file, shown)


def _indentation(atom: Atom) -> str:
    if not atom.indent:
        return "none"
    return f"{len(atom.indent)} tabs" if set(atom.indent) == {"\t"} else f"{len(atom.indent)} spaces"
