"""As whom the embedded server runs: an ordinary user, root in a namespace, root where namespaces are refused."""

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from mge_resources.database import binaries, embedded
from mge_resources.database.accounts import Account, Way, candidates, choose_seat
from mge_resources.database.binaries import Binaries, copy_within_reach, find_binaries
from mge_resources.database.embedded import EmbeddedPostgres
from mge_resources.database.errors import DatabaseError
from mge_resources.database.places import Places
from mge_tests.resources.postgres_clients import BASE, REPOSITORY, eventually, is_gone

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become somebody else")
USE = """
import os, sys
from pathlib import Path
import psycopg2
from mge_resources.database.embedded import EmbeddedPostgres
postgres = EmbeddedPostgres(Path(sys.argv[1]))
url = postgres.ensure_running()
socket = sys.argv[1] + ".socket"
connection = psycopg2.connect(host=socket, user="mge", dbname="mge")
cursor = connection.cursor()
cursor.execute("CREATE TABLE IF NOT EXISTS kept ()")
connection.commit()
connection.close()
pid = postgres.status().pid
print("as", os.stat(f"/proc/{pid}").st_uid, os.stat(sys.argv[1]).st_uid)
"""
# A user namespace that holds every uid and allows no further namespaces: root may become anybody, but unshare fails. So it is in a plain container.
REFUSING = """
import ctypes, os, sys
from pathlib import Path
ready, go = os.pipe(), os.pipe()
child = os.fork()
if child == 0:
    assert ctypes.CDLL(None).unshare(0x10000000) == 0
    os.write(ready[1], b"x"); os.read(go[0], 1)
    Path("/proc/sys/user/max_user_namespaces").write_text("0")
    os.execv(sys.executable, [sys.executable, "-c", *sys.argv[1:]])
os.read(ready[0], 1)
for name in ("uid_map", "gid_map"):
    Path(f"/proc/{child}/{name}").write_text("0 0 65536")
os.write(go[1], b"x")
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def namespaces_work() -> bool:
    return subprocess.run(["unshare", "-U", "true"], capture_output=True, check=False).returncode == 0


def run(*argv: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", *argv], capture_output=True, text=True, cwd=REPOSITORY, timeout=60, check=False)


@root_only
def test_root_starts_it_in_a_namespace_below_a_closed_home_and_the_files_stay_roots(folder):
    if not namespaces_work():
        pytest.skip("user namespaces are refused here")
    (folder / "home").mkdir(mode=0o700)
    done = run(USE, str(folder / "home" / "data"))
    assert done.stdout.split() == ["as", "0", "0"], done.stderr
    assert is_gone(folder / "home" / "data")


@root_only
@pytest.mark.parametrize("closed", [False, True])
def test_root_without_namespaces_drops_to_a_system_user_whether_or_not_that_user_reaches_the_home(folder, closed):
    folder.chmod(0o755)
    (folder / "home").mkdir(mode=0o700 if closed else 0o755)
    data = folder / "home" / "data"
    done = run(REFUSING, USE, str(data))
    uid = next(entry.pw_uid for name in ("postgres", "nobody") for entry in pwd.getpwall() if entry.pw_name == name)
    assert done.stdout.split() == ["as", str(uid), str(uid)], done.stderr
    assert (folder / "home").stat().st_mode & 0o777 == (0o700 if closed else 0o755)
    assert is_gone(data)
    EmbeddedPostgres(data).ensure_running()  # where namespaces are allowed again, the data's owner still runs it
    assert data.stat().st_uid == uid


@root_only
def test_data_that_root_made_is_handed_over_when_namespaces_are_refused_later(data):
    postgres = EmbeddedPostgres(data, namespaces=False)
    postgres.ensure_running()
    owners = {path.stat().st_uid for path in data.rglob("*")} | {data.stat().st_uid}
    assert len(owners) == 1
    assert 0 not in owners


@root_only
def test_an_account_that_reaches_neither_home_nor_programs_gets_a_copy_of_the_programs(folder, monkeypatch):
    (folder / "venv").mkdir(mode=0o700)
    for part in binaries._NEEDED:
        binaries._copy_part(find_binaries().root / part, folder / "venv" / part)
    folder.chmod(0o755)
    monkeypatch.setattr(binaries, "COPIES", (folder / "copies",))
    monkeypatch.setattr(embedded, "find_binaries", lambda: Binaries(folder / "venv"))
    (folder / "home").mkdir(mode=0o700)
    postgres = EmbeddedPostgres(folder / "home" / "data", namespaces=False)
    postgres.ensure_running()
    pid = postgres.status().pid
    assert (folder / "copies") in Path(f"/proc/{pid}/exe").readlink().parents
    assert [(folder / name).stat().st_mode & 0o777 for name in ("venv", "home")] == [0o700, 0o700]
    assert len(list((folder / "copies").iterdir())) == 1


@root_only
def test_a_copy_is_never_put_where_others_could_change_it(folder, monkeypatch):
    (folder / "open").mkdir()
    (folder / "open").chmod(0o777)
    monkeypatch.setattr(binaries, "COPIES", (folder / "open",))
    with pytest.raises(DatabaseError, match="can be written by others"):
        copy_within_reach(find_binaries())


@root_only
def test_a_socket_folder_that_somebody_else_has_put_in_the_way_is_refused(folder, used_data):
    data = folder / ("long" * 25) / "data"
    shutil.copytree(used_data, data)
    squatted = Places(data).socket
    assert squatted.parent == Path("/tmp")
    squatted.mkdir()
    shutil.chown(squatted, "nobody")
    try:
        with pytest.raises(DatabaseError, match="not our own folder"):
            EmbeddedPostgres(data).ensure_running()
    finally:
        squatted.rmdir()


def test_an_ordinary_user_starts_it_as_himself(ordinary_user):
    data = ordinary_user.home / "data"
    done = ordinary_user.run(USE, str(data))
    uid = str(pwd.getpwnam(ordinary_user.name).pw_uid)
    assert done.stdout.split() == ["as", uid, uid], done.stderr
    assert is_gone(data)


def test_root_and_the_owner_share_the_owners_server(ordinary_user):
    data = ordinary_user.home / "data"
    assert ordinary_user.run(USE, str(data)).returncode == 0
    mine = EmbeddedPostgres(data)
    mine.ensure_running()
    server = mine.status().pid
    assert Path(f"/proc/{server}").stat().st_uid == pwd.getpwnam(ordinary_user.name).pw_uid
    assert ordinary_user.run(USE, str(data)).returncode == 0
    assert mine.status().pid == server
    mine.release()
    assert ordinary_user.run(USE, str(data)).returncode == 0
    assert eventually(lambda: is_gone(data))


def test_another_users_database_is_refused_in_one_line(ordinary_user, folder, used_data):
    folder.chmod(0o755)
    data = shutil.copytree(used_data, folder / "data")
    last = ordinary_user.run(USE, str(data)).stderr.strip().splitlines()[-1]
    assert last.startswith("mge_resources.database.errors.DatabaseError: ")
    assert "belongs to user" in last


def test_a_folder_that_may_not_be_written_is_named_in_one_line(ordinary_user):
    closed = Path(tempfile.mkdtemp(prefix="mge-test-", dir=BASE))
    try:
        last = ordinary_user.run(USE, str(closed / "home" / "data")).stderr.strip().splitlines()[-1]
    finally:
        closed.rmdir()
    assert last.startswith("mge_resources.database.errors.DatabaseError: ")
    assert "Permission denied" in last
    assert "choose another MGE_HOME" in last


@root_only
def test_a_user_without_a_name_is_given_one_or_told_why_not(folder, used_data):
    folder.chmod(0o755)
    home = folder / "home"
    home.mkdir()
    shutil.chown(home, 54321)
    code = "import os; os.setgid(54321); os.setuid(54321)\n" + USE
    interpreter = next((path for path in (sys.executable, f"/usr/bin/python3.{sys.version_info.minor}") if _reachable(path)), None)
    if interpreter is None or not namespaces_work():
        pytest.skip("no interpreter that every user can reach, or no namespaces")
    packages = Path(find_binaries().root)
    environment = {"PYTHONPATH": f"{REPOSITORY}{os.pathsep}{packages}", "PATH": os.defpath, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run([interpreter, "-c", code, str(home / "data")], capture_output=True, text=True, env=environment, cwd="/", timeout=60, check=False)
    assert done.stdout.split() == ["as", "54321", "54321"], done.stderr


def _reachable(path: str) -> bool:
    try:
        return subprocess.run([path, "-c", ""], check=False, capture_output=True, user="nobody", cwd="/").returncode == 0
    except OSError:
        return False


def test_with_no_account_left_the_reasons_are_given(folder, monkeypatch):
    monkeypatch.setattr(
        "mge_resources.database.accounts.candidates", lambda owner, *, namespaces: [Account(Way.USER, 2**31 - 5, 2**31 - 5)] if namespaces else []
    )
    with pytest.raises(DatabaseError, match="run MGE as an ordinary user"):
        choose_seat(folder, None, find_binaries(), namespaces=False)


@root_only
def test_the_owner_of_the_data_comes_before_everything_else():
    assert candidates(1234, namespaces=True) == [Account(Way.USER, 1234, candidates(1234, namespaces=True)[0].gid)]
    assert candidates(None, namespaces=True)[0].way is Way.NAMESPACE
    assert Way.NAMESPACE not in {account.way for account in candidates(None, namespaces=False)}
