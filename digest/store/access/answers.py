"""Keeps the answers to requests with an Idempotency-Key, so that a repeated one changes nothing."""

from datetime import datetime, timedelta

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, delete, select, update

from digest.store.access.tables import api_answer
from digest.store.database.statements import insert_or_ignore

KEPT = timedelta(hours=24)
ABANDONED = timedelta(minutes=5)
"""After so much time without an answer, the process that worked on a request is taken for dead."""


class KeptAnswer(Struct, frozen=True, kw_only=True):
    """What was answered to an earlier request with the same key."""

    request_hash: str
    status: int | None  # None: it is being worked on
    location: str | None
    body: bytes


def begin(
    tx: Connection, token_id: int, key_hash: str, request_hash: str, *, now: datetime
) -> KeptAnswer | None:
    """Records that a request is being worked on.

    Args:
        tx: Write transaction.
        token_id: The token that sends it.
        key_hash: SHA-256 of its key.
        request_hash: Hash of what it asks for.
        now: Current time.

    Returns:
        The earlier request with this key; None if there is none, so that this one must be done.
    """
    is_dead = api_answer.c.status.is_(None) & (api_answer.c.asked_at <= now - ABANDONED)
    is_old = api_answer.c.asked_at <= now - KEPT
    tx.execute(delete(api_answer).where(_is(token_id, key_hash), is_dead | is_old))
    row = {
        "token_id": token_id,
        "key_hash": key_hash,
        "request_hash": request_hash,
        "asked_at": now,
    }
    inserted = insert_or_ignore(tx, api_answer).returning(api_answer.c.token_id)
    if tx.execute(inserted, row).scalar_one_or_none() is not None:
        return None
    known = tx.execute(select(api_answer).where(_is(token_id, key_hash))).one()
    return KeptAnswer(
        request_hash=known.request_hash,
        status=known.status,
        location=known.location,
        body=known.body or b"",
    )


def finish(
    tx: Connection, token_id: int, key_hash: str, *, status: int, location: str | None, body: bytes
) -> None:
    """Stores the answer to a request that `begin` recorded."""
    mine = update(api_answer).where(_is(token_id, key_hash))
    tx.execute(mine.values(status=status, location=location, body=body))


def forget(tx: Connection, token_id: int, key_hash: str) -> None:
    """Deletes a request that failed, so that it can be sent again."""
    tx.execute(delete(api_answer).where(_is(token_id, key_hash)))


def remove_old(tx: Connection, *, now: datetime) -> None:
    """Deletes the answers that no request may repeat any more."""
    tx.execute(delete(api_answer).where(api_answer.c.asked_at <= now - KEPT))


def _is(token_id: int, key_hash: str) -> ColumnElement[bool]:
    return (api_answer.c.token_id == token_id) & (api_answer.c.key_hash == key_hash)
