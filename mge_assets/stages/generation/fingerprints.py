"""When an atom's code may be used again: a digest of everything that it follows from."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import fields

from mge_assets.model.atoms import Atom, AtomContext
from mge_assets.stages.generation.prompts import PROMPT_VERSION, prompts_digest
from mge_assets.stages.generation.work import DependencyCode, must_generate

_COMPONENTS = tuple(each.name for each in fields(AtomContext))  # astuple copies each line that they hold


def fingerprint(atom: Atom, *, regenerate: bool, dependencies: Sequence[DependencyCode], model: str, brief: Sequence[str] = ()) -> str:
    """SHA-256 in hex. Equal fingerprints mean that nothing changed that the atom's code could depend on.

    ``model`` and ``brief`` (plan summary, task description, requirements) count only where the atom would be generated; a draft
    that is taken as it is owes nothing to them. A dependency counts by its contract: its signature, or its code where it has none.
    Where the atom stands in its file does not count, so that an edit above it changes nothing.
    """
    generated = must_generate(atom, regenerate=regenerate)
    own = [atom.name, atom.kind, atom.language, atom.file, atom.scope, atom.indent, atom.signature, atom.stub, atom.text.hex(), regenerate]
    *components, exempt, _ = (
        getattr(atom.context, name) for name in _COMPONENTS
    )  # what was run only tests the code; what its author is told of it is among the test cases
    prompt = [model, PROMPT_VERSION, prompts_digest(), *brief] if generated else []
    contracts = sorted([each.name, each.kind, each.file, each.signature, "" if each.signature else each.code.hex()] for each in dependencies)
    everything = json.dumps([own, components, sorted(exempt), contracts, prompt], ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(everything.encode()).hexdigest()
