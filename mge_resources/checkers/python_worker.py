"""The program that keeps mypy and bandit warm: reads questions as JSON lines, answers as JSON lines. It never runs the code it looks at.

A question is ``{"write": {name: text}, "remove": [name], "types": true}`` or ``{"bandit": {name: text}}``.
"""

import importlib
import io
import json
import keyword
import os
import re
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from mge_resources.leavings import temporary_folder

_MESSAGE = re.compile(r"^(?P<file>.+?):(?P<line>\d+):(?P<column>\d+): error: (?P<message>.*?)(?:  \[(?P<code>[\w-]+)\])?$")
_NO_ATTRIBUTE = re.compile(r'^Module(?: "(?P<module>[\w.]+)")? has no attribute "(?P<name>\w+)"')
_DOTTED = re.compile(r"[A-Za-z_][\w.]*(?=\.)")
_OFF = ["import-untyped", "import-not-found", "import", "empty-body", "annotation-unchecked", "no-redef", "type-abstract", "has-type", "var-annotated"]


class _Types:
    """mypy's own server, without its daemon: the project's modules stay in memory and only what changed is checked again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._names: dict[str, str] = {}
        self._server: Any = None

    def write(self, texts: dict[str, str], removed: list[str]) -> None:
        for name in removed:
            (self.folder / name).unlink(missing_ok=True)
            self._names.pop(name, None)
        for name, text in texts.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode("utf-8", errors="surrogateescape"))
            self._names[name] = ""

    def check(self) -> list[dict[str, Any]]:
        if not self._names:
            return []
        if self._server is None:
            self._server = self._open()
        try:
            told = self._server.check(self._sources(), False, False, 200)
        except BaseException:
            self._server = None  # after a crash its state is worth nothing
            raise
        return [found for line in told["out"].splitlines() if (found := self._remark(line))]

    def _open(self) -> Any:  # noqa: ANN401 - mypy has no public type for it
        from mypy.dmypy_server import Server  # noqa: PLC0415 - takes 0.2 s
        from mypy.options import Options  # noqa: PLC0415

        options = Options()
        options.no_site_packages, options.python_executable = True, None
        options.python_version = sys.version_info[:2]
        options.check_untyped_defs = options.ignore_missing_imports = options.show_column_numbers = True
        options.namespace_packages = options.explicit_package_bases = True
        options.mypy_path = [str(self.folder), str(self.folder / "src")]
        options.disable_error_code = list(_OFF)
        options.process_error_codes(error_callback=_raise)
        options.fixed_format_cache = False
        return Server(options, str(self.folder.parent / "status.json"))

    def _sources(self) -> list[Any]:
        from mypy.modulefinder import BuildSource  # noqa: PLC0415

        taken: set[str] = set()
        found: list[Any] = []
        for name in sorted(self._names):
            module = _module(name)
            if module in taken or not all(part.isidentifier() and not keyword.iskeyword(part) for part in module.split(".")) or _shadows(module):
                module = f"file_{len(found)}_{re.sub(r'[^0-9A-Za-z]', '_', name)}"
            taken.add(module)
            found.append(BuildSource(str(self.folder / name), module, None))
        return found

    def _module_at(self, file: str, line: int, column: int) -> str:
        """The dotted name that is written at the place, with what an import calls it by put back."""
        try:
            text = (self.folder / file).read_text("utf-8", errors="replace")
        except OSError:
            return ""
        lines = text.split("\n")
        match = _DOTTED.match(lines[line - 1][column:]) if line <= len(lines) else None
        if match is None:
            return ""
        first, _, rest = match.group().partition(".")
        renamed = re.search(rf"^\s*import\s+([\w.]+)\s+as\s+{re.escape(first)}\b", text, re.MULTILINE)
        whole = renamed.group(1) if renamed else first
        return f"{whole}.{rest}" if rest else whole

    def _remark(self, line: str) -> dict[str, Any] | None:
        match = _MESSAGE.match(line)
        if match is None:
            return None
        file = os.path.relpath(self.folder / match["file"], self.folder)
        if _is_there(match["message"], self._module_at(file, int(match["line"]), int(match["column"]) - 1)):
            return None
        return {
            "tool": "mypy",
            "rule": match["code"] or "syntax",
            "file": file,
            "line": int(match["line"]),
            "column": int(match["column"]) - 1,
            "message": match["message"],
        }


def _raise(message: str) -> None:
    raise ValueError(message)


def _module(name: str) -> str:
    parts = Path(name).with_suffix("").parts
    parts = parts[1:] if len(parts) > 1 and parts[0] == "src" else parts
    return ".".join(parts[:-1] if len(parts) > 1 and parts[-1] == "__init__" else parts)


def _shadows(module: str) -> bool:
    """A file at the top that is named as a module of the standard library: mypy takes no such project."""
    return module.partition(".")[0] in sys.stdlib_module_names


def _is_there(message: str, written: str) -> bool:
    """Whether the standard library's module has the name that its description lacks; only modules of Python itself are imported."""
    match = _NO_ATTRIBUTE.match(message)
    module = (match["module"] or written) if match else ""
    if match is None or module.partition(".")[0] not in sys.stdlib_module_names or module in {"antigravity", "this"}:
        return False
    try:
        return hasattr(importlib.import_module(module), match["name"])
    except Exception:
        return True


def _bandit(texts: dict[str, str]) -> list[dict[str, Any]]:
    import logging  # noqa: PLC0415

    logging.disable(logging.CRITICAL)
    from bandit.core import config, meta_ast, metrics, node_visitor, test_set  # noqa: PLC0415

    if not _tests:
        _tests.append(test_set.BanditTestSet(config.BanditConfig(), {}))
    found = []
    for name, text in texts.items():
        data = text.encode("utf-8", errors="surrogateescape")
        measured = metrics.Metrics()
        measured.begin(name)
        visitor = node_visitor.BanditNodeVisitor(name, io.BytesIO(data), meta_ast.BanditMetaAst(), _tests[0], False, {}, measured)
        try:
            visitor.process(data)
        except (SyntaxError, ValueError, RecursionError):
            continue
        found += [_issue(name, issue) for issue in visitor.tester.results]
    return found


_tests: list[Any] = []
_RANKS = ("UNDEFINED", "LOW", "MEDIUM", "HIGH")


def _issue(name: str, issue: Any) -> dict[str, Any]:  # noqa: ANN401 - bandit is untyped
    grade = min(issue.severity, issue.confidence, key=_RANKS.index).lower()
    return {
        "tool": "bandit",
        "rule": issue.test_id,
        "file": name,
        "line": issue.lineno,
        "column": max(issue.col_offset, 0),
        "message": issue.text.strip().replace("\n", " "),
        "grade": grade,
    }


def _answer(types: _Types, question: dict[str, Any]) -> dict[str, Any]:
    if "bandit" in question:
        return {"remarks": _bandit(question["bandit"])}
    types.write(question["write"], question["remove"])
    return {"remarks": types.check()}


def main() -> None:
    """Answer until standard input ends."""
    out = os.fdopen(os.dup(1), "w")
    with temporary_folder("types") as name, redirect_stdout(sys.stderr):
        folder = Path(name) / "project"
        folder.mkdir()
        os.chdir(folder)
        types = _Types(folder)
        for line in sys.stdin:
            try:
                answer = _answer(types, json.loads(line))
            except Exception as error:
                answer = {"error": f"{type(error).__name__}: {error}"}
            print(json.dumps(answer), file=out, flush=True)
