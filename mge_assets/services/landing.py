"""The landing check: an atom that is about to land is held against every atom that it calls and every one that calls it, as they stand now.

A use that does not fit is the fault of whoever does not keep the contract: of the callee, where its draft was used rightly; else of the caller.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from mge_assets.model.atoms import Atom, AtomKind
from mge_assets.model.findings import Check, Finding, Severity, ValidationResult
from mge_assets.services.live import LiveExecution
from mge_assets.stages.validation.conduct import unfitting
from mge_assets.stages.validation.conduct_javascript import ScriptFunction, function_of
from mge_assets.stages.validation.conduct_javascript import unfitting as script_unfitting
from mge_assets.stages.validation.uses import Callee, Members, callee_of, members_of, misuses
from mge_assets.stages.validation.uses_javascript import Misuse, script_misuses
from mge_resources.syntax import JUDGED, SCRIPTS, Language

CHECK = "landing"
_MOST = 3
_WORD = re.compile(rb"\w+")
_CALLED = frozenset({AtomKind.FUNCTION, AtomKind.METHOD})
KEEP = "keep what the contract says: others rely on it"
_USE = "use it as its contract says"
Used = Callee | ScriptFunction
"""What can be called, in either family of languages."""


@dataclass
class LandingCheck:
    """The landing check of one execution. It reads what is in memory, and runs nothing. ``mendable`` tells whether an atom may still be written anew."""

    live: LiveExecution
    mendable: Callable[[str], bool] = field(default=lambda _: False)

    def __post_init__(self) -> None:
        self._called: dict[str, Mapping[bytes, Sequence[tuple[int, str]]]] = {}
        self._callers: dict[str, list[str]] = defaultdict(list)
        for caller, callees in self.live.atoms.touches.items():
            for callee in callees:
                self._callers[callee].append(caller)

    def judged(self, result: ValidationResult, atom: Atom, code: bytes) -> ValidationResult:
        """The result of level 1 with this check in it, where everything else passed."""
        if not result.passed or atom.language not in JUDGED:
            return result
        found = self.findings(atom, code)
        return ValidationResult(result.level, result.subject, (*result.checks, Check.of(CHECK, found)), result.seconds, result.isolation) if found else result

    def findings(self, atom: Atom, code: bytes) -> tuple[Finding, ...]:
        """What does not fit, with this code in the atom's place. A complete draft is only warned of its own calls: they are the plan's."""
        own = Severity.WARNING if code == atom.text else Severity.ERROR
        mine = [Finding("landing.caller", own, words, _USE) for words in self._of_caller(atom, code)]
        if code == atom.text:
            return tuple(mine[:_MOST])
        against = (f"{caller} uses it by its contract, but it {words}" for caller, words in self.let_down(atom, code))
        theirs = [Finding("landing.callee", Severity.ERROR, words, KEEP) for words in against]
        doubts = [Finding("landing.caller", Severity.WARNING, words, _USE) for words in self._doubts(atom, code)]
        own_contract = [Finding("landing.contract", Severity.WARNING, f"{atom.name} {words}", KEEP) for words in self._of_contract(atom, code)]
        return (*own_contract[:_MOST], *doubts[:_MOST], *mine[:_MOST], *theirs[:_MOST])

    def _of_caller(self, atom: Atom, code: bytes) -> Iterator[str]:
        callees = {name: callee for name in self._used(atom, code) if (callee := self._callee(name, self._code(name))) is not None}
        broken = set(self.broken_promises(atom, code))
        for use in _misuses(atom, code, callees, partial(self._members, atom, code)):
            if use not in broken:
                yield f"{use[0]} {use[1]}"

    def broken_promises(self, atom: Atom, code: bytes) -> tuple[tuple[str, str], ...]:
        """Uses in this code that fit the contracts of what is used and not its code, which may still be written anew: whose, and what is wrong."""
        found: list[tuple[str, str]] = []
        members = partial(self._members, atom, code)
        for name in self._used(atom, code):
            now, before = self._callee(name, self._code(name)), self._callee(name, self.live.atoms.by_name[name].atom.text)
            if now is None or before is None or code == atom.text or name == atom.name or not self.mendable(name):
                continue
            fitted = set(_misuses(atom, code, {name: before}, members))
            found += [use for use in _misuses(atom, code, {name: now}, members) if use not in fitted]
        return tuple(found)

    def _of_contract(self, atom: Atom, code: bytes) -> Iterator[str]:
        """What its annotations and its documentation promise, whoever uses it."""
        now = self._callee(atom.name, code)
        if isinstance(now, Callee) and now.contract is not None:
            yield from unfitting(now.node, now.contract)
        if isinstance(now, ScriptFunction) and isinstance(contract := self._callee(atom.name, atom.text), ScriptFunction):
            yield from script_unfitting(now, contract)

    def _doubts(self, atom: Atom, code: bytes) -> Iterator[str]:
        """Uses that only look wrong: JavaScript runs them."""
        callees = {name: callee for name in self._used(atom, code) if (callee := self._callee(name, self._code(name))) is not None}
        yield from (f"{use.key} {use.words}" for use in _script_uses(atom, code, callees) if not use.certain)

    def let_down(self, atom: Atom, code: bytes) -> Iterator[tuple[str, str]]:
        """Whose use fitted the draft and does not fit this code, and what is wrong."""
        now, before = self._callee(atom.name, code), self._callee(atom.name, atom.text)
        if now is None or before is None:
            return
        for caller in self._users(atom):
            stored = self.live.atoms.by_name[caller].atom
            text, members = self._code(caller), partial(self._members, atom, code)
            fitted = set(_misuses(stored, text, {atom.name: before}, members))
            for use in _misuses(stored, text, {atom.name: now}, members):
                if use not in fitted:
                    yield caller, use[1]

    def _used(self, atom: Atom, code: bytes) -> list[str]:
        """The functions that it uses: those that its draft tells of, and those of its file that its code names; a draft without a body tells of few."""
        words = set(_WORD.findall(code))
        here = self._called_here(atom.file)
        beside = sorted(found for word in words for found in here.get(word, ()))
        return list(dict.fromkeys((*self.live.atoms.touches.get(atom.name, ()), *(name for _, name in beside if name != atom.name))))

    def _called_here(self, file: str) -> Mapping[bytes, Sequence[tuple[int, str]]]:
        """The functions of a file by their plain name, each with its place: looked through for every atom, a file of thousands takes longer than all else."""
        if file not in self._called:
            found: dict[bytes, list[tuple[int, str]]] = defaultdict(list)
            for place, each in enumerate(self.live.atoms.files[file]):
                if each.atom.kind in _CALLED:
                    found[_plain(each.atom.name)].append((place, each.atom.name))
            self._called[file] = found
        return self._called[file]

    def _users(self, atom: Atom) -> list[str]:
        """The atoms that use it, found likewise."""
        plain = _plain(atom.name)
        beside = (each.atom.name for each in self.live.atoms.files[atom.file] if plain in self._code(each.atom.name))
        return list(dict.fromkeys((*self._callers.get(atom.name, ()), *(name for name in beside if name != atom.name))))

    def _code(self, name: str) -> bytes:
        return self.live.codes.get(name, self.live.atoms.by_name[name].atom.text)

    def _callee(self, name: str, code: bytes) -> Used | None:
        atom = self.live.atoms.by_name[name].atom
        if atom.kind not in _CALLED or "#" in name:
            return None
        plain, owner = name.rpartition(".")[2], _owner(atom)
        if atom.language in SCRIPTS:
            return function_of(code, plain, owner, atom.language)
        found, drafted = callee_of(code, plain, owner), callee_of(atom.text, plain, owner)
        return found and replace(found, contract=drafted.node if drafted else None)

    def _members(self, judged: Atom, code: bytes, name: str) -> frozenset[str] | None:
        """The members of the one class of this name among the project's, with this code in it."""
        files = self.live.atoms.classes.get(name, ())
        if len(files) != 1:
            return None
        known = {**self.live.codes, judged.name: code}
        return members_of(b"".join(known.get(each.atom.name, each.atom.text) for each in self.live.atoms.files[files[0]]), name)


def _misuses(atom: Atom, code: bytes, callees: Mapping[str, Used], members: Members) -> Iterator[tuple[str, str]]:
    """Uses in the atom's code that surely do not fit: whose, and what is wrong."""
    yield from ((use.key, use.words) for use in _script_uses(atom, code, callees) if use.certain)
    if atom.language is Language.PYTHON:
        yield from misuses(code, {name: callee for name, callee in callees.items() if isinstance(callee, Callee)}, _owner(atom), members)


def _script_uses(atom: Atom, code: bytes, callees: Mapping[str, Used]) -> Iterator[Misuse]:
    if atom.language in SCRIPTS:
        scripts = {name: callee for name, callee in callees.items() if isinstance(callee, ScriptFunction)}
        yield from script_misuses(code, scripts, _owner(atom), atom.language)


def _plain(name: str) -> bytes:
    return name.partition("#")[0].rpartition(".")[2].encode()


def _owner(atom: Atom) -> str:
    """The class that a method belongs to."""
    return atom.name.partition("#")[0].split(".")[-2] if atom.kind is AtomKind.METHOD else ""
