"""The embedded server's life: shared by all who want it, gone with the last, unless pinned."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psycopg2
import pytest
from sqlalchemy import make_url

from mge_resources.database.embedded import EmbeddedPostgres
from mge_resources.database.places import SOCKET_NAME, Places
from mge_tests.resources.postgres_clients import CLIENT, REPOSITORY, Client, eventually, is_gone


def query(url: str, statement: str) -> object:
    """The first value of a statement's answer."""
    parsed = make_url(url)
    connection = psycopg2.connect(host=parsed.query["host"], port=parsed.query["port"], user=parsed.username, dbname=parsed.database)
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
            row = cursor.fetchone() if cursor.description else None
            return row[0] if row else None
    finally:
        connection.close()


def test_a_first_start_makes_a_database_that_answers_and_a_warm_one_keeps_what_was_written(unmade):
    postgres = EmbeddedPostgres(unmade)
    query(postgres.ensure_running(), "CREATE TABLE kept AS SELECT 42 AS answer")
    postgres.release()
    assert is_gone(unmade)
    assert query(EmbeddedPostgres(unmade).ensure_running(), "SELECT answer FROM kept") == 42


def test_the_settings_are_ours(data):
    url = EmbeddedPostgres(data).ensure_running()
    wanted = {
        "listen_addresses": "",
        "max_connections": "300",
        "jit": "off",
        "fsync": "on",
        "synchronous_commit": "on",
        "server_encoding": "UTF8",
        "timezone": "UTC",
    }
    assert {name: query(url, f"SHOW {name}") for name in wanted} == wanted
    assert make_url(url).drivername == "postgresql+psycopg2"
    assert query(url, "SELECT upper('äöü')") == "ÄÖÜ"


def test_nobody_else_can_reach_the_socket_or_the_data(data):
    EmbeddedPostgres(data).ensure_running()
    places = Places(data)
    assert {path.stat().st_mode & 0o777 for path in (places.data, places.socket, places.run)} == {0o700}
    assert places.log.stat().st_mode & 0o077 == 0


def test_processes_started_at_once_share_one_server_and_the_last_out_stops_it(unmade):
    data = unmade
    clients = [Client(data, wait=False) for _ in range(4)]
    for client in clients:
        client.wait_until_ready()
    observer = EmbeddedPostgres(data)
    server = observer.status().pid
    assert server is not None
    assert [client.leave() for client in clients[:3]] == [0, 0, 0]
    assert observer.status().pid == server
    clients[3].leave()
    assert is_gone(data)
    assert not observer.status().running


def test_the_last_client_finds_the_server_stopped_when_it_ends(data):
    Client(data).leave()
    assert is_gone(data)
    assert not Places(data).pid_file.exists()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_client_ended_by_a_signal_neither_stops_the_others_server_nor_leaves_one_behind(data, number):
    victim, survivor = Client(data), Client(data)
    server = EmbeddedPostgres(data).status().pid
    os.kill(victim.process.pid, number)
    victim.process.communicate()
    time.sleep(0.3)
    assert EmbeddedPostgres(data).status().pid == server
    survivor.kill()
    assert eventually(lambda: is_gone(data))


def test_without_its_warden_the_server_still_stops_with_the_last_client(data):
    client = Client(data)
    server = EmbeddedPostgres(data).status().pid
    warden = int(Path(f"/proc/{server}/stat").read_text().rsplit(")", 1)[1].split()[1])
    os.kill(warden, signal.SIGKILL)
    client.leave()
    assert is_gone(data)


def test_a_pinned_server_stays_until_it_is_stopped(data):
    postgres = EmbeddedPostgres(data)
    postgres.start(pin=True)
    postgres.release()
    Client(data).leave()
    Client(data).kill()
    time.sleep(0.3)
    assert postgres.status().running
    assert postgres.status().pinned
    assert not postgres.status().in_use
    assert postgres.stop()
    assert not postgres.status().pinned


def test_stop_leaves_nothing_running_and_says_when_there_was_nothing(data):
    postgres = EmbeddedPostgres(data)
    assert not postgres.stop()
    assert not data.parent.joinpath("data.run").exists()
    postgres.ensure_running()
    assert postgres.stop()
    assert is_gone(data)
    assert not Places(data).socket.exists()
    assert not postgres.stop()


def test_status_makes_nothing(unmade):
    status = EmbeddedPostgres(unmade).status()
    assert (status.running, status.pinned, status.in_use, status.pid) == (False, False, False, None)
    assert list(unmade.parent.iterdir()) == []


def test_two_data_directories_in_one_folder_have_a_server_each(folder, used_data):
    for name in ("one", "two"):
        shutil.copytree(used_data, folder / name)
    first, second = EmbeddedPostgres(folder / "one"), EmbeddedPostgres(folder / "two")
    query(first.ensure_running(), "CREATE TABLE only_here ()")
    assert query(second.ensure_running(), "SELECT to_regclass('only_here')") is None
    first.release()
    assert not first.status().running
    assert second.status().running


def test_starting_again_after_release_and_releasing_twice_are_fine(data):
    postgres = EmbeddedPostgres(data)
    for _ in range(3):
        assert query(postgres.ensure_running(), "SELECT 1") == 1
        postgres.release()
        postgres.release()
        assert is_gone(data)


def test_newcomers_and_leavers_never_cross(data):
    failures: list[BaseException] = []

    def come_and_go() -> None:
        try:
            for _ in range(3):
                mine = EmbeddedPostgres(data)
                assert query(mine.ensure_running(), "SELECT 1") == 1
                mine.release()
        except BaseException as error:  # reported below
            failures.append(error)

    threads = [threading.Thread(target=come_and_go) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert eventually(lambda: is_gone(data))


def test_a_forked_child_neither_stops_its_parents_server_nor_loses_it(data):
    postgres = EmbeddedPostgres(data)
    url = postgres.ensure_running()
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        postgres.release()
        os._exit(0)
    os.waitpid(child, 0)
    assert query(url, "SELECT 1") == 1
    child = os.fork()
    if child == 0:  # outlives the parent's use
        os.read(read, 1)
        os._exit(0)
    postgres.release()
    assert query(url, "SELECT 1") == 1
    os.write(write, b"x")
    os.waitpid(child, 0)
    os.close(read)
    os.close(write)
    assert eventually(lambda: is_gone(data))


def test_the_server_holds_none_of_its_clients_pipes_and_is_in_a_session_of_its_own(data):
    code = CLIENT.replace("sys.stdin.readline()", "import os; os.kill(os.getpid(), 9)")
    pin = EmbeddedPostgres(data)
    pin.start(pin=True)
    pin.stop()
    code = code.replace(".ensure_running()", ".start(pin=True)")
    done = subprocess.run([sys.executable, "-c", code, str(data)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=REPOSITORY, timeout=120, check=False)
    assert done.stdout == b"ready\n"  # and no time-out: the pipe has ended although the server runs
    server = EmbeddedPostgres(data).status().pid
    assert server is not None
    assert os.getsid(server) == server


@pytest.mark.parametrize("name", ["deep/" * 30 + "data", 'a, b/"quo\'te" [ab]*/dä%ta'])
def test_any_path_will_do(folder, name):  # initdb as well: it builds command lines
    postgres = EmbeddedPostgres(folder / name)
    url = postgres.ensure_running()
    assert len(str(Places(folder / name).socket / SOCKET_NAME).encode()) <= 103
    assert query(url, "SELECT 1") == 1
    postgres.stop()
    assert not Places(folder / name).socket.exists()


def test_a_symbolic_link_leads_to_the_same_server(folder):
    (folder / "real").mkdir()
    (folder / "link").symlink_to(folder / "real")
    real, linked = EmbeddedPostgres(folder / "real" / "data"), EmbeddedPostgres(folder / "link" / "data")
    assert real.ensure_running() == linked.ensure_running()


def test_the_log_stays_small(data):
    postgres = EmbeddedPostgres(data)
    url = postgres.ensure_running()
    log = Places(data).log
    with log.open("ab") as stream:
        stream.write(b"x" * (9 * 1024 * 1024))
    postgres.ensure_running()
    assert log.stat().st_size < 1024 * 1024
    query(url, "SELECT 1")
    postgres.stop()
    assert "shut down" in log.read_text()
    assert not log.read_bytes().startswith(b"\0")


def test_three_hundred_connections_are_served_and_a_full_server_still_counts_as_running(data):
    postgres = EmbeddedPostgres(data)
    parsed = make_url(postgres.ensure_running())

    def one_more() -> psycopg2.extensions.connection:
        return psycopg2.connect(host=parsed.query["host"], user=parsed.username, dbname=parsed.database)

    connections = [one_more() for _ in range(300)]
    with pytest.raises(psycopg2.OperationalError, match="too many clients"):
        one_more()
    postgres.ensure_running()
    assert postgres.status().running
    for connection in connections:
        connection.close()
