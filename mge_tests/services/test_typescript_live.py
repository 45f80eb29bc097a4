"""A TypeScript plan written by a model that makes mistakes comes out right, as a Python one does."""

import re
from pathlib import Path

import pytest

from mge_assets.model.executions import ExecutionStatus
from mge_assets.services.workspace import open_workspace
from mge_tests.fakes.emulator.references import References
from mge_tests.fakes.emulator.server import MessagesServer
from mge_tests.fakes.emulator.writer import ReferenceWriter
from mge_tests.services.layered import generating
from mge_tests.services.walk import walk

FINISHED = """import { sep } from "path";

export interface Item { name: string; price: number }

export class Basket {
  private items: Item[] = [];

  add(item: Item): void {
    if (item.price < 0) {
      throw new Error("a price is not negative");
    }
    this.items.push(item);
  }

  total(): number {
    return this.items.reduce((sum, item) => sum + item.price, 0);
  }
}

export function joined(parts: string[]): string {
  return parts.filter((part) => part.length > 0).join(sep);
}

export const doubled = (value: number): number => {
  return value * 2;
};

export async function later(value: number): Promise<number> {
  await Promise.resolve();
  return doubled(value) + 1;
}
"""
_BODY = re.compile(r"^( *)((?:export )?(?:async )?(?:function |const )?(?:add|total|joined|later|doubled)[ (][^\n]*\{)\n.*?^\1\}", re.MULTILINE | re.DOTALL)
DRAFT = _BODY.sub(r'\1\2\n\1  throw new Error("not implemented");\n\1}', FINISHED)


@pytest.mark.parametrize("seed", [1, 2])
def test_every_kind_of_mistake_is_mended(settings, tmp_path: Path, seed: int):
    code = "\n".join(f"              {line}".rstrip() for line in DRAFT.split("\n"))
    path = tmp_path / "shop.yaml"
    head = "name: shop\nphases:\n  - name: Core\n    milestones:\n      - name: All\n        tasks:\n          - name: basket\n"
    path.write_text(f"{head}            description: A basket.\n            file: src/basket.ts\n            code: |\n{code}\n")
    assert DRAFT.count("not implemented") == 5
    kinds = ("syntax", "renamed", "async", "swapped", "thrown", "extra import", "wrong language", "echo", "prose and example", "no fence", "apology")
    writer = ReferenceWriter(References({"src/basket.ts": FINISHED}), mistakes=1.0, stubborn=0.2, kinds=kinds, seed=seed)
    with MessagesServer(writer) as server, open_workspace(generating(settings, server)) as workspace:
        done = walk(workspace, path, tmp_path / "out")
        assert done.progress.status is ExecutionStatus.COMPLETED
        assert (tmp_path / "out/src/basket.ts").read_text().split() == FINISHED.split()
        assert writer.unknown == []
        assert len(writer.made) > 2
