"""A sandbox that runs TypeScript too: what a job brings of it is compiled on the way in, and keeps its names and its lines."""

import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from importlib.resources import files as resources

from mge_resources.checkers.port import CheckerUnavailableError
from mge_resources.checkers.scripts import Script, ScriptCompiler
from mge_resources.sandbox.port import Sandbox, SandboxJob, SandboxOutcome, SandboxUnavailableError

PROJECT = "project/"
"""The folder of a job in which the project lies."""
_FOLDER = ".scripts"
_START = 'import { register } from "node:module";\nregister("./hooks.mjs", import.meta.url);\n'
_STRIPPING = (22, 18)
"""The first Node that leaves types out by itself; what it can't leave out it refuses."""


class CompilingSandbox:
    """Any sandbox, for jobs whose ``typescript`` is set as well."""

    def __init__(self, sandbox: Sandbox, compiler: ScriptCompiler) -> None:
        self._sandbox, self._compiler = sandbox, compiler

    @property
    def isolation(self) -> str:
        """That of the sandbox within."""
        return self._sandbox.isolation

    def run(self, job: SandboxJob) -> SandboxOutcome:
        """Run one job. Raises SandboxUnavailableError also where its TypeScript can be neither compiled nor loaded by Node itself."""
        return self._sandbox.run(self._ready(job))

    def _ready(self, job: SandboxJob) -> SandboxJob:
        partner = self._ready(job.partner) if job.partner is not None else None
        if not job.typescript:
            return replace(job, partner=partner) if partner is not job.partner else job
        try:
            found = self._compiler.scripts({name.removeprefix(PROJECT): content for name, content in job.files.items() if name.startswith(PROJECT)})
        except CheckerUnavailableError as error:
            if _node_version() < _STRIPPING:
                raise SandboxUnavailableError(f"TypeScript can't be run without its compiler on this Node: {error}") from error
            found = {}
        at = list(job.command).index("{node}") + 1
        command = (*job.command[:at], "--import", f"./{_FOLDER}/start.mjs", "--enable-source-maps", *job.command[at:])
        return replace(job, command=command, files={**job.files, **_brought(found)}, partner=partner, typescript=False)


def _brought(scripts: Mapping[str, Script]) -> dict[str, bytes]:
    """The compiled files in their places, and what has Node load them."""
    formats = {f"{PROJECT}{name}": "module" if script.module else "commonjs" for name, script in scripts.items()}
    hooks = (resources("mge_resources.checkers") / "hooks.mjs.txt").read_bytes()
    brought = {f"{_FOLDER}/hooks.mjs": hooks, f"{_FOLDER}/start.mjs": _START.encode(), f"{_FOLDER}/formats.json": json.dumps(formats).encode()}
    return brought | {f"{PROJECT}{name}": script.text for name, script in scripts.items()}


@cache
def _node_version() -> tuple[int, int]:
    node = shutil.which("node")
    if node is None:
        return (0, 0)
    try:
        said = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=30, check=False).stdout  # noqa: S603 - the machine's own Node
    except (OSError, subprocess.TimeoutExpired):
        return (0, 0)
    match = re.match(r"v(\d+)\.(\d+)", said)
    return (int(match[1]), int(match[2])) if match else (0, 0)
