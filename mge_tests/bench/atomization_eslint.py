"""Our complexity beside ESLint's, function by function, with what only ESLint counts added to ours: ``?.``, default values, ``&&=`` and its like.

    sh .ci/env python -m mge_tests.bench.atomization_eslint [zod rxjs express preact react-native-paper]

Needs node and npm: ESLint and its TypeScript parser are installed into a temporary folder.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tree_sitter import Node, Query, QueryCursor

from mge_assets.stages.atomization.complexity import DecisionPoints
from mge_assets.stages.atomization.parsing import MultiLanguageParser, ParsedSource
from mge_resources.syntax import Language
from mge_tests.bench.atomization_complexity import Agreement
from mge_tests.bench.corpora import NPM, Corpus, npm_package

_SCRIPT = """
import { Linter } from "eslint";
import parser from "@typescript-eslint/parser";
import fs from "node:fs";
const linter = new Linter();
for (const [name, path] of JSON.parse(fs.readFileSync(0, "utf8"))) {
  const files = ["**/*.{js,mjs,cjs,jsx,ts,mts,cts,tsx}"], languageOptions = { parser, parserOptions: { ecmaFeatures: { jsx: true } } };
  const config = [{ files, languageOptions, rules: { complexity: ["error", { max: 0 }] } }];
  const found = linter.verify(fs.readFileSync(path, "utf8"), config, { filename: name, allowInlineConfig: false });
  const counts = found.filter((one) => one.ruleId === "complexity").map((one) => [one.line, one.column, Number(/complexity of (\\d+)/.exec(one.message)[1])]);
  console.log(JSON.stringify([name, found.some((one) => one.fatal) ? null : counts]));
}
"""
_SHARED = """[(assignment_pattern) (object_assignment_pattern) (optional_chain)] @more
(augmented_assignment_expression operator: ["&&=" "||=" "??="]) @more"""
_TYPED = '(call_expression "?." @more) (required_parameter value: (_)) @more (optional_parameter value: (_)) @more'


def agreement_with_eslint(corpus: Corpus, folder: Path) -> Agreement:
    """Over the functions that both see, matched by where they begin."""
    agreement = Agreement("ESLint")
    files = {f"{number}{Path(file.path).suffix}": file for number, file in enumerate(corpus.written)}
    listed = []
    for name, file in files.items():
        path = folder / f"{corpus.name}-{name}"
        path.write_bytes(file.source)
        listed.append((name, str(path)))
    node = shutil.which("node")
    assert node is not None
    done = subprocess.run([node, "oracle.mjs"], cwd=folder, input=json.dumps(listed), capture_output=True, text=True, check=True)
    for line in done.stdout.splitlines():
        name, counts = json.loads(line)
        file = files[name]
        parsed = MultiLanguageParser().parse(file.source, file.path, file.language)
        if counts is None or parsed.root.has_error:
            continue
        ours = _counts(parsed)
        for row, column, count in counts:
            if (row, column) in ours:
                agreement.note(f"{file.path}:{row}", ours[row, column], count)
    return agreement


def _counts(parsed: ParsedSource) -> dict[tuple[int, int], int]:
    """Complexity by ESLint's rules, by each place where it may say that a function begins."""
    query = Query(parsed.tree.language, _SHARED + (_TYPED if parsed.language in {Language.TYPESCRIPT, Language.TSX} else ""))
    more = QueryCursor(query).captures(parsed.root).get("more", [])
    functions = parsed.marks.get("function", [])
    points = DecisionPoints([*parsed.marks.get("decision", []), *more], functions)
    found: dict[tuple[int, int], int] = {}
    for function in functions:
        count = points.of_function(function.start_byte, function.end_byte)
        found.update(dict.fromkeys(_places(function), count))
    return found


def _places(function: Node) -> list[tuple[int, int]]:
    arrow = next((child for child in function.children if child.type == "=>"), None)
    if arrow is not None:
        return [_place(arrow)]
    parent = function.parent
    of_parent = parent is not None and parent.type in {"pair", "field_definition", "public_field_definition"}
    return [_place(parent if of_parent and parent is not None else function)]


def _place(node: Node) -> tuple[int, int]:
    return node.start_point.row + 1, node.start_point.column + 1


def prepare(folder: Path) -> str:
    """Install ESLint into the folder; a sentence where that can't be done."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        return "node and npm are not installed"
    (folder / "oracle.mjs").write_text(_SCRIPT, encoding="utf-8")
    (folder / "package.json").write_text('{"private": true}', encoding="utf-8")
    packages = ["eslint", "@typescript-eslint/parser", "typescript"]
    done = subprocess.run([npm, "install", "--silent", "--no-audit", "--no-fund", *packages], cwd=folder, capture_output=True, text=True, check=False)
    return f"npm install failed: {(done.stderr or done.stdout).strip()[:200]}" if done.returncode else ""


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        if problem := prepare(Path(name)):
            sys.exit(problem)
        for wanted in sys.argv[1:] or NPM:
            corpus = npm_package(wanted, Path(name) / "packages")
            print(corpus if isinstance(corpus, str) else f"{wanted}: {agreement_with_eslint(corpus, Path(name))}", flush=True)
