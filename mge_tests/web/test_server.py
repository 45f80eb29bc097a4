"""The server as ``mge dev`` starts it: a process of its own."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest

from mge_assets.services.workspace import Workspace
from mge_assets.web.server import serve
from mge_resources.settings import Settings


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(home: Path, *arguments: str) -> "subprocess.Popen[str]":
    environment = {**os.environ, "MGE_HOME": str(home), "MGE_SANDBOX": "off"}
    return subprocess.Popen([sys.executable, "-m", "mge_assets.web", *arguments], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def answers(port: int) -> int | None:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/api/v2/execution/health")
        return connection.getresponse().status
    except OSError:
        return None
    finally:
        connection.close()


@pytest.fixture
def served(workspace: Workspace) -> Iterator[tuple["subprocess.Popen[str]", int]]:
    port = free_port()
    process = start(workspace.settings.root, "--port", str(port))
    try:
        deadline = time.monotonic() + 60
        while answers(port) is None and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.1)
        yield process, port
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_says_nothing_and_stops_when_asked(served: tuple["subprocess.Popen[str]", int], number: signal.Signals) -> None:
    process, port = served
    assert answers(port) == 200
    process.send_signal(number)
    told = process.communicate(timeout=120)
    assert (process.returncode, *told) == (0, "", "")
    assert answers(port) is None


def test_a_taken_port_is_told_in_one_line(workspace: Workspace) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        process = start(workspace.settings.root, "--port", str(taken.getsockname()[1]))
        out, told = process.communicate(timeout=120)
    assert (process.returncode, out, told.count("\n")) == (3, "", 1)
    assert "choose another with --port" in told


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.7", "evil.example", ""])
def test_it_binds_this_machine_only(host: str, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="not an address of this machine alone"):
        serve(Settings(home=tmp_path), host, 0)
    assert list(tmp_path.iterdir()) == []


def test_the_application_loads_without_dagster() -> None:
    code = "import sys, mge_assets.web.app; print([name for name in sys.modules if name.partition('.')[0].startswith('dagster')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
