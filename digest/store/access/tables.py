"""Defines the tables of the HTTP API: tokens, answers that are repeated, webhooks.

`digest.store.database.schema` has the others. No column holds the address of a reader, except that
an operator may write one into a name or a URL.
"""

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from digest.core.access.webhooks import WebhookEvent
from digest.store.database.column_types import ID, JSON_VALUE, CleanText, NamedEnum, UtcDateTime
from digest.store.database.table_collection import metadata

api_token = Table(
    "api_token",
    metadata,
    Column("id", ID, primary_key=True),
    Column("name", CleanText, nullable=False),
    Column("hash", String(64), nullable=False, unique=True),  # SHA-256 of the token
    Column("scopes", JSON_VALUE, nullable=False),
    Column("requests", Integer, nullable=False),  # that it may send in a minute
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime),  # null: never
    Column("revoked_at", UtcDateTime),
    Column("used_at", UtcDateTime),  # the last minute in which it was used
    Column("used", Integer, nullable=False),  # requests in that minute
    sqlite_autoincrement=True,
)

# The answers to POST requests with an Idempotency-Key, for a day. They name no reader.
api_answer = Table(
    "api_answer",
    metadata,
    Column("token_id", ID, ForeignKey("api_token.id"), nullable=False),
    Column("key_hash", String(64), nullable=False),  # SHA-256: a key may name a reader
    Column("request_hash", String(64), nullable=False),  # of method, path and body
    Column("asked_at", UtcDateTime, nullable=False, index=True),
    Column("status", Integer),  # null: it is being worked on
    Column("location", Text),
    Column("body", LargeBinary),
    PrimaryKeyConstraint("token_id", "key_hash"),
    sqlite_with_rowid=False,
)

webhook = Table(
    "webhook",
    metadata,
    Column("id", ID, primary_key=True),
    Column("url", CleanText, nullable=False),
    Column("events", JSON_VALUE, nullable=False),
    Column("secret", Text, nullable=False),  # signs; the receiver has it too
    Column("created_at", UtcDateTime, nullable=False),
    # Up to where each source of events was read for it.
    Column("consent_through", ID, nullable=False),
    Column("bounce_through", ID, nullable=False),
    Column("sent_through", UtcDateTime, nullable=False),
    Column("failing_since", UtcDateTime),  # null: the last message was taken
    Column("problem", CleanText, nullable=False),  # of the last failure; empty: none
    Column("disabled_at", UtcDateTime),  # switched off after days of failures
    sqlite_autoincrement=True,
)

# The messages of webhooks, until some time after they were taken.
webhook_message = Table(
    "webhook_message",
    metadata,
    Column("id", ID, primary_key=True),
    Column("webhook_id", ID, ForeignKey("webhook.id"), nullable=False),
    Column("event", NamedEnum(WebhookEvent), nullable=False),
    Column("number", ID, nullable=False),  # of the edition, the bounce or the entry of the log
    Column("at", UtcDateTime, nullable=False),  # when it happened
    Column("data", JSON_VALUE, nullable=False),  # numbers and days alone
    Column("failures", Integer, nullable=False),
    Column("next_at", UtcDateTime),  # when to send it; null: it was taken
    Column("done_at", UtcDateTime, index=True),
    UniqueConstraint("webhook_id", "event", "number"),
    Index(None, "webhook_id", "next_at"),
    sqlite_autoincrement=True,
)
