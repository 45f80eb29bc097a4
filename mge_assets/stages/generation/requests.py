"""From an atom's work to the request that asks a model for it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

from mge_assets.model.atoms import Atom, AtomKind
from mge_assets.model.attempts import TEMPERATURES
from mge_assets.stages.generation.prompts import render
from mge_assets.stages.generation.scaffold import enclosing_headers, skeleton
from mge_assets.stages.generation.work import AtomWork, DependencyCode
from mge_resources.llm.port import ModelRequest

DEPENDENCY_BYTES = 1_500
"""Bytes of dependencies' code in a prompt, about 500 tokens; what does not fit is shown by its signature alone. What an atom reads uncached costs a
fifth of what it writes, and 12,000 bytes made the reading five times as dear as the writing."""
NEARBY_BYTES = 6_000
"""Bytes of the contract that is shown to this atom alone."""
LINES_ABOVE, LINES_BELOW = 30, 12
_CONTEXT = (
    ("imports", "Imports in reach"),
    ("types", "Types"),
    ("preconditions", "Preconditions"),
    ("postconditions", "Postconditions"),
    ("test_cases", "Cases that must hold"),
    ("hints", "Hints"),
)
_WORD = re.compile(r"\w+")
_OWNER = re.compile(r"^(?:self|this|cls)(?:: | is (?:a|the class) )[\w.]+$")
"""The class around, whose header is shown."""
_FILLING = frozenset({"a", "an", "and", "any", "class", "else", "given", "if", "is", "number", "of", "or", "raises", "returns", "self", "the", "unless"})


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
        system=_system(),
        shared=_shared(work.plan_summary, work.requirements, work.contract),
        prompt=_prompt(work, feedback),
        attempt=attempt,
        temperature=TEMPERATURES[min(attempt, len(TEMPERATURES)) - 1],
        max_tokens=max_tokens,
        draft=atom.text or None,
    )


@cache
def _system() -> str:
    return render("system")


@lru_cache(maxsize=16)  # the same for all atoms of an execution
def _shared(plan_summary: str, requirements: tuple[str, ...], contract: str) -> str:
    return render("shared", plan_summary=plan_summary, requirements=requirements, contract=contract)


def _prompt(work: AtomWork, feedback: str) -> str:
    atom, draft = work.atom, _draft(work)
    inside = not _is_definition(atom) and not work.whole
    return render(
        "atom",
        name=work.name,
        kind=work.kind.value,
        language=atom.language.value,
        file=atom.file,
        task_description=work.task_description,
        nearby=_cut(work.nearby),
        members=list(work.members),
        dependencies=list(_shown(work.dependencies)),
        above=b"\n".join(work.before.split(b"\n")[-LINES_ABOVE - 1 :]).strip(b"\r\n") if inside else b"",
        below=b"\n".join(work.after.split(b"\n")[:LINES_BELOW]).strip(b"\r\n") if inside else b"",
        feedback=feedback,
        headers=enclosing_headers(work) if not work.whole else (),
        signature=atom.signature if _squeezed(atom.signature) not in _squeezed(draft.decode(errors="replace")) else "",
        context=[(title, lines) for name, title in _CONTEXT if (lines := _news(getattr(atom.context, name), draft))],
        draft=draft,
    )


def _draft(work: AtomWork) -> bytes:
    if work.whole:
        return work.whole
    return skeleton(work.atom) if work.regenerate and work.atom.kind is not AtomKind.TRIVIA else work.atom.text


def _is_definition(atom: Atom) -> bool:
    return atom.kind in {AtomKind.FUNCTION, AtomKind.METHOD} and "#" not in atom.name and bool(atom.text.strip())


def _squeezed(text: str) -> str:
    return re.sub(r"\s+|,(?=\s*[)\]])", "", text)


def _news(lines: tuple[str, ...], draft: bytes) -> list[str]:
    """The lines that say what the draft does not show. Tests' own texts are left out: who sees what they expect writes what they expect."""
    known = set(_WORD.findall(draft.decode(errors="replace"))) | _FILLING
    return [line for line in lines if "\n" not in line and not _OWNER.match(line) and not known.issuperset(_WORD.findall(line))]


def _cut(text: str) -> str:
    """The contract as far as there is room, by whole lines; it stands in order of relevance."""
    return text if len(text) <= NEARBY_BYTES else text[: text.rfind("\n", 0, NEARBY_BYTES)]


def _shown(dependencies: tuple[DependencyCode, ...]) -> Iterator[_Shown]:
    """Each dependency with its code as long as there is room, with its signature from then on."""
    room = DEPENDENCY_BYTES
    for each in dependencies:
        fits = len(each.code) <= room or not each.signature
        shown = each.code[: max(room, 0)] if fits else each.signature.encode()
        room -= len(shown)
        if shown:
            yield _Shown(each.name, each.kind.value, each.file, shown)
