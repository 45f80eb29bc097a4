"""TypeScript runs on any Node as its compiler means it, what type stripping refuses included, and keeps its names and its lines."""

import shutil

import pytest

from mge_resources.checkers import CheckerUnavailableError, CompilingSandbox
from mge_resources.checkers import compiling as module
from mge_resources.sandbox import Sandbox, SandboxJob, SandboxOutcome, SandboxUnavailableError
from mge_tests.resources.compiler import checkers, compiling, needs_compiler

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="Node is not installed")

FILES = {
    "src/kinds.ts": b"""export interface Item { name: string }
export type Id = string;
export const enum Kind { A = 1, B }
export enum Word { Yes = "yes" }
""",
    "src/index.ts": b'export { Item, Kind, Word } from "./kinds";\nexport * from "./things.js";\nimport { Id } from "./kinds";\nexport { Id };\n',
    "src/things.ts": b"""import { Item, Kind } from "./kinds";

namespace Inner { export const factor = 21; }

export class Thing {
  private seen: Item[] = [];
  constructor(readonly name: string, public kind: Kind = Kind.B) {}

  times(): number {
    return Inner.factor * this.kind;
  }

  fail(): never {
    throw new RangeError(this.name);
  }
}
""",
    "src/old.cts": b'import path = require("node:path");\nfunction named(file: string): string { return path.basename(file); }\nexport = { named };\n',
    "src/mixed.ts": b'export const folder = (): string => require("node:path").basename(__dirname);\n',
    "src/standard.ts": b"""function doubled(method: (this: unknown) => number, context: ClassMethodDecoratorContext) {
  return function (this: unknown): number { return 2 * method.call(this); };
}
export class Decorated {
  @doubled
  value(): number { return 21; }
}
""",
    "main.mjs": b"""import { Thing, Kind, Word } from "./project/src/index";
import { Decorated } from "./project/src/standard.ts";
import old from "./project/src/old.cjs";
import { folder } from "./project/src/mixed.js";
const names = Object.keys(await import("./project/src/index.ts")).sort().join();
const said = [new Thing("a").times(), Kind.A, Word.Yes, new Decorated().value(), old.named("/x/y"), folder(), names];
try { new Thing("z").fail(); } catch (error) { said.push(/things\\.ts:\\d+/.exec(error.stack)[0]); }
console.log(JSON.stringify(said));
""",
}
LEGACY = {
    "project/src/a.ts": b"""export const made: string[] = [];
function noted(target: object, name: string, description: PropertyDescriptor): void { made.push(name); }
function given(target: object, name: string | undefined, index: number): void { made.push(String(index)); }
export class A { @noted run(@given value: number): number { return value; } }
""",
    "main.mjs": b'import { made } from "./project/src/a.ts";\nconsole.log(made.join());\n',
}


def job(files: dict[str, bytes]) -> SandboxJob:
    return SandboxJob(("{node}", "main.mjs"), files, typescript=True)


def named(files: dict[str, bytes]) -> dict[str, bytes]:
    return {name if name == "main.mjs" else f"project/{name}": content for name, content in files.items()}


@needs_node
@needs_compiler
def test_what_type_stripping_refuses_runs_with_its_own_lines(sandbox: Sandbox):
    outcome = compiling(sandbox).run(job(named(FILES)))
    assert outcome.stdout.decode().strip() == '[42,1,"yes",42,"y","src","Kind,Thing,Word","things.ts:14"]', outcome.stderr.decode()


@needs_node
@needs_compiler
def test_decorators_of_the_older_kind_are_known_by_what_only_they_can(sandbox: Sandbox):
    assert compiling(sandbox).run(job(LEGACY)).stdout.decode().strip() == "0,run"


@needs_node
@needs_compiler
def test_a_file_that_does_not_parse_fails_on_its_line(sandbox: Sandbox):
    files = {"project/a.ts": b"export const a: number = 1;\nexport const b = (;\n", "main.mjs": b'import "./project/a.ts";\n'}
    outcome = compiling(sandbox).run(job(files))
    assert outcome.exit_code == 1
    assert b"SyntaxError" in outcome.stderr
    assert b"a.ts:2" in outcome.stderr


@needs_compiler
def test_equal_files_are_compiled_once():
    files = {"a.ts": b"export const a: number = 1;\n"}
    assert checkers().scripts(files) is checkers().scripts(dict(files))
    assert checkers().scripts({"a.mjs": b"let a = 1;\n", "a.d.ts": b"declare const a: number;\n"}) == {}


class Without:
    """No compiler, and a sandbox that says what it was given."""

    isolation = "none"

    def __init__(self) -> None:
        self.jobs: list[SandboxJob] = []

    def run(self, given: SandboxJob) -> SandboxOutcome:
        self.jobs.append(given)
        return SandboxOutcome(0, b"", b"", 0.0, self.isolation)

    def scripts(self, files):
        raise CheckerUnavailableError("TypeScript's compiler is not here")


def test_without_the_compiler_an_older_node_is_refused_and_a_newer_one_does_it_itself(monkeypatch):
    without = Without()
    monkeypatch.setattr(module, "_node_version", lambda: (20, 20))
    with pytest.raises(SandboxUnavailableError, match="compiler"):
        CompilingSandbox(without, without).run(job(LEGACY))
    monkeypatch.setattr(module, "_node_version", lambda: (22, 18))
    CompilingSandbox(without, without).run(job(LEGACY))
    (passed,) = without.jobs
    assert not passed.typescript
    assert passed.files["project/src/a.ts"] == LEGACY["project/src/a.ts"]


def test_a_sandbox_alone_refuses_typescript(sandbox: Sandbox):
    with pytest.raises(SandboxUnavailableError, match="compiled"):
        sandbox.run(job(LEGACY))
