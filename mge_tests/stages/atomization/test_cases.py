"""Cases are what the draft really does: run twice, in a sandbox, and only where the outcome is always the same."""

from functools import cache

import pytest

from mge_assets.model.cases import RunCase, case_from_json, case_to_json
from mge_assets.stages.atomization import atomize
from mge_assets.stages.atomization.case_runs import KEPT, SHOWN, CaseRun, differences, plan_calls, run_cases, with_cases
from mge_resources.sandbox import Sandbox, SandboxJob, SandboxOutcome, open_sandbox
from mge_resources.syntax import Language, detect_language

PYTHON = b'''"""Sums."""

import random
from dataclasses import dataclass

from pkg.units import PENCE

_calls = 0


def add(a: int, b: int = 2) -> int:
    """Sum.

    >>> add(40, 2)
    42
    """
    if a > 17:
        raise ValueError(a)
    return a + b


def pence(pounds: int) -> int:
    return pounds * PENCE


def ordered(items: list[int]) -> None:
    items.sort()


def lucky(n: int) -> float:
    return random.random() * n


def count(n: int) -> int:
    global _calls
    _calls += 1
    return _calls + n


def scattered(items: list[str]) -> list[str]:
    return list({hash(item) % 7: item for item in items}) and list(set(items))


def address(n: int) -> str:
    return repr(object()) + str(n)


def endless(n: int) -> int:
    while True:
        n += 1


def unknown(x, y=3):
    return x * y


def graph(g: "Graph") -> int:
    return len(g)


async def later(word: str) -> str:
    return word.upper()


def rising(n: int):
    yield from range(n)


def leave(n: int) -> None:
    raise SystemExit(n)


@dataclass
class Point:
    x: int
    y: int = 2

    def norm(self) -> int:
        return self.x * self.x + self.y

    @property
    def turned(self) -> "Point":
        return Point(self.y, self.x)


class Stack:
    def __init__(self, first: int) -> None:
        self.items = [first]

    def push(self, item: int) -> None:
        self.items.append(item)
'''
TYPESCRIPT = b"""import type { Rate } from "./rate";
import { twice } from "./twice";

export interface Item { id: string; n?: number }

export function total(items: Item[], rate = 1): number {
  if (items.length === 0) {
    throw new TypeError("none");
  }
  return items.reduce((sum, item) => sum + (item.n ?? 0) * rate, 0) as number;
}

const hidden = (id: string | number): string => `${id}!`;

export function now(n: number): number { return Date.now() + n; }
export function careless(n: number): number { Promise.reject(new Error("late")); return n; }
export function spin(n: number): number { for (;;) { n += 1; } }
export async function later(flag: boolean): Promise<{ ok: boolean }> { return { ok: !flag }; }

export class Box {
  private items: number[] = [];
  constructor(private readonly name: string) {}
  label(prefix: string): string { return prefix + this.name + twice(2); }
  push(item: number): void { this.items.push(item); }
  get size(): number { return this.items.length; }
}
"""
JAVASCRIPT = b""""use strict";

/**
 * @param {string} text
 * @param {number} width
 */
function pad(text, width) {
  return text.padStart(width, "x");
}

exports.words = function (text) {
  return text.split(",");
};

exports.pad = pad;
"""
PROJECT = {
    "pkg/__init__.py": b"",
    "pkg/units.py": b"PENCE = 100\n",
    "pkg/sums.py": PYTHON,
    "web/total.ts": TYPESCRIPT,
    "web/twice.ts": b"export function twice(n: number): number { return n * 2; }\n",
    "web/rate.ts": b"export type Rate = number;\n",
    "lib/pad.js": JAVASCRIPT,
}


@cache
def sandbox() -> Sandbox:
    return open_sandbox("auto")


needs_sandbox = pytest.mark.skipif(sandbox().isolation == "refused", reason="no sandbox here")


@cache
def run(file: str) -> CaseRun:
    language = detect_language(file)
    assert language
    return run_cases(sandbox(), PROJECT, file, language)


def said(file: str, target: str) -> list[str]:
    assert run(file).not_run == ""
    return [case.expectation for case in run(file).cases if case.call.target == target]


@needs_sandbox
def test_values_exceptions_defaults_and_boundaries_are_cases() -> None:
    found = said("pkg/sums.py", "add")
    assert "add(40, 2) raises ValueError" in found
    assert "add(3) gives 5" in found
    assert any(case.startswith("add(17, ") and "gives" in case for case in found)
    assert len(found) <= KEPT


@needs_sandbox
def test_other_files_of_the_project_are_there() -> None:
    assert "pence(3) gives 300" in said("pkg/sums.py", "pence")
    assert 'new Box("abc").label("abc") gives "abcabc4"' in said("web/total.ts", "Box.label")


@needs_sandbox
def test_what_happens_to_arguments_and_objects_belongs_to_the_outcome() -> None:
    assert "ordered([3, 0, 1, 3]) gives None, and its arguments are then ([0, 1, 3, 3],)" in said("pkg/sums.py", "ordered")
    assert "Stack(3).push(0) gives None, and its object is then {'items': [3, 0]}" in said("pkg/sums.py", "Stack.push")
    assert 'new Box("abc").push(3) gives undefined, and its object is then Box {items: [3], name: "abc"}' in said("web/total.ts", "Box.push")


@needs_sandbox
def test_objects_properties_coroutines_and_iterators_are_called_as_they_are_meant() -> None:
    assert "Point(3).norm() gives 11" in said("pkg/sums.py", "Point.norm")
    assert "Point(3).turned gives Point(x=2, y=3)" in said("pkg/sums.py", "Point.turned")
    assert "later('abc') gives 'ABC'" in said("pkg/sums.py", "later")
    assert "rising(3) gives iterator of [0, 1, 2]" in said("pkg/sums.py", "rising")
    assert "later(true) gives {ok: false}" in said("web/total.ts", "later")
    assert 'new Box("abc").size gives 0' in said("web/total.ts", "Box.size")


@needs_sandbox
@pytest.mark.parametrize("target", ["lucky", "count", "address", "endless", "graph"])
def test_what_is_not_always_the_same_is_no_case(target: str) -> None:
    assert said("pkg/sums.py", target) == []


@needs_sandbox
def test_an_order_that_hangs_on_the_hash_seed_is_no_case() -> None:
    assert not any("'abc', ''" in case.partition("gives")[2] for case in said("pkg/sums.py", "scattered"))


@needs_sandbox
def test_a_draft_that_ends_the_process_only_ends_its_call() -> None:
    assert "leave(3) raises SystemExit" in said("pkg/sums.py", "leave")
    assert said("pkg/sums.py", "Stack.push")


@needs_sandbox
def test_a_guessed_arguments_type_error_says_nothing_of_the_draft() -> None:
    found = said("pkg/sums.py", "unknown")
    assert any("gives" in case for case in found)
    assert not any("TypeError" in case for case in found)


@needs_sandbox
def test_typescript_and_javascript_run_exported_or_not() -> None:
    assert 'hidden("abc") gives "abc!"' in said("web/total.ts", "hidden")
    assert any("raises TypeError" in case for case in said("web/total.ts", "total"))
    assert "careless(3) gives 3" in said("web/total.ts", "careless")
    assert said("web/total.ts", "now") == said("web/total.ts", "spin") == []
    assert 'pad("", 3) gives "xxx"' in said("lib/pad.js", "pad")
    assert 'words("A b, c") gives ["A b", " c"]' in said("lib/pad.js", "words")


@needs_sandbox
def test_an_atom_is_told_three_of_its_cases_and_keeps_all() -> None:
    atoms = with_cases(atomize(PYTHON, "pkg/sums.py", Language.PYTHON), run("pkg/sums.py").cases).atoms
    add = next(atom for atom in atoms if atom.name == "pkg.sums.add")
    told = [case for case in add.context.test_cases if case.startswith("ran: ")]
    assert told == [f"ran: {case.expectation}" for case in add.context.cases[:SHOWN]]
    assert len(add.context.cases) > SHOWN
    assert {case.call.target for case in add.context.cases} == {"add"}
    point = next(atom for atom in atoms if atom.name == "pkg.sums.Point")
    assert {case.call.target for case in point.context.cases} == {"Point.norm", "Point.turned"}
    assert all(not atom.context.cases for atom in atoms if atom.name == "pkg.sums.endless")


@needs_sandbox
@pytest.mark.parametrize(
    ("file", "right", "wrong", "target"),
    [
        ("pkg/sums.py", b"return a + b", b"return a - b", "add"),
        ("web/total.ts", b"item.n ?? 0", b"item.n ?? 1", "total"),
        ("lib/pad.js", b'"x"', b'"y"', "pad"),
    ],
)
def test_other_code_is_held_to_the_drafts_cases_and_not_told_what_was_expected(file: str, right: bytes, wrong: bytes, target: str) -> None:
    language, cases = detect_language(file), [case for case in run(file).cases if case.call.target == target]
    assert language
    assert differences(sandbox(), PROJECT, file, language, cases) == ([], "")
    found, reason = differences(sandbox(), {**PROJECT, file: PROJECT[file].replace(right, wrong)}, file, language, cases)
    assert reason == ""
    assert found
    assert all("which is not what the draft does" in sentence for sentence in found)
    assert not any(case.outcome in sentence for case in cases for sentence in found if len(case.outcome) > 3)


def test_where_nothing_may_run_it_says_so() -> None:
    found = run_cases(open_sandbox("off"), PROJECT, "pkg/sums.py", Language.PYTHON)
    assert found.cases == ()
    assert "switched off" in found.not_run


@needs_sandbox
def test_a_draft_that_can_not_be_loaded_says_why() -> None:
    found = run_cases(sandbox(), {"a.py": b"import no_such_module\n\n\ndef f(a: int): return a\n"}, "a.py", Language.PYTHON)
    assert "no_such_module" in found.not_run


@pytest.mark.parametrize("source", [b"", b"def f(a: int): ...\n", b"def f(a: int):\n    raise NotImplementedError\n", b"def f(g: Graph): return g\n", b"def ("])
def test_what_has_no_body_or_takes_no_plain_data_is_not_called(source: bytes) -> None:
    assert plan_calls(source, "a.py", Language.PYTHON)[0] == ()


class Forger:
    """A sandbox whose code wrote what it liked in place of outcomes."""

    isolation = "forged"

    def __init__(self, content: bytes) -> None:
        self._content = content

    def run(self, job: SandboxJob) -> SandboxOutcome:
        return SandboxOutcome(0, b"", b"", 0.0, self.isolation, files=dict.fromkeys(job.collect, self._content))


@pytest.mark.parametrize(
    "content", [b"", b"[[", b"\xff\n1\n[]\n[1]\n", b'{"fault": 3}\n', b'[999, "a", false]\n', b'["0", "a", false]\n', b"[0, 1, 2]\n", b"[-1, 1, 2]\n"]
)
def test_a_forged_report_is_only_text(content: bytes) -> None:
    found = run_cases(Forger(content), {"a.py": b"def f(a: int): return a\n"}, "a.py", Language.PYTHON)
    assert all(isinstance(case, RunCase) and isinstance(case.outcome, str) for case in found.cases)
    assert len(found.cases) <= 1


def test_a_case_survives_json() -> None:
    call = plan_calls(b"def f(a: int): return a\n", "a.py", Language.PYTHON)[0][0]
    case = RunCase(call, "3", False, "f(3)")
    assert case_from_json(case_to_json(case)) == case
