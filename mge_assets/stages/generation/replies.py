"""From a model's answer to the bytes that take the atom's place. An answer is data: nothing in it is followed."""

import re

from mge_assets.model.atoms import Atom, AtomKind
from mge_assets.model.errors import MgeError
from mge_assets.stages.generation.definitions import definitions, expected_name, parses
from mge_assets.stages.generation.fences import Block, fenced_blocks
from mge_assets.stages.generation.indentation import reindent

_HEAD = re.compile(rb"^(?:\xef\xbb\xbf)?(?:[ \t]*\r?\n)*")
_CODE_SIGNS = re.compile(r"[=(){}\[\]:;@]")


class ReplyError(MgeError):
    """The answer holds no code that could be this atom's; the next attempt must be told so."""


def parse_reply(text: str, atom: Atom) -> bytes:
    """The atom's code in the answer: indentation, line ends and blank lines around it as in the draft.

    Of several blocks the one that defines the atom, parses and names its language is taken, the last of equals. A method handed
    back inside its class is taken out. Raises ReplyError.
    """
    return fitted(chosen_block(text, atom), atom)


def chosen_block(text: str, atom: Atom) -> str:
    """The code of the block that is most likely the atom's, a method without its class; as it was written. Raises ReplyError where there is none."""
    answer = text.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff")
    return _own_lines(_chosen(answer, atom), atom)


def fitted(code: str, atom: Atom) -> bytes:
    """The code as it goes into the file. Raises ReplyError where it can't be the atom's."""
    code = code.strip("\n").rstrip()
    name = expected_name(atom)
    if not code.strip():
        raise ReplyError("the block is empty", fix="answer with the atom's code in one fenced block")
    if name is not None and not _defines(code, atom, name):
        found = ", ".join(dict.fromkeys(each.name for each in definitions(code, atom.language))) or "nothing"
        raise ReplyError(f"the answer defines {found} instead of {name}", fix=f"answer with {name} and keep its name")
    draft = atom.text.decode(errors="replace").removeprefix("\ufeff").replace("\r\n", "\n")
    return _encoded(reindent(code, language=atom.language, draft=draft, indent=atom.indent), atom)


def _chosen(answer: str, atom: Atom) -> str:
    blocks = fenced_blocks(answer)
    if not blocks:
        if _is_bare_code(answer, atom):
            return answer
        raise ReplyError("the answer holds no fenced block", fix="answer with the atom's code in one fenced block")
    if len(blocks) == 1:  # as asked for: nothing to weigh, which would parse it twice
        return blocks[0].code
    best = max(range(len(blocks)), key=lambda position: (*_worth(blocks[position], atom), position))
    return blocks[best].code


def _worth(block: Block, atom: Atom) -> tuple[bool, ...]:
    """What speaks for a block, the weightiest first."""
    name = expected_name(atom)
    echo = block.code.split() == atom.text.decode(errors="replace").split()
    return bool(block.code.strip()), name is None or _defines(block.code, atom, name), not echo, parses(block.code, atom.language), block.may_be(atom.language)


def _is_bare_code(answer: str, atom: Atom) -> bool:
    """Whether an answer without a fence is code: it parses and defines the atom, or at least does not read like a sentence."""
    name = expected_name(atom)
    if not answer.strip() or not parses(answer, atom.language):
        return False
    return _defines(answer, atom, name) if name is not None else bool(_CODE_SIGNS.search(answer))


def _defines(code: str, atom: Atom, name: str) -> bool:
    if any(each.name == name for each in definitions(code, atom.language)):
        return True
    return not parses(code, atom.language) and re.search(rf"(?<![\w$]){re.escape(name)}(?![\w$])", code) is not None


def _own_lines(code: str, atom: Atom) -> str:
    """The method alone, where it came inside its class."""
    name = expected_name(atom)
    if atom.kind is not AtomKind.METHOD or name is None:
        return code
    owner = atom.scope.rsplit(".", 1)[-1]
    wrapped = next((each for each in definitions(code, atom.language) if each.name == name and each.inside == owner), None)
    return code if wrapped is None else "\n".join(code.split("\n")[wrapped.first_row : wrapped.last_row + 1])


def _encoded(code: str, atom: Atom) -> bytes:
    try:
        data = code.encode()
    except UnicodeEncodeError as error:
        raise ReplyError("the answer holds half a character", fix="answer in plain UTF-8") from error
    if b"\0" in data:
        raise ReplyError("the answer holds a NUL byte", fix="write it as an escape sequence")
    head = (_HEAD.match(atom.text) or [b""])[0]
    tail = atom.text[len(atom.text.rstrip()) :] if atom.text.strip() else b"\n"
    if b"\r\n" in atom.text:
        data = data.replace(b"\n", b"\r\n")
    return head + data + tail
