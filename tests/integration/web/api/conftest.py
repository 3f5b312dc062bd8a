"""One API for the tests of a module, as far as they do not disturb each other."""

from collections.abc import Iterator

import pytest
from support.servers.served_api import ServedApi, opened_api


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedApi]:
    with opened_api(tmp_path_factory.mktemp("api") / "home") as served:
        yield served
