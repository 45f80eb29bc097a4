"""The inventory example, walked once from its plan file to the delivered project; every test that asks for it gets a copy of what came of it."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from shutil import copytree

import pytest
from pydantic import SecretStr
from sqlalchemy import make_url

from mge_assets.examples import example
from mge_assets.services.workspace import Workspace, open_workspace
from mge_resources.settings import Settings
from mge_tests.conftest import NewDatabase
from mge_tests.services.walk import Walk, walk


@dataclass(frozen=True)
class Walked:
    """The database and the installation's folder as the walk left them, and what it told."""

    database: str
    home: Path
    done: Walk


@pytest.fixture(scope="session")
def kept(new_database: NewDatabase) -> Iterator[tuple[ExitStack, list[Walked]]]:
    """The walk once it was taken, and what must be put away at the end. It is taken by the first test that asks, which sees no setting from outside."""
    with ExitStack() as stack:
        yield stack, []


@pytest.fixture
def inventory_once(kept: tuple[ExitStack, list[Walked]], new_database: NewDatabase, template: str, tmp_path_factory: pytest.TempPathFactory) -> Walked:
    """The walk itself: for reading, since all tests share it."""
    stack, walked = kept
    if not walked:
        folder, url = tmp_path_factory.mktemp("inventory"), stack.enter_context(new_database(template))
        settings = Settings(home=folder / "mge", database_url=SecretStr(url), user="tester", case_seconds=0, mutation_seconds=0, fetch_tools=False)
        with open_workspace(settings) as workspace:
            done = walk(workspace, example("inventory"), folder / "out")
        walked.append(Walked(str(make_url(url).database), settings.home, done))
    return walked[0]


@pytest.fixture
def inventory(inventory_once: Walked, new_database: NewDatabase, settings: Settings) -> Iterator[Workspace]:
    """A workspace in which it was walked just now, and delivered: for whatever a test does with it."""
    copytree(inventory_once.home, settings.home)
    with new_database(inventory_once.database) as url, open_workspace(settings.model_copy(update={"database_url": SecretStr(url)})) as workspace:
        yield workspace
