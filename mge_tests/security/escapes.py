"""The escape corpus: attempts to get out of the sandbox, each with a control that shows that it is a real attempt.

What belongs here: the host that is attacked, one attempt's run and judgement. Imports the sandbox and the standard library only, so that
any user with any interpreter can run it: ``python -m mge_tests.security.escapes namespaces``.
"""

import json
import os
import re
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mge_resources.sandbox import Limits, Sandbox, SandboxJob, SandboxOutcome, open_sandbox
from mge_resources.sandbox.isolations import BubblewrapSandbox, NamespaceSandbox, find_bubblewrap
from mge_resources.sandbox.landlocked import LANDLOCK, LandlockSandbox

_FOLDER = Path(__file__).parent / "corpus"
NOT_PROMISED = {LANDLOCK: {"sees a process of the host"}}
"""What an isolation does not claim to contain; the document on the sandbox says so too."""
_HOST_FILES = ("/etc/debian_version", "/etc/login.defs", "/etc/profile", "/etc/services")


# What root tries outside sees a machine of its own that can only be read, but for the attempt's folder: a mount that it makes is gone with it, and
# nothing that is removed or written through one is the machine's.
_ONLY_READ = """import os, sys
from mge_resources.sandbox.launcher import kernel
folder = sys.argv[1]
kernel.unshare(kernel.CLONE_NEWNS)
kernel.mount("none", "/", "", kernel.MS_REC | kernel.MS_PRIVATE)
kernel.mount(folder, folder, "", kernel.MS_BIND)
kernel.restrict("/", kernel.ATTR_RDONLY)
kernel.mount("none", folder, "", 32 | kernel.MS_BIND)
os.chdir("/")
os.chdir(folder)
assert os.statvfs("/").f_flag & os.ST_RDONLY and os.statvfs("/usr").f_flag & os.ST_RDONLY and not os.statvfs(".").f_flag & os.ST_RDONLY
os.execv(sys.executable, [sys.executable, *sys.argv[2:]])
"""


@dataclass(frozen=True, slots=True)
class Attempt:
    """``expected``: contained, stopped, any, nofile, or ``limit`` and the limits that may end it.

    ``control``: outside, root (never tried outside) or within.
    """

    title: str
    expected: str
    control: str
    code: str

    @property
    def long(self) -> bool:
        """Whether it ends by a limit, which takes its time."""
        return not self.expected.startswith(("contained", "nofile"))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of one attempt: whether it was contained, whether it really tried, and what was seen."""

    title: str
    contained: bool
    real: bool
    seen: str


@dataclass(slots=True)
class Host:
    """What there is on this machine to attack, and how it was before."""

    facts: dict[str, Any]
    folder: Path
    listeners: list[socket.socket]
    process: subprocess.Popen[bytes]
    before: dict[str, Any] = field(default_factory=dict)

    def state(self) -> dict[str, Any]:
        """Everything about it that an attempt must not have changed."""
        files = {
            path.name: (path.read_bytes(), path.stat().st_mode, path.stat().st_mtime_ns, path.stat().st_uid)
            for path in sorted(self.folder.iterdir())
            if path.is_file()
        }
        groups = [name for _, names, _ in os.walk("/sys/fs/cgroup") for name in names]  # passes over what others take away meanwhile
        return {
            "files": files,
            "the process": self.process.poll(),
            "the host's name": os.uname().nodename,
            "connections": [listener for listener in self.listeners if _visited(listener)],
            "processes": survivors(self.facts["mark"]),
            "control groups": [name for name in groups if name.startswith(f"mge-{os.getpid()}-")],
        }

    def changes(self) -> list[str]:
        """What is not as it was."""
        now = self.state()
        return [f"{name} changed: {self.before[name]!r} → {now[name]!r}"[:300] for name in now if now[name] != self.before[name]]


def _visited(listener: socket.socket) -> bool:
    listener.setblocking(False)
    try:
        if listener.type == socket.SOCK_DGRAM:
            return bool(listener.recv(10))
        listener.accept()[0].close()
    except OSError:
        return False
    return True


def _status(pid: str) -> tuple[int, str]:
    """(parent, command line) of a process."""
    folder = Path("/proc", pid)
    parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
    return parent, (folder / "cmdline").read_bytes().decode(errors="replace")


def survivors(mark: str) -> list[str]:
    """Processes that descend from us, but for those of the host itself and the launcher that stays; and whatever carries the mark."""
    found: dict[int, tuple[int, str]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            found[int(folder.name)] = _status(folder.name)
    ours = {os.getpid()}
    while more := {pid for pid, (parent, _) in found.items() if parent in ours} - ours:
        ours |= more
    marks = ("main_server", "takes away what the one beside it")
    own = {pid for pid, (parent, line) in found.items() if (parent == os.getpid() and any(mark in line for mark in marks)) or "time.sleep(3600)" in line}
    own.add(os.getpid())
    left = {pid for pid in ours - own if pid in found} | {pid for pid, (_, line) in found.items() if mark in line and "escapes" not in line}
    return [f"{pid} {found[pid][1][:80]}" for pid in sorted(left)]


def attempts() -> list[Attempt]:
    """The whole corpus, in the order of its file."""
    parts = re.split(r"^######## ", (_FOLDER / "escapes.txt").read_text(), flags=re.MULTILINE)[1:]
    found = []
    for part in parts:
        title, head, code = part.split("\n", 2)
        expected, control = head.removeprefix("#### ").split(" | ")
        found.append(Attempt(title, expected, control, code))
    return found


@contextmanager
def host() -> Iterator[Host]:
    """A folder with a canary, listeners on every kind of socket and a process, all of this user's own."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mge-host-")))
        (folder / "canary").write_text("canary")
        (folder / "victim").write_text("victim")
        mark = f"mge-mark-{os.getpid()}"
        process = stack.enter_context(subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)"]))
        stack.callback(process.kill)
        tcp, udp = socket.create_server(("127.0.0.1", 0)), socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        udp.bind(("127.0.0.1", 0))
        unix, abstract = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
        unix.bind(str(folder / "unix"))
        abstract.bind("\0" + mark)
        listeners = [tcp, udp, unix, abstract]
        six = 1
        if socket.has_dualstack_ipv6():
            listeners.append(socket.create_server(("::1", 0), family=socket.AF_INET6))
            six = listeners[-1].getsockname()[1]
        for listener in listeners:
            stack.enter_context(listener)
            if listener.type == socket.SOCK_STREAM:
                listener.listen()
        facts = {
            "canary": str(folder / "canary"), "victim": str(folder / "victim"), "port": tcp.getsockname()[1], "port6": six, "udp": udp.getsockname()[1],
            "unix": str(folder / "unix"), "abstract": mark, "pid": process.pid, "mark": mark,
            "host_file": next((name for name in _HOST_FILES if Path(name).exists()), "/etc/passwd"),
        }  # fmt: skip
        found = Host(facts, folder, listeners, process)
        found.before = found.state()
        yield found


def outside(attempt: Attempt, facts: dict[str, Any]) -> bool:
    """The control: whether the same code gets what it wants where there is no sandbox. On a machine of its own, with things of its own."""
    with tempfile.TemporaryDirectory(dir=Path(facts["canary"]).parent) as folder:
        Path(folder, "attempt.py").write_text((_FOLDER / "attempt.py.txt").read_text() + attempt.code)
        alone = ["-c", _ONLY_READ, str(Path(facts["canary"]).parent)] if os.geteuid() == 0 else []
        done = subprocess.run(
            [sys.executable, *alone, str(Path(folder, "attempt.py")), json.dumps(facts)],
            cwd=folder,
            env={**os.environ, "MGE_SECRET": "secret", "PYTHONPATH": str(Path(__file__).parents[2])},
            capture_output=True,
            timeout=60,
            check=False,
        )
    return b"ESCAPED" in done.stdout


def run(sandbox: Sandbox, attempt: Attempt, facts: dict[str, Any], *, warm: bool) -> SandboxOutcome:
    """The attempt in the sandbox, under limits that show what they do in a second or two."""
    wall = 2.0 if attempt.expected == "limit wall" else 8.0 if "wall" in attempt.expected else 30.0
    limits = Limits(wall, 3, 512 << 20, 8 << 20, 1 << 20, 24, 600 << 20)
    code = (_FOLDER / "attempt.py.txt").read_text() + attempt.code
    job = SandboxJob(("{python}", "attempt.py", json.dumps(facts)), {"attempt.py": code.encode()}, limits=limits, collect=("result.txt",), warm=warm)
    return sandbox.run(job)


def judge(attempt: Attempt, outcome: SandboxOutcome) -> tuple[bool, bool]:
    """(was it contained as expected, did it really try)."""
    tried, escaped = b"tried" in outcome.stdout, b"ESCAPED" in outcome.stdout
    kind, *limits = attempt.expected.split()
    good = {
        "contained": outcome.exit_code == 0,
        "nofile": outcome.exit_code == 0 and not outcome.files,
        "limit": outcome.limit in limits,
        "stopped": bool(outcome.limit) or outcome.exit_code != 0,
        "any": True,
    }[kind]
    return good and not escaped, tried or (kind == "any" and outcome.exit_code != 0)


def prove(sandbox: Sandbox, chosen: Sequence[Attempt], *, warm: bool = True) -> tuple[list[Verdict], list[str]]:
    """Every attempt's verdict, and what of this host has changed."""
    verdicts = []
    os.environ["MGE_SECRET"] = "secret"
    with host() as target:
        for attempt in chosen:
            outcome = run(sandbox, attempt, target.facts, warm=warm)
            contained, real = judge(attempt, outcome)
            seen = f"exit {outcome.exit_code} {outcome.limit} {outcome.stdout[-160:]!r} {outcome.stderr[-200:]!r}"
            verdicts.append(Verdict(attempt.title, contained, real, seen))
        return verdicts, target.changes()


def controls(chosen: Sequence[Attempt]) -> dict[str, bool]:
    """Whether the same code gets what it wants outside, for the attempts that do no harm there, each on a host of its own.

    What only root could do outside (``root``) is never tried there: a mount left behind, or a setting of the kernel, would be this machine's.
    """
    found = {}
    for attempt in chosen:
        if attempt.control == "outside":
            with host() as target:
                found[attempt.title] = outside(attempt, target.facts)
    return found


def sandbox_of(choice: str) -> tuple[Sandbox, bool]:
    """The sandbox of this name and whether its runs are warm: ``auto``, ``namespaces``, ``cold`` (a launcher started for each run) or ``bwrap``."""
    if choice == "cold":
        return NamespaceSandbox(stay=False), False
    if choice == LANDLOCK:
        return LandlockSandbox(), False
    if choice == "bwrap":
        program = find_bubblewrap()
        if program is None:
            raise SystemExit("bubblewrap is not installed")
        return BubblewrapSandbox(program), False
    return open_sandbox(choice), True


def main() -> None:
    """Run what the command line names: the isolation, then perhaps ``short`` or an attempt's title."""
    choice, *words = sys.argv[1:]
    sandbox, warm = sandbox_of(choice)
    chosen = [one for one in attempts() if not (titles := set(words) - {"short", "controls"}) or one.title in titles]
    chosen = [one for one in chosen if not ("short" in words and one.long) and one.title not in NOT_PROMISED.get(choice, ())]
    verdicts, changes = prove(sandbox, chosen, warm=warm)
    bad = [f"{one.title}: {one.seen}" for one in verdicts if not (one.contained and one.real)]
    proven = controls(chosen) if "controls" in words else {}
    idle = [name for name, worked in proven.items() if not worked]
    bad += [f"{name}: does nothing outside either" for name in idle]
    print(
        json.dumps(
            {"attempts": len(chosen), "contained": len(chosen) - len(bad), "controls": len(proven) - len(idle), "idle": idle, "bad": bad, "changes": changes},
            indent=1,
        )
    )
    raise SystemExit(bool(bad or changes))


if __name__ == "__main__":
    main()
