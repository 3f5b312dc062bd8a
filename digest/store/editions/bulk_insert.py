"""Inserts many editions at once, each way as its database does it fastest."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import Column, Connection, func, select, text

from digest.core.models.delivery import EditionState
from digest.core.subscribers import signed_tokens
from digest.store.archive.shown_papers import PackedPapers
from digest.store.database.metadata import message_key
from digest.store.database.schema import edition as _ledger
from digest.store.database.statements import rows_in

_SQLITE_EDITIONS = (
    "INSERT INTO edition (id, subscription_id, local_date, content, matched, message_id,"
    " composed_at, next_attempt_at, state, attempts, doubts)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0)"
)

_SQLITE_PAPERS = (
    "INSERT INTO shown_papers (block, subscription_id, edition_id, papers) VALUES (?, ?, ?, ?)"
)

_POSTGRESQL_IDS = text(
    "SELECT nextval(pg_get_serial_sequence('edition', 'id')) FROM generate_series(1, :count)"
)

# A statement for each edition: as arrays of one statement, their contents take psycopg twenty times as long.
_POSTGRESQL_EDITIONS = (
    "INSERT INTO edition (id, subscription_id, local_date, content, matched, message_id,"
    " composed_at, next_attempt_at, state, attempts, doubts)"
    " VALUES (%s, %s, %s, CAST(%s AS json), %s, %s, %s, %s, %s, 0, 0) ON CONFLICT DO NOTHING"
)

_POSTGRESQL_INSERTED = text("SELECT id FROM edition WHERE id = ANY(CAST(:ids AS bigint[]))")

_POSTGRESQL_PAPERS = text(
    "INSERT INTO shown_papers (block, subscription_id, edition_id, papers)"
    " SELECT * FROM unnest(CAST(:blocks AS bigint[]), CAST(:subscriptions AS bigint[]),"
    " CAST(:editions AS bigint[]), CAST(:papers AS bytea[]))"
)


class NewEdition(Struct, frozen=True, kw_only=True):
    """An edition to insert."""

    subscription_id: int
    local_date: date
    content: str  # JSON, see `digest.store.editions.serialization`
    matched: int  # how many papers matched
    papers: Sequence[PackedPapers]  # those that it shows, from `shown_papers.packed`


def insert_many(
    tx: Connection,
    editions: Sequence[NewEdition],
    *,
    message_domain: str,
    composed_at: datetime,
    state: EditionState = EditionState.QUEUED,
) -> list[int | None]:
    """Inserts editions and the papers that they show.

    It also sets the Message-IDs: `<local date.edition id.proof@message_domain>`. The proof
    depends on a key that never leaves the store. So a bounce that quotes the Message-ID comes
    from someone who has seen the message.

    Args:
        tx: Write transaction.
        editions: The editions.
        message_domain: Part of the Message-IDs after the @.
        composed_at: When the editions were composed.
        state: Initial state.

    Returns:
        For each edition its id; None if the subscription has an edition of this date already.
    """
    if not editions:
        return []
    add = _insert_postgresql if tx.dialect.name == "postgresql" else _insert_sqlite
    numbered = _numbered(tx, editions)
    secret, composed = message_key(tx), composed_at.isoformat()
    message_ids = [
        _message_id(number, item, composed, domain=message_domain, secret=secret)
        for number, item in numbered
    ]
    inserted = add(tx, numbered, message_ids, composed_at, state)
    numbers = {item.subscription_id: number for number, item in numbered if number in inserted}
    return [numbers.get(item.subscription_id) for item in editions]


def _message_id(number: int, item: NewEdition, composed: str, *, domain: str, secret: bytes) -> str:
    proof = signed_tokens.keyed_hash(
        f"{number} {item.subscription_id} {item.local_date} {composed}", secret=secret
    )
    return f"<{item.local_date}.{number}.{proof}@{domain}>"


def _numbered(tx: Connection, editions: Sequence[NewEdition]) -> list[tuple[int, NewEdition]]:
    """Returns the editions that can be inserted, with their ids."""
    if tx.dialect.name == "postgresql":
        ids = tx.execute(_POSTGRESQL_IDS, {"count": len(editions)}).scalars()
        return list(zip(ids, editions, strict=True))
    # Only one process writes at a time, so what is missing now is missing in the next statement.
    dates = select(_ledger.c.subscription_id, _ledger.c.local_date).where(
        _ledger.c.local_date.in_({item.local_date for item in editions})
    )
    wanted = [item.subscription_id for item in editions]
    existing = {tuple(row) for row in rows_in(tx, dates, _ledger.c.subscription_id, wanted)}
    new = [item for item in editions if (item.subscription_id, item.local_date) not in existing]
    # AUTOINCREMENT: also the ids of deleted editions are never given out again.
    last = text("SELECT max(seq) FROM sqlite_sequence WHERE name = 'edition'")
    highest = select(func.max(_ledger.c.id))
    first = 1 + max(tx.execute(last).scalar() or 0, tx.execute(highest).scalar() or 0)
    return list(enumerate(new, start=first))


def _insert_sqlite(
    tx: Connection,
    numbered: Sequence[tuple[int, NewEdition]],
    message_ids: Sequence[str],
    composed_at: datetime,
    state: EditionState,
) -> set[int]:
    if not numbered:
        return set()
    tx.exec_driver_sql(_SQLITE_EDITIONS, _rows(tx, numbered, message_ids, composed_at, state))
    inserted = {number for number, _ in numbered}
    shown = _shown(numbered, inserted)
    if shown:
        tx.exec_driver_sql(_SQLITE_PAPERS, shown)
    return inserted


def _rows(
    tx: Connection,
    numbered: Sequence[tuple[int, NewEdition]],
    message_ids: Sequence[str],
    composed_at: datetime,
    state: EditionState,
) -> list[tuple[Any, ...]]:
    """Returns the rows of `edition`, in the order of the columns of the two statements."""
    at = _stored(tx, _ledger.c.composed_at, composed_at)
    # Converted once for each day, not for each edition.
    days = {
        day: _stored(tx, _ledger.c.local_date, day)
        for day in {item.local_date for _, item in numbered}
    }
    return [
        (
            number,
            item.subscription_id,
            days[item.local_date],
            item.content,
            item.matched,
            message_id,
            at,
            at,
            state.value,
        )
        for (number, item), message_id in zip(numbered, message_ids, strict=True)
    ]


def _shown(
    numbered: Sequence[tuple[int, NewEdition]], inserted: Collection[int]
) -> list[tuple[int, int, int, bytes]]:
    """Returns the rows of `shown_papers`, in the order of its primary key."""
    return sorted(
        (block, item.subscription_id, number, papers)
        for number, item in numbered
        # Another process may have made the edition of this day; then its papers are not these.
        if number in inserted
        for block, papers in item.papers
    )


def _stored(tx: Connection, column: Column[Any], value: date | datetime) -> Any:
    """Returns a value as the driver takes it."""
    process = column.type.dialect_impl(tx.dialect).bind_processor(tx.dialect)
    return process(value) if process else value


def _insert_postgresql(
    tx: Connection,
    numbered: Sequence[tuple[int, NewEdition]],
    message_ids: Sequence[str],
    composed_at: datetime,
    state: EditionState,
) -> set[int]:
    tx.exec_driver_sql(_POSTGRESQL_EDITIONS, _rows(tx, numbered, message_ids, composed_at, state))
    ids = {"ids": [number for number, _ in numbered]}
    inserted = set(tx.execute(_POSTGRESQL_INSERTED, ids).scalars())
    shown = _shown(numbered, inserted)
    if shown:
        names = ("blocks", "subscriptions", "editions", "papers")
        columns = zip(*shown, strict=True)
        tx.execute(_POSTGRESQL_PAPERS, dict(zip(names, map(list, columns), strict=True)))
    return inserted
