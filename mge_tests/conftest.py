"""Fixtures that every test may ask for: a real PostgreSQL, and a database of its own on it.

MGE_DATABASE_URL points the whole suite at a real server; otherwise one embedded server serves it and is stopped at the end.
Hypothesis tries the same examples every time, however slow the machine is: ``--hypothesis-profile=default`` looks for new ones.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from pydantic import SecretStr
from sqlalchemy import Engine, NullPool, create_engine, make_url, text

from mge_assets.services.workspace import Workspace, open_workspace
from mge_assets.store.migrations import migrate
from mge_resources.dagster_storage import PooledDagsterStorage
from mge_resources.database import EmbeddedPostgres, dagster_url, ensure_schemas, normalise_url
from mge_resources.database import create_engine as create_mge_engine
from mge_resources.sandbox import Sandbox, open_sandbox
from mge_resources.settings import Settings

NewDatabase = Callable[[str], AbstractContextManager[str]]
"""Copies the database of this name; the copy's URL, and gone at the block's end."""

hypothesis_settings.register_profile("same", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("same")

_OURS = ("MGE_", "V2_", "FF_", "ANTHROPIC_", "DAGSTER_")


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests see no setting of the machine they run on, and so reach no model."""
    for name in os.environ:
        if name.startswith(_OURS):
            monkeypatch.delenv(name)
    monkeypatch.setenv("MGE_CASE_SECONDS", "0")  # drafts are called for cases only where a test is about that
    monkeypatch.setenv("MGE_MUTATION_SECONDS", "0")  # nor are faults seeded under their tests
    monkeypatch.setenv("MGE_FETCH_TOOLS", "off")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of the server that the tests share."""
    given = os.environ.get("MGE_DATABASE_URL")
    if given:
        yield normalise_url(given)
        return
    embedded = EmbeddedPostgres(tmp_path_factory.mktemp("postgres") / "data")
    yield embedded.ensure_running()
    embedded.stop()


@pytest.fixture(scope="session")
def administrator(server: str) -> Iterator[Engine]:
    """An engine that may create and drop databases."""
    engine = create_engine(server, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def template(server: str, administrator: Engine) -> Iterator[str]:
    """Name of a migrated database that every test's own is copied from."""
    name = f"mge_template_{uuid4().hex[:12]}"
    with _database(administrator, name):
        url = make_url(server).set(database=name).render_as_string(hide_password=False)
        ensure_schemas(url)
        engine = create_mge_engine(url)
        migrate(engine)
        engine.dispose()
        yield name


@pytest.fixture(scope="session")
def used_template(new_database: NewDatabase, template: str) -> Iterator[str]:
    """Name of one in which Dagster has made its tables as well, which takes it a second."""
    with new_database(template) as url:
        storage = PooledDagsterStorage(dagster_url(url))
        storage.event_log_storage.dispose()
        yield str(make_url(url).database)


@pytest.fixture(scope="session")
def new_database(server: str, administrator: Engine) -> NewDatabase:
    """Copies databases."""
    return partial(_copied, server, administrator)


@pytest.fixture
def database(new_database: NewDatabase, template: str) -> Iterator[str]:
    """URL of a migrated, empty database of this test's own."""
    with new_database(template) as url:
        yield url


@pytest.fixture
def database_beside(new_database: NewDatabase, template: str) -> Iterator[SecretStr]:
    """URL of a second such database."""
    with new_database(template) as url:
        yield SecretStr(url)


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    """The isolation that this machine has; the test is skipped where it refuses every one."""
    found = open_sandbox("auto")
    if found.isolation == "refused":
        pytest.skip("this machine refuses every isolation")
    return found


@pytest.fixture
def settings(database: str, tmp_path: Path) -> Settings:
    """Settings of a fresh installation on this test's database."""
    return Settings(home=tmp_path / "mge", database_url=SecretStr(database), user="tester", case_seconds=0, mutation_seconds=0, fetch_tools=False)


@pytest.fixture
def workspace(settings: Settings) -> Iterator[Workspace]:
    """The services of a fresh installation."""
    with open_workspace(settings) as opened:
        yield opened


@contextmanager
def _copied(server: str, administrator: Engine, template: str) -> Iterator[str]:
    name = f"mge_test_{uuid4().hex[:12]}"
    with _database(administrator, name, template):
        yield make_url(server).set(database=name).render_as_string(hide_password=False)


class _database:  # noqa: N801 -- reads as a statement
    def __init__(self, administrator: Engine, name: str, template: str = "template0") -> None:
        self._administrator, self._name, self._template = administrator, name, template

    def __enter__(self) -> None:
        with self._administrator.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {self._name} TEMPLATE {self._template}"))

    def __exit__(self, *_: object) -> None:
        with self._administrator.connect() as connection:
            connection.execute(text(f"DROP DATABASE {self._name} WITH (FORCE)"))
