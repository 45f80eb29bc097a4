"""TypeScript and JavaScript tests are judged as Python's are: test by test, with their lines, what they enter, and what they are worth."""

import shutil
import time

import pytest

from mge_assets.model.findings import Check, CheckStatus, Finding, Severity
from mge_assets.stages.validation import Grounds, run_tests
from mge_assets.stages.validation.cases import HiddenCase, run_cases
from mge_assets.stages.validation.judging import judged
from mge_assets.stages.validation.mutants_javascript import script_mutants
from mge_assets.stages.validation.promises import Drafts
from mge_assets.stages.validation.reach import failing_input, reach
from mge_assets.stages.validation.reach_javascript import WHOLE
from mge_assets.stages.validation.strength import strength
from mge_resources.checkers import CompilingSandbox
from mge_resources.sandbox import Sandbox
from mge_resources.sandbox.packages import PackagedSandbox
from mge_resources.syntax import Language, parse
from mge_tests.resources.compiler import compiling, needs_compiler

pytestmark = [needs_compiler, pytest.mark.skipif(shutil.which("node") is None, reason="Node is not installed")]

CODE = b"""enum Kind { Small = 1, Large }

interface Item {
  name: string;
  kind: Kind;
}

export class Basket {
  private items: Item[] = [];

  add(name: string, kind: Kind = Kind.Small): number {
    if (!name) {
      throw new RangeError("a name is not empty");
    }
    this.items.push({ name, kind });
    return this.items.length;
  }

  names = (): string => this.items.map((item) => item.name).join("/");

  wait(): void {
    while (this.items.length >= 0) { }
  }
}

export function doubled(value: number): number {
  return value * 2;
}
"""
FILE, TESTS = "src/basket.ts", "tests/basket.test.mjs"
HEAD = (
    'import test, { describe, it, beforeEach } from "node:test";\nimport assert from "node:assert/strict";\n'
    'import { Basket, doubled } from "../src/basket";\n\n'
)
GOOD = HEAD + (
    'describe("Basket", () => {\n  let basket;\n  beforeEach(() => { basket = new Basket(); });\n'
    '  it("adds", () => { assert.equal(basket.add("a"), 1); });\n'
    '  it("names: all", () => { basket.add("a"); basket.add("b"); assert.equal(basket.names(), "a/b"); });\n'
    '  it("refuses", () => assert.throws(() => basket.add(""), RangeError));\n});\n'
    'test("doubled", async (t) => { await t.test("inside", () => assert.equal(doubled(4), 8)); });\n'
)


@pytest.fixture
def box(sandbox: Sandbox) -> CompilingSandbox:
    return compiling(sandbox)


def run(box: Sandbox, tests: str, code: bytes = CODE, file: str = TESTS, seconds: float = 10.0) -> Check:
    return run_tests(box, {FILE: code}, file, tests, Language.TYPESCRIPT, seconds)


def said(found: Check) -> list[tuple[str, str]]:
    return [(str(finding.place), finding.message) for finding in found.findings]


def test_honest_code_passes_and_each_failure_has_its_test_its_message_and_its_line(box):
    assert run(box, GOOD) == Check.of("tests", ())
    found = run(box, GOOD, CODE.replace(b"value * 2", b"value * 3").replace(b'join("/")', b"join()"))
    first, second = said(found)
    assert first[0] == f"{TESTS}:9"
    assert first[1].startswith("Basket > names: all: Expected values to be strictly equal: 'a,b' !== 'a/b'")
    assert second[1].startswith("doubled: Expected values to be strictly equal: 12 !== 8")


def test_an_error_of_the_code_is_placed_in_the_original_source(box):
    run_of = {run.name: run for run in reach(box, {FILE: CODE}, TESTS, GOOD.replace('add("a"), 1', 'add(""), 1')).tests}
    failure = run_of["Basket > adds"].failure
    assert failure is not None
    assert (failure.error, failure.last) == ("RangeError", FILE)
    assert (failure.frames[-1].file, failure.frames[-1].line) == (FILE, 13)
    assert {entry.line for entry in run_of["doubled"].entered if entry.file == FILE} == {26}
    assert 19 in {entry.line for entry in run_of["Basket > names: all"].entered if entry.file == FILE}


def test_tests_in_typescript_and_tests_without_a_runner_are_run(box):
    typed = GOOD.replace("let basket;", "let basket: Basket;")
    assert run(box, typed, file="tests/basket.test.mts").status is CheckStatus.PASSED
    plain = 'import assert from "node:assert";\nimport { doubled } from "../src/basket.js";\n\nassert.equal(doubled(2), 4);\n'
    assert run(box, plain).status is CheckStatus.PASSED
    assert said(run(box, plain.replace(", 4", ", 5"))) == [(f"{TESTS}:4", f"{WHOLE}: 4 == 5")]
    assert [finding.rule for finding in run(box, HEAD).findings] == ["tests.none"]


def test_one_endless_test_costs_its_own_seconds_and_is_named(box):
    begin = time.monotonic()
    found = run(box, GOOD + 'test("for ever", () => { const one = new Basket(); one.add("a"); one.wait(); });\n', seconds=1.0)
    assert time.monotonic() - begin < 30
    assert [(finding.rule, finding.message) for finding in found.findings] == [("tests.limit", "for ever: the test did not end within 1 s")]
    never = 'test("waits", () => new Promise((resolve) => { setTimeout(resolve, 60000); }));\n'
    assert [finding.message for finding in run(box, GOOD + never, seconds=1.0).findings] == ["waits: the test did not end within 1 s"]


def test_without_a_compiler_the_tests_and_cases_are_not_run(sandbox: Sandbox):
    assert run(sandbox, GOOD).status is CheckStatus.NOT_RUN
    assert run_cases(sandbox, {FILE: CODE}, FILE, [HiddenCase("doubled", (2,), 4)], Language.TYPESCRIPT).status is CheckStatus.NOT_RUN


def test_hidden_cases_of_typescript_are_called(box):
    cases = [HiddenCase("doubled", (2,), 4), HiddenCase("doubled", (3,), 7)]
    (finding,) = run_cases(box, {FILE: CODE}, FILE, cases, Language.TYPESCRIPT).findings
    assert finding.message == "doubled(3) gives 6.0, which is not what is expected"


def test_a_failing_test_tells_what_it_called_and_nothing_of_what_it_expects(box):
    tests = GOOD.replace('add("b"); assert.equal(basket.names(), "a/b")', 'add("b");\n const wanted = "a-b";\n assert.equal(basket.names(), wanted)')
    (failed,) = [one for one in reach(box, {FILE: CODE}, TESTS, tests).tests if not one.passed]
    told = failing_input(tests, TESTS, failed, frozenset({"Basket", "add", "names", "doubled"}))
    assert told == 'basket.add("a"); basket.add("b"); basket.names()'


def test_a_test_that_no_fault_can_fail_is_weak(box):
    tests = GOOD + 'test("weak", () => { try { doubled(2); } catch { } });\n'
    found = strength(box, {FILE: CODE}, TESTS, tests, reach(box, {FILE: CODE}, TESTS, tests), 60.0)
    assert set(found.weak) == {"weak"}
    assert found.strong == {"Basket > adds", "Basket > names: all", "Basket > refuses", "doubled"}


def test_faults_are_seeded_where_they_are_asked_for_and_still_parse():
    found = script_mutants(FILE, CODE, {11, 26}, 40)
    assert {mutant.function for mutant in found} == {11, 26}
    assert len({mutant.text for mutant in found}) == len(found) >= 8
    assert all(not parse(Language.TYPESCRIPT, mutant.text.encode()).root_node.has_error for mutant in found)
    types = b'export function f(kind: "a" | "b" = "a"): 1 | 2 {\n  return kind === "a" ? 1 : 2;\n}\n'
    assert all(b'"a" | "b" = "a"): 1 | 2 {' in mutant.text.encode() for mutant in script_mutants("f.ts", types, {1}, 40))


VERDICTS = {
    "a wrong value": ('test("t", () => assert.equal(doubled(2), 4));\n', CODE.replace(b"* 2", b"* 3"), "code"),
    "asks for what was never planned": ('test("t", () => assert.equal(new Basket().average(), 1));\n', CODE, "test"),
    "a name of its own that is not there": ('test("t", () => assert.equal(nothing, 1));\n', CODE, "test"),
    "against itself": ('test("t", () => assert.equal(doubled(2), 4));\ntest("u", () => assert.equal(doubled(2), 5));\n', CODE, "test"),
    "never touches the project": ('test("t", () => assert.equal(1, 2));\n', CODE, "test"),
    "a promised function that is gone": ('test("t", () => assert.equal(doubled(2), 4));\n', CODE.replace(b"function doubled", b"function tripled"), "code"),
    "no network": ('test("t", async () => { await fetch("http://127.0.0.1:9/"); });\n', CODE, "environment"),
    "never ends by its own": ('test("t", () => { doubled(1); for (;;) { } });\n', CODE, "test"),
    "never ends by the code": ('test("t", () => { new Basket().wait(); });\n', CODE, "code"),
    "the code throws": ('test("t", () => { new Basket().add(""); });\n', CODE, "code"),
}


@pytest.mark.parametrize("name", VERDICTS)
def test_a_failed_test_is_judged_by_evidence(box, name: str):
    tests, code, blame = VERDICTS[name]
    project, text = {FILE: code}, HEAD + tests

    def again() -> Check:
        return run_tests(box, project, TESTS, text, Language.TYPESCRIPT, 1.0)

    found = again()
    assert found.status is CheckStatus.FAILED
    told = judged(found, box, project, TESTS, text, Grounds(Drafts({FILE: CODE})), again)[-1]
    assert {finding.rule for finding in told.findings} == {f"triage.{blame}"}, told


def test_packages_and_files_that_nobody_planned_are_the_tests_fault(box):
    for line in ('import chance from "chance";\n', 'import { x } from "../src/other.js";\n', 'import { median } from "../src/basket";\n'):
        text = HEAD.replace("import { Basket", line + "import { Basket") + 'test("t", () => assert.equal(doubled(1), 2));\n'
        failed = Check.of("tests", (Finding("tests.failed", Severity.ERROR, "it can't be loaded"),))
        (_, told) = judged(failed, box, {FILE: CODE}, TESTS, text, Grounds(Drafts({FILE: CODE})), lambda found=failed: found)  # type: ignore[misc]
        assert [finding.rule for finding in told.findings] == ["triage.test"], (line, told)


@pytest.mark.parametrize("code", [b'import { z } from "zod/mini";\nexport const made = z;\n', b'const { z } = require("zod/mini");\n'])
def test_a_package_of_npm_that_is_declared_and_not_there_is_said_in_one_line_and_charged_to_no_atom(box, code):
    project = {FILE: code + CODE}
    failed = run(box, HEAD + 'test("t", () => assert.equal(doubled(1), 2));\n', project[FILE])
    text = HEAD + 'test("t", () => assert.equal(doubled(1), 2));\n'
    told = judged(failed, box, project, TESTS, text, Grounds(Drafts({FILE: CODE}), ("zod@^4",)), lambda: failed)
    assert [(check.name, check.status) for check in told] == [("tests", CheckStatus.NOT_RUN), ("triage", CheckStatus.WARNED)]
    assert "'zod' is declared and not here; name the node_modules that has it in MGE_PROJECT_PACKAGES, or have the test put a stand-in for it" in told[0].reason


def test_a_package_of_npm_that_the_setting_names_is_there_for_code_and_tests(box, tmp_path):
    package = tmp_path / "node_modules/zod"
    package.mkdir(parents=True)
    (package / "package.json").write_text('{"name": "zod", "type": "module", "exports": {"./mini": "./mini.js"}}')
    (package / "mini.js").write_text("export const z = 21;\n")
    code = b'import { z } from "zod/mini";\nexport const made = () => z * 2;\n' + CODE
    text = HEAD.replace("import { Basket", 'import { made } from "../src/basket.js";\nimport { z } from "zod/mini";\nimport { Basket')
    text += 'test("t", () => assert.equal(made(), z + z));\n'
    packaged = PackagedSandbox(box, (str(tmp_path / "node_modules"),))
    assert run(packaged, text, code).status is CheckStatus.PASSED
