"""Fills an empty database with years of papers and digests, by few large statements.

Each paper has three identifiers, seven sightings, two listings, two announcements (new, and listed by
a second source four days later), a title and a revision, every fifth one a second revision. Each
former reader had a digest with 15 papers on each of the last days before the end of the history.
Abstracts and contents of digests older than some days are empty, as pruning leaves them. Numbers say
which words a title has, so the same size gives the same rows each time.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.pool import NullPool

from digest.core.models.papers import Paper
from digest.store.archive.shown_papers import BLOCK
from digest.store.database.schema import metadata
from digest.store.database.store import Store
from digest.store.maintenance.copy_rows import auto_numbered_tables, set_last_id

END = datetime(2026, 5, 11, tzinfo=UTC)  # the day after the last one of the history
SOURCES = 5
SIGHTINGS = 7
SHOWN = 15  # papers in a digest
_FACTORS = (1, 7, 31, 127, 509, 2039, 8191)  # one for each word of a title


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """How much there is."""

    papers: int
    editions: int
    readers: int = 1000
    days: int = 3650
    kept_days: int = 180  # the last days, of which abstracts and contents are kept

    @property
    def daily(self) -> int:
        """New papers of a day."""
        return self.papers // self.days

    @property
    def edition_days(self) -> int:
        """Days with digests."""
        return self.editions // self.readers


class HistoryFiller:
    """Fills the tables.

    Args:
        url: of an empty database.
        history: how much.
        words: what titles are made of.
        sample: papers whose abstracts the papers of the last days have.
    """

    def __init__(
        self, url: str, history: History, *, words: Sequence[str], sample: Sequence[Paper]
    ) -> None:
        self._url = url.replace("postgresql://", "postgresql+psycopg://")
        self._sqlite = url.startswith("sqlite")
        self._size = history
        self._words = words
        self._sample = sample

    def fill(self) -> None:
        """Creates the schema and all rows; secondary indexes of SQLite come last."""
        with Store.open(self._url):
            pass
        engine = create_engine(self._url, poolclass=NullPool)
        with engine.connect() as tx:
            indexes = self._prepare(tx)
            self._names(tx)
            self._papers(tx)
            self._batches(tx)
            self._readers(tx)
            self._editions(tx)
            self._finish(tx, indexes)
        engine.dispose()

    def _prepare(self, tx: Connection) -> list[str]:
        """Makes writing fast; returns the statements that create the indexes again."""
        if not self._sqlite:
            tx.execute(text("SET session_replication_role = replica"))  # no foreign keys now
            return []
        driver: Any = tx.connection.dbapi_connection
        driver.create_function("sorted_bytes", 1, lambda text: bytes(sorted(bytes.fromhex(text))))
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -1000000"):
            tx.exec_driver_sql(f"PRAGMA {pragma}")
        found = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
        indexes = tx.exec_driver_sql(found).all()
        for name, _ in indexes:
            tx.exec_driver_sql(f'DROP INDEX "{name}"')
        return [sql for _, sql in indexes]

    def _names(self, tx: Connection) -> None:
        """Temporary tables: words of titles, and abstracts."""
        tx.execute(text("CREATE TEMPORARY TABLE word (n INTEGER PRIMARY KEY, value TEXT)"))
        rows: list[dict[str, Any]] = [{"n": n, "v": word} for n, word in enumerate(self._words)]
        tx.execute(text("INSERT INTO word VALUES (:n, :v)"), rows)
        tx.execute(text("CREATE TEMPORARY TABLE abstract (n INTEGER PRIMARY KEY, value TEXT)"))
        rows = [{"n": n, "v": paper.abstract} for n, paper in enumerate(self._sample)]
        tx.execute(text("INSERT INTO abstract VALUES (:n, :v)"), rows)

    def _papers(self, tx: Connection) -> None:
        daily = self._size.daily
        count = daily * self._size.days
        day = f"((p.n - 1) / {daily})"
        seen = self._moment(day, "06:00:00")
        papers = self._series("p", 1, count)
        merged = "CASE WHEN p.n % 100 = 0 THEN p.n - 1 END"
        self._insert(
            tx, "paper", "id, first_seen_at, merged_into", f"p.n, {seen}, {merged}", papers
        )
        # Spread over all 64 bits, as hashes are; two papers never have the same.
        hashed = f"(p.n * 2654435761) % {2**40} * 4194304 + p.n % 4194304"
        title = self._title("p.n")
        self._insert(tx, "title", "hash, paper_id, key", f"{hashed}, p.n, {title}", papers)
        for scheme in ("arxiv", "doi", "openreview"):
            columns = "scheme, value, paper_id"
            values = f"'{scheme}', 'history.' || (p.n + 10000000), p.n"
            self._insert(tx, "identifier", columns, values, papers)
        self._title_words(tx, papers)
        recent = f"{day} >= {self._size.days - self._size.kept_days}"
        abstract = f"(SELECT value FROM abstract WHERE n = p.n % {len(self._sample)})"
        columns = (
            "id, paper_id, number, title, abstract, authors, categories, links, identifiers,"
            " published, source, contributor, authority, recorded_at"
        )
        texts = f"{title}, CASE WHEN {recent} THEN {abstract} ELSE '' END"
        rest = (
            f"'[\"Ada Example\",\"Grace Hopper\"]', '[\"cs.LG\"]', '[]', '[]',"
            f" {self._day(day)}, 's' || (p.n % {SOURCES}), 's' || (p.n % {SOURCES}), 3, {seen}"
        )
        self._insert(tx, "revision", columns, f"p.n * 2 - 1, p.n, 1, {texts}, {rest}", papers)
        fifth = f"{papers} WHERE p.n % 5 = 0"
        self._insert(tx, "revision", columns, f"p.n * 2, p.n, 2, {texts}, {rest}", fifth)
        merges = f"{papers} WHERE p.n % 100 = 0"
        columns = "paper_id, alias_id, reason, at"
        self._insert(tx, "merge", columns, f"p.n - 1, p.n, 'same arXiv id', {seen}", merges)
        self._counters(tx, paper=count, revision=2 * count, announcement=2 * count)

    def _title_words(self, tx: Connection, papers: str) -> None:
        if "title_word" not in metadata.tables:
            return
        each = " ".join(f"WHEN {n} THEN {factor}" for n, factor in enumerate(_FACTORS))
        word = self._word("p.n", f"CASE f.n {each} END")
        rows = f"{papers}, {self._series('f', 0, len(_FACTORS) - 1)}"
        self._insert(tx, "title_word", "word, paper_id", f"DISTINCT {word}, p.n", rows)

    def _batches(self, tx: Connection) -> None:
        """A batch of each source on each day, with the papers that it shows or shows again."""
        days, daily = self._size.days, self._size.daily
        each = self._series("b", 0, days * SOURCES - 1)
        values = (
            f"b.n + 1, 's' || (b.n % {SOURCES}), 'day', {self._day(f'(b.n / {SOURCES})')},"
            f" {self._moment(f'(b.n / {SOURCES})', '06:00:00')}, 'fresh', {daily}, {daily}, 0, 0,"
            " 0, 0, '[]', 'f' || b.n"
        )
        columns = (
            "id, source, origin, announced, collected_at, verdict, papers, new, listed, revised,"
            " withdrawn, duplicates, rejected, fingerprint"
        )
        self._insert(tx, "batch", columns, values, each)
        # Day d shows the papers of day d - j, by the source that their number and j say.
        shown = (
            f"{self._series('d', 0, days - 1)}, {self._series('j', 0, SIGHTINGS - 1)},"
            f" {self._series('k', 1, daily)} WHERE d.n >= j.n"
        )
        paper = f"((d.n - j.n) * {daily} + k.n)"
        source = f"(({paper} + j.n / 4) % {SOURCES})"
        batch = f"(d.n * {SOURCES} + {source} + 1)"
        columns = "batch_id, paper_id, position, votes, comments"
        # Two of the seven sightings have the same source as the first, on another day.
        self._insert(tx, "sighting", columns, f"{batch}, {paper}, k.n, j.n * 3, j.n", shown)
        first = f"{shown} AND j.n IN (0, 4)"
        self._insert(tx, "listing", "paper_id, source", f"{paper}, 's' || {source}", first)
        seq = f"(d.n * {2 * daily} + CASE j.n WHEN 0 THEN 0 ELSE {daily} END + k.n)"
        columns = "seq, paper_id, revision_id, batch_id, source, kind, at"
        values = (
            f"{seq}, {paper}, {paper} * 2 - 1, {batch}, 's' || {source},"
            f" CASE j.n WHEN 0 THEN 'new' ELSE 'listed' END, {self._moment('d.n', '06:00:00')}"
        )
        self._insert(tx, "announcement", columns, values, first)
        self._counters(tx, batch=days * SOURCES)
        columns = "name, cursor, polled_at, failures"
        polled = self._moment(str(days - 1), "06:00:00")
        sources = self._series("b", 0, SOURCES - 1)
        self._insert(tx, "source", columns, f"'s' || b.n, NULL, {polled}, 0", sources)

    def _readers(self, tx: Connection) -> None:
        """Readers whose subscriptions have ended; the caller adds those who live."""
        readers = self._series("r", 1, self._size.readers)
        began = self._moment("0", "06:00:00")
        address = "'former' || r.n || '@example.org'"
        columns = "id, email, email_key, status, created_at, changed_at"
        values = f"r.n, {address}, {address}, 'active', {began}, {began}"
        self._insert(tx, "address", columns, values, readers)
        columns = "address_id, at, event, origin, detail"
        values = f"r.n, {began}, 'subscribed', 'import', 'digest subscribers import'"
        self._insert(tx, "consent", columns, values, readers)
        columns = (
            "id, address_id, name, origin, paused, read_through, next_due, created_at, ended_at"
        )
        ended = self._moment(str(self._size.days - 1), "07:00:00")
        paused = "0" if self._sqlite else "false"
        values = f"r.n, r.n, 'former', 'import', {paused}, 0, {began}, {began}, {ended}"
        self._insert(tx, "subscription", columns, values, readers)

    def _editions(self, tx: Connection) -> None:
        size = self._size
        if not size.editions:
            return
        first = size.days - size.edition_days
        each = (
            f"{self._series('d', 0, size.edition_days - 1)}, {self._series('r', 1, size.readers)}"
        )
        day, number = f"({first} + d.n)", f"(d.n * {size.readers} + r.n)"
        at = self._moment(day, "06:05:00")
        empty = {"sections": [], "trending": [], "considered": 1000, "left_out": 0}
        full = empty | {"sections": [["Topic", [self._entry(n) for n in range(SHOWN)]]]}
        content = (
            f"CASE WHEN {day} >= {size.days - size.kept_days} THEN {_quoted(full)}"
            f" ELSE {_quoted(empty)} END"
        )
        content = content if self._sqlite else f"({content})::json"
        columns = (
            "id, subscription_id, local_date, composed_at, state, content, matched, message_id,"
            " attempts, doubts, next_attempt_at, settled_at, code, reason"
        )
        state = "CASE r.n % 100 WHEN 1 THEN 'expired' WHEN 2 THEN 'withdrawn' ELSE 'sent' END"
        values = (
            f"{number}, r.n, {self._day(day)}, {at}, {state}, {content}, {SHOWN},"
            f" '<' || {number} || '@example.org>', 1, 0, {at}, {at}, 250, NULL"
        )
        self._insert(tx, "edition", columns, values, each)
        papers = f"{each}, {self._series('k', 0, min(SHOWN, size.daily) - 1)}"
        paper = f"({day} * {size.daily} + (r.n * 17 + k.n) % {size.daily} + 1)"
        block, byte = f"{paper} / {BLOCK}", f"{paper} % {BLOCK}"
        columns = "block, subscription_id, edition_id, papers"
        packed = (
            f"sorted_bytes(group_concat(printf('%02x', {byte}), ''))"
            if self._sqlite
            else f"decode(string_agg(lpad(to_hex({byte}), 2, '0'), '' ORDER BY {byte}), 'hex')"
        )
        grouped = f"{papers} GROUP BY {block}, r.n, {number}"
        self._insert(tx, "shown_papers", columns, f"{block}, r.n, {number}, {packed}", grouped)

    def _finish(self, tx: Connection, indexes: list[str]) -> None:
        for statement in indexes:
            tx.exec_driver_sql(statement)
        for table in auto_numbered_tables():
            last = tx.execute(text(f"SELECT coalesce(max(id), 0) FROM {table.name}")).scalar_one()
            set_last_id(tx, table, last)
        tx.commit()
        if self._sqlite:
            tx.exec_driver_sql("PRAGMA journal_mode = WAL")
        else:
            tx.exec_driver_sql("SET session_replication_role = DEFAULT")
            tx.exec_driver_sql("ANALYZE")
            tx.commit()

    def _insert(self, tx: Connection, table: str, columns: str, values: str, rows: str) -> None:
        assert table in metadata.tables
        statement = f"INSERT INTO {table} ({columns}) SELECT {values} FROM {rows}"
        # psycopg takes a single % for a parameter.
        tx.exec_driver_sql(statement if self._sqlite else statement.replace("%", "%%"))
        tx.commit()

    def _counters(self, tx: Connection, **values: int) -> None:
        for name, value in values.items():
            tx.execute(
                text("UPDATE counter SET value = :value WHERE name = :name"),
                {"name": name, "value": value},
            )
        tx.commit()

    def _series(self, name: str, first: int, last: int) -> str:
        """Rows with a column n, from the first to the last number."""
        if not self._sqlite:
            return f"generate_series({first}::bigint, {last}::bigint) AS {name}(n)"
        return (
            f"(WITH RECURSIVE s(n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM s"
            f" WHERE n < {last}) SELECT n FROM s) AS {name}"
        )

    def _moment(self, day: str, clock: str) -> str:
        """A time on a day of the history."""
        begin = END - timedelta(days=self._size.days)
        if self._sqlite:
            return f"datetime('{begin:%Y-%m-%d} {clock}', {day} || ' days') || '.000000'"
        return f"timestamptz '{begin:%Y-%m-%d} {clock}+00' + {day} * interval '1 day'"

    def _day(self, day: str) -> str:
        begin = END - timedelta(days=self._size.days)
        if self._sqlite:
            return f"date('{begin:%Y-%m-%d}', {day} || ' days')"
        return f"date '{begin:%Y-%m-%d}' + {day}::integer"

    def _title(self, number: str) -> str:
        """Words that the number chooses, so that most pairs of papers share none."""
        return " || ' ' || ".join(self._word(number, str(factor)) for factor in _FACTORS)

    def _word(self, number: str, factor: str) -> str:
        count = len(self._words)
        place = f"({number} * ({factor}) + {number} / {count}) % {count}"
        return f"(SELECT value FROM word WHERE n = {place})"

    def _entry(self, place: int) -> list[Any]:
        """An entry of a packed edition, of a common size."""
        matches = [[f"keyword {n}", "abstract", 10.0, ["some words"]] for n in range(6)]
        sentences = ["A sentence of about one hundred characters, as an abstract has it. " * 2]
        return [place, 1, 1, "new", "s1", 50.0, matches, [3, 1, place], sentences]


def _quoted(value: dict[str, Any]) -> str:
    return "'" + json.dumps(value, separators=(",", ":")) + "'"
