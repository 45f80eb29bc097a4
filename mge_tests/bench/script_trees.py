"""Folders of JavaScript packages with commands that make them run, and what those commands call (kept, since a trace takes minutes)."""

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from mge_tests.bench.corpora import npm_project
from mge_tests.bench.script_instrument import Defined, Script, instrumented

HERE = Path(__file__).parent
_ENDINGS = {".js", ".cjs", ".mjs"}
_LARGEST = 2_000_000
"""Bytes of a file that is instrumented; a larger one is what a bundler made."""


@dataclass(frozen=True, slots=True)
class ScriptTree:
    """A name, the project's folder (or the npm package that is installed into one), commands, and what is put beside it for them.

    ``{root}`` in the commands is the instrumented copy, ``copied`` says which of its files are copied where, ``files`` are written. Commands run in
    the copy's folder ``work``.
    """

    name: str
    folder: str
    commands: tuple[tuple[str, ...], ...]
    copied: tuple[tuple[str, str], ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)


_LINT = """const { builtinRules } = require("eslint/use-at-your-own-risk");
const rules = Object.fromEntries([...builtinRules.keys()].map((rule) => [rule, 1]));
const options = { reportUnusedDisableDirectives: "warn" };
module.exports = [{ rules, linterOptions: options }, { files: ["**/*.cjs"], languageOptions: { sourceType: "commonjs" } }];
"""
_NPM = (
    "ls --all", "ls --json", "pack --dry-run", "pkg get", "pkg set author=me", "version minor --no-git-tag-version", "config list", "explain nopt", "query *",
    "install --offline --ignore-scripts --no-audit", "fund", "prune --offline --no-audit", "help-search json", "sbom --sbom-format cyclonedx",
    "init -y", "run", "run hello", "dedupe --offline --no-audit --dry-run", "completion", "view . --offline", "root", "prefix", "bin", "help", "help ls",
    "exec --offline -- semver 1.2.3", "rebuild", "outdated --offline", "uninstall ini --offline --no-audit", "shrinkwrap", "cache ls", "doctor --offline",
    "pack", "cache add work-1.1.0.tgz", "install ./work-1.1.0.tgz --offline --no-audit --force", "diff --diff=. --offline", "publish --dry-run --offline",
)  # fmt: skip
TREES = (
    ScriptTree(
        "eslint",
        "eslint",
        (("node", "{root}/node_modules/eslint/bin/eslint.js", "--no-ignore", "."),),
        (("node_modules/eslint/lib/rules/no-u*.js", "work/rules"), ("node_modules/*/lib/*.js", "work/libs"), ("node_modules/*/*.js", "work/files")),
        {"work/eslint.config.js": _LINT},
    ),
    ScriptTree(
        "npm",
        "(npm)",
        tuple(("node", "{root}/bin/npm-cli.js", *words.split()) for words in _NPM),
        tuple((f"node_modules/{name}", f"work/node_modules/{name}") for name in ("semver", "nopt", "abbrev", "ini", "lru-cache", "yallist")),
        {"work/package.json": '{"name": "work", "version": "1.0.0", "scripts": {"hello": "node -v"}, "dependencies": {"nopt": "*", "ini": "*"}}'},
    ),
)  # fmt: skip


@dataclass
class Traced:
    """A tree's scripts by file, its manifests, and what ran: rows of callee's number, caller's file, original byte, way."""

    name: str
    scripts: dict[str, Script]
    manifests: dict[str, bytes]
    functions: dict[int, Defined]
    rows: list[tuple[int, str, int, str]]
    ran: set[int]


def package_of(file: str) -> str:
    """The folder of the package that a file belongs to; empty for the project's own."""
    parts = PurePosixPath(file).parts
    inside = max((place for place, part in enumerate(parts) if part == "node_modules"), default=-1)
    size = 2 if parts[inside + 1].startswith("@") else 1
    return "/".join(parts[: inside + 1 + size]) if inside >= 0 else ""


def traced(tree: ScriptTree, folder: Path) -> Traced | str:
    """Instrument the tree, run its commands once, and read what they called; a sentence where the tree is not to be had."""
    origin = Path(tree.folder) if "/" in tree.folder else npm_project(tree.folder, folder)
    if isinstance(origin, str):
        return origin
    scripts: dict[str, Script] = {}
    functions: dict[int, Defined] = {}
    for path in sorted(origin.rglob("*")):
        if path.suffix in _ENDINGS and path.is_file() and path.stat().st_size <= _LARGEST:
            file = path.relative_to(origin).as_posix()
            scripts[file] = instrumented(file, path.read_bytes(), len(functions))
            functions.update((one.number, one) for one in scripts[file].functions)
    home = folder / f"traced-{tree.name}"
    # numbers in a trace are worth nothing for other texts
    out = home / hashlib.sha256(b"".join(script.text for script in scripts.values())).hexdigest()[:12]
    if not out.is_dir():
        _run(tree, origin, scripts, home, out)
    manifests = {path.relative_to(origin).as_posix(): path.read_bytes() for path in origin.rglob("package.json")}
    told = [json.loads(path.read_text()) for path in sorted(out.glob("*.json"))]
    seen = {(number, file, line, column, way) for one in told for number, file, line, column, way in one["rows"]}
    rows = [(number, file, scripts[file].byte(line, column), way) for number, file, line, column, way in sorted(seen) if file in scripts]
    return Traced(tree.name, scripts, manifests, functions, rows, {number for one in told for number in one["ran"]})


def _run(tree: ScriptTree, origin: Path, scripts: Mapping[str, Script], home: Path, out: Path) -> None:
    shutil.rmtree(home, ignore_errors=True)
    root = home / "root"
    shutil.copytree(origin, root, symlinks=True)
    (root / "work").mkdir(exist_ok=True)
    for pattern, target in tree.copied:
        for path in sorted(origin.glob(pattern)):
            if path.is_dir():
                shutil.copytree(path, root / target)
            else:
                (root / target).mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, root / target / f"{path.parent.name}-{path.name}")
    for file, text in tree.files.items():
        (root / file).write_text(text)
    for file, script in scripts.items():
        (root / file).write_bytes(script.text)
    out.mkdir()
    tracer = f"--require {HERE / 'script_tracer.cjs'}"
    own = {"HOME": str(home), "NODE_OPTIONS": tracer, "MGE_TRACE_ROOT": str(root), "MGE_TRACE_OUT": str(out), "npm_config_cache": str(home / "cache")}
    for command in tree.commands:
        words = [word.replace("{root}", str(root)) for word in command]
        done = subprocess.run(words, cwd=root / "work", env={**os.environ, **own}, capture_output=True, text=True, check=False, timeout=900)
        print(
            f"  {' '.join(command)[:100]}: exit code {done.returncode} {done.stderr.strip()[-160:] if done.returncode else ''}".replace("\n", " "), flush=True
        )
