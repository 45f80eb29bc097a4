"""Landlock is taken only where namespaces are refused, by nobody but an ordinary user who allowed it; then it keeps what it promises."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from mge_resources.sandbox.launcher import folders, landlock
from mge_tests.bench.escape import copied, ordinary_python
from mge_tests.security.escapes import Attempt, attempts

ORDINARY = 54321
REFUSED = """
import os, sys
from mge_resources.sandbox.launcher import identity
identity.enter_user_namespace()
identity.forbid_user_namespaces()
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""
WITHOUT_LANDLOCK = """
import ctypes, os, struct, sys
from mge_resources.sandbox.launcher import kernel
lines = [(0x20, 0, 0, 0), (0x15, 0, 1, 444), (0x06, 0, 0, 0x00050000 | 38), (0x06, 0, 0, 0x7FFF0000)]
code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in lines))
kernel.no_new_privileges()
kernel.set_filter(len(lines), ctypes.addressof(code))
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""
ASK = """
import json, sys
from mge_resources.sandbox import Limits, SandboxJob, SandboxUnavailableError, open_sandbox
sandbox = open_sandbox("auto", landlock="allowed" in sys.argv)
try:
    outcome = sandbox.run(SandboxJob(("{python}", "-I", "-S", "-c", "import os; print(os.getcwd())"), {}, limits=Limits(20.0)))
    print(json.dumps([outcome.isolation, outcome.stdout.decode(), sandbox.not_promised()]))
except SandboxUnavailableError as error:
    print(json.dumps(["refused", str(error), ""]))
"""
PROVE = """
import json
from mge_resources.sandbox.landlocked import LandlockSandbox
from mge_resources.sandbox.probe import prove, promised
print(json.dumps([[promise.text for promise in prove(LandlockSandbox()) if not promise.kept], sorted(promised("landlock"))]))
"""
TRY = """
import json, os, sys
from mge_resources.sandbox import Limits, SandboxJob
from mge_resources.sandbox.landlocked import LandlockSandbox
limits = Limits(wall_seconds=float(sys.argv[2]), cpu_seconds=10, memory_bytes=1 << 30, file_bytes=4 << 20, processes=24)
command = ("{node}", "code.js") if sys.argv[3:] == ["node"] else ("{python}", "code.py", "/job/code.py")
before = set(os.listdir("/tmp"))
outcome = LandlockSandbox().run(SandboxJob(command, {command[1]: sys.argv[1].encode()}, limits=limits, collect=("result.txt", "sub/secret")))
left = [name for name in set(os.listdir("/tmp")) - before if name.startswith("mge-run-")]
print(json.dumps([outcome.exit_code, outcome.stdout.decode(), outcome.limit, sorted(outcome.files), left, outcome.stderr.decode()[-300:]]))
"""
needs_landlock = pytest.mark.skipif(
    landlock.version() < landlock.LEAST_VERSION, reason=f"this kernel speaks version {landlock.version()} of Landlock, and {landlock.LEAST_VERSION} is needed"
)


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """The sandbox's own files where every user can read them."""
    if ordinary_python() is None and os.geteuid() == 0:
        pytest.skip("needs an interpreter that everybody can read")
    with TemporaryDirectory(prefix="mge-landlock-") as folder:
        Path(folder).chmod(0o755)
        yield copied(Path(folder))


def ran(place: Path, *words: str, user: int | None = ORDINARY) -> subprocess.CompletedProcess[str]:
    """A Python command line as an ordinary user, or as root where ``user`` is None."""
    user = user if os.geteuid() == 0 else None
    python = ordinary_python() if os.geteuid() == 0 else sys.executable
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(place), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(  # noqa: PLW1510 - its output is asserted
        [str(python), *words],
        user=user,
        group=user,
        extra_groups=None if user is None else (),
        cwd="/",
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )


def answer(place: Path, *words: str, user: int | None = ORDINARY) -> list[Any]:
    done = ran(place, *words, user=user)
    assert done.stdout, done.stderr
    found: list[Any] = json.loads(done.stdout)
    return found


def tried(place: Path, code: str, *words: str, seconds: float = 20) -> list[Any]:
    return answer(place, "-c", TRY, code, str(seconds), *words)


def test_where_namespaces_are_refused_nothing_is_run_unless_the_user_allowed_less(place):
    isolation, message, _ = answer(place, "-c", REFUSED, "-c", ASK)
    assert isolation == "refused"
    assert "MGE_SANDBOX_LANDLOCK=on" in str(message)
    assert "user namespace" in str(message)


@needs_landlock
def test_where_namespaces_are_refused_an_ordinary_user_who_allowed_it_gets_landlock_and_the_result_says_so(place):
    isolation, folder, less = answer(place, "-c", REFUSED, "-c", ASK, "allowed")
    assert isolation == "landlock"
    assert str(folder).strip().endswith("/job")
    assert "uid of its own" in str(less)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be refused for being root")
def test_root_never_gets_landlock(place):
    isolation, message, _ = answer(place, "-c", REFUSED, "-c", ASK, "allowed", user=None)
    assert isolation == "refused"
    assert "run as an ordinary user" in str(message)


def test_where_namespaces_work_landlock_is_not_taken_though_it_is_allowed(place, sandbox):
    assert answer(place, "-c", ASK, "allowed")[0] in {"bwrap", "namespaces"}


def test_a_kernel_without_landlock_refuses_and_says_which_has_it(place):
    isolation, message, _ = answer(place, "-c", REFUSED, "-c", WITHOUT_LANDLOCK, "-c", ASK, "allowed")
    assert isolation == "refused"
    assert "Linux 6.12" in str(message)


@needs_landlock
def test_every_promise_of_landlock_is_proven_here(place):
    broken, names = answer(place, "-c", PROVE)
    assert broken == []
    assert {"root", "processes_seen"}.isdisjoint(names)
    assert len(names) == 14


def quick() -> list[Attempt]:
    return [one for one in attempts() if not one.long]


@needs_landlock
def test_nothing_that_code_tries_under_landlock_gets_out(place):
    report = json.loads(ran(place, "-m", "mge_tests.security.escapes", "landlock", *[one.title for one in quick()][::2]).stdout)
    assert (report["bad"], report["changes"]) == ([], [])
    assert report["attempts"] > 40


@needs_landlock
def test_a_daemon_ends_with_its_run_and_the_folder_is_gone(place):
    code = "import os, time\nif os.fork() == 0:\n  os.setsid()\n  if os.fork() == 0: open('result.txt', 'w').write('x'); time.sleep(600)\n  os._exit(0)\n"
    code += "time.sleep(0.3)"
    code_, said, limit, files, left, _ = tried(place, code)
    assert (code_, said, limit, files, left) == (0, "", "", ["result.txt"], [])


@needs_landlock
def test_a_folder_as_deep_as_can_be_and_one_that_hides_are_gone_too(place):
    deep = "import os\nfor _ in range(3000):\n  os.mkdir('d' * 100); os.chdir('d' * 100)\n"
    assert tried(place, deep)[4] == []
    _, _, limit, _, left, _ = tried(place, "import os, time\nos.mkdir('hidden', 0o300)\nopen('hidden/file', 'w').write('x')\ntime.sleep(10)")
    assert (limit, left) == ("files", [])


def test_a_removal_that_was_cut_short_can_be_done_again(tmp_path):
    home = tmp_path / "run"
    (home / "job" / "a" / "b").mkdir(parents=True)
    (home / "job" / "a" / "b" / "file").write_text("x")
    top = os.open(home, os.O_RDONLY)
    folders._emptied(top, "job", "mark", 0)
    os.close(top)
    assert [path.name for path in home.iterdir() if path.name != "job"] == ["mark-1"]
    (home / "mark-1" / "c").mkdir()
    folders.remove(str(home))
    assert not home.exists()


@needs_landlock
def test_files_that_lost_their_names_count(place):
    code = (
        "import os, time\nheld = []\nfor _ in range(100):\n  held.append(open('f', 'wb')); held[-1].write(b'x' * (3 << 20)); held[-1].flush(); os.unlink('f')\n"
    )
    code += "time.sleep(10)"
    assert tried(place, code)[2] == "files"


@needs_landlock
def test_a_result_is_not_collected_through_a_link_out_of_the_folder(place, tmp_path):
    place.joinpath("secret").write_text("secret")
    place.joinpath("secret").chmod(0o644)
    assert tried(place, f"import os; os.symlink({str(place)!r}, 'sub'); open('result.txt', 'w').write('x')")[3] == ["result.txt"]


@needs_landlock
def test_honest_code_finds_its_files_threads_processes_and_an_event_loop(place):
    code = """
import asyncio, os, subprocess, sys, tempfile, threading
thread = threading.Thread(target=print, args=("thread",)); thread.start(); thread.join()
async def one(): return await asyncio.to_thread(lambda: "loop")
print(asyncio.run(one()), subprocess.run([sys.executable, "-c", "print(1)"], capture_output=True, text=True).stdout.strip())
with tempfile.NamedTemporaryFile("w+") as file: file.write("x")
print(os.path.samefile(sys.argv[1], __file__))
"""
    exit_code, said, limit, _, _, error = tried(place, code)
    assert (exit_code, str(said).split(), limit) == (0, ["thread", "loop", "1", "True"], ""), error


@needs_landlock
@pytest.mark.skipif(not any(Path(folder, "node").exists() for folder in ("/usr/bin", "/usr/local/bin")), reason="Node is not installed for everybody")
def test_node_runs_under_landlock(place):
    assert tried(place, "console.log([1, 2].map((x) => x * 2).join())", "node")[:2] == [0, "2,4\n"]
