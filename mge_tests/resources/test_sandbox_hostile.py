"""Code that tries to get out, to stay, or to take the machine: each attempt is contained."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mge_resources.sandbox import Limits, Sandbox, SandboxJob, SandboxOutcome
from mge_tests.resources.alone import sandbox_alone

MARK = f"mge-hostile-{os.getpid()}"


def run(sandbox: Sandbox, code: str, *arguments: str, **limits) -> SandboxOutcome:
    bounds = Limits(**{"wall_seconds": 60.0, "cpu_seconds": 10, "memory_bytes": 512 << 20, "processes": 24, **limits})
    return sandbox.run(SandboxJob(("{python}", "-I", "-S", "code.py", *arguments), {"code.py": code.encode()}, limits=bounds))


def survivors() -> list[str]:
    """Command lines on this machine that carry our mark."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            line = (folder / "cmdline").read_bytes().decode(errors="replace")
        except OSError:
            continue
        if MARK in line and int(folder.name) != os.getpid():
            found.append(line)
    return found


def test_our_environment_is_not_seen_by_the_code_nor_by_its_parents(sandbox, monkeypatch):
    monkeypatch.setenv("ANTHROPIC_API_KEY", "secret-value")
    code = "import os, glob\nprint(dict(os.environ))\nfor p in glob.glob('/proc/*/environ'):\n  try: print(open(p).read())\n  except OSError: pass"
    outcome = run(sandbox, code)
    assert outcome.exit_code == 0
    assert b"secret-value" not in outcome.stdout
    assert b"ANTHROPIC" not in outcome.stdout


def test_files_of_the_host_can_not_be_read(sandbox, tmp_path):
    (tmp_path / "secret").write_text("secret-value")
    code = "import sys\nfor p in sys.argv[1:]:\n  try: print(open(p).read())\n  except OSError as e: print('no')"
    outcome = run(
        sandbox,
        code,
        str(tmp_path / "secret"),
        "/etc/shadow",
        "/etc/hostname",
        "/proc/1/root/etc/shadow",
        "/proc/1/environ",
        "/proc/kcore",
        str(Path(__file__)),
    )
    assert outcome.stdout == b"no\n" * 7


@pytest.mark.parametrize(
    "target", ["/written", "/usr/written", "/etc/written", "/dev/written", "/proc/sys/kernel/hostname", "/proc/sysrq-trigger", sys.prefix + "/lib/written"]
)
def test_nothing_can_be_written_outside_the_work_folder(sandbox, target):
    outcome = run(sandbox, "import sys\ntry: open(sys.argv[1], 'w').write('x'); print('WROTE')\nexcept OSError: print('refused')", target)
    assert outcome.stdout == b"refused\n"


def test_no_network_no_listener_of_the_host_no_abstract_socket(sandbox):
    name = f"\0{MARK}"
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_UNIX) as abstract:
        abstract.bind(name)
        abstract.listen()
        code = f"""
import socket
for family, address in ((socket.AF_INET, ("127.0.0.1", {server.getsockname()[1]})), (socket.AF_INET, ("169.254.169.254", 80)), (socket.AF_UNIX, {name!r})):
    try:
        socket.socket(family).connect(address); print("CONNECTED")
    except OSError: print("refused")
"""
        assert run(sandbox, code).stdout == b"refused\n" * 3


def test_a_fork_bomb_stops_at_the_limit(sandbox):
    code = "import os, time\nn = 0\ntry:\n  while n < 500:\n    if os.fork() == 0: time.sleep(30); os._exit(0)\n    n += 1\nexcept OSError: pass\nprint(n)"
    outcome = run(sandbox, code)
    assert outcome.exit_code == 0
    assert 10 <= int(outcome.stdout) <= 24


def test_an_endless_loop_is_killed_at_the_wall_limit(sandbox):
    outcome = run(
        sandbox,
        "import signal\nfor n in range(1, 32):\n  try: signal.signal(n, signal.SIG_IGN)\n  except OSError: pass\nwhile True: signal.pause()",
        wall_seconds=1.0,
    )
    assert (outcome.exit_code, outcome.limit) == (None, "wall")


def test_a_spin_is_killed_at_the_cpu_limit(sandbox):
    outcome = run(sandbox, "import signal; signal.signal(signal.SIGXCPU, signal.SIG_IGN)\nwhile True: pass", cpu_seconds=1)
    assert (outcome.exit_code, outcome.limit) == (None, "cpu")


def test_a_daemon_does_not_outlive_its_run(sandbox):
    code = """
import os, sys, time, subprocess
subprocess.Popen([sys.executable, "-I", "-S", "-c", "import time; time.sleep(60)", sys.argv[1]], start_new_session=True,
                 stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
time.sleep(0.2); print("left")
"""
    assert run(sandbox, code, MARK).stdout == b"left\n"
    assert survivors() == []
    outcome = run(sandbox, code + "time.sleep(60)", MARK, wall_seconds=1.0)
    assert outcome.limit == "wall"
    assert survivors() == []


def test_output_is_capped(sandbox):
    outcome = run(sandbox, "while True: print('x' * 10000)", output_bytes=100_000)
    assert (outcome.exit_code, outcome.limit, len(outcome.stdout)) == (None, "output", 100_000)


def test_a_memory_bomb_is_stopped_in_one_process_and_in_many(sandbox):
    assert run(sandbox, "x = bytearray(2 << 30)").exit_code == 1
    many = "import os, time\nfor _ in range(10):\n  if os.fork() == 0:\n    x = bytearray(b'x') * (200 << 20); time.sleep(10); os._exit(0)\ntime.sleep(10)"
    outcome = run(sandbox, many, total_bytes=600 << 20)
    assert (outcome.exit_code, outcome.limit) == (None, "memory")


def test_files_and_folders_to_write_to_are_sized(sandbox):
    code = "import sys\ntry:\n  with open(sys.argv[1], 'wb') as f:\n    while True: f.write(b'x' * (1 << 20))\nexcept OSError: print('stopped')"
    for place, most in (("big", 4 << 20), ("/tmp/big", 1 << 30), ("/dev/shm/big", 1 << 30)):
        assert run(sandbox, code, place, file_bytes=most).stdout == b"stopped\n" or most == 4 << 20


def test_no_way_up_no_user_namespace_no_mount_no_setuid_no_trace(sandbox):
    code = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
print(libc.unshare(0x10000000), libc.mount(b"none", b"/tmp", b"tmpfs", 0, None), libc.ptrace(16, 1, 0, 0), libc.setuid(0), libc.chroot(b"/tmp"))
try: os.kill(1, 9)
except OSError: pass
try: open("/proc/1/mem", "rb").read(1); print("READ")
except OSError: print("alive")
"""
    outcome = run(sandbox, code)
    assert outcome.stdout == b"-1 -1 -1 -1 -1\nalive\n"


def test_calls_that_escape_every_bound_are_not_there(sandbox):
    code = """
import os, socket
for attempt in (lambda: os.memfd_create("x"), lambda: socket.socket(40, socket.SOCK_STREAM), lambda: socket.socket(38, socket.SOCK_SEQPACKET)):
    try: attempt(); print("WORKS")
    except OSError as error: print(error.errno)
print(socket.socket(socket.AF_UNIX).fileno() > 0, socket.socketpair()[0].fileno() > 0)
"""
    assert run(sandbox, code).stdout == b"38\n97\n97\nTrue True\n"


def test_only_standard_streams_are_inherited(sandbox):
    outcome = run(sandbox, "import os; print(sorted(os.listdir('/proc/self/fd')))")
    assert outcome.stdout == b"['0', '1', '2', '3']\n"  # 3 is the listing's own


def test_runs_beside_one_another_do_not_meet(sandbox):
    code = "import os, sys, time\nopen('/tmp/mine', 'x').write('x'); time.sleep(0.1); print(len([p for p in os.listdir('/proc') if p.isdigit()]) < 4)"
    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(lambda _: run(sandbox, code), range(16)))
    assert {outcome.stdout for outcome in outcomes} == {b"True\n"}


ORDINARY = """
import os, sys
from mge_resources.sandbox import Limits, SandboxJob, open_sandbox
sandbox = open_sandbox(sys.argv[1])
def run(code, **limits):
    return sandbox.run(SandboxJob(("{python}", "-I", "-S", "-c", code), {}, limits=Limits(**{"wall_seconds": 15.0, "processes": 24, **limits})))
assert os.geteuid() != 0
print(sandbox.isolation)
print(run("print('hello')").stdout.decode().strip())
forks = "import os, time\\nn = 0\\ntry:\\n  while n < 300:\\n    if os.fork() == 0: time.sleep(30); os._exit(0)\\n    n += 1\\nexcept OSError: pass\\nprint(n)"
print(int(run(forks).stdout) <= 24)
print(run("import time; time.sleep(60)", wall_seconds=1.0).limit)
print(run("print(open('/etc/shadow').read())").exit_code, run("open('/usr/x', 'w')").exit_code)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user; an ordinary user runs the tests above as one")
@pytest.mark.parametrize("choice", ["namespaces", "bwrap"])
def test_an_ordinary_user_is_served_as_well_as_root(choice):
    python = next((path for path in ("/usr/bin/python3.13", "/usr/bin/python3.12", "/usr/bin/python3.11") if Path(path).exists()), None)
    if python is None or (choice == "bwrap" and shutil.which("bwrap") is None):
        pytest.skip("needs an interpreter that everybody can read, and bubblewrap for its part")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        sandbox_alone(Path(folder))
        environment = {"PYTHONPATH": folder, "PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run(  # noqa: PLW1510 - its output is asserted
            [python, "-c", ORDINARY, choice], user=54321, group=54321, extra_groups=(), cwd="/", env=environment, capture_output=True, text=True, timeout=240
        )
    assert done.stdout.split("\n")[:5] == [choice, "hello", "True", "wall", "1 1"], done.stderr


def test_when_our_own_process_is_killed_the_run_dies_with_it(tmp_path):
    code = f"""
from mge_resources.sandbox import SandboxJob, open_sandbox
open_sandbox("auto").run(SandboxJob(("{{python}}", "-I", "-S", "-c", "import time; print(flush=True); time.sleep(60)", "{MARK}"), {{}}))
"""
    root = str(Path(__file__).parents[2])
    process = subprocess.Popen([sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": root})
    try:
        deadline = time.monotonic() + 60
        while not any("time.sleep(60)" in line and "open_sandbox" not in line for line in survivors()) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert len(survivors()) >= 2
    finally:
        process.kill()
        process.wait()
    deadline = time.monotonic() + 30
    while survivors() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert survivors() == []
