"""One site with one digest for the tests of a module, as far as they do not disturb each other."""

from collections.abc import Iterator

import pytest
from support.servers.archived_home import ArchivedDigest, digest_of
from support.servers.readers_site import opened


@pytest.fixture(scope="module")
def archived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ArchivedDigest]:
    with opened(tmp_path_factory.mktemp("archive") / "home") as site:
        yield digest_of(site)
