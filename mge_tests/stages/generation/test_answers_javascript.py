"""Answers in TypeScript are read as well as those in Python: what stands beside the atom is sorted out."""

from dataclasses import replace

import pytest

from mge_assets.stages.atomization import atomize
from mge_assets.stages.generation import AtomWork, ReplyError
from mge_assets.stages.generation.answers import read_answer
from mge_resources.syntax import Language

DRAFT = b"""import { sep } from "path";

export class Basket {
  private items: number[] = [];

  total(rate: number): number {
    throw new Error("not implemented");
  }
}

export function joined(parts: string[]): string {
  throw new Error("not implemented");
}

export function other(value: number): number {
  throw new Error("not implemented");
}
"""
JOINED = "export function joined(parts: string[]): string {\n  return parts.join(sep);\n}"
TOTAL = "total(rate: number): number {\n  return this.items.reduce((sum, item) => sum + item, 0) * rate;\n}"


def work(name: str, **changes) -> AtomWork:
    atoms = atomize(DRAFT, "src/basket.ts", Language.TYPESCRIPT).atoms
    at = next(number for number, atom in enumerate(atoms) if atom.name.endswith(name))
    before, after = (b"".join(atom.text for atom in part) for part in (atoms[:at], atoms[at + 1 :]))
    return replace(AtomWork(atoms[at], before, after), **changes)


def fenced(code: str) -> str:
    return f"Here it is:\n\n```typescript\n{code}\n```\n\nIt does what the contract says."


def read(code: str, name: str, **changes) -> tuple[str, tuple[str, ...]]:
    answer = read_answer(fenced(code), work(name, **changes))
    return answer.code.decode().strip("\n"), answer.imports


def test_the_plain_answer_is_the_code():
    assert read(JOINED, "joined") == (JOINED, ())
    assert read(TOTAL, "total")[0] == "\n".join(f"  {line}" for line in TOTAL.split("\n"))


def test_an_import_that_is_used_goes_to_the_top_and_one_that_is_there_or_unused_goes():
    used = 'import { join } from "node:path";\nimport fs from "fs";\n\nexport function joined(parts: string[]): string {\n  return join(...parts);\n}'
    code, imports = read(used, "joined")
    assert imports == ('import { join } from "node:path";',)
    assert code.startswith("export function joined")
    assert read(f"import {{ sep }} from 'path'\n\n{JOINED}", "joined") == (JOINED, ())


def test_a_package_that_nobody_declared_is_refused():
    code = 'import _ from "lodash";\n\nexport function joined(parts: string[]): string {\n  return _.join(parts);\n}'
    with pytest.raises(ReplyError, match="lodash"):
        read(code, "joined")
    assert read(code, "joined", requirements=("lodash@^4",))[1] == ('import _ from "lodash";',)


@pytest.mark.parametrize(("name", "code", "wrong"), [("joined", JOINED, "joinParts"), ("total", TOTAL, "sum_all")])
def test_a_wrong_name_is_put_right_where_it_is_nobody_elses(name: str, code: str, wrong: str):
    renamed = code.replace(f"{name}(", f"{wrong}(", 1)
    assert f"{name}(" in read(renamed, name)[0]
    with pytest.raises(ReplyError):
        read(code.replace(f"{name}(", "other(", 1), "joined")


def test_other_parameters_are_no_wrong_name():
    with pytest.raises(ReplyError):
        read("export function joinParts(parts: string[], by: string): string {\n  return parts.join(by);\n}", "joined")


def test_examples_beside_it_go_and_helpers_that_it_uses_stay():
    helper = "const by = (parts: string[]): string => parts.join(sep);"
    uses = "export function joined(parts: string[]): string {\n  return by(parts);\n}"
    code = read(f'{helper}\n\n{uses}\n\nconsole.log(joined(["a"]));', "joined")[0]
    assert code == f"{helper}\n\n{uses}"


def test_a_method_may_come_in_its_class_and_with_imports_before():
    inside = "export class Basket {\n" + "\n".join(f"  {line}" for line in TOTAL.split("\n")) + "\n}"
    assert read(inside, "total")[0] == read(TOTAL, "total")[0]
    assert read(f'import {{ sep }} from "path";\n\n{TOTAL}', "total")[0] == read(TOTAL, "total")[0]


def test_a_neighbours_code_is_refused():
    with pytest.raises(ReplyError, match="joined"):
        read(JOINED.replace("joined(", "other("), "joined")
