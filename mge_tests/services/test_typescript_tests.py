"""A TypeScript plan with tests: they run while its atoms are written, whichever Node this machine has, and find what a reader can't."""

import shutil
import subprocess
from pathlib import Path
from textwrap import indent

import pytest

from mge_assets.model.attempts import AtomStatus
from mge_assets.model.executions import ExecutionStatus
from mge_assets.model.findings import CheckStatus, Level
from mge_assets.services.workspace import Workspace, open_workspace
from mge_resources.sandbox import Sandbox
from mge_resources.settings import Settings
from mge_tests.fakes.emulator.requests import Received
from mge_tests.fakes.emulator.server import MessagesServer
from mge_tests.fakes.emulator.writer import fenced
from mge_tests.resources.compiler import needs_compiler
from mge_tests.services.layered import generating
from mge_tests.services.walk import Walk, walk

pytestmark = [needs_compiler, pytest.mark.skipif(shutil.which("node") is None, reason="Node is not installed")]

RATES = """export enum Kind { Book = "book", Toy = "toy" }

export interface Rate { kind: Kind; percent: number }

export function rate(kind: Kind): Rate {
  throw new Error("not implemented");
}
"""
PRICES = """import { Kind, Rate } from "./rates";

export class Price {
  constructor(private readonly net: number, readonly kind: Kind = Kind.Book) {}

  gross(): number {
    throw new Error("not implemented");
  }

  as(rate: Rate): string {
    return `${this.net} of ${rate.kind}`;
  }
}
"""
PRICE_TESTS = """import test, { describe, it } from "node:test";
import assert from "node:assert/strict";
import { Price } from "../src/prices";
import { Kind } from "../src/rates";

describe("Price", () => {
  it("adds the rate", () => {
    const price: Price = new Price(1000, Kind.Toy);
    assert.equal(price.gross(), 1070);
  });
  it("says nothing", () => { try { new Price(3).gross(); } catch { /* whatever it does */ } });
});
"""
PLAN_TESTS = """import test from "node:test";
import assert from "node:assert/strict";
import { Kind, rate } from "../src/rates.js";

test("a toy has its own rate", () => assert.equal(rate(Kind.Toy).percent, 7));
"""
PLAN = f"""\
name: taxes
tests: |
{indent(PLAN_TESTS, "  ")}
phases:
  - name: Core
    milestones:
      - name: One
        tasks:
          - name: rates
            description: Rates.
            file: src/rates.ts
            code: |
{indent(RATES, " " * 14)}
          - name: prices
            description: Prices.
            file: src/prices.ts
            depends_on: [rates]
            code: |
{indent(PRICES, " " * 14)}
            tests: |
{indent(PRICE_TESTS, " " * 14)}
"""
ANSWERS = {
    "rate": (
        "export function rate(kind: Kind): Rate {\n  return { kind, percent: 3 };\n}\n",
        "export function rate(kind: Kind): Rate {\n  return { kind, percent: kind === Kind.Toy ? 7 : 3 };\n}\n",
    ),
    "gross": (
        "gross(): number {\n    return (this.net * (this.kind === Kind.Toy ? 93 : 97)) / 100;\n  }\n",
        "gross(): number {\n    return (this.net * (this.kind === Kind.Toy ? 107 : 103)) / 100;\n  }\n",
    ),
}


class Wrong:
    """Answers with these texts, one after the other, the last for ever."""

    def __init__(self) -> None:
        self._left = {name: list(texts) for name, texts in ANSWERS.items()}
        self.requests: list[tuple[str, str]] = []

    def answer(self, request: Received) -> str:
        assert request.tag is not None
        name = request.tag.name.rpartition(".")[2].partition("#")[0]
        self.requests.append((name, request.text))
        texts = self._left[name]
        return fenced(texts.pop(0) if len(texts) > 1 else texts[0], "typescript")


def run(settings: Settings, folder: Path, solver: Wrong, look) -> Walk:
    path = folder / "taxes.yaml"
    path.write_text(PLAN)
    with MessagesServer(solver) as server, open_workspace(generating(settings, server, mutation_seconds=20.0)) as workspace:
        done = walk(workspace, path, folder / "out")
        look(workspace, done)
        return done


def test_tests_in_typescript_guide_the_attempts_and_judge_every_level(sandbox: Sandbox, settings: Settings, tmp_path: Path):
    solver = Wrong()

    def look(workspace: Workspace, done: Walk) -> None:
        results = {(one.level, one.subject): one for one in workspace.validation.results(done.plan)}
        for key in ((Level.TASK, "prices"), (Level.MASTERPLAN, "taxes")):
            (tests,) = [check for check in results[key].checks if check.name == "tests"]
            assert tests.status is CheckStatus.PASSED, tests
            assert results[key].isolation == sandbox.isolation
        weak = [finding.message for finding in results[Level.TASK, "prices"].findings if finding.rule == "tests.weak"]
        unreached = [finding.message for finding in results[Level.TASK, "prices"].findings if finding.rule == "tests.unreached"]
        assert len(weak) == len(unreached) == 1
        assert "src.prices.Price.as" in unreached[0]
        assert weak[0].startswith("Price > says nothing: ")
        (command,) = [command for command, _ in workspace.reports.next_commands(done.plan) if "tests" in command]
        own = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=120, check=False)
        assert (own.returncode, "pass 3" in own.stdout) == (0, True), own.stdout + own.stderr

    done = run(settings, tmp_path, solver, look)
    assert done.progress.status is ExecutionStatus.COMPLETED
    assert {outcome.status for outcome in done.outcomes} == {AtomStatus.COMPLETED}
    asked = [name for name, _ in solver.requests]
    assert asked.count("gross") == asked.count("rate") == 2
    told = dict(solver.requests)
    assert "it ran: rate(Kind.Toy)" in told["rate"]
    assert "new Price(1000, Kind.Toy); price.gross()" in told["gross"]
    assert not any("1070" in text for _, text in solver.requests)
    assert "Kind.Toy ? 107 : 103" in (tmp_path / "out/src/prices.ts").read_text()
    assert "kind === Kind.Toy ? 7 : 3" in (tmp_path / "out/src/rates.ts").read_text()
    assert (tmp_path / "out/tests/prices.test.mts").read_text() == PRICE_TESTS


SPREAD = f"""\
name: taxes
phases:
  - name: Core
    milestones:
      - name: One
        tasks:
          - name: rates
            description: Rates.
            file: src/rates.ts
            code: |
{indent(RATES, " " * 14)}
          - name: report
            description: A report, with a test of what the rates are.
            file: src/report.ts
            depends_on: [rates]
            code: |
              import {{ Kind, rate }} from "./rates";

              export function report(kind: Kind): string {{
                return `${{kind}}: ${{rate(kind).percent}}`;
              }}
            tests: |
{indent(PLAN_TESTS, " " * 14)}
"""


def test_what_another_tasks_test_finds_is_traced_to_its_atom_and_mended(sandbox: Sandbox, settings: Settings, tmp_path: Path):
    solver, path = Wrong(), tmp_path / "taxes.yaml"
    path.write_text(SPREAD)
    with MessagesServer(solver) as server, open_workspace(generating(settings, server, integration_every=2)) as workspace:
        done = walk(workspace, path, tmp_path / "out")
        execution = workspace.stores.executions.newest(done.plan)
        assert execution is not None
        rounds = workspace.stores.integration.of_execution(execution.execution_id)
    (row,) = [row for one in rounds for row in one.culprits]
    assert (row["atom"], row["blame"], row["test"]) == ("src.rates.rate", "code", "a toy has its own rate")
    assert rounds[-1].tests_failed == 0
    assert done.progress.status is ExecutionStatus.COMPLETED
    assert "rate(Kind.Toy)" in dict(solver.requests)["rate"]
    assert "kind === Kind.Toy ? 7 : 3" in (tmp_path / "out/src/rates.ts").read_text()
