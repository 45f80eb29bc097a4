"""A process that is killed with -9 while code runs in its sandbox leaves nothing: no process, no temporary folder, no control group."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mge_resources.leavings import temporary_folder
from mge_resources.sandbox import open_sandbox
from mge_tests.recovery.nursery import below, groups_of
from mge_tests.resources.postgres_clients import eventually

VICTIM = """
import sys, threading
from mge_resources.leavings import temporary_folder
from mge_resources.sandbox import Limits, SandboxJob, open_sandbox
sandbox = open_sandbox(sys.argv[1])
job = SandboxJob(("{python}", "main.py"), {"main.py": b"import time; time.sleep(120)"}, limits=Limits(wall_seconds=120))
with temporary_folder("types") as folder:
    threading.Thread(target=sandbox.run, args=(job,)).start()
    print(folder, flush=True)
    threading.Event().wait()
"""


def test_a_process_killed_while_code_runs_in_its_sandbox_leaves_nothing(tmp_path: Path):
    isolation = open_sandbox("auto").isolation
    if isolation not in {"bwrap", "namespaces"}:
        pytest.skip("this machine has no namespaces")
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen([sys.executable, "-c", VICTIM, isolation], env=environment, stdout=subprocess.PIPE, text=True) as victim:
        try:
            assert victim.stdout is not None
            folder = Path(victim.stdout.readline().strip())
            assert folder.is_dir()
            assert eventually(lambda: len(below(victim.pid)) >= 4, 30)  # the one beside it, a launcher, what that has forked
            began = {pid: since for pid in below(victim.pid) if (since := beginning(pid))}  # some live for a moment only
        finally:
            victim.kill()

    def left() -> list[object]:
        return [*(pid for pid, since in began.items() if beginning(pid) == since), *tmp_path.iterdir(), *groups_of(victim.pid)]

    assert eventually(lambda: not left(), 20), left()


def beginning(pid: int) -> str:
    """When a process began, in clock ticks since the machine did; nothing where it has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return fields[19] if fields[0] != "Z" else ""


def test_a_folder_goes_with_its_block_and_nothing_else_is_touched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / "kept").mkdir()
    with temporary_folder("types") as name:
        (Path(name) / "file").write_text("x")
        assert Path(name).parent == tmp_path
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]
