"""The checking tools, started once for all tests of this folder."""

from collections.abc import Iterator

import pytest

from mge_assets.stages.validation import Inspector
from mge_resources.checkers import ToolCheckers, open_checkers


@pytest.fixture(scope="package")
def checkers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ToolCheckers]:
    opened = open_checkers(tmp_path_factory.mktemp("tools"), fetch=False)
    yield opened
    opened.close()


@pytest.fixture(scope="package")
def inspector(checkers: ToolCheckers) -> Inspector:
    return Inspector(checkers)
