"""Restores a backup in one transaction: readers see either the old or the new content."""

import sqlite3
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path

from msgspec import Struct
from sqlalchemy import Connection, delete, select, update

from digest.core.models.delivery import EditionState
from digest.core.schedule.retry import MAX_IN_DOUBT
from digest.errors import StoreError, StoreVersion, UsageError
from digest.store.admin import sessions
from digest.store.database import schema
from digest.store.database.connection import masked_url, open_engine, parse_url
from digest.store.database.store import (
    Store,
    create_tables,
    lock_schema,
    schema_revision,
    transaction,
)
from digest.store.editions.ledger import update_editions
from digest.store.locks import delivery_lock
from digest.store.maintenance import leavers, migrate
from digest.store.maintenance.backup import BACKUP_KEY, BackupInfo, open_read_only, verify
from digest.store.maintenance.copy_rows import copy_rows, last_id, set_last_id
from digest.store.maintenance.leavers import Leavers
from digest.store.papers import announcements, muted_sources

# Links, return paths and Message-IDs contain ids of these tables. Ids that were generated
# between the backup and its restore must not be used again, so this many are skipped.
_TABLES_WITH_SIGNED_IDS = (schema.address, schema.subscription, schema.edition)
_SKIPPED_IDS = 1_000_000

_WAITING = (EditionState.QUEUED, EditionState.CLAIMED, EditionState.DEFERRED, EditionState.IN_DOUBT)
_HELD_REASON = "restored from a backup{}: it may have been sent since"


class RestoreReport(Struct, frozen=True, kw_only=True):
    """What was restored."""

    backup: BackupInfo
    upgraded: tuple[str, ...]  # migrations that were applied to an older backup
    rows: Mapping[str, int]  # number of rows by table
    held: int  # editions that may have been sent since the backup; the operator decides
    muted_sources: tuple[str, ...]  # sources whose next papers are not announced
    closed_again: tuple[str, ...]  # addresses whose readers left after the backup; closed again
    erased_again: int  # readers of the backup who were erased after it, and erased again


def restore(
    url: str,
    file: Path,
    *,
    now: datetime,
    replace: bool = False,
    as_is: bool = False,
    keys: Sequence[bytes] = (),
) -> RestoreReport:
    """Restores a backup to a SQLite or PostgreSQL database, after checking it.

    Editions that waited to be sent are held for the operator. Digests continue with papers that
    are announced from now on. Ids that may have been used since the backup are skipped.

    Args:
        url: URL of the database.
        file: Backup; one with an older schema is upgraded.
        now: Current time.
        replace: Replace a database that contains data. Readers who have left it stay closed.
        as_is: Nothing was sent or collected since the backup, so hold and skip nothing.
        keys: Keys of the settings, with which hashes of erased addresses were made. Those that
            the databases hold are used too.

    Raises:
        UsageError: There is no such file, or the database contains data.
        InputError: The file is not a valid backup of this program.
        StoreError: The database contains tables of another program, or a delivery is running.
    """
    backup = verify(file)
    with tempfile.TemporaryDirectory(prefix="paper-digest-") as folder:  # readable only by us
        copy = f"sqlite:///{folder}/backup.db"
        with (
            closing(open_read_only(file)) as source,
            closing(sqlite3.connect(Path(folder) / "backup.db")) as target,
        ):
            source.backup(target)
        upgraded = tuple(migrate.upgrade(copy))
        engine = open_engine(parse_url(url), durable=True)
        try:
            with (
                Store.open(copy) as store,
                store.read() as source_tx,
                transaction(engine, write=True) as tx,
            ):
                # In the transaction that fills the tables: other processes see the old data until
                # it ends.
                left = _recreate_tables(tx, Store(engine), replace=replace)
                rows = copy_rows(source_tx, tx)
                tx.execute(delete(schema.meta).where(schema.meta.c.key == BACKUP_KEY))
                sessions.end_all(tx)  # who signed out since must not be signed in again
                held = 0 if as_is else _hold_waiting(tx, backup, now=now)
                # After the rows are copied, because it closes addresses among them.
                gone = leavers.apply(tx, left, keys=keys)
                muted = () if as_is else _skip_to_now(tx)
        finally:
            engine.dispose()
    return RestoreReport(
        backup=backup,
        upgraded=upgraded,
        rows=rows,
        held=held,
        muted_sources=muted,
        closed_again=gone.closed,
        erased_again=gone.erased,
    )


def _recreate_tables(tx: Connection, store: Store, *, replace: bool) -> Leavers:
    """Drops and creates all tables; returns the readers who had left before."""
    lock_schema(tx)
    current = schema_revision(tx)
    left = Leavers()
    if current is not None:
        place = masked_url(store.engine.url)
        if current not in schema.REVISIONS:
            raise StoreVersion(
                f"{place}: was written by a newer paper-digest (revision {current}); upgrade the"
                " program; nothing was changed"
            )
        if _has_data(tx) and not replace:
            raise UsageError(
                f"{place}: contains data; use an empty database (only `digest db restore` can"
                " overwrite data, with --replace); nothing was changed"
            )
        owners = select(schema.edition.c.owner).where(
            schema.edition.c.state == EditionState.CLAIMED
        )
        if any(
            delivery_lock.is_alive(store, token)
            for token in tx.execute(owners.distinct()).scalars()
        ):
            raise StoreError(
                f"{place}: messages are being sent now; stop the scheduler and the cron jobs, then"
                " try again; nothing was changed"
            )
        left = leavers.collect(tx)
    schema.metadata.drop_all(tx)
    schema.alembic_version.drop(tx, checkfirst=True)
    create_tables(tx)
    return left


def _has_data(tx: Connection) -> bool:
    return any(
        tx.execute(select(table.c.id).limit(1)).first() is not None
        for table in (schema.paper, schema.batch, schema.address)
    )


def _hold_waiting(tx: Connection, backup: BackupInfo, *, now: datetime) -> int:
    """Puts waiting editions in doubt, so that only the operator can release them."""
    when = f" of {backup.taken_at:%Y-%m-%d %H:%M} UTC" if backup.taken_at else ""
    return update_editions(
        tx,
        [schema.edition.c.state.in_(_WAITING)],
        state=EditionState.IN_DOUBT,
        doubts=MAX_IN_DOUBT,  # so often in doubt that no run sends them again
        owner=None,
        started_at=None,
        settled_at=now,
        reason=_HELD_REASON.format(when),
    )


def _skip_to_now(tx: Connection) -> tuple[str, ...]:
    """Skips what may have been used or sent since the backup; returns the muted sources."""
    for table in _TABLES_WITH_SIGNED_IDS:
        set_last_id(tx, table, last_id(tx, table) + _SKIPPED_IDS)
    # As after a pause: what was announced before the restore may have been sent.
    live = schema.subscription.c.ended_at.is_(None)
    head = announcements.last_seq(tx)
    tx.execute(update(schema.subscription).where(live).values(read_through=head))
    names = tuple(tx.execute(select(schema.source.c.name).order_by("name")).scalars())
    muted_sources.mute(tx, names)
    return names
