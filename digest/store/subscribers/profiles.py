"""Stores profiles, each text once for all readers who share it.

A profile that no subscription has any more is deleted at once: its text contains a name, and often an
address.
"""

from collections.abc import Collection, Iterable, Mapping

from msgspec import Struct
from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    bindparam,
    delete,
    exists,
    or_,
    select,
    update,
)

from digest.core.models.profiles import Profile
from digest.core.models.subscribers import Subscription
from digest.core.profiles.compiled import (
    ProfileRecord,
    address_in,
    compile_text,
    content_hash,
    not_compiled,
    shared_text,
    written_text,
)
from digest.core.profiles.encoding import VERSION
from digest.store.database.schema import address, profile, subscription
from digest.store.database.statements import IN_LIST, insert_or_ignore, rows_in


class StoredProfile(Struct, frozen=True, kw_only=True):
    """A profile as it is read every day, without its text."""

    profile_id: int
    version: int  # of the encoding; 0: it was not compiled yet
    data: bytes | None  # None: not compiled, or refused by the version that compiled it

    @property
    def is_readable(self) -> bool:
        """Whether this version of the program can decode it."""
        return self.data is not None and self.version == VERSION


def store_profiles(tx: Connection, profiles: Iterable[ProfileRecord]) -> dict[str, int]:
    """Stores the profiles that are not stored yet, and compiles those that were not compiled.

    The profiles stay until the transaction ends, also if another process removes unused ones.

    Args:
        tx: Write transaction.
        profiles: The profiles; equal ones are stored once.

    Returns:
        The ids of the profiles, by content hash.
    """
    wanted = {item.content_hash: item for item in profiles}
    ids: dict[str, int] = {}
    hashes = list(wanted)
    for start in range(0, len(hashes), IN_LIST):
        chunk = hashes[start : start + IN_LIST]
        found = _lock(tx, chunk)
        # Another process may remove an unused one between the two statements.
        while missing := [wanted[key] for key in chunk if key not in found]:
            tx.execute(insert_or_ignore(tx, profile), [_row(item) for item in missing])
            found |= _lock(tx, [item.content_hash for item in missing])
        save_compiled(
            tx,
            {
                number: wanted[key]
                for key, (number, version) in found.items()
                if wanted[key].version not in (0, version)
            },
        )
        ids.update((key, number) for key, (number, _) in found.items())
    return ids


def store_text(tx: Connection, text: str, *, email: str, parsed: Profile | None = None) -> int:
    """Stores one profile; returns its id.

    Args:
        tx: Write transaction.
        text: As it was written.
        email: The address of the reader, as it is stored.
        parsed: What the text says; None: it was not parsed yet.
    """
    shared = shared_text(text, email)
    item = not_compiled(shared) if parsed is None else compile_text(shared, parsed)
    return store_profiles(tx, [item])[item.content_hash]


def by_ids(tx: Connection, profile_ids: Collection[int]) -> dict[int, StoredProfile]:
    """Returns the stored profiles, by id."""
    columns = profile.c
    stored = select(columns.id, columns.version, columns.compiled)
    return {
        row.id: StoredProfile(profile_id=row.id, version=row.version, data=row.compiled)
        for row in rows_in(tx, stored, columns.id, profile_ids)
    }


def texts(tx: Connection, profile_ids: Collection[int]) -> dict[int, str]:
    """Returns the texts of profiles by id, as they are stored: see `written_text`."""
    stored = select(profile.c.id, profile.c.text)
    return {row.id: row.text for row in rows_in(tx, stored, profile.c.id, profile_ids)}


def text_of(tx: Connection, item: Subscription) -> str:
    """Returns the profile of a subscription as its author wrote it."""
    stored: str = tx.execute(
        select(profile.c.text).where(profile.c.id == item.profile_id)
    ).scalar_one()
    return written_text(stored, item.email)


def subscriptions_with(tx: Connection, text: str, *, live: bool, limit: int) -> list[int]:
    """Returns the ids of the first subscriptions that have exactly this profile.

    Args:
        tx: Transaction.
        text: As it was written.
        live: Only subscriptions that have not ended.
        limit: At most so many.
    """
    is_same = profile.c.content_hash == content_hash(text)
    email = address_in(text)
    if email is not None:
        is_shared = profile.c.content_hash == content_hash(shared_text(text, email))
        is_same = or_(is_same, and_(is_shared, address.c.email == email))
    same = select(subscription.c.id).join_from(subscription, profile).join(address).where(is_same)
    if live:
        same = same.where(subscription.c.ended_at.is_(None))
    return list(tx.execute(same.order_by(subscription.c.id).limit(limit)).scalars())


def outdated(tx: Connection, *, limit: int) -> dict[int, str]:
    """Returns texts of profiles that this version of the program has not compiled, by id.

    Args:
        tx: Transaction.
        limit: At most so many.
    """
    columns = profile.c
    # Two comparisons, which an index can answer; "not equal" reads every row.
    others = or_(columns.version < VERSION, columns.version > VERSION)
    rows = tx.execute(select(columns.id, columns.text).where(others).limit(limit))
    return {row.id: row.text for row in rows}


def save_compiled(tx: Connection, compiled: Mapping[int, ProfileRecord]) -> None:
    """Stores what profiles say, unless their text has changed since it was read.

    Args:
        tx: Write transaction.
        compiled: The profiles by id.
    """
    if compiled:
        tx.execute(
            update(profile)
            .where(
                profile.c.id == bindparam("number"), profile.c.content_hash == bindparam("known")
            )
            .values({column: bindparam(f"new_{column}") for column in _COMPILED}),
            [
                {
                    "number": number,
                    "known": item.content_hash,
                    **{f"new_{column}": value for column, value in _compiled_values(item).items()},
                }
                for number, item in compiled.items()
            ],
        )


def replace_text(tx: Connection, profile_id: int, text: str) -> None:
    """Changes the text of a stored profile for all its readers.

    Args:
        tx: Write transaction.
        profile_id: Profile to change.
        text: The new text. It is compiled when it is first needed.
    """
    same = select(profile.c.id).where(profile.c.content_hash == content_hash(text))
    other: int | None = tx.execute(same).scalar_one_or_none()
    if other is None:
        is_profile = profile.c.id == profile_id
        tx.execute(update(profile).where(is_profile).values(_row(not_compiled(text))))
    elif other != profile_id:
        had_it = subscription.c.profile_id == profile_id
        tx.execute(update(subscription).where(had_it).values(profile_id=other))
        remove_unused(tx, [profile_id])


def unused(tx: Connection) -> list[int]:
    """Returns the ids of profiles that no subscription has.

    There are some after two processes changed the last two readers of a profile at the same moment.
    """
    rows = select(profile.c.id).where(_is_unused()).order_by(profile.c.id)
    return list(tx.execute(rows).scalars())


def remove_unused(tx: Connection, profile_ids: Iterable[int]) -> None:
    """Deletes those of the profiles that no subscription has.

    Args:
        tx: Write transaction.
        profile_ids: Profiles that a subscription may have had until now.
    """
    numbers = sorted(set(profile_ids))
    for start in range(0, len(numbers), IN_LIST):
        chunk = numbers[start : start + IN_LIST]
        if tx.dialect.name == "postgresql":
            # Another transaction may be about to use one, and holds a lock on it. What is locked here
            # nobody begins to use, so the next statement sees all who use it.
            free = select(profile.c.id).where(profile.c.id.in_(chunk), _is_unused())
            chunk = list(tx.execute(free.with_for_update(skip_locked=True)).scalars())
        tx.execute(delete(profile).where(profile.c.id.in_(chunk), _is_unused()))


def _is_unused() -> ColumnElement[bool]:
    return ~exists().where(subscription.c.profile_id == profile.c.id)


_COMPILED = (
    "version", "name", "weekly", "language", "has_reading_lists", "has_presentation", "deliver_to",
    "compiled",
)  # fmt: skip


def _compiled_values(item: ProfileRecord) -> dict[str, object]:
    return {
        "version": item.version,
        "name": item.name,
        "weekly": item.weekly,
        "language": item.language,
        "has_reading_lists": item.has_reading_lists,
        "has_presentation": item.has_presentation,
        "deliver_to": item.deliver_to,
        "compiled": item.data,
    }


def _row(item: ProfileRecord) -> dict[str, object]:
    return {"content_hash": item.content_hash, "text": item.text, **_compiled_values(item)}


def _lock(tx: Connection, hashes: Collection[str]) -> dict[str, tuple[int, int]]:
    """Returns the ids and versions of stored profiles; PostgreSQL keeps them until the commit."""
    columns = profile.c
    same = select(columns.content_hash, columns.id, columns.version).where(
        columns.content_hash.in_(hashes)
    )
    locked = same.with_for_update(read=True, key_share=True)
    return {row.content_hash: (row.id, row.version) for row in tx.execute(locked)}
