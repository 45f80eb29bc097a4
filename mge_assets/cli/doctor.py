"""``mge doctor``: is everything here that MGE needs, and how is what is missing mended?"""

import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import version

import click
from rich.console import Console
from rich.table import Table

from mge_assets.cli.output import EXIT_ENVIRONMENT, print_json
from mge_resources.settings import Settings, read_settings

ENOUGH_BYTES = 500 << 20


class State(StrEnum):
    """Good; usable with less; broken."""

    OK = "ok"
    WARNING = "warning"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What was looked at, how it is, what was seen and how it is mended."""

    subject: str
    state: State
    seen: str
    fix: str = ""


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Report on stdout as JSON.")
def doctor(as_json: bool) -> None:
    """Look at this machine and installation, and say what to mend. Exit code 3 where something needed is broken."""
    settings = read_settings()
    found = [_guarded(subject, look, settings) for subject, look in _LOOKS.items()]
    if as_json:
        print_json([{"subject": d.subject, "state": d.state.value, "seen": d.seen, "fix": d.fix} for d in found])
    else:
        table = Table("", "subject", "seen", "how to mend it")
        marks = {State.OK: "✓", State.WARNING: "!", State.BROKEN: "✗"}
        for one in found:
            table.add_row(marks[one.state], one.subject, one.seen, one.fix)
        Console(highlight=False).print(table)
    raise SystemExit(EXIT_ENVIRONMENT if any(one.state is State.BROKEN for one in found) else 0)


def _guarded(subject: str, look: Callable[[Settings], tuple[State, str, str]], settings: Settings) -> Diagnosis:
    try:
        return Diagnosis(subject, *look(settings))
    except Exception as error:
        return Diagnosis(subject, State.BROKEN, f"{type(error).__name__}: {error}", "")


def _python(_: Settings) -> tuple[State, str, str]:
    good = (3, 11) <= sys.version_info[:2] <= (3, 13)
    return (State.OK if good else State.BROKEN), platform.python_version(), "" if good else "use Python 3.11, 3.12 or 3.13"


def _home(settings: Settings) -> tuple[State, str, str]:
    settings.root.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=settings.root):
        free = shutil.disk_usage(settings.root).free
    seen = f"{settings.root}, {free / (1 << 30):.1f} GB free"
    return (State.OK, seen, "") if free > ENOUGH_BYTES else (State.WARNING, seen, "free some room, or set MGE_HOME to another disk")


def _database(settings: Settings) -> tuple[State, str, str]:
    from mge_assets.services.workspace import open_workspace

    start = time.perf_counter()
    with open_workspace(settings) as workspace:
        plans = len(workspace.plans.names())
    kind = "MGE_DATABASE_URL" if settings.database_url else "embedded"
    return State.OK, f"{kind}, {plans} plans, opened in {time.perf_counter() - start:.2f} s", ""


def _dagster(_: Settings) -> tuple[State, str, str]:
    core, web, storage = (version(name) for name in ("dagster", "dagster-webserver", "dagster-postgres"))
    agree = core == web and core.split(".", 1)[1].split(".")[1] == storage.split(".")[2]
    return (State.OK if agree else State.BROKEN), f"core {core}, webserver {web}, postgres {storage}", "" if agree else "install the pinned versions again"


def _parsers(_: Settings) -> tuple[State, str, str]:
    from mge_resources.syntax import Language, parse

    broken = [language.value for language in Language if parse(language, b"x = 1\n").root_node.has_error]
    return (State.BROKEN, f"can't parse {', '.join(broken)}", "install tree-sitter-language-pack again") if broken else (State.OK, ", ".join(Language), "")


def _sandbox(settings: Settings) -> tuple[State, str, str]:
    from mge_resources.sandbox import SandboxJob, SandboxUnavailableError, open_sandbox

    sandbox = open_sandbox(settings.sandbox, landlock=settings.sandbox_landlock)
    job = SandboxJob(["{python}", "job.py"], {"job.py": b"print('sandboxed')"}, warm=True)
    try:
        sandbox.run(job)  # the first starts what stays
        outcome = sandbox.run(job)
    except SandboxUnavailableError as error:
        return State.WARNING, "refused: acceptance tests will not be run", str(error)
    if outcome.stdout.strip() != b"sandboxed":
        return State.BROKEN, f"{outcome.isolation}, but a run says {outcome.limit or outcome.exit_code}", outcome.stderr.decode(errors="replace")[-200:]
    less = _not_promised(sandbox)
    return (State.WARNING if less else State.OK), f"{outcome.isolation}, {outcome.seconds * 1000:.0f} ms a run; proven here: {_proven(sandbox)}", less


def _proven(sandbox: object) -> str:
    """What the sandbox's self-test proved, as people read it."""
    from mge_resources.sandbox.choice import ProvenSandbox

    promises = sandbox.promises() if isinstance(sandbox, ProvenSandbox) else ()
    return "; ".join(promise.text for promise in promises if promise.kept) or "nothing"


def _not_promised(sandbox: object) -> str:
    """What people should know of an isolation that is weaker than namespaces."""
    from mge_resources.sandbox.choice import ProvenSandbox

    less = sandbox.not_promised() if isinstance(sandbox, ProvenSandbox) else ""
    return f"not promised: {less}; allow user namespaces for the whole" if less else ""


def _packages(settings: Settings) -> tuple[State, str, str]:
    folders = (settings.project_packages or "").split(":")
    return State.OK, "; ".join(folders).strip() or "what is installed beside mge: MGE_PROJECT_PACKAGES names others", ""


def _node(_: Settings) -> tuple[State, str, str]:
    node = shutil.which("node")
    return (State.OK, node, "") if node else (State.WARNING, "not found: JavaScript tests will not be run", "install Node.js 18 or newer")


def _model(settings: Settings) -> tuple[State, str, str]:
    if settings.anthropic_api_key is None and settings.anthropic_base_url is None:
        return State.WARNING, "offline: drafts are handed back as they are", "set ANTHROPIC_API_KEY to have code generated"
    return State.OK, f"{settings.model} at {settings.anthropic_base_url or 'the default address'}", ""


_LOOKS: dict[str, Callable[[Settings], tuple[State, str, str]]] = {
    "Python": _python,
    "MGE_HOME": _home,
    "database": _database,
    "Dagster": _dagster,
    "parsers": _parsers,
    "sandbox": _sandbox,
    "Node.js": _node,
    "packages": _packages,
    "model": _model,
}
