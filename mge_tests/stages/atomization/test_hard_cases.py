"""Hard cases, each with the atoms that an expert would expect: name, kind, first and last line, complexity."""

import pytest

from mge_assets.model.atoms import MAX_LOC, Atomization, AtomKind
from mge_assets.stages.atomization import MultiLanguageParser, atomize, tile
from mge_resources.syntax import Language
from mge_tests.stages.atomization.sources import assert_tiles

Expected = list[tuple[str, str, int, int, int]]


def told(atomization: Atomization) -> Expected:
    return [(atom.name, atom.kind.value, atom.span.start_line, atom.span.end_line, atom.complexity) for atom in atomization.atoms]


PYTHON = '''#!/usr/bin/env python
# -*- coding: utf-8 -*-
"""Module."""
from __future__ import annotations
import os, sys
try:
    import json
except ImportError:
    json = None
if TYPE_CHECKING:
    from x import Y

VERSION = "1"
type Alias[T] = list[T]


@overload
def pick(a: int) -> int: ...
@overload
def pick(a: str) -> str: ...
def pick(a):
    return a


@dec(1)
@other
async def fetch(url: str) -> bytes:
    async with open(url) as f:
        return await f.read()


def walrus(data):
    if (n := len(data)) > 3 and n < 9:
        return f"{n!r:>{10}} {data[0] if data else ''}"
    match data:
        case [1, *rest] if rest:
            return rest
        case {"a": x} | {"b": x}:
            return x
        case _:
            return None


class Shape(ABC):
    """Doc."""

    kind: str = "x"

    @abstractmethod
    def area(self) -> float: ...

    @property
    def name(self) -> str:
        return self._name

    @name.setter
    def name(self, value: str) -> None:
        self._name = value

    class Inner:
        def f(self): return 1

    def outer(self):
        def nested(a):
            return a if a else 0
        a = 1
        b = 2
        c = 3
        d = 4
        e = 5
        f = 6
        g = 7
        h = 8
        i = 9
        j = 10
        return lambda: nested(a)


class Colour(Enum):
    RED = 1
    BLUE = 2


lambda_f = lambda x: x + 1

if __name__ == "__main__":
    pick(1)
'''
PYTHON_ATOMS: Expected = [
    ("m#2", "docstring", 1, 3, 1),
    ("m", "import", 4, 12, 3),
    ("m.VERSION", "constant", 13, 13, 1),
    ("m.Alias", "type", 14, 16, 1),
    ("m.pick", "function", 17, 24, 1),
    ("m.fetch", "function", 25, 31, 1),
    ("m.walrus", "function", 32, 43, 6),
    ("m.Shape", "class_header", 44, 48, 1),
    ("m.Shape.area", "method", 49, 51, 1),
    ("m.Shape.name", "method", 52, 55, 1),
    ("m.Shape.name#2", "method", 56, 59, 1),
    ("m.Shape.Inner", "class_header", 60, 62, 1),
    ("m.Shape.outer", "method", 63, 78, 1),
    ("m.Colour", "enum", 79, 83, 1),
    ("m.lambda_f", "constant", 84, 85, 1),
    ("m.__main__", "entry_point", 86, 87, 2),
]

TYPESCRIPT = """#!/usr/bin/env node
import a, { b as c } from "x";
import type { T } from "./t";
export * from "./all";
export { c };

export default class extends Base<T> {
  #secret = 1;
  static count = 0;
  get value(): number { return this.#secret; }
  set value(v: number) { this.#secret = v; }
  async *stream(): AsyncGenerator<number> { yield 1; }
  private handler = (e: Event): void => {
    e.preventDefault();
  };
  constructor(private readonly x: number) { super(); }
}

export const enum Level { Low = 1, High }
declare global { interface Window { app: string } }
declare module "foo" { export function bar(): void; }
export namespace Geo.Inner {
  export const PI = 3;
  export function area(r: number): number { return PI * r * r; }
}
abstract class Shape<X extends object = {}> {
  abstract area(): number;
  protected describe<K extends keyof X>(key: K, ...rest: unknown[]): string {
    return `${key as string}: ${rest.map((r) => `${r}`).join(", ")}`;
  }
}
export function over(a: string): string;
export function over(a: number): number;
export function over(a: any): any { return a; }
export type Fn<T> = T extends (...args: infer A) => infer R ? [A, R] : never;
const obj = {
  method() { return 1; },
  arrow: (x: number) => x + 1,
  async load() { await fetch("x"); },
  data: [1, 2, 3],
};
(function iife() { let inner = 1; return inner; })();
(async () => { await over(1); })();
export const curried = (a: number) => (b: number) => a + b;
let x = y as unknown as T satisfies T;
export = obj;
"""
TYPESCRIPT_ATOMS: Expected = [
    ("m", "import", 1, 4, 1),
    ("m#2", "statement_group", 5, 6, 1),
    ("m.default", "class_header", 7, 18, 1),
    ("m.Level", "enum", 19, 19, 1),
    ("m#3", "statement_group", 20, 20, 1),
    ("m.foo", "statement_group", 21, 21, 1),
    ("m.Geo.Inner", "statement_group", 22, 25, 1),
    ("m.Shape", "class_header", 26, 31, 1),
    ("m.over", "function", 32, 34, 1),
    ("m.Fn", "type", 35, 35, 1),
    ("m.obj", "constant", 36, 41, 1),
    ("m#4", "statement_group", 42, 43, 1),
    ("m.curried", "function", 44, 44, 1),
    ("m#5", "statement_group", 45, 46, 1),
]

TSX = """import React from "react";

type Props<T> = { items: T[]; render: (item: T) => JSX.Element };

export const List = React.memo(function List<T extends { id: string }>({ items, render }: Props<T>) {
  const [open, setOpen] = React.useState(false);
  if (!items.length) return null;
  return (
    <>
      <ul className="list">
        {items.map((item) => (
          <li key={item.id}>{render(item)}</li>
        ))}
      </ul>
      {open && <Footer onClose={() => setOpen(false)} />}
    </>
  );
});

export default function App() {
  return <List items={[]} render={(x) => <b>{x.id}</b>} />;
}
"""
TSX_ATOMS: Expected = [
    ("m", "import", 1, 2, 1),
    ("m.Props", "type", 3, 4, 1),
    ("m.List", "constant", 5, 19, 3),
    ("m.App", "function", 20, 22, 1),
]

JAVASCRIPT = """'use strict'
var debug = require('debug')('x')
  , http = require('http');
const { a, b: { c } } = require('./deep');
module.exports = createApp;
exports = module.exports = function createApp(opts) {
  var app = function (req, res, next) { app.handle(req, res, next); };
  return app;
};
app.use = function use(fn) {
  return this;
};
Foo.prototype.bar = function () { return 1; };
Object.defineProperty(exports, 'x', { get: function () { return 2; } });
module.exports = {
  one: 1,
  two() { return 2; },
  three: function () { return 3; },
};
methods.forEach(function (method) {
  app[method] = function (path) {
    if (method === 'get' && arguments.length === 1) return this.set(path);
    return this;
  };
});
label: for (const x of y) { if (x) continue label; else break; }
class A { static { init(); } static async *gen() {} ['computed' + 1]() {} 'quoted name'() {} 42() {} }
export default function () { return 1; }
export default async () => {};
export { A as B };
function* g() { yield* h(); }
if (require.main === module) main();
"""
JAVASCRIPT_ATOMS: Expected = [
    ("m", "statement_group", 1, 1, 1),
    ("m#2", "import", 2, 4, 1),
    ("m#3", "statement_group", 5, 5, 1),
    ("m.createApp", "function", 6, 9, 1),
    ("m.use", "function", 10, 12, 1),
    ("m.Foo.bar", "method", 13, 13, 1),
    ("m#4", "statement_group", 14, 25, 3),
    ("m#5", "statement_group", 26, 26, 3),
    ("m.A", "class_header", 27, 27, 1),
    ("m.default", "function", 28, 28, 1),
    ("m.default#2", "function", 29, 29, 1),
    ("m#6", "statement_group", 30, 30, 1),
    ("m.g", "function", 31, 31, 1),
    ("m.__main__", "entry_point", 32, 32, 2),
]

CASES = {
    Language.PYTHON: ("m.py", PYTHON, PYTHON_ATOMS),
    Language.TYPESCRIPT: ("m.ts", TYPESCRIPT, TYPESCRIPT_ATOMS),
    Language.TSX: ("m.tsx", TSX, TSX_ATOMS),
    Language.JAVASCRIPT: ("m.js", JAVASCRIPT, JAVASCRIPT_ATOMS),
}


@pytest.mark.parametrize("language", CASES)
def test_each_construct_makes_the_atoms_that_an_expert_expects(language: Language) -> None:
    file, source, expected = CASES[language]
    atomization = atomize(source.encode(), file, language)
    assert not atomization.errors
    assert told(atomization) == expected


@pytest.mark.parametrize("language", CASES)
def test_line_ends_a_byte_order_mark_and_a_missing_last_line_end_change_no_atom_but_its_bytes(language: Language) -> None:
    file, source, expected = CASES[language]
    for text in (source.replace("\n", "\r\n").encode(), b"\xef\xbb\xbf" + source.removeprefix("#!/usr/bin/env node\n").encode(), source.rstrip("\n").encode()):
        atomization = atomize(text, file, language)
        assert_tiles(atomization, text)
        found = [(name, kind, complexity) for name, kind, _, _, complexity in told(atomization)]
        assert found == [(name, kind, complexity) for name, kind, _, _, complexity in expected]


def test_tabs_form_feeds_and_names_beyond_ascii_are_read_as_they_stand() -> None:
    source = "gr\u00f6\u00dfe = 'h\u00e9llo \U0001f600'\n\x0c\n\ndef na\u00efve(x):\n\tif x:\n\t\treturn gr\u00f6\u00dfe\n\treturn '\u2028'\n\x0c\n\n"
    source += "class \u00c4:\n\tpass\n"
    assert told(atomize(source.encode(), "m.py", Language.PYTHON)) == [
        ("m.gr\u00f6\u00dfe", "constant", 1, 3, 1),
        ("m.na\u00efve", "function", 4, 9, 2),
        ("m.\u00c4", "class_header", 10, 11, 1),
    ]


@pytest.mark.parametrize(("language", "comment"), [(Language.PYTHON, "# "), (Language.TYPESCRIPT, "// "), (Language.TSX, "// "), (Language.JAVASCRIPT, "// ")])
def test_a_file_of_comments_is_trivia_and_an_empty_file_nothing(language: Language, comment: str) -> None:
    source = "".join(f"{comment}{number}\n" for number in range(40)).encode()
    atoms = atomize(source, "m", language).atoms
    assert {atom.kind for atom in atoms} == {AtomKind.TRIVIA}
    assert all(10 <= atom.loc <= MAX_LOC for atom in atoms)
    assert atomize(b"", "m", language).atoms == ()


def test_a_minified_line_is_cut_at_statements_and_its_atoms_stand_on_that_line() -> None:
    source = b"!function(){" + b"function f(a,b){if(a){return b}else{g()}}var x=1,y=f(x,2);" * 60 + b"}();"
    atoms = atomize(source, "m.js", Language.JAVASCRIPT).atoms
    assert b"".join(atom.text for atom in atoms) == source
    assert len(atoms) >= 3
    assert {(atom.span.start_line, atom.span.end_line, atom.loc) for atom in atoms} == {(1, 1, 1)}
    assert all(atom.text.endswith((b";", b"}")) for atom in atoms[:-1])


def test_a_hundred_thousand_lines_in_one_file_tile_with_one_atom_a_function() -> None:
    source = b"".join(b"def f%d(a: int) -> int:\n    b = a + 1\n    if b:\n        return b\n    return a\n" % number for number in range(20_000))
    tiling = tile(MultiLanguageParser().parse(source, "m.py", Language.PYTHON))
    assert sum(len(atom.text) for atom in tiling.atoms) == len(source)
    assert len(tiling.atoms) == 20_000
    assert {(atom.kind, atom.loc, atom.complexity) for atom in tiling.atoms} == {(AtomKind.FUNCTION, 5, 2)}
    assert tiling.atoms[-1].name == "m.f19999"
    assert tiling.atoms[-1].span.end_line == 100_000


BROKEN = {
    Language.PYTHON: ("def good():\n    return 1\n\n\n", "def bad(a):\n    a = = 1\n    return (a +)\n\n\n", "def fine():\n    return 2\n"),
    Language.TYPESCRIPT: ("function good() {\n  return 1;\n}\n\n", "const bad = (1 + );\nlet x = = 2;\n\n", "function fine() {\n  return 2;\n}\n"),
    Language.JAVASCRIPT: ("function good() {\n  return 1;\n}\n\n", "const bad = (1 + );\nlet x = = 2;\n\n", "function fine() {\n  return 2;\n}\n"),
}


@pytest.mark.parametrize("language", BROKEN)
def test_what_does_not_parse_is_found_with_its_lines_and_leaves_its_neighbours_as_they_were(language: Language) -> None:
    before, bad, after = BROKEN[language]
    source = (before + bad + after).encode()
    atomization = atomize(source, "m", language)
    assert_tiles(atomization, source)
    first, last = before.count("\n") + 1, (before + bad).count("\n")
    assert atomization.errors
    assert all(error.place is not None and error.place.line is not None and first <= error.place.line <= last for error in atomization.errors)
    assert ("m.good", "function", 1) in [(name, kind, line) for name, kind, line, _, _ in told(atomization)]
    assert ("m.fine", "function", last + 1) in [(name, kind, line) for name, kind, line, _, _ in told(atomization)]


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("header", ["def f():\n", "class A:\n    def f(self):\n    def g(self): pass\n", "function f() {", "class A { m() {", "func f() {"])
def test_a_definition_whose_body_is_not_there_yet_is_cut_like_any_other(language: Language, header: str) -> None:
    atomization = atomize(header.encode(), "m", language)
    assert b"".join(atom.text for atom in atomization.atoms) == header.encode()
    assert all(atom.context.completeness > 0 for atom in atomization.atoms)


def test_a_long_broken_region_is_cut_by_lines_and_spreads_no_further() -> None:
    source = "import os\n\n\ndef bad(a):\n" + "    a = = 1\n" * 60 + "\n\ndef fine():\n    return os\n"
    atoms = atomize(source.encode(), "m.py", Language.PYTHON).atoms
    assert (atoms[0].kind, atoms[-1].name, atoms[-1].kind) == (AtomKind.IMPORT, "m.fine", AtomKind.FUNCTION)
    assert all(atom.loc <= MAX_LOC for atom in atoms)


def test_a_class_written_down_as_a_prototype_has_its_methods_under_its_name() -> None:
    source = "function View(name) {\n  this.name = name;\n}\n\nView.prototype.lookup = function lookup(a) {\n  return a || this.name;\n};\n"
    assert told(atomize(source.encode(), "m.js", Language.JAVASCRIPT)) == [("m.View", "function", 1, 4, 1), ("m.View.lookup", "method", 5, 7, 2)]


def test_the_parts_of_a_long_functions_header_and_its_first_statements_are_one_atom() -> None:
    source = "export function f(\n  a: number,\n  b: number\n): number {\n" + "  a += b;\n" * 20 + "  return a;\n}\n"
    atoms = atomize(source.encode(), "m.ts", Language.TYPESCRIPT).atoms
    assert [(atom.name, atom.kind.value) for atom in atoms] == [("m.f", "function"), ("m.f#2", "statement_group"), ("m.f#3", "statement_group")][: len(atoms)]
    assert atoms[0].text.startswith(b"export function f(\n  a: number,\n  b: number\n): number {\n  a += b;\n")
    assert atoms[-1].text.endswith(b"  return a;\n}\n")


def test_no_atom_goes_on_after_a_block_that_begins_in_another() -> None:
    inner = "".join(f"        b{number} = a\n" for number in range(20))
    atoms = atomize(f"def f(a):\n    if a:\n{inner}    c = a\n    return c\n".encode(), "m.py", Language.PYTHON).atoms
    for atom in atoms:
        indents = [len(line) - len(line.lstrip()) for line in atom.text.split(b"\n") if line.strip()]
        assert min(indents) == indents[0]


def test_a_string_below_a_constant_documents_it_and_goes_with_it() -> None:
    source = 'A = 1\n"""What A is."""\n\nB = 2\n"""What B is."""\n'
    assert told(atomize(source.encode(), "m.py", Language.PYTHON)) == [("m.A", "constant", 1, 3, 1), ("m.B", "constant", 4, 5, 1)]


def test_members_of_an_interface_are_packed_and_exported_namespaces_are_named() -> None:
    members = "".join(f"  m{number}(a: string): void;\n" for number in range(30))
    atoms = atomize(f"export interface Api {{\n{members}}}\nexport namespace N {{\n  export const x = 1;\n}}\n".encode(), "m.ts", Language.TYPESCRIPT).atoms
    assert [atom.name for atom in atoms] == ["m.Api", "m.Api#2", "m.Api#3", "m.N"]
    assert [atom.kind for atom in atoms[:3]] == [AtomKind.INTERFACE] * 3
    assert all(atom.loc >= 9 for atom in atoms[:3])


LOST = {
    "an argument list": (Language.PYTHON, "def bad(:\n    a = = 1\n    return a\n\n\n", "def fine():\n    return 2\n"),
    "a bracket": (Language.PYTHON, "x = [\n    (1, {\n\n\n", "@decorator\ndef fine():\n    return 2\n"),
    "a bracket in a method": (Language.PYTHON, "class A:\n    def f(self):\n        return (1\n\n\n", "def fine():\n    return 2\n"),
    "a parameter list": (Language.TYPESCRIPT, "function bad(a, {\n  return a;\n}\n\n", "export function fine(): number {\n  return 2;\n}\n"),
    "a block": (Language.JAVASCRIPT, "function bad(a) {\n  if (a) {\n    b();\n}\n\n", "function fine() {\n  return 2;\n}\n"),
}


@pytest.mark.parametrize("case", LOST)
def test_what_is_never_closed_takes_no_definition_at_the_margin_with_it(case: str) -> None:
    language, bad, after = LOST[case]
    good = BROKEN[language][0]
    source = (good + bad + after + "\n" + good.replace("good", "last")).encode()
    atomization = atomize(source, "m", language)
    assert_tiles(atomization, source)
    lines = {name: line for name, kind, line, _, _ in told(atomization) if kind == "function"}
    first = good.count("\n") + 1
    last = first + bad.count("\n")
    assert (lines["m.good"], lines["m.fine"], lines["m.last"]) == (1, last, last + after.count("\n") + 1)
    assert atomization.errors
    assert all(error.place is not None and error.place.line is not None and first <= error.place.line < last for error in atomization.errors)
