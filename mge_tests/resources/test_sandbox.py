"""What every sandbox promises, whichever isolation stands behind it."""

import shutil
from pathlib import Path

import pytest

from mge_resources.sandbox import Limits, Sandbox, SandboxJob, SandboxOutcome, SandboxUnavailableError, open_sandbox

PYTHON = ("{python}", "-I", "-S", "code.py")


def run(sandbox: Sandbox, code: str, *, command=PYTHON, collect=(), **limits) -> SandboxOutcome:
    bounds = Limits(**{"wall_seconds": 15.0, "cpu_seconds": 10, "memory_bytes": 1 << 30, **limits})
    return sandbox.run(SandboxJob(command, {"code.py": code.encode()}, limits=bounds, collect=collect))


def test_honest_code_runs_and_its_output_and_exit_code_come_back(sandbox):
    outcome = run(sandbox, "import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)")
    assert (outcome.exit_code, outcome.stdout, outcome.stderr, outcome.limit) == (3, b"out\n", b"err\n", "")
    assert outcome.isolation == sandbox.isolation
    assert 0 < outcome.seconds < 15


def test_files_are_there_and_asked_for_results_come_back(sandbox):
    code = "import os; open('result.txt', 'w').write(open('package/data.txt').read()); os.symlink('/etc/passwd', 'link.txt')"
    job = SandboxJob(PYTHON, {"code.py": code.encode(), "package/data.txt": b"data"}, collect=("result.txt", "missing.txt", "link.txt"))
    assert sandbox.run(job).files == {"result.txt": b"data"}


def test_installed_packages_can_be_imported_and_threads_and_subprocesses_work(sandbox):
    code = "import pytest, subprocess, sys, threading\nt = threading.Thread(target=print, args=('thread',)); t.start(); t.join()\n"
    code += "print(subprocess.run([sys.executable, '-c', 'print(1)'], capture_output=True, text=True).stdout)"
    outcome = run(sandbox, code, command=("{python}", "code.py"))
    assert (outcome.exit_code, outcome.stdout.split()) == (0, [b"thread", b"1"])


def test_a_file_name_that_climbs_out_is_an_error(sandbox):
    for name in ("../x", "/x", "a/../../x", "", "a\0b"):
        with pytest.raises(ValueError, match="no file name inside the work folder"):
            sandbox.run(SandboxJob(PYTHON, {name: b""}))


@pytest.mark.skipif(shutil.which("node") is None, reason="Node is not installed")
def test_node_runs_within_its_memory(sandbox):
    outcome = run(sandbox, "console.log([1, 2].map((x) => x * 2).join())", command=("{node}", "code.py"))
    assert (outcome.exit_code, outcome.stdout) == (0, b"2,4\n")


def test_without_node_the_message_says_so(sandbox, monkeypatch):
    monkeypatch.setattr("mge_resources.sandbox.machine._node", lambda: None)
    with pytest.raises(SandboxUnavailableError, match="install Node"):
        sandbox.run(SandboxJob(("{node}", "x.js"), {}))


def test_off_refuses_every_run():
    off = open_sandbox("off")
    assert off.isolation == "refused"
    with pytest.raises(SandboxUnavailableError, match="MGE_SANDBOX"):
        off.run(SandboxJob(("true",), {}))


def test_an_unknown_choice_is_an_error():
    with pytest.raises(ValueError, match="use one of auto, bwrap, namespaces, off"):
        open_sandbox("landlock")


def test_a_missing_program_ends_with_127_and_says_so(sandbox):
    outcome = run(sandbox, "", command=("no-such-program",))
    assert outcome.exit_code == 127
    assert b"no-such-program" in outcome.stderr


def test_no_job_folder_stays_behind(sandbox, tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    run(sandbox, "open('/tmp/left', 'w').write('x'); open('left', 'w').write('x')")
    assert list(tmp_path.iterdir()) == []
    assert not Path("/tmp/left").exists()
