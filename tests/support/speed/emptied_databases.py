"""PostgreSQL databases that several tests use, one after the other, as if each were new.

To copy a database and to remove it takes about twenty times as long as to delete the rows of one:
the server writes checkpoints and hundreds of files. A database in which a test changed more than
rows is not used again. The session that deletes them stays open: a new one costs more than its work.
"""

from typing import Any

import psycopg

# The planner takes a table without statistics for one of ten pages, however small it is. So below
# this size, no plan depends on the space that the rows of earlier tests used.
_LARGEST_TABLE = 8 * 8192  # bytes

_SESSIONS = """
SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
# Everything except the rows. The first object that is not PostgreSQL's own has the number 16384.
_DEFINITIONS = r"""
SELECT md5(string_agg(line, ' ' ORDER BY line)) FROM (
  SELECT row(oid, relname, relnamespace, relkind, relnatts, relchecks, relhasrules, relhastriggers,
             relpersistence, relpages, reltuples, relacl, reloptions)::text
         FROM pg_class WHERE oid >= 16384
  UNION ALL SELECT a::text FROM pg_attribute a WHERE attrelid >= 16384
  UNION ALL SELECT d::text FROM pg_attrdef d WHERE oid >= 16384
  UNION ALL SELECT c::text FROM pg_constraint c WHERE oid >= 16384
  UNION ALL SELECT t::text FROM pg_trigger t WHERE oid >= 16384
  UNION ALL SELECT f::text FROM pg_proc f WHERE oid >= 16384
  UNION ALL SELECT row(oid, typname)::text FROM pg_type WHERE oid >= 16384
  UNION ALL SELECT n::text FROM pg_namespace n WHERE nspname NOT LIKE 'pg\_%'
  UNION ALL SELECT e::text FROM pg_extension e
  UNION ALL SELECT row(starelid, staattnum)::text FROM pg_statistic WHERE starelid >= 16384
  UNION ALL SELECT s::text FROM pg_db_role_setting s
) AS lines (line)
"""
_TABLES = "SELECT oid::regclass::text FROM pg_class WHERE oid >= 16384 AND relkind = 'r'"
_SEQUENCES = "SELECT oid::regclass::text FROM pg_class WHERE oid >= 16384 AND relkind = 'S'"
_LARGEST = "SELECT max(pg_table_size(oid)) FROM pg_class WHERE oid >= 16384 AND relkind = 'r'"


class EmptiedDatabases:
    """The copies of one template that tests have given back.

    Args:
        template: URL of the template.
    """

    def __init__(self, template: str) -> None:
        self._urls: list[str] = []
        self._sessions: dict[str, psycopg.Connection[Any]] = {}
        with psycopg.connect(template) as session:
            self._definitions = session.execute(_DEFINITIONS).fetchone()
            self._tables = [name for (name,) in session.execute(_TABLES)]
            self._sequences = [name for (name,) in session.execute(_SEQUENCES)]
            restore = self._contents(session)
        # Without the checks of foreign keys, the tables can be emptied in any order.
        unchecked = "SET session_replication_role = replica"
        self._empty = [unchecked, *(f"DELETE FROM {name}" for name in self._tables)]
        self._delete = _script(*self._empty, *restore)
        self._truncate = _script(unchecked, f"TRUNCATE {', '.join(self._tables)}", *restore)

    def take(self) -> str | None:
        """Returns the URL of a database that is as the template is; None if there is none."""
        return self._urls.pop() if self._urls else None

    def give_back(self, url: str) -> bool:
        """Ends the sessions of a copy of the template, and gives it the template's rows.

        Returns:
            Whether it can be used again; False if a test changed more than rows.
        """
        session = self._session(url)
        session.execute(_SESSIONS)
        if session.execute(_DEFINITIONS).fetchone() != self._definitions:
            self._sessions.pop(url).close()
            return False
        largest = session.execute(_LARGEST).fetchone()
        assert largest is not None
        session.execute(self._delete if largest[0] <= _LARGEST_TABLE else self._truncate)
        self._urls.append(url)
        return True

    def snapshot(self, url: str) -> bytes:
        """Returns what gives another copy of the template the rows that this one has now."""
        return _script(*self._empty, *self._contents(self._session(url)))

    def fill(self, url: str, snapshot: bytes) -> None:
        """Gives a copy of the template the rows of a snapshot."""
        self._session(url).execute(snapshot)

    def _contents(self, session: psycopg.Connection[Any]) -> list[str]:
        """Returns the statements that give empty tables the rows and numbers that they have now."""
        statements: list[str] = []
        for table in self._tables:
            rows = session.execute(
                f"SELECT quote_literal(json_agg(t)::text) FROM {table} t".encode()
            ).fetchone()
            if rows is not None and rows[0] is not None:
                statements.append(
                    f"INSERT INTO {table} OVERRIDING SYSTEM VALUE SELECT *"
                    f" FROM json_populate_recordset(NULL::{table}, {rows[0]})"
                )
        for name in self._sequences:
            state = session.execute(f"SELECT last_value, is_called FROM {name}".encode()).fetchone()
            assert state is not None
            statements.append(f"SELECT setval('{name}', {state[0]}, {state[1]})")
        return statements

    def _session(self, url: str) -> psycopg.Connection[Any]:
        """Returns the session that is kept for a database, or a new one if a test ended it."""
        try:
            self._sessions[url].execute("SELECT 1")
        except (KeyError, psycopg.OperationalError):
            self._sessions[url] = psycopg.connect(url, autocommit=True)
        return self._sessions[url]


def _script(*statements: str) -> bytes:
    return "; ".join(statements).encode()
