"""A delivered TypeScript project runs its own tests with its own command on this machine's Node, whichever that is."""

import shutil
import subprocess
from pathlib import Path

import pytest

from mge_assets.model.masterplan import Masterplan
from mge_assets.model.testfiles import test_runners as runners
from mge_assets.stages.delivery import AcceptanceTests, Element, project_files
from mge_assets.stages.delivery.node import COMPILER
from mge_resources.checkers.typescript_package import VERSION, installed
from mge_resources.settings import Settings
from mge_tests.resources.compiler import needs_compiler

NPM = shutil.which("npm")
needs_npm = pytest.mark.skipif(NPM is None, reason="npm is not installed")
CODE = {
    "src/kinds.ts": b'export interface Item { name: string }\nexport const enum Kind { A = 1, B }\nexport enum Word { Yes = "yes" }\n',
    "src/index.ts": b'export { Item, Kind, Word } from "./kinds";\nexport * from "./things.js";\n',
    "src/noted.ts": b"export const made: string[] = [];\nexport function noted(on: object, name: string, how: PropertyDescriptor): void { made.push(name); }\n",
    "src/things.ts": b"""import { Item, Kind } from "./kinds";
import { noted } from "./noted";

namespace Inner { export const factor = 21; }

export class Thing {
  private seen: Item[] = [];
  constructor(readonly name: string, public kind: Kind = Kind.B) {}

  @noted
  times(): number {
    return Inner.factor * this.kind;
  }

  fail(): never {
    throw new RangeError(this.name);
  }
}
""",
    "src/old.cts": b'import path = require("node:path");\nfunction named(file: string): string { return path.basename(file); }\nexport = { named };\n',
}
TYPED = """import test from "node:test";
import assert from "node:assert/strict";
import { Item, Kind, Thing, Word } from "../src/index";
import { made } from "../src/noted.ts";
import old from "../src/old.cjs";

test("what leaving types out refuses", () => {
  const item: Item = { name: old.named("/x/y") };
  assert.deepEqual([item.name, Kind.A, Word.Yes, new Thing("a").times(), made], ["y", 1, "yes", 42, ["times"]]);
});
test("lines", () => {
  assert.throws(() => new Thing("z").fail(), (error: Error) => /things\\.ts:16/.test(error.stack!));
});
"""
PLAIN = """import test from "node:test";
import assert from "node:assert/strict";
import { Thing } from "../src/things.js";
test("from JavaScript", () => assert.equal(new Thing("a").times(), 42));
"""


def delivered(folder: Path, code: dict[str, bytes], *tests: AcceptanceTests, manifests: dict[str, str] | None = None) -> list[str]:
    """The paths of a plan of these files and tests, written into the folder."""
    tasks = [{"name": f"t{number}", "description": "d", "file": file} for number, file in enumerate(code)]
    plan = Masterplan.model_validate({"name": "shop", "phases": [{"name": "P", "milestones": [{"name": "M", "tasks": tasks}]}], "manifests": manifests or {}})
    files = project_files(plan, dict(zip([f"t{number}" for number in range(len(code))], code.values(), strict=True)), tests)
    for file in files:
        (folder / file.path).parent.mkdir(parents=True, exist_ok=True)
        (folder / file.path).write_bytes(file.content)
    return [file.path for file in files]


def run(folder: Path, command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, shell=True, cwd=folder, capture_output=True, text=True, timeout=120, check=False)


def project(folder: Path, typed: str = TYPED) -> list[str]:
    return delivered(folder, CODE, AcceptanceTests(Element.PLAN, "shop", typed), AcceptanceTests(Element.MILESTONE, "M", PLAIN))


def test_the_compiler_that_is_delivered_is_the_one_that_checked():
    assert COMPILER == VERSION


@needs_npm
@needs_compiler
def test_its_own_command_passes_where_npm_has_brought_the_compiler(tmp_path: Path):
    project(tmp_path)
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules/typescript").symlink_to(installed(Settings().tools) or "", target_is_directory=True)
    done = run(tmp_path, "npm test")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "pass 3" in done.stdout
    one = run(tmp_path, "npm test -- tests/M.test.mjs")
    assert (one.returncode, "pass 1" in one.stdout) == (0, True)


@needs_npm
@needs_compiler
def test_the_command_that_a_run_names_passes_without_npm_having_brought_anything_and_fails_where_a_test_does(tmp_path: Path):
    paths = project(tmp_path)
    (command,) = runners(paths, "python", installed(Settings().tools))
    done = run(tmp_path, command)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "pass 3" in done.stdout
    project(tmp_path, TYPED.replace("42", "43"))
    done = run(tmp_path, command)
    assert (done.returncode, "fail 1" in done.stdout) == (1, True)


@needs_npm
def test_without_the_compiler_it_passes_or_one_line_says_what_to_do(tmp_path: Path):
    delivered(tmp_path, {"src/a.ts": b"export const a = (): number => 1;\n"}, AcceptanceTests(Element.PLAN, "shop", PLAIN.replace("things.js", "a.ts")))
    done = run(tmp_path, "node -p 'Boolean(process.features.typescript)'")
    knows, done = done.stdout.strip() == "true", run(tmp_path, "node tests/run.mjs")
    if not knows:
        assert done.returncode == 1
        assert len(done.stderr.splitlines()) == 1
        assert "run `npm install` once" in done.stderr


@needs_npm
@pytest.mark.parametrize("code", [b"export const a = () => 1;\n", b"exports.a = () => 1;\n"])
def test_a_project_in_javascript_runs_its_tests_as_it_lies_there(tmp_path: Path, code: bytes):
    tests = (
        'import test from "node:test";\nimport assert from "node:assert/strict";\nimport { a } from "../src/a.js";\ntest("it", () => assert.equal(a(), 1));\n'
    )
    paths = delivered(tmp_path, {"src/a.js": code}, AcceptanceTests(Element.PLAN, "shop", tests))
    for command in ("npm test", *runners(paths, "python", None)):
        done = run(tmp_path, command)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "pass 1" in done.stdout


@needs_compiler
def test_imports_by_the_paths_of_the_projects_own_tsconfig_are_followed(tmp_path: Path):
    config = '{ // where things are\n "compilerOptions": { "paths": { "@/*": ["./src/*"] } }, }'
    code = {
        "src/lib/one.ts": b"export const one = (): number => 1;\n",
        "src/two.ts": b'import { one } from "@/lib/one";\nexport const two = (): number => 2 * one();\n',
    }
    tests = 'import test from "node:test";\nimport assert from "node:assert/strict";\nimport { two } from "@/two";\ntest("it", () => assert.equal(two(), 2));\n'
    manifests = {"tsconfig.json": config, "package.json": '{"name": "mine"}\n'}
    paths = delivered(tmp_path, code, AcceptanceTests(Element.PLAN, "shop", tests), manifests=manifests)
    assert {path: (tmp_path / path).read_text() for path in manifests} == manifests
    assert "node tests/run.mjs" in (tmp_path / "README.md").read_text()
    assert "npm test" not in (tmp_path / "README.md").read_text()
    (command,) = runners(paths, "python", installed(Settings().tools))
    done = run(tmp_path, command)
    assert (done.returncode, "pass 1" in done.stdout) == (0, True), done.stdout + done.stderr
