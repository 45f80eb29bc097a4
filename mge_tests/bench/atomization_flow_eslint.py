"""Live variables of the parts of long TypeScript and JavaScript functions beside those that ESLint's code paths and scopes have.

    sh .ci/env python -m mge_tests.bench.atomization_flow_eslint [zod rxjs express preact react-native-paper]

The oracle shares nothing with the atomizer: ESLint's code paths say where control goes, typescript-eslint's scope manager which variable a name means
(``flow_oracle.mjs``). Left out: variables of outer functions, and that a captured variable goes out oftener than the function alone can tell.
Needs node and npm: ESLint and its TypeScript parser are installed into a temporary folder.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from bisect import bisect_right
from codecs import BOM_UTF8
from itertools import accumulate
from pathlib import Path
from typing import Any

from mge_assets.model.atoms import AtomKind
from mge_assets.stages.atomization import MultiLanguageParser, tile
from mge_assets.stages.atomization.decomposition import Scope
from mge_assets.stages.atomization.facts import Facts, Subject, subjects
from mge_tests.bench.atomization_eslint import prepare
from mge_tests.bench.corpora import NPM, Corpus, SourceFile, npm_package
from mge_tests.stages.atomization.bytecode_flow import Agreement

_ORACLE = Path(__file__).with_name("flow_oracle.mjs")
_Function = dict[str, Any]


def agreement_with_eslint(corpus: Corpus, folder: Path) -> Agreement:
    """Over the corpus's written files that both parse."""
    (folder / "flow.mjs").write_bytes(_ORACLE.read_bytes())
    files = {f"{number}{Path(file.path).suffix}": file for number, file in enumerate(corpus.written)}
    listed = []
    for name, file in files.items():
        path = folder / f"{corpus.name}-{name}"
        path.write_bytes(file.source)
        listed.append((name, str(path)))
    node = shutil.which("node")
    assert node is not None
    done = subprocess.run([node, "flow.mjs"], cwd=folder, input=json.dumps(listed), capture_output=True, text=True, check=True)
    agreement = Agreement()
    for line in done.stdout.splitlines():
        name, functions = json.loads(line)
        if functions is not None:
            _compare(files[name], functions, agreement)
    return agreement


def _compare(file: SourceFile, functions: list[_Function], agreement: Agreement) -> None:
    parsed = MultiLanguageParser().parse(file.source, file.path, file.language)
    if parsed.root.has_error:
        return
    tiling = tile(parsed)
    facts, listed = Facts(tiling), subjects(tiling)
    text = file.source.removeprefix(BOM_UTF8).decode()  # ESLint counts without it
    begin = len(file.source) - len(text.encode())
    places = accumulate((len(sign.encode()) for sign in text), initial=begin)
    units = [0, *accumulate(1 if sign <= "\uffff" else 2 for sign in text)]
    by_unit = dict(zip(units, places, strict=True))
    by_start = {by_unit[function["start"]]: function for function in functions}
    parts: dict[int, list[Subject]] = {}
    for subject in listed:
        parts.setdefault(_holder(subject), []).append(subject)
    for start, function in by_start.items():
        end = by_unit[function["end"]]
        inside = [subject for subject in listed if subject.atom.span.start_byte < end and subject.atom.span.end_byte > start]
        if len(inside) < 2 or start not in parts:
            continue
        own = set(function["names"])
        captured = {function["names"][number] for number in function["captured"]}
        for subject, (wanted_in, wanted_out) in zip(inside, _expected(function, inside, by_unit), strict=True):
            if _holder(subject) != start or subject.atom.kind in {AtomKind.DOCSTRING, AtomKind.TRIVIA}:
                continue
            flow = facts.flow(subject)
            live_in, live_out = set(flow.live_in) & own, set(flow.live_out)
            equal_in = live_in == wanted_in
            equal_out = wanted_out <= live_out and live_out - wanted_out <= captured
            agreement.atoms += 1
            agreement.equal_in += equal_in
            agreement.equal_out += equal_out
            if not (equal_in and equal_out):
                place = f"{file.path}:{subject.atom.span.start_line}"
                agreement.differences.append(
                    f"{place} in: ours too {sorted(live_in - wanted_in)}, theirs too {sorted(wanted_in - live_in)};"
                    f" out: ours too {sorted(live_out - wanted_out - captured)}, theirs too {sorted(wanted_out - live_out)}"
                )


def _holder(subject: Subject) -> int:
    """Where the innermost function around the atom begins; -1 for none."""
    scope: Scope | None = subject.piece.scope
    while scope is not None and scope.owner is not None and not scope.in_function:
        scope = scope.parent
    return scope.owner.node.start_byte if scope is not None and scope.owner is not None else -1


def _expected(function: _Function, inside: list[Subject], by_unit: dict[int, int]) -> list[tuple[set[str], set[str]]]:
    """(live-in, live-out) of each atom: events are the steps, those of a segment one after the other, the last one before the first of each that may follow."""
    firsts = [subject.atom.span.start_byte for subject in inside]
    segments = dict(function["segments"])
    steps: list[tuple[int, str, int]] = [(0, "s", -1)]
    first_of: dict[str, int] = {}
    last_of: dict[str, int] = {}
    following: list[list[int]] = [[]]
    for name, segment in segments.items():
        events = segment["events"] or [(None, "s", -1)]
        first_of[name] = len(steps)
        for at, kind, variable in events:
            region = max(0, bisect_right(firsts, by_unit[at]) - 1) if at is not None else -1
            if following and len(steps) > first_of[name]:
                following[-1] = [len(steps)]
            steps.append((region, kind, variable))
            following.append([])
        last_of[name] = len(steps) - 1
    for name, segment in segments.items():
        following[last_of[name]] = [first_of[other] for other in segment["next"] if other in first_of]
    following[0] = [first_of[function["first"]]] if function["first"] in first_of else []
    return _regions(function, len(inside), steps, following)


def _regions(function: _Function, count: int, steps: list[tuple[int, str, int]], following: list[list[int]]) -> list[tuple[set[str], set[str]]]:
    names = function["names"]
    live: list[set[int]] = [set() for _ in steps]
    changed = True
    while changed:
        changed = False
        for number in range(len(steps) - 1, -1, -1):
            _, kind, variable = steps[number]
            now = set().union(*(live[other] for other in following[number]))
            now = now - {variable} if kind == "w" else now | {variable} if kind == "r" else now
            if now != live[number]:
                live[number], changed = now, True
    enters, leaves, mentioned, bound = ([set[int]() for _ in range(count)] for _ in range(4))
    bound[0] |= set(function["parameters"])
    reaching = _through_empty(steps, following)
    for number, (region, kind, variable) in enumerate(steps):
        if region < 0:
            continue
        if variable >= 0:
            mentioned[region].add(variable)
            if kind != "r":
                bound[region].add(variable)
        for other in reaching[number]:
            if steps[other][0] != region:
                enters[steps[other][0]] |= live[other]
                leaves[region] |= live[other]
    found = []
    for region in range(count):
        elsewhere = set().union(*(bound[other] for other in range(count) if other != region))
        live_in, live_out = enters[region] & mentioned[region] & elsewhere, leaves[region] & bound[region]
        found.append(({names[variable] for variable in live_in}, {names[variable] for variable in live_out}))
    return found


def _through_empty(steps: list[tuple[int, str, int]], following: list[list[int]]) -> list[list[int]]:
    """What may come next, segments in which nothing stands passed through."""
    found = []
    for number in range(len(steps)):
        seen: set[int] = set()
        stack, reached = list(following[number]), set[int]()
        while stack:
            other = stack.pop()
            if other in seen:
                continue
            seen.add(other)
            if steps[other][0] < 0:
                stack.extend(following[other])
            else:
                reached.add(other)
        found.append(sorted(reached))
    return found


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        if problem := prepare(Path(name)):
            sys.exit(problem)
        for package in sys.argv[1:] or NPM:
            corpus = npm_package(package, Path(name))
            if isinstance(corpus, str):
                print(corpus)
                continue
            agreement = agreement_with_eslint(corpus, Path(name))
            print(f"{package}: {agreement}", flush=True)
            for difference in agreement.differences[:5]:
                print(f"  {difference}")
