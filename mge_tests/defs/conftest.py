"""Dagster instances as the installation has them: shipped ``dagster.yaml``, real PostgreSQL."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from dagster import DagsterInstance
from pydantic import SecretStr
from sqlalchemy import Engine, make_url, text

from mge_assets.defs.launch import open_instance
from mge_resources.settings import Settings
from mge_tests.conftest import NewDatabase


@pytest.fixture
def database(new_database: NewDatabase, used_template: str) -> Iterator[str]:
    """URL of a database of this test's own, with Dagster's tables in it."""
    with new_database(used_template) as url:
        yield url


@pytest.fixture
def instance(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[DagsterInstance]:
    """An instance of this test's own, beside the workspace of ``settings``."""
    assert settings.database_url is not None
    monkeypatch.setenv("MGE_DATABASE_URL", settings.database_url.get_secret_value())
    monkeypatch.setenv("MGE_HOME", str(settings.home))
    with open_instance(settings) as opened:
        yield opened


@pytest.fixture(scope="session")
def toy_instance(server: str, administrator: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DagsterInstance]:
    """One instance for all jobs that have nothing to do with masterplans."""
    name = f"mge_toys_{uuid4().hex[:12]}"
    with administrator.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    url = make_url(server).set(database=name).render_as_string(hide_password=False)
    settings = Settings(home=tmp_path_factory.mktemp("toys"), database_url=SecretStr(url))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MGE_DATABASE_URL", url)
        patch.setenv("MGE_HOME", str(settings.home))
        with open_instance(settings) as opened:
            yield opened
    with administrator.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
