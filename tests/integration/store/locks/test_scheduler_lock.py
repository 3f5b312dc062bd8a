"""Only one of several schedulers works; when it dies, another one continues."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from support.processes.lock_holder import lock_holder

from digest.errors import StoreUnavailable
from digest.store.database.store import Store
from digest.store.locks.scheduler_lock import become_leader


def never() -> bool:
    return False


def soon() -> bool:
    """Waits until a server noticed that the last holder closed its session."""
    time.sleep(0.01)
    return True


@contextmanager
def scheduler_lock(url: str) -> Iterator[None]:
    """Holds the lock of the scheduler."""
    with Store.open(url) as store, become_leader(store, wait=never) as holds:
        assert holds is not None
        yield


def another_process(url: str) -> AbstractContextManager[int]:
    """A process that holds the scheduler lock until it is killed."""
    return lock_holder(lambda: scheduler_lock(url))


def test_only_one_scheduler_holds_the_lock(store: Store, database_url: str) -> None:
    with become_leader(store, wait=never) as first, Store.open(database_url) as other:
        assert first is not None
        assert first()
        with become_leader(other, wait=never) as second:
            assert second is None
    with become_leader(store, wait=soon) as again:
        assert again is not None


def test_a_waiting_scheduler_gets_the_lock_when_its_holder_is_killed(
    store: Store, database_url: str
) -> None:
    with another_process(database_url) as child:
        waits = 0

        def wait() -> bool:
            nonlocal waits
            waits += 1
            if waits == 2:
                os.kill(child, signal.SIGKILL)
            time.sleep(0.01)
            return waits < 6000

        with become_leader(store, wait=wait) as holds:
            assert holds is not None
            assert holds()
        assert waits >= 2


def test_a_scheduler_notices_that_it_lost_the_lock(store: Store, database_url: str) -> None:
    with become_leader(store, wait=never) as holds:
        assert holds is not None
        if database_url.startswith("sqlite"):
            path = Path(store.engine.url.database or "")
            path.with_name(f"{path.name}.scheduler").unlink()
        else:
            _cut_all_other_sessions(database_url)
        assert not holds()
        with Store.open(database_url) as other, become_leader(other, wait=never) as theirs:
            assert theirs is not None


def test_an_error_names_the_lock_file_that_cannot_be_created(tmp_path: Path) -> None:
    with Store.open(f"sqlite:///{tmp_path}/digest.db") as store:
        (tmp_path / "digest.db.scheduler").mkdir()
        with (
            pytest.raises(StoreUnavailable, match="cannot create this lock file"),
            become_leader(store, wait=never),
        ):
            pass


def _cut_all_other_sessions(url: str) -> None:
    engine = create_engine(
        url.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
    engine.dispose()
