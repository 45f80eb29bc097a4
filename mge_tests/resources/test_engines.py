"""URLs, engines and schemas, on the embedded server and on a real one over TCP."""

import pickle
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from pydantic import SecretStr
from sqlalchemy import make_url, text
from sqlalchemy.exc import OperationalError

from mge_resources.database import create_engine, dagster_url, database_url, embedded_postgres, ensure_schemas, normalise_url
from mge_resources.database.embedded import EmbeddedPostgres
from mge_resources.database.errors import DatabaseError
from mge_resources.settings import Settings
from mge_tests.resources.starting_server import starting_server


@pytest.fixture(params=["embedded", "tcp"])
def url(request):
    """The database's URL as the settings give it, once for each kind of server."""
    if request.param == "tcp":
        return database_url(Settings(database_url=SecretStr(request.getfixturevalue("tcp_server"))))
    return EmbeddedPostgres(request.getfixturevalue("data")).ensure_running()


def test_without_a_url_the_embedded_server_in_the_home_is_used(folder):
    settings = Settings(home=folder)
    assert settings.database_url is None
    url = database_url(settings)
    assert make_url(url).drivername == "postgresql+psycopg2"
    assert embedded_postgres(settings).status().running
    assert (folder / "postgres" / "data" / "PG_VERSION").exists()
    assert database_url(settings) == url
    embedded_postgres(settings).release()
    assert not embedded_postgres(settings).status().running


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg", "postgresql+psycopg2"])
def test_every_way_of_writing_a_url_ends_in_one_driver(scheme):
    url = normalise_url(f" {scheme}://u:p%40ss%2Fword@host:5433/name?sslmode=require\n")
    assert url == "postgresql+psycopg2://u:p%40ss%2Fword@host:5433/name?sslmode=require"


@pytest.mark.parametrize("url", ["sqlite:///x", "mysql://u:hunter2@h/d", "no url at all", "postgresql://u:hunter2@h:port/d", ""])
def test_what_is_no_postgresql_url_is_refused_without_telling_the_password(url):
    with pytest.raises(DatabaseError) as caught:
        database_url(Settings(database_url=SecretStr(url)))
    assert "MGE_DATABASE_URL" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_tables_of_the_application_and_of_dagster_lie_apart(url):
    ensure_schemas(url)
    ours, theirs = create_engine(url), create_engine(dagster_url(url), schema="dagster")
    with ours.begin() as connection:
        connection.execute(text("CREATE TABLE IF NOT EXISTS runs (mine int)"))
    with theirs.begin() as connection:
        connection.execute(text("CREATE TABLE IF NOT EXISTS runs (theirs int)"))
        found = connection.execute(text("SELECT table_schema, column_name FROM information_schema.columns WHERE table_name = 'runs' ORDER BY 1")).all()
        assert connection.execute(text("SHOW search_path")).scalar() == "dagster"
    with ours.connect() as connection:
        assert connection.execute(text("SHOW search_path")).scalar() == "mge"
        assert connection.execute(text("SHOW application_name")).scalar() == "mge"
    assert [tuple(row) for row in found] == [("dagster", "theirs"), ("mge", "mine")]
    ours.dispose()
    theirs.dispose()


def test_options_that_a_url_already_has_are_kept():
    url = dagster_url("postgresql://u@h/d?options=-cstatement_timeout%3D5000")
    assert make_url(url).query["options"] == "-cstatement_timeout=5000 -csearch_path=dagster"


def test_schemas_can_be_made_by_many_at_once_and_again(url):
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA IF EXISTS mge, dagster CASCADE"))
    barrier = threading.Barrier(12)

    def make(_: int) -> None:
        barrier.wait()
        ensure_schemas(url)

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(make, range(12)))
    with engine.connect() as connection:
        made = connection.execute(text("SELECT nspname FROM pg_namespace WHERE nspname IN ('mge', 'dagster') ORDER BY 1")).scalars().all()
    assert made == ["dagster", "mge"]
    engine.dispose()


def test_a_user_who_may_not_create_schemas_can_use_those_that_are_there_and_is_told_when_they_are_not(tcp_server):
    owner = create_engine(tcp_server)
    ensure_schemas(tcp_server)
    with owner.begin() as connection:
        connection.execute(text("DROP ROLE IF EXISTS guest"))
        connection.execute(text("CREATE ROLE guest LOGIN PASSWORD 'guest'"))
    guest = make_url(tcp_server).set(username="guest", password="guest").render_as_string(hide_password=False)
    ensure_schemas(guest)
    with owner.begin() as connection:
        connection.execute(text("DROP SCHEMA dagster CASCADE"))
    with pytest.raises(DatabaseError, match="permission denied"):
        ensure_schemas(guest)
    owner.dispose()


def test_an_error_crosses_from_one_process_to_another():
    error = pickle.loads(pickle.dumps(DatabaseError("it is broken", "mend it")))
    assert (str(error), error.fix) == ("it is broken; mend it", "mend it")


def test_a_hundred_and_twenty_threads_share_the_pool(url):
    engine = create_engine(url)

    def ask(number: int) -> int:
        with engine.begin() as connection:
            return int(connection.execute(text("SELECT CAST(:number AS int)"), {"number": number}).scalar_one())

    with ThreadPoolExecutor(120) as pool:
        assert list(pool.map(ask, range(600))) == list(range(600))
    assert engine.pool.checkedin() <= 20  # type: ignore[attr-defined]
    engine.dispose()


def test_a_restarted_server_costs_the_pool_no_error(data):
    postgres = EmbeddedPostgres(data)
    engine = create_engine(postgres.ensure_running())
    with engine.connect() as connection:
        assert connection.execute(text("SELECT 1")).scalar() == 1
    postgres.stop()
    postgres.ensure_running()
    with engine.connect() as connection:
        assert connection.execute(text("SELECT 1")).scalar() == 1
    engine.dispose()


def test_a_server_that_is_not_there_is_named_in_one_line():
    with pytest.raises(DatabaseError, match=r"does not answer: .*refused.*; check MGE_DATABASE_URL") as caught:
        ensure_schemas("postgresql://u:hunter2@127.0.0.1:1/d", patience=0.3)
    assert "\n" not in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_a_server_that_is_still_starting_is_waited_for(tcp_server):
    with starting_server(tcp_server, range(3)) as (url, told):
        ensure_schemas(url)
    assert told == ["refused", "refused", "refused", "passed on"]


def test_a_server_that_never_gets_ready_is_told_in_its_own_words(tcp_server):
    with starting_server(tcp_server, range(1000)) as (url, told), pytest.raises(DatabaseError, match="the database system is starting up"):
        ensure_schemas(url, patience=0.3)
    assert set(told) == {"refused"}


def test_a_wrong_password_fails_at_once(tcp_server):
    engine = create_engine(make_url(tcp_server).set(password="wrong").render_as_string(hide_password=False))
    with pytest.raises(OperationalError), engine.connect():
        pass
    engine.dispose()
