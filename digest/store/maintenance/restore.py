"""A backup put back, in one transaction: whoever reads meanwhile sees the old or the new."""

import sqlite3
import tempfile
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, delete, select, update

from digest.core.models.delivery import EditionState
from digest.core.models.subscribers import AddressStatus
from digest.core.schedule.retry import MAX_IN_DOUBT
from digest.errors import StoreError, StoreVersion, UsageError
from digest.store.database import schema
from digest.store.database.connection import open_engine, masked_url, parse_url
from digest.store.database.store import Store, create_tables, lock_schema, schema_revision, transaction
from digest.store.editions.ledger import change
from digest.store.locks import delivery_lock
from digest.store.maintenance import migrate
from digest.store.maintenance.backup import BACKUP_KEY, BackupInfo, verify, open_read_only
from digest.store.maintenance.copy_rows import copy_rows, set_last_id, last_id
from digest.store.papers import announcements, muted_sources
from digest.store.subscribers import subscriptions
from digest.store.subscribers.bounces import keep_closed

# Numbers that links, return paths and Message-IDs hold, and were given out since the backup.
_TABLES_WITH_SIGNED_IDS = (schema.address, schema.subscription, schema.edition)
_SKIPPED_IDS = 1_000_000

_WAITING = (EditionState.QUEUED, EditionState.CLAIMED, EditionState.DEFERRED, EditionState.IN_DOUBT)
_HELD_REASON = "restored from a backup{}: it may have been sent since"
_CLOSED = (AddressStatus.UNSUBSCRIBED, AddressStatus.SUPPRESSED, AddressStatus.ERASED)


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreReport:
    """What was put back."""

    backup: BackupInfo
    upgraded: tuple[str, ...]  # revisions that were applied to a backup of an older version
    rows: Mapping[str, int]  # by table
    held: int  # digests that may have been sent since; a person decides
    quiet: tuple[str, ...]  # sources whose next papers are not announced
    left_since: int  # readers who had left the database that was replaced, and stay so


@dataclass(frozen=True, slots=True, kw_only=True)
class _ClosedAddresses:
    """Who left the database that is replaced."""

    addresses: Mapping[str, AddressStatus]  # by address
    hashes: tuple[tuple[str, AddressStatus, datetime], ...]  # of those who were erased


def restore(
    url: str, file: Path, *, now: datetime, replace: bool = False, as_is: bool = False
) -> RestoreReport:
    """Puts a backup into a database of either kind; it is checked before anything is touched.

    What waited to be sent is held for a person, readers go on with what comes from now on, and
    numbers that may have been given out since the backup are left out.

    Args:
        url: of the database.
        file: the backup; that of an older version is brought to this one's schema.
        now: the moment.
        replace: also over a database that holds something; who has left it stays out.
        as_is: nothing was sent or collected since the backup: all goes on where it was.

    Raises:
        UsageError: there is no such file, or the database holds something.
        InputError: the file is no sound backup of this program's.
        StoreError: the database holds another program's tables, or delivers at this moment.
    """
    found = verify(file)
    with tempfile.TemporaryDirectory(prefix="paper-digest-") as folder:  # private, as mkdtemp's
        copy = f"sqlite:///{folder}/backup.db"
        with (
            closing(open_read_only(file)) as source,
            closing(sqlite3.connect(Path(folder) / "backup.db")) as target,
        ):
            source.backup(target)
        upgraded = tuple(migrate.upgrade(copy))
        engine = open_engine(parse_url(url), relaxed=False)
        try:
            with (
                Store.open(copy) as store,
                store.read() as source_tx,
                transaction(engine, write=True) as tx,
            ):
                left = _recreate_tables(tx, Store(engine), replace=replace)
                rows = copy_rows(source_tx, tx)
                tx.execute(delete(schema.meta).where(schema.meta.c.key == BACKUP_KEY))
                left_since = _close_again(tx, left, now=now)
                held = 0 if as_is else _hold_waiting(tx, found, now=now)
                silent = () if as_is else _skip_to_now(tx)
        finally:
            engine.dispose()
    return RestoreReport(
        backup=found,
        upgraded=upgraded,
        rows=rows,
        held=held,
        quiet=silent,
        left_since=left_since,
    )


def _recreate_tables(tx: Connection, store: Store, *, replace: bool) -> _ClosedAddresses:
    """Leaves the tables new and empty; who had left."""
    lock_schema(tx)
    current = schema_revision(tx)
    left = _ClosedAddresses(addresses={}, hashes=())
    if current is not None:
        place = masked_url(store.engine.url)
        if current not in schema.REVISIONS:
            raise StoreVersion(
                f"{place}: was written by a newer paper-digest (revision {current}); upgrade the"
                " program; nothing was changed"
            )
        if _has_data(tx) and not replace:
            raise UsageError(
                f"{place}: holds data; restore into an empty database, or insist with --replace;"
                " nothing was changed"
            )
        busy = select(schema.edition.c.owner).where(schema.edition.c.state == EditionState.CLAIMED)
        if any(
            delivery_lock.is_alive(store, token) for token in tx.execute(busy.distinct()).scalars()
        ):
            raise StoreError(
                f"{place}: letters are being sent at this moment; stop the scheduler and what cron"
                " runs, then try again; nothing was changed"
            )
        if current == schema.HEAD:
            left = _closed_addresses(tx)
    schema.metadata.drop_all(tx)
    schema.alembic_version.drop(tx, checkfirst=True)
    create_tables(tx)
    return left


def _has_data(tx: Connection) -> bool:
    return any(
        tx.execute(select(table.c.id).limit(1)).first() is not None
        for table in (schema.paper, schema.batch, schema.address)
    )


def _closed_addresses(tx: Connection) -> _ClosedAddresses:
    table, kept = schema.address, schema.suppression
    closed = select(table).where(table.c.status.in_(_CLOSED))
    return _ClosedAddresses(
        addresses={row.email: row.status for row in tx.execute(closed)},
        hashes=tuple((row.hash, row.status, row.at) for row in tx.execute(select(kept))),
    )


def _close_again(tx: Connection, left: _ClosedAddresses, *, now: datetime) -> int:
    """Closes again who had left since the backup; how many."""
    count = 0
    for email, status in left.addresses.items():
        known = subscriptions.find_address(tx, email)
        if known is not None and known.status not in _CLOSED:
            subscriptions.set_status(
                tx,
                email,
                status,
                event=status,
                origin="restore",
                detail="had left before the backup was restored",
                now=now,
            )
            count += 1
    for hashed, status, at in left.hashes:
        keep_closed(tx, hashed, status, at=at)
    return count


def _hold_waiting(tx: Connection, found: BackupInfo, *, now: datetime) -> int:
    """Leaves what waited to a person: neither policy for what is in doubt sends it again."""
    when = f" of {found.taken_at:%Y-%m-%d %H:%M} UTC" if found.taken_at else ""
    return change(
        tx,
        [schema.edition.c.state.in_(_WAITING)],
        state=EditionState.IN_DOUBT,
        doubts=MAX_IN_DOUBT,
        owner=None,
        started_at=None,
        settled_at=now,
        reason=_HELD_REASON.format(when),
    )


def _skip_to_now(tx: Connection) -> tuple[str, ...]:
    """Nobody gets what may have been sent already; the sources that are quiet for it."""
    for table in _TABLES_WITH_SIGNED_IDS:
        set_last_id(tx, table, last_id(tx, table) + _SKIPPED_IDS)
    live = schema.subscription.c.ended_at.is_(None)
    head = announcements.head(tx)
    tx.execute(update(schema.subscription).where(live).values(read_through=head))
    names = tuple(tx.execute(select(schema.source.c.name).order_by("name")).scalars())
    muted_sources.mute(tx, names)
    return names
