"""Real PostgreSQL servers for the tests of this folder: embedded ones, and one on TCP that stands for a production server."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from mge_resources.database.binaries import find_binaries
from mge_resources.database.embedded import EmbeddedPostgres
from mge_tests.resources.postgres_clients import BASE, REPOSITORY, OrdinaryUser, as_user, eventually


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a short path; no server below it outlives the test."""
    path = Path(tempfile.mkdtemp(prefix="mge-test-", dir=BASE)).resolve()
    yield path
    for run in path.rglob("*.run"):
        EmbeddedPostgres(run.with_suffix("")).stop()
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def unmade(folder: Path) -> Path:
    """A data directory that is still to be made."""
    return folder / "data"


@pytest.fixture(scope="session")
def used_data() -> Iterator[Path]:
    """A data directory as the first start leaves it. Copying it is several times quicker than making another."""
    path = Path(tempfile.mkdtemp(prefix="mge-test-", dir=BASE))
    postgres = EmbeddedPostgres(path / "data")
    postgres.ensure_running()
    postgres.stop()
    postgres.release()
    yield path / "data"
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def data(folder: Path, used_data: Path) -> Path:
    """A data directory that has been used once."""
    return Path(shutil.copytree(used_data, folder / "data"))


@pytest.fixture
def ordinary_user() -> Iterator[OrdinaryUser]:
    """Runs code as an ordinary user. Skips where the tests are not root's, or where no other user can reach an interpreter with our packages."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user; the other tests run as an ordinary user then")
    packages = Path(psycopg2.__file__).parents[1]
    environment = {"PYTHONPATH": f"{REPOSITORY}{os.pathsep}{packages}", "PATH": os.defpath, "PYTHONDONTWRITEBYTECODE": "1"}
    home = Path(tempfile.mkdtemp(prefix="mge-user-", dir=BASE))
    shutil.chown(home, "nobody")
    version = f"python3.{sys.version_info.minor}"
    for python in (sys.executable, f"/usr/bin/{version}", f"/usr/local/bin/{version}"):
        user = OrdinaryUser("nobody", python, environment, home)
        try:
            works = user.run("import mge_resources.database.embedded").returncode == 0
        except OSError:
            works = False
        if works:
            break
    else:
        pytest.skip(f"the user nobody can reach no {version} with our packages")
    yield user
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def tcp_server() -> Iterator[str]:
    """The URL, as people write it, of a PostgreSQL server on TCP with a password: what MGE_DATABASE_URL names in production."""
    path = Path(tempfile.mkdtemp(prefix="mge-tcp-", dir=BASE))
    (path / "password").write_text("s3cret word")
    name = None
    if os.geteuid() == 0:
        name = "nobody"
        path.chmod(0o755)
        shutil.chown(path, name)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    binaries, environment = find_binaries(), {"LC_ALL": "C", "PATH": os.defpath}
    if name and subprocess.run([binaries.postgres, "--version"], capture_output=True, check=False, cwd="/", **as_user(name)).returncode != 0:
        pytest.skip("the PostgreSQL programs lie where only root can run them")
    subprocess.run(
        [binaries.initdb, "-D", path / "data", "-U", "owner", "--auth=scram-sha-256", f"--pwfile={path / 'password'}", "--no-sync", "--locale=C"],
        check=True, capture_output=True, env=environment, cwd="/", **as_user(name),
    )  # fmt: skip
    argv: list[str | Path] = [
        binaries.postgres,
        "-D",
        path / "data",
        "-p",
        str(port),
        "-c",
        "listen_addresses=127.0.0.1",
        "-c",
        f"unix_socket_directories={path}",
        "-c",
        "fsync=off",
    ]
    with (path / "log").open("wb") as log:
        server = subprocess.Popen(argv, stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=environment, cwd="/", **as_user(name))
    try:
        assert eventually(lambda: _answers(port)), (path / "log").read_text()
        yield f"postgresql://owner:s3cret%20word@127.0.0.1:{port}/postgres"
    finally:
        server.terminate()
        server.wait(30)
        shutil.rmtree(path, ignore_errors=True)


def _answers(port: int) -> bool:
    try:
        psycopg2.connect(host="127.0.0.1", port=port, user="owner", password="s3cret word", dbname="postgres").close()
    except psycopg2.OperationalError:
        return False
    return True


@pytest.fixture(scope="session", autouse=True)
def _no_server_is_left_behind() -> Iterator[None]:
    """After the last test, no embedded server that a test started is still there."""
    yield
    left = [
        line
        for line in subprocess.run(["ps", "-eo", "pid,args"], capture_output=True, text=True, check=False).stdout.splitlines()
        if "postgres" in line and any(mark in line for mark in ("mge-test-", "mge-user-", "mge-tcp-"))
    ]
    assert left == []
