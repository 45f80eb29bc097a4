"""One real database for this folder, and a fresh plan in it for each test that changes something."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from mge_assets.services.workspace import Workspace, open_workspace
from mge_assets.web.app import create_app
from mge_resources.settings import Settings
from mge_tests.web.stored_plan import StoredShop, store_shop


@pytest.fixture(scope="session")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    home = tmp_path_factory.mktemp("home")
    with open_workspace(Settings(home=home, sandbox="off", user="reviewer", anthropic_api_key=None)) as opened:
        yield opened


@pytest.fixture
def shop(workspace: Workspace, tmp_path: Path) -> StoredShop:
    return store_shop(workspace, tmp_path)


@pytest.fixture(scope="session")
def client(workspace: Workspace) -> Iterator[TestClient]:
    with TestClient(create_app(workspace), base_url="http://127.0.0.1:3010", follow_redirects=False) as opened:
        yield opened
