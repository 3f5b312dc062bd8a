import json
import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

import pytest
import sqlite_tables
from sqlalchemy import MetaData, insert, select, text, update
from support.builders import NOW
from support.processes.fork_server import fork_server

from digest.errors import StoreError, StoreUnavailable, StoreVersion
from digest.store.database import connection, metadata, schema
from digest.store.database import store as store_module
from digest.store.database.column_types import clean, from_json, to_json
from digest.store.database.connection import open_engine, parse_url
from digest.store.database.prepared_writes import PreparedWriter
from digest.store.database.schema import REVISIONS, alembic_version, paper
from digest.store.database.store import Connection, Store

OPEN_AT_ONCE = """
import sys
from digest.store.database.store import Store
print("ready", flush=True)
sys.stdin.readline()
with Store.open(sys.argv[1]) as store:
    print(store.instance_id)
"""


def test_an_empty_database_becomes_a_store_that_keeps_its_instance_id(database_url: str) -> None:
    with Store.open(database_url) as first, Store.open(database_url) as second:
        assert len(first.instance_id) == 12
        assert second.instance_id == first.instance_id


def test_processes_that_open_an_empty_database_at_once_all_get_the_same_store(
    database_url: str, tmp_path: Path
) -> None:
    fork_server().install(tmp_path, "python-file", program="support.processes.python_file")
    (tmp_path / "open_at_once.py").write_text(OPEN_AT_ONCE, "utf-8")
    processes = [
        subprocess.Popen(
            [tmp_path / "python-file", tmp_path / "open_at_once.py", database_url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    answers = [process.communicate("go\n") for process in processes]
    assert len({answer for answer, _ in answers}) == 1, answers
    assert len(answers[0][0].strip()) == 12, answers


def test_a_process_that_finds_the_database_empty_waits_while_another_creates_it(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: SimpleQueue[str | None] = SimpleQueue()
    read_revision = store_module.schema_revision

    def read_and_report(tx: Connection) -> str | None:
        reads.put(revision := read_revision(tx))
        return revision

    def waits_for_the_lock(tx: Connection) -> bool:
        if tx.dialect.name == "sqlite":  # it waits for the write lock
            return True
        waiting = text("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        return tx.execute(waiting).first() is not None

    first = Store(open_engine(parse_url(database_url)))
    with ThreadPoolExecutor(1) as pool:
        with first.write() as tx:
            store_module._create_if_empty(tx)
            monkeypatch.setattr(store_module, "schema_revision", read_and_report)
            second = pool.submit(Store.open, database_url)
            assert reads.get(timeout=120) is None
            while reads.empty() and not waits_for_the_lock(tx):
                pass
        assert reads.get(timeout=120) == REVISIONS[-1]
        with second.result() as store, first.read() as tx:
            assert store.instance_id == metadata.instance_id(tx)
    first.close()


def test_a_failed_block_leaves_nothing_behind(store: Store) -> None:
    def interrupted() -> None:
        with store.write() as tx:
            tx.execute(insert(paper), {"id": 1, "first_seen_at": NOW})
            raise InterruptedError

    with pytest.raises(InterruptedError):
        interrupted()
    with store.read() as tx:
        assert tx.execute(select(paper)).first() is None


def test_reading_sees_one_snapshot_while_others_write(store: Store) -> None:
    with store.read() as reading:
        assert reading.execute(select(paper)).all() == []
        with store.write() as tx:
            tx.execute(insert(paper), {"id": 1, "first_seen_at": NOW})
        assert reading.execute(select(paper)).all() == []
    with store.read() as tx:
        assert tx.execute(select(paper.c.first_seen_at)).scalar_one() == NOW


def test_reading_cannot_write(store: Store) -> None:
    with pytest.raises(StoreError), store.read() as tx:
        tx.execute(insert(paper), {"id": 1, "first_seen_at": NOW})
    with store.write() as tx:  # and the pooled connection can write again
        tx.execute(insert(paper), {"id": 1, "first_seen_at": NOW})


def test_a_naive_datetime_is_rejected(store: Store) -> None:
    with pytest.raises(Exception, match="naive"), store.write() as tx:
        tx.execute(insert(paper), {"id": 1, "first_seen_at": NOW.replace(tzinfo=None)})


def test_a_driver_error_is_one_line_with_the_database_url(store: Store) -> None:
    with pytest.raises(StoreError) as caught, store.write() as tx:
        tx.execute(text("SELECT * FROM nothing_of_this_name"))
    assert "nothing_of_this_name" in str(caught.value)
    assert store.url in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_newer_schema_is_left_alone(database_url: str) -> None:
    with Store.open(database_url) as store, store.write() as tx:
        tx.execute(update(alembic_version).values(version_num="9999"))
    with pytest.raises(StoreVersion, match=r"newer paper-digest \(revision 9999"):
        Store.open(database_url)


def test_an_older_schema_asks_for_the_upgrade(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    Store.open(database_url).close()
    monkeypatch.setattr(store_module, "REVISIONS", (*REVISIONS, "9999"))
    monkeypatch.setattr(store_module, "HEAD", "9999")
    with pytest.raises(StoreVersion, match="run `digest db upgrade`"):
        Store.open(database_url)


def test_a_database_of_another_program_is_left_alone(database_url: str) -> None:
    other = open_engine(parse_url(database_url))
    with other.begin() as tx:
        tx.execute(text("CREATE TABLE recipes (id INTEGER)"))
    other.dispose()
    with pytest.raises(StoreError, match=r"another program \(recipes"):
        Store.open(database_url)


def test_the_first_secret_wins(store: Store) -> None:
    with store.write() as tx:
        assert metadata.signing_secret(tx) is None
        assert metadata.store_signing_secret(tx, "first") == "first"
        assert metadata.store_signing_secret(tx, "second") == "first"
        assert metadata.signing_secret(tx) == "first"


def test_sqlite_files_are_private_whatever_the_umask(tmp_path: Path) -> None:
    old_umask = os.umask(0)
    try:
        with Store.open(f"sqlite:///{tmp_path}/digest.db") as store, store.write() as tx:
            metadata.store_signing_secret(tx, "secret")
            modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    finally:
        os.umask(old_umask)
    assert modes == {"digest.db": 0o600, "digest.db-wal": 0o600, "digest.db-shm": 0o600}


@pytest.mark.parametrize(
    "always_durable,durable,level", [(False, False, 1), (False, True, 2), (True, False, 2)]
)
def test_sqlite_runs_in_wal_mode_with_foreign_keys(
    tmp_path: Path, *, always_durable: bool, durable: bool, level: int
) -> None:
    with (
        Store.open(f"sqlite:///{tmp_path}/digest.db", durable=always_durable) as store,
        store.write(durable=durable) as tx,
    ):
        values = {
            name: tx.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "foreign_keys", "synchronous", "busy_timeout")
        }
    assert values == {
        "journal_mode": "wal",
        "foreign_keys": 1,
        "synchronous": level,
        "busy_timeout": 30_000,
    }


@pytest.mark.parametrize("server, used", [("off", "on"), ("on", "on"), ("local", "local")])
def test_a_commit_to_postgresql_waits_for_the_log_even_if_the_server_says_otherwise(
    postgres_url: str, server: str, used: str
) -> None:
    url = parse_url(postgres_url).update_query_dict({"options": f"-csynchronous_commit={server}"})
    store = Store(open_engine(url))
    with store.write() as tx:
        level = tx.execute(text("SHOW synchronous_commit")).scalar_one()
    writer = PreparedWriter(store.engine, durable=False)
    writer._cursor.execute("SHOW synchronous_commit")
    of_writer = writer._cursor.fetchall()[0][0]
    writer.close()
    store.close()
    assert (level, of_writer) == (used, used)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match=r"absent/digest\.db: the folder does not exist"):
        Store.open(f"sqlite:///{tmp_path}/absent/digest.db")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "digest.db"
    file.write_text("notes " * 1000)
    with pytest.raises(StoreUnavailable, match="not a database"):
        Store.open(f"sqlite:///{file}")
    assert file.read_text() == "notes " * 1000


def test_a_database_that_cannot_be_opened_may_be_in_a_folder_that_is_not_writable(
    tmp_path: Path,
) -> None:
    # Where a disk is mounted for reading only, SQLite says the same as here.
    with pytest.raises(StoreUnavailable, match="make the file and its folder writable"):
        Store.open(f"sqlite:///{tmp_path}")


def test_a_server_that_does_not_answer_is_reported_without_the_password() -> None:
    with pytest.raises(StoreUnavailable) as caught:
        Store.open("postgresql://reader:hunter2@127.0.0.1:1/digest?sslpassword=hunter3")
    message = str(caught.value)
    assert "postgresql://reader:***@127.0.0.1:1/digest: " in message
    assert "hunter" not in message
    assert "\n" not in message


@pytest.mark.parametrize("url", ["digest.db", "sqlite://", "mysql://host/db", "", "postgresql"])
def test_a_url_that_cannot_be_used_says_what_to_write(url: str) -> None:
    with pytest.raises(StoreUnavailable, match=r"write sqlite:///digest\.db"):
        Store.open(url)


def test_importing_the_store_loads_no_driver_of_postgresql_and_no_alembic() -> None:
    code = (
        "import sys, digest.store.database.store; print({'psycopg', 'alembic'} & set(sys.modules))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout == "set()\n"


def test_a_transaction_for_reading_cannot_write(tmp_path: Path) -> None:
    with (
        Store.open(f"sqlite:///{tmp_path}/digest.db") as store,
        store.read() as tx,
        pytest.raises(Exception, match="readonly"),
    ):
        tx.execute(text("DELETE FROM paper"))


def test_a_new_sqlite_file_has_what_sqlalchemy_creates(tmp_path: Path) -> None:
    def tables(url: str) -> set[tuple[str, str, str]]:
        engine = open_engine(parse_url(url))
        with engine.begin() as tx:
            if url.endswith("created.db"):
                MetaData.create_all(schema.metadata, tx, checkfirst=False)
            rows = tx.execute(text("SELECT type, name, sql FROM sqlite_master"))
            found = {(row[0], row[1], " ".join((row[2] or "").split())) for row in rows}
        engine.dispose()
        return found

    with Store.open(f"sqlite:///{tmp_path}/opened.db"):
        pass
    opened = tables(f"sqlite:///{tmp_path}/opened.db")
    created = tables(f"sqlite:///{tmp_path}/created.db")
    assert created <= opened
    assert {name for _, name, _ in opened - created} <= {
        "alembic_version",
        "sqlite_autoindex_alembic_version_1",
    }


def test_the_file_of_statements_is_written_from_the_definitions_of_the_tables() -> None:
    assert store_module.sqlite_tables() == list(sqlite_tables.statements()), (
        "run `python tools/sqlite_tables.py`"
    )


def test_a_transaction_that_waited_too_long_for_another_one_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "BUSY_TIMEOUT", 0)
    url = f"sqlite:///{tmp_path}/digest.db"
    with (
        Store.open(url) as first,
        Store.open(url) as second,
        first.write(),
        pytest.raises(StoreUnavailable, match=r"digest\.db: database is locked: another process"),
        second.write(),
    ):
        raise AssertionError("it began")


@pytest.mark.parametrize(
    "value",
    [
        {"a": [1, 2.5, None, True], "é": "中\u2028", "long": 2**70},
        [float("inf"), -1e-300],
        "half \ud83d of a pair",
        [["arxiv", "2401.00001"], []],
    ],
)
def test_a_json_column_is_read_as_by_the_standard_library(value: object) -> None:
    stored = to_json(value)
    assert stored == clean(json.dumps(value, ensure_ascii=False, separators=(",", ":")))
    assert repr(from_json(stored)) == repr(json.loads(stored))


def test_an_escaped_half_of_a_character_in_a_json_column_is_read() -> None:
    assert from_json('"\\ud83d"') == "\ud83d"
