"""The self-test proves each promise, and refuses a sandbox that breaks one; the launcher that stays shares nothing between runs."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from mge_resources.sandbox import Limits, Sandbox, SandboxJob, SandboxOutcome, SandboxUnavailableError, open_sandbox
from mge_resources.sandbox.isolations import NamespaceSandbox
from mge_resources.sandbox.probe import PROMISES, prove, self_test

NO_CGROUPS = "mge_resources.sandbox.groups._usable"


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    if open_sandbox("namespaces").isolation == "refused":
        pytest.skip("this machine refuses namespaces")
    return NamespaceSandbox()


def script(sandbox: Sandbox, code: str, **more) -> SandboxOutcome:
    return sandbox.run(SandboxJob(("{python}", "code.py"), {"code.py": code.encode()}, limits=Limits(wall_seconds=20.0), **{"warm": True, **more}))


def test_every_promise_is_proven_here(sandbox):
    assert {promise.text for promise in prove(sandbox) if promise.kept} == set(PROMISES.values())


class Open:
    """What says of itself that it leaks."""

    isolation = "none"

    def run(self, job: SandboxJob) -> SandboxOutcome:
        return SandboxOutcome(0, b'{"root": true, "network": false}', b"", 0.1, "none", "output", ended=False)


def test_a_sandbox_that_breaks_its_promises_is_refused_and_they_are_named():
    with pytest.raises(SandboxUnavailableError, match="there is no network"):
        self_test(Open())


def test_a_sandbox_in_which_nothing_starts_says_how_to_mend_it():
    class Broken:
        isolation = "broken"

        def run(self, job: SandboxJob) -> SandboxOutcome:
            return SandboxOutcome(1, b"", b"no such file\n", 0.1, "broken")

    with pytest.raises(SandboxUnavailableError, match="readable for everybody"):
        self_test(Broken())


def test_a_warm_run_looks_like_a_new_interpreter(sandbox):
    code = (
        "import os, sys\nprint(__name__, sys.argv, sorted(set(os.environ) - {'LC_CTYPE'}), sys.path[0], os.getcwd(), 'mge_resources' in sys.modules, hash('a'))"
    )
    job = SandboxJob(("{python}", "sub/code.py", "one"), {"sub/code.py": code.encode()}, {"MINE": "1"})
    assert sandbox.run(replace(job, warm=True)).stdout == sandbox.run(job).stdout
    assert script(sandbox, "raise SystemExit(7)").exit_code == 7
    failed = script(sandbox, "import atexit\natexit.register(print, 'bye')\n1 / 0")
    assert (failed.exit_code, failed.stdout) == (1, b"bye\n")
    assert b"ZeroDivisionError" in failed.stderr
    assert script(sandbox, "import sys; sys.exit('words')").stderr == b"words\n"


def test_nothing_is_shared_between_warm_runs(sandbox):
    spoil = "import json, builtins, os\njson.loads = None\nbuiltins.left = 1\nopen('/tmp/left', 'w').close()\nos.environ['LEFT'] = '1'"
    assert script(sandbox, spoil).exit_code == 0
    look = "import json, builtins, os\nprint(json.loads('1'), hasattr(builtins, 'left'), os.path.exists('/tmp/left'), 'LEFT' in os.environ)"
    assert script(sandbox, look).stdout == b"1 False False False\n"
    numbers = {script(sandbox, "import random, uuid; print(random.random(), uuid.uuid4())").stdout for _ in range(3)}
    assert len(numbers) == 3


def test_what_comes_on_standard_input_is_in_no_file_and_can_not_be_changed(sandbox):
    code = "import os, sys\nprint(sys.stdin.read(), os.listdir('.'))\ntry: os.write(0, b'x'); print('WROTE')\nexcept OSError: print('sealed')"
    for warm in (True, False):
        assert script(sandbox, code, stdin=b"hidden", warm=warm).stdout == b"hidden ['code.py']\nsealed\n"


def test_a_launcher_that_somebody_killed_is_started_again(sandbox):
    assert script(sandbox, "print(1)").stdout == b"1\n"
    server = sandbox._server._process
    server.kill()
    server.wait()
    assert script(sandbox, "print(2)").stdout == b"2\n"
    assert sandbox._server._process.pid != server.pid


def test_a_fork_of_ours_has_a_launcher_of_its_own(sandbox):
    assert script(sandbox, "print(1)").stdout == b"1\n"
    child = os.fork()
    if child == 0:
        os._exit(0 if script(sandbox, "print(2)").stdout == b"2\n" else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert script(sandbox, "print(3)").stdout == b"3\n"


def running(process: Path) -> bool:
    """Whether there is such a process, and not only what nobody has waited for."""
    try:
        return "\nState:\tZ" not in (process / "status").read_text()
    except OSError:
        return False


def test_the_launcher_ends_when_we_are_killed():
    code = "import time\nfrom mge_resources.sandbox.isolations import NamespaceSandbox\nfrom mge_resources.sandbox import SandboxJob\n"
    code += "s = NamespaceSandbox()\ns.run(SandboxJob(('true',), {}))\nprint(s._server._process.pid, flush=True)\ntime.sleep(60)"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, env=environment) as process:
        assert process.stdout
        server = Path("/proc", process.stdout.readline().decode().strip())
        assert server.exists()
        process.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 30
    while running(server) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not running(server)


def test_memory_is_bounded_where_no_control_group_can_be_made(sandbox, monkeypatch):
    monkeypatch.setattr(NO_CGROUPS, tuple)
    hides = "m = mmap.mmap(-1, 100 << 20); m.write(b'x' * (100 << 20)); m.madvise(mmap.MADV_DONTNEED); time.sleep(15); os._exit(0)"
    code = f"import mmap, os, time\nfor _ in range(4):\n  if os.fork() == 0:\n    {hides}\ntime.sleep(15)"
    job = SandboxJob(("{python}", "-I", "-S", "-c", code), {}, limits=Limits(20.0, total_bytes=200 << 20))
    assert sandbox.run(job).limit == "memory"
