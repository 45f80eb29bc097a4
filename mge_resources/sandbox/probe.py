"""The self-test: a run that tries to break out, and what it must not have managed."""

import json
import os
import sys
from tempfile import NamedTemporaryFile

from mge_resources.sandbox.port import Limits, Sandbox, SandboxJob, SandboxUnavailableError

_ATTEMPTS = r"""
import json, os, socket, sys

def works(action):
    try:
        return bool(action())
    except (OSError, AttributeError):
        return False

def status(name):
    with open("/proc/self/status") as lines:
        return next((line.split()[1] for line in lines if line.startswith(name + ":")), "")

canary, outside = sys.argv[1], int(sys.argv[2])
print(json.dumps({
    "runs as root": os.getuid() == 0,
    "keeps capabilities": int(status("CapEff") or "1", 16) != 0 or int(status("CapBnd") or "1", 16) != 0,
    "may gain privileges": status("NoNewPrivs") != "1",
    "may make every system call": status("Seccomp") != "2" and os.uname().machine in ("x86_64", "aarch64"),
    "sees the network": {name for _, name in socket.if_nameindex()} != {"lo"},
    "reads a file of the host": works(lambda: open(canary).read()),
    "sees the host's processes": os.getpid() > 20 or works(lambda: os.path.exists(f"/proc/{outside}")),
    "writes to the root": works(lambda: open("/written", "w")),
    "writes to /usr": works(lambda: open("/usr/written", "w")),
    "writes to /dev": works(lambda: open("/dev/written", "w")),
    "has our environment": "MGE_CANARY" in os.environ or "LOGNAME" in os.environ,
}))
"""


def self_test(sandbox: Sandbox) -> None:
    """Prove that the isolation holds here. Raises SandboxUnavailableError naming what does not."""
    with NamedTemporaryFile(prefix="mge-canary-") as canary:
        canary.write(b"canary")
        canary.flush()
        command = ("{python}", "-I", "-S", "-c", _ATTEMPTS, canary.name, str(os.getpid() + 100_000))
        outcome = sandbox.run(SandboxJob(command, {}, limits=Limits(wall_seconds=20, cpu_seconds=10)))
    if outcome.exit_code != 0:
        words = outcome.stderr.decode(errors="replace").strip().splitlines()
        reason = outcome.limit or (words[-1] if words else f"exit code {outcome.exit_code}")
        raise SandboxUnavailableError(f"Python does not start in the sandbox ({reason}); make {sys.prefix} readable for everybody")
    broken = [attempt for attempt, managed in json.loads(outcome.stdout).items() if managed]
    if broken:
        raise SandboxUnavailableError(f"the sandbox leaks: code in it {' and '.join(broken)}; report this with `uname -r`")
