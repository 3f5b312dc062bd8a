"""Defines the tables that support the work: title words, look-ups, runs of jobs, the site, operators."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
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

from digest.core.enrichment.outcomes import LookupOutcome
from digest.core.models.subscribers import AddressStatus
from digest.store.access import tables as _access_tables  # noqa: F401 - adds its tables
from digest.store.database.column_types import ID, JSON_VALUE, CleanText, NamedEnum, UtcDateTime
from digest.store.database.table_collection import metadata

# Compared byte by byte on both databases, so that words with the same beginning are one range.
_WORD = Text().with_variant(Text(collation="C"), "postgresql")

# The words of all titles of a paper record (`digest.core.identity.title_words`).
title_word = Table(
    "title_word",
    metadata,
    Column("word", _WORD, nullable=False),
    Column("paper_id", ID, ForeignKey("paper.id"), nullable=False, index=True),
    PrimaryKeyConstraint("word", "paper_id"),
    sqlite_with_rowid=False,
)

# The vector that a sentence-embedding model gave to the text of a revision.
paper_vector = Table(
    "paper_vector",
    metadata,
    Column("revision_id", ID, ForeignKey("revision.id"), nullable=False),
    Column("model", String(80), nullable=False),  # names the weights
    Column("vector", LargeBinary, nullable=False),  # float16, little-endian
    PrimaryKeyConstraint("revision_id", "model"),
    sqlite_with_rowid=False,
)

# What each service said about a paper that was looked up there.
lookup = Table(
    "lookup",
    metadata,
    Column("paper_id", ID, ForeignKey("paper.id"), nullable=False),
    Column("service", String(40), nullable=False),
    Column("outcome", NamedEnum(LookupOutcome), nullable=False),  # of the last request
    Column("asked_at", UtcDateTime, nullable=False),
    Column("next_at", UtcDateTime),  # when it is asked again; null: never
    Column("requests", Integer, nullable=False),
    Column("evidence", Text, nullable=False, server_default=""),  # that its record is the paper
    PrimaryKeyConstraint("paper_id", "service"),
    sqlite_with_rowid=False,
)

# The requests to each service, with each key, on each day (UTC). Old rows are deleted.
service_request = Table(
    "service_request",
    metadata,
    Column("day", Date, nullable=False),
    Column("service", String(40), nullable=False),
    Column("credential", String(40), nullable=False),  # a name of the key, not the key
    Column("requests", Integer, nullable=False),
    Column("allowed", Integer, nullable=False),  # in a day, at the last request
    # What the service says: what remains, of how much, and the unit; null: nothing.
    Column("reported", JSON_VALUE),
    Column("spent", Boolean, nullable=False),  # it says that nothing remains
    PrimaryKeyConstraint("day", "service", "credential"),
    sqlite_with_rowid=False,
)

# Until when the messages to a mail server are reserved, if there is a limit for each minute.
send_rate = Table(
    "send_rate",
    metadata,
    Column("server", Text, primary_key=True),
    Column("next_at", BigInteger, nullable=False),  # microseconds since 1970, UTC
)

# Runs of jobs. A slot is a moment of a job's schedule; runs of single commands have none.
# Counts of news about known papers in the report of a batch, besides those that it always had.
BATCH_UPDATES = ("corrected", "published", "too_old")

job_runs = Table(
    "job_runs",
    metadata,
    Column("id", ID, primary_key=True),
    Column("job", String(40), nullable=False),
    Column("slot", UtcDateTime),
    Column("started_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),  # null: it is running, or its process died
    Column("outcome", CleanText, nullable=False),
    Column("problems", JSON_VALUE, nullable=False),  # addresses in them are masked
    Column("owner", Text, nullable=False),  # which process; empty: requested, not started
    Column("takeovers", Integer, nullable=False),
    UniqueConstraint("job", "slot"),
    Index(None, "job", "id"),
)

# What somebody asked for on the site, which counts when it is confirmed by mail. Old rows are deleted.
site_request = Table(
    "site_request",
    metadata,
    Column("id", ID, primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("email", Text, nullable=False),  # where the message goes
    Column("email_key", Text, nullable=False, index=True),
    Column("subscription_id", ID, ForeignKey("subscription.id"), index=True),
    Column("wish", JSON_VALUE, nullable=False),  # what is done when it is confirmed
    Column("asked_at", UtcDateTime, nullable=False, index=True),
    Column("mail_at", UtcDateTime, index=True),  # when to send the message; null: no more
    Column("tries", Integer, nullable=False),  # codes that were typed
    Column("done_at", UtcDateTime),  # when it was confirmed
    Column("result_id", ID),  # the subscription that it made or changed
    sqlite_autoincrement=True,
)

# Requests of the last day, for the limits. Keys are keyed hashes.
site_event = Table(
    "site_event",
    metadata,
    Column("id", ID, primary_key=True),
    Column("counted", String(20), nullable=False),
    Column("key", String(64), nullable=False),
    Column("at", UtcDateTime, nullable=False, index=True),
    Index(None, "counted", "key", "at"),
)

# Until when a subscription is paused, if its reader named a day.
subscription_pause = Table(
    "subscription_pause",
    metadata,
    Column("subscription_id", ID, ForeignKey("subscription.id"), primary_key=True),
    Column("until", UtcDateTime, nullable=False, index=True),
)

# Addresses that were erased or left long ago and must get no mail, as keyed hashes
# (`digest.core.subscribers.signed_tokens.keyed_hash`).
suppression = Table(
    "suppression",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("status", NamedEnum(AddressStatus), nullable=False),  # before the address was erased
    Column("at", UtcDateTime, nullable=False),  # when the reader left; a later consent ends it
)

# Who is signed in on the operator's pages. The cookie of the browser is not stored.
admin_session = Table(
    "admin_session",
    metadata,
    Column("key", String(64), primary_key=True),  # SHA-256 of the cookie
    Column("email", Text, nullable=False),
    Column("email_key", Text, nullable=False, index=True),
    Column("opened_at", UtcDateTime, nullable=False, index=True),
    Column("seen_at", UtcDateTime, nullable=False),  # of the last request, to a minute
)

# What was done on the operator's pages.
admin_log = Table(
    "admin_log",
    metadata,
    Column("id", ID, primary_key=True),
    Column("at", UtcDateTime, nullable=False, index=True),
    Column("who", CleanText, nullable=False),  # the address of the operator
    Column("action", String(40), nullable=False),
    Column("subject", CleanText, nullable=False),  # a reader, a source or an edition
    Column("outcome", CleanText, nullable=False),  # empty: not known, as the process died
    Index(None, "action", "id"),
)

# Sources that the operator stopped. A source of sources.toml without a row here is read.
source_stop = Table(
    "source_stop",
    metadata,
    Column("name", CleanText, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
)

# How often the pages of the site were shown. Nothing tells who read them.
page_view = Table(
    "page_view",
    metadata,
    Column("day", Date, nullable=False),
    Column("page", String(40), nullable=False),  # its kind, such as `edition`
    Column("views", Integer, nullable=False),
    PrimaryKeyConstraint("day", "page"),
    sqlite_with_rowid=False,
)
