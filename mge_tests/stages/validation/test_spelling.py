"""Imports by a path of tsconfig.json are followed wherever code is judged, and run."""

import pytest

from mge_assets.model.findings import CheckStatus
from mge_assets.model.script_paths import ScriptPaths
from mge_assets.stages.validation.grading_javascript import javascript_check
from mge_assets.stages.validation.integration import import_findings
from mge_assets.stages.validation.project import Project
from mge_assets.stages.validation.reach_javascript import script_reach
from mge_assets.stages.validation.spelling import spelled_out
from mge_resources.sandbox import Sandbox
from mge_resources.sandbox.port import Limits
from mge_resources.syntax import Language
from mge_tests.resources.compiler import checkers, compiling, needs_compiler

CONFIG = b"""{
  // where modules are
  "extends": "./tsconfig.base.json",
  "compilerOptions": { "strict": true, },
}
"""
BASE = b'{"compilerOptions": {"baseUrl": ".", "paths": {"@/*": ["src/*"], "~shared": ["shared/index"]}}}'
FILES = {
    "tsconfig.json": CONFIG,
    "tsconfig.base.json": BASE,
    "src/lib/one.ts": b"export interface One { one: number }\nexport const one = (): One => ({ one: 1 });\n",
    "src/index.ts": b'export { One, one } from "@/lib/one";\nexport const said = \'from "@/lib/one"\';\n',
    "shared/index.ts": b'import { one } from "@/index";\nexport const shared = async () => (await import("src/lib/one")).one().one + one().one;\n',
}
TESTS = """import test from "node:test";
import assert from "node:assert/strict";
import { said, type One } from "@/index";
import { shared } from "~shared";
const typed: One = { one: 1 };
test("it", async () => assert.deepEqual([await shared(), said, typed.one], [2, 'from "@/lib/one"', 1]));
"""


def test_each_import_is_spelt_as_node_knows_it_and_nothing_else_changes():
    files, tests = spelled_out(FILES, "tests/all.test.mts", TESTS)
    assert files["src/index.ts"] == FILES["src/index.ts"].replace(b'"@/lib/one";', b'"./lib/one.ts";')
    assert b'import("../src/lib/one.ts")' in files["shared/index.ts"]
    assert tests == TESTS.replace('"@/index"', '"../src/index.ts"').replace('"~shared"', '"../shared/index.ts"')
    bare = {name: content for name, content in FILES.items() if not name.endswith(".json")}
    assert spelled_out(bare, "tests/all.test.mts", TESTS) == (bare, TESTS)


@needs_compiler
def test_tests_run_and_types_are_known_through_such_imports(sandbox: Sandbox):
    ready = compiling(sandbox)
    check = javascript_check(ready, FILES, "tests/all.test.mts", TESTS, Limits(), 3.0)
    assert (check.status, check.findings) == (CheckStatus.PASSED, ())
    (run,) = script_reach(ready, FILES, "tests/all.test.mts", TESTS, None, 3.0).tests
    assert ("src/lib/one.ts", 2) in {(entry.file, entry.line) for entry in run.entered}
    wrong = {**FILES, "src/wrong.ts": b'import { one } from "@/lib/one";\nexport const text: string = one();\nimport "@/nowhere/x";\n'}
    assert [(remark.file, remark.rule) for remark in checkers().types(Language.TYPESCRIPT, wrong)] == [("src/wrong.ts", "TS2322")]
    moved = {**wrong, "tsconfig.base.json": BASE.replace(b"src/*", b"lib/*")}
    assert ("src/wrong.ts", "TS2307") in [(remark.file, remark.rule) for remark in checkers().types(Language.TYPESCRIPT, moved)]


def test_a_path_that_leads_nowhere_is_an_error_and_a_package_stays_one():
    code = b'import { a } from "@/nowhere";\nimport { one } from "@/lib/one";\nimport { z } from "zod";\nimport { b } from "~shared";\n'
    found = [
        (finding.rule, finding.place.line) for finding in import_findings(Project({**FILES, "src/use.ts": code}), "src/use.ts", {"zod": "zod"}) if finding.place
    ]
    assert found == [("imports.missing", 1)]


@pytest.mark.parametrize(
    ("specifier", "folder", "paths"),
    [
        ("@/a", "packages/one/src", ["packages/one/lib/a", "packages/one/src/a"]),
        ("x", "packages/one", ["packages/one/exact"]),
        ("@/a", "other", []),
        ("@/a", "packages/one/inner", []),
    ],
)
def test_the_nearest_configuration_counts_and_its_best_pattern(specifier, folder, paths):
    given = b'{"compilerOptions": {"paths": {"*": ["./any/*"], "@/*": ["./lib/*", "./src/*"], "x": ["./exact"]}}}'
    files = {"packages/one/tsconfig.json": given, "packages/one/inner/jsconfig.json": b"{}", "tsconfig.json": b"[]"}
    assert list(ScriptPaths(files).candidates(specifier, folder)) == paths
