"""Real files, damaged: whatever bytes come in, none is lost and nothing is raised.

    sh .ci/env python -m mge_tests.bench.atomization_fuzz [10000] [seed]

Ranges are deleted, doubled and swapped; quotes, brackets, NUL, line ends and bytes that are no UTF-8 are put in. Prints how many files were damaged,
how many atoms came of them, the slowest, and each failure with what brings it back.
"""

import random
import sys
import tempfile
import time
import traceback
from itertools import pairwise
from pathlib import Path

from mge_assets.model.atoms import MAX_LOC
from mge_assets.stages.atomization import atomize
from mge_tests.bench.corpora import SourceFile, corpora

_PUT = (
    b'"', b"'", b'"""', b"`", b"${", b"(", b")", b"[", b"]", b"{", b"}", b"<", b">", b"/*", b"*/", b"//", b"#", b"\\", b":", b";", b"\n", b"\r", b"\r\n",
    b"\t", b"\x0c", b"\x00", b"\xff\xfe", b"\x80", b"\xef\xbb\xbf", b"\xe2\x80\xa8", b"\xf0\x9f\x98", b"@", b"=>", b"else", b"def ", b"class ",
)  # fmt: skip
_LONGEST = 20_000
_PACKAGES = ["click", "requests", "networkx", "zod", "express", "preact", "react-native-paper"]


def damage(source: bytes, chance: random.Random) -> bytes:
    """The source (at most 20,000 bytes of it) after one to eight random edits."""
    begin = chance.randrange(max(1, len(source) - _LONGEST + 1))
    text = bytearray(source[begin : begin + _LONGEST])
    for _ in range(chance.randint(1, 8)):
        start, length = chance.randrange(len(text) + 1), chance.choice((1, 3, 10, 80, 600))
        match chance.randrange(5):
            case 0:
                del text[start : start + length]
            case 1:
                text[start:start] = text[start : start + length]
            case 2:
                other = chance.randrange(len(text) + 1)
                text[start : start + length], text[other : other + length] = text[other : other + length], text[start : start + length]
            case 3:
                text[start:start] = chance.choice(_PUT) * chance.choice((1, 1, 1, 2, 50))
            case _:
                text[start : start + length] = chance.randbytes(length)
    return bytes(text)


def problem(file: SourceFile, text: bytes) -> tuple[str, int]:
    """What is wrong with the atoms of this text (nothing, mostly), and how many there are."""
    try:
        atoms = atomize(text, file.path, file.language).atoms
    except Exception:  # any exception is the finding
        return traceback.format_exc(limit=-1).strip().replace("\n", " "), 0
    if b"".join(atom.text for atom in atoms) != text:
        return "bytes are lost", len(atoms)
    if any(a.span.end_byte != b.span.start_byte for a, b in pairwise(atoms)) or len({atom.name for atom in atoms}) != len(atoms):
        return "spans have gaps, or a name stands twice", len(atoms)
    over = [atom for atom in atoms if atom.loc > MAX_LOC]
    return (f"an atom of {over[0].loc} LOC in line {over[0].span.start_line}" if over else ""), len(atoms)


def main(count: int, seed: int) -> int:
    """Damage and cut so many files; the number of failures."""
    with tempfile.TemporaryDirectory() as folder:
        files = [file for corpus in corpora(_PACKAGES, Path(folder)) if not isinstance(corpus, str) for file in corpus.written if file.source]
    failures = total = 0
    slowest, where = 0.0, ""
    for number in range(count):
        chance = random.Random(f"{seed}/{number}")
        file = chance.choice(files)
        text = damage(file.source, chance)
        begin = time.process_time()
        wrong, atoms = problem(file, text)
        spent = 1e6 * (time.process_time() - begin) / max(1000, len(text))
        total += atoms
        if spent > slowest:
            slowest, where = spent, f"{file.path}, number {number}"
        if wrong:
            failures += 1
            print(f"number {number} of seed {seed}, {file.path}: {wrong}", flush=True)
        if (number + 1) % 1000 == 0:
            print(f"{number + 1} done, {failures} failures", flush=True)
    print(f"{count} damaged files, {total} atoms, {failures} failures; slowest {slowest:.1f} us a byte ({where})")
    return failures


if __name__ == "__main__":
    numbers = [int(argument) for argument in sys.argv[1:]] + [10_000, 1][len(sys.argv) - 1 :]
    sys.exit(1 if main(numbers[0], numbers[1]) else 0)
