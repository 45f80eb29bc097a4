"""The self-test: runs that try to break each promise of a sandbox. What belongs here: the promises, and the proof of each.

It is run when a process first needs the sandbox, and shown by ``mge doctor``. It costs three runs.
"""

import json
import os
import socket
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mge_resources.leavings import temporary_folder
from mge_resources.sandbox.port import Limits, Sandbox, SandboxJob, SandboxOutcome, SandboxUnavailableError

_PROGRAM = Path(__file__).with_name("probe_inside.py.txt")
_PROCESSES = 12
_OUTPUT_BYTES = 64 << 10
_TOTAL_BYTES = 192 << 20


@dataclass(frozen=True, slots=True)
class Promise:
    """One promise, as people read it, and whether it was kept here."""

    text: str
    kept: bool


PROMISES = {
    "root": "it runs under a uid that owns nothing",
    "capabilities": "it holds no right of root, and can gain none",
    "calls": "system calls that tests never need are closed",
    "network": "there is no network, and no socket of this machine can be reached",
    "files": "no file of this machine can be read but the tools'",
    "writes": "nothing can be written outside its own folders",
    "processes_seen": "no process of this machine is seen",
    "environment": "our environment is not handed on",
    "descriptors": "no open file is handed on",
    "namespaces": "no namespace, mount or device can be made",
    "forks": "the number of processes is bounded",
    "address_space": "the memory of each process is bounded",
    "file_size": "files are bounded, each and together",
    "output": "output is bounded, and its end ends the run",
    "memory": "the memory of all processes together is bounded",
    "nothing_left": "nothing is left running when a run ends",
}
"""What isolation by namespaces promises."""
_LESS = {
    "landlock": {
        "root": "",
        "processes_seen": "",
        "files": "no file of this machine can be opened but the tools'",
        "network": "there is no network, not even its own, and no socket of this machine can be reached",
    },
    "seatbelt": {
        "root": "",
        "capabilities": "",
        "calls": "",
        "processes_seen": "",
        "address_space": "",
        "nothing_left": "",
        "files": "no file of this machine can be opened but the tools'",
        "network": "there is no network, not even its own, and no socket of this machine can be reached",
        "file_size": "each file is bounded",
    },
}
"""What a weaker isolation promises in place of that; nothing where the text is empty."""
_FURTHER = {"landlock": ("file_sum",)}
NOT_PROMISED = {
    "landlock": "a uid of its own (it runs under yours), and that it can't ask whether a file or a process of this machine is there",
    "seatbelt": "a uid of its own (it runs under yours), a bound on one process's memory and on files together, and the end of who leaves its parents",
}
"""What people should know of a weaker isolation."""


def promised(isolation: str) -> dict[str, str]:
    """Every promise of an isolation, as people read it."""
    return {name: text for name, text in {**PROMISES, **_LESS.get(isolation, {})}.items() if text}


def _failure(outcome: SandboxOutcome) -> str:
    words = outcome.stderr.decode(errors="replace").strip().splitlines()
    return outcome.limit or (words[-1] if words else f"exit code {outcome.exit_code}")


@contextmanager
def _baits(isolation: str) -> Iterator[dict[str, object]]:
    """What the run shall not reach: a file, a listener, an abstract socket, a variable, this process."""
    with temporary_folder("canary") as folder, socket.create_server(("127.0.0.1", 0)) as listener, socket.socket(socket.AF_UNIX) as abstract:
        canary = Path(folder, "canary")
        canary.write_text("canary")
        name = f"mge-canary-{os.getpid()}-{listener.getsockname()[1]}"
        abstract.bind("\0" + name)
        abstract.listen()
        yield {
            "canary": str(canary),
            "port": listener.getsockname()[1],
            "abstract": name,
            "pid": os.getpid(),
            "variables": sorted(os.environ),
            "most": _PROCESSES,
            "shared": isolation in _LESS,
            "lists_interfaces": isolation == "seatbelt",
        }


def _isolated(sandbox: Sandbox) -> dict[str, bool]:
    """What one run from within says of itself. Raises SandboxUnavailableError where Python does not start."""
    with _baits(sandbox.isolation) as baits:
        limits = Limits(20, 10, 512 << 20, 1 << 20, 1 << 20, _PROCESSES)
        outcome = sandbox.run(SandboxJob(("{python}", "-I", "-S", "probe.py", json.dumps(baits)), {"probe.py": _PROGRAM.read_bytes()}, limits=limits))
    if outcome.exit_code != 0:
        raise SandboxUnavailableError(f"Python does not start in the sandbox ({_failure(outcome)}); make {sys.prefix} readable for everybody")
    found: dict[str, bool] = json.loads(outcome.stdout)
    return found


def _bounded_output(sandbox: Sandbox) -> dict[str, bool]:
    """A run that leaves a daemon behind and writes without end: its output is cut, and the daemon's end of the report is closed with it."""
    code = "import os, time\nif os.fork() == 0:\n    os.setsid()\n    while True: time.sleep(1)\nwhile True: os.write(1, b'x' * 4096)"
    limits = Limits(20, 10, 512 << 20, 1 << 20, _OUTPUT_BYTES, _PROCESSES)
    outcome = sandbox.run(SandboxJob(("{python}", "-I", "-S", "-c", code), {}, limits=limits))
    return {"output": outcome.limit == "output" and len(outcome.stdout) <= _OUTPUT_BYTES, "nothing_left": outcome.limit == "output" and outcome.ended}


def _bounded_memory(sandbox: Sandbox) -> dict[str, bool]:
    code = (
        "import os, time\nfor _ in range(4):\n    if os.fork() == 0:\n        held = bytearray(b'x') * (80 << 20); time.sleep(20); os._exit(0)\ntime.sleep(20)"
    )
    limits = Limits(20, 10, 512 << 20, 1 << 20, 1 << 20, _PROCESSES, _TOTAL_BYTES)
    return {"memory": sandbox.run(SandboxJob(("{python}", "-I", "-S", "-c", code), {}, limits=limits)).limit == "memory"}


def _bounded_files(sandbox: Sandbox) -> dict[str, bool]:
    """Where files are on the machine's disk: a run that keeps them open and takes their names away is ended."""
    if "file_sum" not in _FURTHER.get(sandbox.isolation, ()):
        return {}
    code = "import os, time\nheld = []\nfor _ in range(200):\n    held.append(open('f', 'wb')); held[-1].write(b'x' * (1 << 20)); os.unlink('f')\n"
    code += "time.sleep(20)"
    limits = Limits(20, 10, 512 << 20, 2 << 20, 1 << 20, _PROCESSES, _TOTAL_BYTES)
    return {"file_sum": sandbox.run(SandboxJob(("{python}", "-I", "-S", "-c", code), {}, limits=limits)).limit == "files"}


def prove(sandbox: Sandbox) -> tuple[Promise, ...]:
    """Every promise, and whether it is kept here. Raises SandboxUnavailableError where nothing can be run at all."""
    found = _isolated(sandbox)
    with ThreadPoolExecutor(2) as pool:
        for part in pool.map(lambda proof: proof(sandbox), (_bounded_output, _bounded_memory, _bounded_files)):
            found |= part
    found["file_size"] = found.get("file_size", False) and found.get("file_sum", True)
    return tuple(Promise(text, found.get(name, False)) for name, text in promised(sandbox.isolation).items())


def self_test(sandbox: Sandbox) -> tuple[Promise, ...]:
    """Prove that the isolation holds here; the promises, all kept. Raises SandboxUnavailableError naming those that are not."""
    promises = prove(sandbox)
    broken = [promise.text for promise in promises if not promise.kept]
    if broken:
        raise SandboxUnavailableError(f"the sandbox does not keep its promise that {' and that '.join(broken)}; report this with `uname -r`")
    return promises
