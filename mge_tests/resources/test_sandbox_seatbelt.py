"""macOS can't be run here: its profile is checked as text, and what runs around it with a stand-in that keeps nothing."""

import os
import sys
import time
from pathlib import Path

import pytest

from mge_resources.sandbox import Limits, SandboxJob, SandboxOutcome, choice
from mge_resources.sandbox.profile import profile, quoted
from mge_resources.sandbox.seatbelt import SeatbeltSandbox

TOOLS, WORK = ("/opt/python/lib", "/opt/python/bin"), ("/private/tmp/mge-run-1/job", "/private/tmp/mge-run-1/tmp")


def read(text: str) -> list[list[object]]:
    """The forms of an SBPL text. Raises ValueError where they do not balance."""
    forms: list[object] = []
    stack = [forms]
    at = 0
    while at < len(text):
        letter = text[at]
        if letter == '"':
            end = at + 1
            while text[end] != '"':
                end += 2 if text[end] == "\\" else 1
            stack[-1].append(text[at : end + 1])
            at = end
        elif letter == "(":
            stack[-1].append([])
            stack.append(stack[-1][-1])  # type: ignore[arg-type]  # just put there
        elif letter == ")":
            stack.pop()
            if not stack:
                raise ValueError("one bracket too many")
        elif not letter.isspace():
            end = at
            while end < len(text) and not text[end].isspace() and text[end] not in '()"':
                end += 1
            stack[-1].append(text[at:end])
            at = end - 1
        at += 1
    if len(stack) != 1:
        raise ValueError("a bracket is left open")
    return forms  # type: ignore[return-value]  # every form at the top is a list


def allowed(forms: list[list[object]], operation: str) -> list[object]:
    """What the rules that allow this operation name; True for a rule without a filter."""
    return [part for form in forms if form[0] == "allow" and operation in form[1:] for part in (form[2:] or [True])]


def test_everything_is_denied_but_what_is_named():
    forms = read(profile(TOOLS, WORK))
    assert forms[:2] == [["version", "1"], ["deny", "default"]]
    assert {str(form[0]) for form in forms} == {"version", "deny", "allow"}
    denied = [form[1] for form in forms if form[0] == "deny"]
    for operation in ("network*", "mach-lookup", "mach-register", "iokit-open", "file-write-setugid", "file-mknod", "system-socket", "ipc-sysv*"):
        assert operation in denied
        assert allowed(forms, operation) == []


def test_no_rule_allows_everything():
    forms = read(profile(TOOLS, WORK))
    assert allowed(forms, "default") == []
    unfiltered = {str(form[1]) for form in forms if form[0] == "allow" and len(form) == 2}
    assert unfiltered == {"process-fork", "sysctl-read", "file-read-metadata"}


def test_only_the_work_folder_can_be_written_and_only_tools_and_it_be_read():
    forms = read(profile(TOOLS, WORK))
    assert allowed(forms, "file-write*") == [["subpath", quoted(path)] for path in WORK]
    named = {str(part[1]).strip('"') for part in allowed(forms, "file-read*") if isinstance(part, list) and part[0] == "subpath"}
    assert {*TOOLS, *WORK} <= named
    assert not {path for path in named if path in {"/", "/Users", "/private", "/private/etc", "/private/tmp", "/Library", "/usr", "/opt"}}


def test_signals_and_knowledge_of_processes_stay_within():
    forms = read(profile(TOOLS, WORK))
    assert allowed(forms, "signal") == allowed(forms, "process-info*") == [["target", "same-sandbox"]]


@pytest.mark.parametrize("path", ['/a"b', "/a\\b", "/a (b)", '/a")(allow default)("'])
def test_a_path_can_not_say_more_than_a_path(path):
    forms = read(profile((path,), WORK))
    assert len(forms) == len(read(profile(TOOLS, WORK)))
    assert allowed(forms, "default") == []


@pytest.mark.parametrize("path", ["relative", "", "/a\nb", "/a\0b"])
def test_what_is_no_path_is_refused(path):
    with pytest.raises(ValueError, match="absolute path"):
        profile((path,), WORK)


def test_it_is_chosen_on_darwin_only(monkeypatch):
    monkeypatch.setattr(choice, "find_sandbox_exec", lambda: "/usr/bin/sandbox-exec")
    assert "seatbelt" not in [one.isolation for one in choice._candidates("auto", landlock=True)]
    monkeypatch.setattr(sys, "platform", "darwin")
    assert [one.isolation for one in choice._candidates("auto", landlock=True)] == ["seatbelt"]
    assert list(choice._candidates("namespaces", landlock=True)) == []


@pytest.fixture
def stand_in(tmp_path) -> SeatbeltSandbox:
    """What takes the place of sandbox-exec: it keeps nothing, and runs the command."""
    program = tmp_path / "sandbox-exec"
    program.write_text('#!/bin/sh\n[ "$1" = -p ] || exit 9\nshift 2\nexec "$@"\n')
    program.chmod(0o755)
    return SeatbeltSandbox(str(program))


def ran(sandbox: SeatbeltSandbox, code: str, **limits) -> SandboxOutcome:
    bounds = Limits(**{"wall_seconds": 60.0, "file_bytes": 4 << 20, **limits})
    return sandbox.run(SandboxJob(("{python}", "-I", "-S", "/job/code.py"), {"code.py": code.encode()}, limits=bounds, collect=("result.txt",)))


def test_the_job_runs_in_a_folder_that_is_gone_afterwards(stand_in):
    outcome = ran(stand_in, "import os; print(os.getcwd()); open('result.txt', 'w').write('x'); raise SystemExit(3)")
    assert (outcome.exit_code, outcome.files, outcome.isolation) == (3, {"result.txt": b"x"}, "seatbelt")
    assert not Path(outcome.stdout.decode().strip()).parent.exists()


def test_limits_hold_without_namespaces(stand_in):
    assert ran(stand_in, "import time; time.sleep(60)", wall_seconds=1.0).limit == "wall"
    assert ran(stand_in, "held = bytearray(b'x') * (300 << 20)\nimport time; time.sleep(20)", total_bytes=200 << 20).limit == "memory"
    assert ran(stand_in, "import os, time\nfor n in range(60): open(str(n), 'wb').write(b'x' * (4 << 20))\ntime.sleep(20)").limit == "files"


def test_a_child_that_was_seen_ends_with_the_run(stand_in):
    code = "import os, time\nchild = os.fork()\nif child == 0: os.setsid(); time.sleep(300)\nprint(child, flush=True); time.sleep(1)"
    child = int(ran(stand_in, code).stdout)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and Path(f"/proc/{child}").exists():
        time.sleep(0.05)
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)
