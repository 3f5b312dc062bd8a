"""The tables, and the revisions of the schema that this program knows.

`Store.open` creates an empty database from these tables; the migrations create the same schema.
A test compares the two on both databases. A migration of a release is never changed: the next
change of the schema is a new migration.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from digest.core.models.batches import Verdict
from digest.core.models.delivery import EditionState
from digest.core.models.papers import AnnouncementKind
from digest.core.models.subscribers import AddressStatus, SubscriptionOrigin
from digest.store.database.column_types import ID, JSON_VALUE, CleanText, NamedEnum, UtcDateTime

REVISIONS = ("0002",)  # oldest first
HEAD = REVISIONS[-1]

COUNTERS = ("announcement", "batch", "paper", "revision")

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

# Alembic's own table, in its own words; ours only to stamp an empty database and to read.
alembic_version = Table(
    "alembic_version",
    MetaData(),
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)

meta = Table(
    "meta",
    metadata,
    Column("key", String(40), primary_key=True),
    Column("value", Text, nullable=False),
)

# Numbers are taken from here inside the transaction that uses them: the row stays locked until
# the commit, so the order of the numbers is the order of the commits, without gaps.
counter = Table(
    "counter",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("value", BigInteger, nullable=False),
)

paper = Table(
    "paper",
    metadata,
    Column("id", ID, primary_key=True, autoincrement=False),
    Column("first_seen_at", UtcDateTime, nullable=False, index=True),
    Column("withdrawn_at", UtcDateTime),
    Column("merged_into", ID, ForeignKey("paper.id")),  # an alias: all else moved there
)

# Clustered on the hash, which only finds candidates: equality is decided on the full key.
title = Table(
    "title",
    metadata,
    Column("hash", BigInteger, nullable=False),
    Column("paper_id", ID, ForeignKey("paper.id"), nullable=False, index=True),
    Column("key", CleanText, nullable=False),
    PrimaryKeyConstraint("hash", "paper_id"),
    sqlite_with_rowid=False,
)

identifier = Table(
    "identifier",
    metadata,
    Column("scheme", String(40), nullable=False),
    Column("value", CleanText, nullable=False),
    Column("paper_id", ID, ForeignKey("paper.id"), nullable=False, index=True),
    PrimaryKeyConstraint("scheme", "value"),
    sqlite_with_rowid=False,
)

revision = Table(
    "revision",
    metadata,
    Column("id", ID, primary_key=True, autoincrement=False),
    Column("paper_id", ID, ForeignKey("paper.id"), nullable=False),
    Column("number", Integer, nullable=False),  # of this paper's revisions, counted from 1
    Column("title", CleanText, nullable=False),
    Column("abstract", CleanText, nullable=False),
    Column("authors", JSON_VALUE, nullable=False),
    Column("author_count", Integer),
    Column("categories", JSON_VALUE, nullable=False),
    Column("links", JSON_VALUE, nullable=False),
    Column("identifiers", JSON_VALUE, nullable=False),
    Column("published", Date),
    Column("updated", Date),
    Column("version", Integer),
    Column("summary", CleanText, nullable=False, server_default=""),
    Column("keywords", JSON_VALUE, nullable=False, server_default=text("'[]'")),
    Column("source", Text, nullable=False),  # of the words
    # Of the words: digest.core.precedence.
    Column("authority", Integer, nullable=False, server_default=text("0")),
    Column("recorded_at", UtcDateTime, nullable=False),
    UniqueConstraint("paper_id", "number"),
)

# What turned out to be the same paper, and why: another record, or one that a batch showed.
merge = Table(
    "merge",
    metadata,
    Column("id", ID, primary_key=True),
    Column("paper_id", ID, ForeignKey("paper.id"), nullable=False, index=True),
    Column("alias_id", ID, ForeignKey("paper.id")),
    Column("reason", CleanText, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

batch = Table(
    "batch",
    metadata,
    Column("id", ID, primary_key=True, autoincrement=False),
    Column("source", Text, nullable=False),
    Column("origin", CleanText, nullable=False),
    Column("announced", Date),
    Column("collected_at", UtcDateTime, nullable=False, index=True),
    Column("verdict", NamedEnum(Verdict), nullable=False),
    Column("papers", Integer, nullable=False),
    Column("new", Integer, nullable=False),
    Column("listed", Integer, nullable=False),
    Column("revised", Integer, nullable=False),
    Column("withdrawn", Integer, nullable=False),
    Column("duplicates", Integer, nullable=False),
    Column("rejected", JSON_VALUE, nullable=False),
    Column("fingerprint", Text),
    Index(None, "source", "fingerprint"),
)

sighting = Table(
    "sighting",
    metadata,
    Column("batch_id", ID, ForeignKey("batch.id"), nullable=False),
    Column("paper_id", ID, ForeignKey("paper.id"), nullable=False, index=True),
    Column("position", Integer),
    Column("votes", Integer),
    Column("comments", Integer),
    PrimaryKeyConstraint("batch_id", "paper_id"),
    sqlite_with_rowid=False,
)

listing = Table(
    "listing",
    metadata,
    Column("paper_id", ID, ForeignKey("paper.id"), nullable=False),
    Column("source", Text, nullable=False),
    PrimaryKeyConstraint("paper_id", "source"),
    sqlite_with_rowid=False,
)

announcement = Table(
    "announcement",
    metadata,
    Column("seq", ID, primary_key=True, autoincrement=False),
    Column("paper_id", ID, ForeignKey("paper.id"), nullable=False, index=True),
    Column("revision_id", ID, ForeignKey("revision.id"), nullable=False),
    Column("batch_id", ID, ForeignKey("batch.id"), nullable=False, index=True),
    Column("source", Text, nullable=False),
    Column("kind", NamedEnum(AnnouncementKind), nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

source = Table(
    "source",
    metadata,
    Column("name", Text, primary_key=True),
    Column("cursor", JSON_VALUE),
    Column("polled_at", UtcDateTime, nullable=False),
    Column("next_poll_at", UtcDateTime),  # of a scheduler; null: at any time
    # Polls in a row that could not be read.
    Column("failures", Integer, nullable=False, server_default=text("0")),
    Column("failing_since", UtcDateTime),
)

address = Table(
    "address",
    metadata,
    Column("id", ID, primary_key=True),
    Column("email", Text, nullable=False),  # as written, the domain in lower case
    Column("email_key", Text, nullable=False, unique=True),  # all in lower case
    Column("status", NamedEnum(AddressStatus), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    sqlite_autoincrement=True,
)

# Append-only: who agreed to what, when, and who ended it.
consent = Table(
    "consent",
    metadata,
    Column("id", ID, primary_key=True),
    Column("address_id", ID, ForeignKey("address.id"), nullable=False, index=True),
    Column("at", UtcDateTime, nullable=False),
    Column("event", String(40), nullable=False),
    Column("origin", String(40), nullable=False),
    Column("detail", CleanText, nullable=False),
    sqlite_autoincrement=True,
)

_LIVE = text("ended_at IS NULL")

subscription = Table(
    "subscription",
    metadata,
    Column("id", ID, primary_key=True),
    Column("address_id", ID, ForeignKey("address.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("origin", NamedEnum(SubscriptionOrigin), nullable=False),
    Column("profile_text", Text, nullable=False),
    Column("paused", Boolean, nullable=False),
    Column("read_through", ID, nullable=False),
    Column("next_due", UtcDateTime),  # the program always sets it
    Column("waiting_until", UtcDateTime),  # its open slot had nothing: news or this ends it
    Column("used_at", UtcDateTime),  # when its last local day was used up
    Column("created_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Index(None, "origin", "name"),
    Index(None, "ended_at", "next_due"),
    Index(
        "uq_subscription_live",
        "address_id",
        "origin",
        "name",
        unique=True,
        sqlite_where=_LIVE,
    ),
    sqlite_autoincrement=True,
)

# Numbers of editions stand in Message-IDs, so SQLite must never give one out twice.
edition = Table(
    "edition",
    metadata,
    Column("id", ID, primary_key=True),
    Column("subscription_id", ID, ForeignKey("subscription.id"), nullable=False),
    Column("local_date", Date, nullable=False),
    Column("composed_at", UtcDateTime, nullable=False),
    Column("state", NamedEnum(EditionState), nullable=False),
    Column("content", JSON_VALUE, nullable=False),
    Column("matched", Integer, nullable=False),
    Column("message_id", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    # Of the attempts, those whose end is unknown.
    Column("doubts", Integer, nullable=False, server_default=text("0")),
    Column("next_attempt_at", UtcDateTime, nullable=False),
    Column("owner", Text),
    Column("claimed_at", UtcDateTime),
    Column("started_at", UtcDateTime),  # of a claimed one: it may be on its way
    Column("settled_at", UtcDateTime),  # when the last attempt ended
    Column("released_at", UtcDateTime),  # when a person said: send it, however late
    Column("code", Integer),
    Column("reason", CleanText),
    UniqueConstraint("subscription_id", "local_date"),
    Index(None, "state", "next_attempt_at"),
    sqlite_autoincrement=True,
)

edition_paper = Table(
    "edition_paper",
    metadata,
    Column("subscription_id", ID, ForeignKey("subscription.id"), nullable=False),
    Column("paper_id", ID, ForeignKey("paper.id"), nullable=False),
    Column("edition_id", ID, ForeignKey("edition.id"), nullable=False, index=True),
    PrimaryKeyConstraint("subscription_id", "paper_id", "edition_id"),
    sqlite_with_rowid=False,
)

# What came back for an address: bounces and complaints. The texts are not kept.
bounce = Table(
    "bounce",
    metadata,
    Column("id", ID, primary_key=True),
    Column("address_id", ID, ForeignKey("address.id"), nullable=False, index=True),
    Column("edition_id", ID, ForeignKey("edition.id"), index=True),
    Column("at", UtcDateTime, nullable=False),
    Column("kind", String(40), nullable=False),
    Column("status", String(16), nullable=False),
    Column("proof", String(40), nullable=False),
    Column("fingerprint", String(64), nullable=False, unique=True),  # SHA-256 of the message
)

# What outlives an erased address: that it must get nothing. The hash is keyed (core.links).
suppression = Table(
    "suppression",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("status", NamedEnum(AddressStatus), nullable=False),  # that it had
    Column("at", UtcDateTime, nullable=False),
)

# What the jobs did. A slot is a moment of a job's timetable; single commands have none.
job_runs = Table(
    "job_runs",
    metadata,
    Column("id", ID, primary_key=True),
    Column("job", String(40), nullable=False),
    Column("slot", UtcDateTime),
    Column("started_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),  # none: it is under way, or its owner died
    Column("outcome", CleanText, nullable=False),
    Column("problems", JSON_VALUE, nullable=False),  # texts; none about a single reader
    Column("owner", Text, nullable=False),
    Column("takeovers", Integer, nullable=False),
    UniqueConstraint("job", "slot"),
    Index(None, "job", "id"),
)


def prepare_for_postgresql() -> None:
    """Says of the partial index what only PostgreSQL has to hear, before its tables are made.

    Said above, it would import that dialect wherever SQLite is used, at every start.
    """
    for index in subscription.indexes:
        if index.unique:
            index.dialect_options["postgresql"]["where"] = _LIVE
