"""Fixtures for all integration tests."""

from collections.abc import Iterator

import pytest

from digest.store.database.store import Store


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """A database with all tables, once on SQLite and once on PostgreSQL."""
    with Store.open(database_url) as opened:
        yield opened
