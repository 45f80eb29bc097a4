"""Real files, damaged or with names made the same: analysis raises nothing and comes to an end.

    sh .ci/env python -m mge_tests.bench.dependency_fuzz [2000] [seed]

One to eight files of one package a time. Damage is that of ``atomization_fuzz``; where a share of the names is made the same, values flow together
that have nothing to do with one another: chains, tangles and objects that hold themselves, as nobody would write them down. Prints how many were
analysed, the slowest by size, and each failure with what brings it back.
"""

import keyword
import random
import re
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from mge_assets.stages.dependency import analyse
from mge_resources.syntax import Language
from mge_tests.bench.atomization_fuzz import damage
from mge_tests.bench.corpora import Corpus, corpora

PACKAGES = ["stdlib", "click", "requests", "networkx", "jinja2", "zod", "rxjs", "express", "preact"]
SECONDS = 60
"""More than this for a mix (at most 600,000 bytes) is a failure: it would not end."""
_LARGEST = 75_000
_NAME = re.compile(rb"\b[a-z_]\w{2,}\b")
_SAME = (b"aa", b"bb", b"cc", b"dd", b"ee")
_SCRIPT_WORDS = """abstract any as async await boolean break case catch class const continue debugger declare default delete do else enum export extends
false finally for from function get if implements import in infer instanceof interface is keyof let module namespace never new null number object of private
protected public readonly require return satisfies set static string super switch this throw true try type typeof undefined unknown var void while with yield"""
_KEPT = {word.encode() for word in (*keyword.kwlist, *_SCRIPT_WORDS.split())}


def same_names(source: bytes, chance: random.Random) -> bytes:
    """The source with about every seventh name replaced by one of five."""
    names = sorted(set(_NAME.findall(source)) - _KEPT)
    made = {name: chance.choice(_SAME) for name in names if chance.random() < 0.15}
    return _NAME.sub(lambda found: made.get(found[0], found[0]), source)


def mix(corpus: Corpus, chance: random.Random) -> dict[str, bytes]:
    """Some files of the package beside one another, all changed in one of the two ways."""
    small = [file for file in corpus.files if 0 < len(file.source) <= _LARGEST]
    change = chance.choice((damage, same_names))
    taken = chance.sample(small, min(len(small), chance.choice((1, 3, 8))))
    return {f"m{place}{Path(file.path).suffix}": change(file.source, chance) for place, file in enumerate(taken)}


def problem(files: dict[str, bytes]) -> str:
    """What goes wrong when they are analysed; nothing, mostly."""
    try:
        with _ended_after(SECONDS):
            analyse(files)
    except TimeoutError:
        return f"no end within {SECONDS} s"
    except Exception:  # any exception is the finding
        return traceback.format_exc(limit=-1).strip().replace("\n", " ")
    return ""


@contextmanager
def _ended_after(seconds: int) -> Iterator[None]:
    def end(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, end)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def main(count: int, seed: int, packages: Sequence[str] = PACKAGES) -> int:
    """Change and analyse so many mixes; the number of failures."""
    with tempfile.TemporaryDirectory() as folder:
        found = [corpus for corpus in corpora(list(packages), Path(folder)) if not isinstance(corpus, str)]
    failures, slowest, where = 0, 0.0, ""
    kinds: dict[Language, int] = {}
    for number in range(count):
        chance = random.Random(f"{seed}/{number}")
        corpus = chance.choice(found)
        files = mix(corpus, chance)
        begin = time.process_time()
        wrong = problem(files)
        spent = 1e6 * (time.process_time() - begin) / max(1000, sum(map(len, files.values())))
        kinds[corpus.files[0].language] = kinds.get(corpus.files[0].language, 0) + 1
        if spent > slowest:
            slowest, where = spent, f"{corpus.name}, number {number}"
        if wrong:
            failures += 1
            print(f"number {number} of seed {seed}, {corpus.name}: {wrong}", flush=True)
    told = ", ".join(f"{amount} of {language.value} packages" for language, amount in sorted(kinds.items()))
    print(f"{count} mixes ({told}): {failures} failures; slowest {slowest:.1f} us a byte ({where})")
    return failures


if __name__ == "__main__":
    numbers = [int(argument) for argument in sys.argv[1:]] + [2_000, 1][len(sys.argv) - 1 :]
    sys.exit(1 if main(numbers[0], numbers[1]) else 0)
