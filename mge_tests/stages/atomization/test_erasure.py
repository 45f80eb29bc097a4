"""TypeScript loses its types and nothing else: what is left is JavaScript that does the same, on the same lines."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from mge_assets.stages.atomization.erasure import erase_types
from mge_resources.syntax import Language, parse

SOURCE = b"""import type { A } from "./a";
import { type B, twice } from "./twice.mjs";
export interface Item<T> { id: string; value?: T }
type Id = string | number;
declare const missing: number;
export enum Colour { Red, Green = 5, Blue, Name = "n" }
export abstract class Base<T extends object> implements Item<T> {
  static readonly kind: string = "base";
  protected items: Map<string, number> = new Map<string, number>();
  id!: string;
  constructor(private readonly name: string, public n?: number) { }
  abstract open(): void;
  label(this: Base<T>, prefix: string): string { return prefix + this.name + (this.n ?? 0); }
}
export class Box extends Base<{ a: number }> {
  constructor(override readonly id: string) { super(id, 2); }
  open(): void {}
}
function pick(a: number): number;
function pick(a: string): string;
function pick<T>(a: T, ...rest: Array<T>): T { return rest.length ? rest[0]! : (a as T); }
function isString(a: unknown): a is string { return typeof a === "string"; }
const x = { a: 1 } satisfies Record<string, number>;
const y = <number>twice(x.a);
export const result = [
  Colour.Red, Colour.Blue, Colour[5], Colour.Name, new Box("b").label("p"), new Box("c").id, pick(1), pick("a", "b"), isString(""), y, Base.kind,
];
"""


def test_what_is_left_is_javascript_on_the_same_lines() -> None:
    erased = erase_types(SOURCE, Language.TYPESCRIPT)
    assert erased is not None
    assert not parse(Language.JAVASCRIPT, erased).root_node.has_error
    assert erased.count(b"\n") == SOURCE.count(b"\n")
    lines = list(zip(SOURCE.split(b"\n"), erased.split(b"\n"), strict=True))
    assert [number for number, (before, after) in enumerate(lines, 1) if b"return" in before and after.find(b"return") != before.find(b"return")] == []


@pytest.mark.skipif(shutil.which("node") is None, reason="Node is not installed")
def test_it_does_the_same(tmp_path: Path) -> None:
    erased = erase_types(SOURCE, Language.TYPESCRIPT)
    assert erased is not None
    (tmp_path / "mod.mjs").write_bytes(erased)
    (tmp_path / "twice.mjs").write_text("export const twice = (n) => 2 * n;\n")
    (tmp_path / "run.mjs").write_text('import { result } from "./mod.mjs";\nconsole.log(JSON.stringify(result));\n')
    found = subprocess.run(["node", str(tmp_path / "run.mjs")], capture_output=True, text=True, check=True).stdout
    assert json.loads(found) == [0, 6, "Green", "n", "pb2", "c", 1, "b", True, 2, "base"]


@pytest.mark.parametrize("source", [b"namespace A { export const b = 1; }\n", b"@sealed class A {}\n", b"import a = require('a');\n", b"const a: = 1;\n"])
def test_what_needs_the_compiler_is_refused(source: bytes) -> None:
    assert erase_types(source, Language.TYPESCRIPT) is None


def test_javascript_stays_as_it_is() -> None:
    source = b"const f = (a, b = 1) => a ? b : { a };\nclass A { static #b = 1; get c() { return this.#b; } }\n"
    assert erase_types(source, Language.TYPESCRIPT) == source
