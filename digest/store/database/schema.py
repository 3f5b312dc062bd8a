"""Defines the tables, and lists the schema revisions that this program knows.

`Store.open` creates these tables in an empty database; the migrations create the same schema.
A test compares the two on both databases. A released migration must never change: every later
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
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from digest.core.models.batches import Verdict
from digest.core.models.delivery import EditionState
from digest.core.models.papers import AnnouncementKind
from digest.core.models.subscribers import AddressStatus, EndCause, SubscriptionOrigin
from digest.store.database import learned_tables as _learned_tables  # noqa: F401 - adds its tables
from digest.store.database.column_types import ID, JSON_VALUE, CleanText, NamedEnum, UtcDateTime
from digest.store.database.support_tables import BATCH_UPDATES
from digest.store.database.support_tables import job_runs as job_runs  # noqa: PLC0414
from digest.store.database.support_tables import lookup as lookup  # noqa: PLC0414
from digest.store.database.support_tables import paper_vector as paper_vector  # noqa: PLC0414
from digest.store.database.support_tables import send_rate as send_rate  # noqa: PLC0414
from digest.store.database.support_tables import suppression as suppression  # noqa: PLC0414
from digest.store.database.table_collection import metadata as metadata  # noqa: PLC0414 - re-exported

_FIRST, _LAST = 2, 20
REVISIONS = tuple(f"{number:04}" for number in range(_FIRST, _LAST + 1))  # the oldest first
HEAD = REVISIONS[-1]

COUNTERS = ("announcement", "batch", "paper", "revision")  # names of the rows in `counter`

# As Alembic defines it.
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

# Ids are taken from here in the transaction that uses them. The row stays locked until the
# commit, so the order of the ids is the order of the commits, and there are no gaps.
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
    # Set when this record was merged into another one, which now has all its other rows.
    Column("merged_into", ID, ForeignKey("paper.id")),
    # The newest edition that shows the paper, of those that pruning has looked at; null: none.
    Column("shown_in", ID),
    Index(None, "merged_into", sqlite_where=text("merged_into IS NOT NULL")),
)

# Every title key by which a paper is known. Clustered on the hash, which only finds candidates:
# two titles are equal only if their full keys are.
title = Table(
    "title",
    metadata,
    Column("hash", BigInteger, nullable=False),
    Column("paper_id", ID, ForeignKey("paper.id"), nullable=False, index=True),
    Column("key", CleanText, nullable=False),
    PrimaryKeyConstraint("hash", "paper_id"),
    sqlite_with_rowid=False,
)

# Every identifier by which a paper is known: arXiv id, DOI, ...
identifier = Table(
    "identifier",
    metadata,
    Column("scheme", String(40), nullable=False),
    Column("value", CleanText, nullable=False),
    Column("paper_id", ID, ForeignKey("paper.id"), nullable=False, index=True),
    PrimaryKeyConstraint("scheme", "value"),
    sqlite_with_rowid=False,
)

# Whether a revision has what pruning clears. Queries must contain the same text, to use the index.
HAS_TEXT = "(abstract != '' OR summary != '' OR CAST(keywords AS TEXT) != '[]')"

# The text of a paper: a new row for each change, never updated (pruning clears old texts).
revision = Table(
    "revision",
    metadata,
    Column("id", ID, primary_key=True, autoincrement=False),
    Column("paper_id", ID, ForeignKey("paper.id"), nullable=False),
    Column("number", Integer, nullable=False),  # counted from 1 for each paper
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
    Column("venue", CleanText, nullable=False, server_default=""),
    # What the record names by ids: `digest.core.models.papers.Paper.connections`.
    Column("connections", JSON_VALUE, nullable=False, server_default=text("'[]'")),
    Column("abstract_from", Text, nullable=False, server_default=""),  # a service
    Column("source", Text, nullable=False),  # where title and abstract come from
    # The source whose batch made this revision; null: made before this was recorded.
    Column("contributor", Text),
    # The priority of the text's source: `digest.core.identity.precedence.source_priority`.
    Column("authority", Integer, nullable=False, server_default=text("0")),
    Column("recorded_at", UtcDateTime, nullable=False),
    UniqueConstraint("paper_id", "number"),
    Index("ix_revision_with_text", "recorded_at", sqlite_where=text(HAS_TEXT)),
)

# Records that were found to be the same paper, and why. `alias_id` is the merged record; it is
# null when the other record existed only in a batch.
merge = Table(
    "merge",
    metadata,
    Column("id", ID, primary_key=True),
    Column("paper_id", ID, ForeignKey("paper.id"), nullable=False, index=True),
    Column("alias_id", ID, ForeignKey("paper.id")),
    Column("reason", CleanText, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

# The report of each fetch of a source.
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
    *(Column(name, Integer, nullable=False, server_default="0") for name in BATCH_UPDATES),
    Index(None, "source", "fingerprint"),
    Index(None, "source", "id"),
    Index(None, "source", "announced"),
)

# Which papers a batch contained, with the numbers that change from day to day.
sighting = Table(
    "sighting",
    metadata,
    Column("batch_id", ID, ForeignKey("batch.id"), nullable=False),
    Column("paper_id", ID, ForeignKey("paper.id"), nullable=False, index=True),
    Column("position", Integer),
    Column("votes", Integer),
    Column("comments", Integer),
    Column("stars", Integer),
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

# Append-only: what is news about papers, in order. A digest shows the papers of one range.
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
    Column("next_poll_at", UtcDateTime),  # set by a scheduler; null: at any time
    # Consecutive fetches that failed.
    Column("failures", Integer, nullable=False, server_default=text("0")),
    Column("failing_since", UtcDateTime),
)

address = Table(
    "address",
    metadata,
    Column("id", ID, primary_key=True),
    Column("email", Text, nullable=False),  # as the reader writes it, with the domain lower-case
    Column("email_key", Text, nullable=False, unique=True),  # all lower-case, for comparisons
    Column("status", NamedEnum(AddressStatus), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    sqlite_autoincrement=True,
)

# Append-only: each event in the history of an address's consent.
consent = Table(
    "consent",
    metadata,
    Column("id", ID, primary_key=True),
    Column("address_id", ID, ForeignKey("address.id"), nullable=False, index=True),
    Column("at", UtcDateTime, nullable=False),
    Column("event", String(40), nullable=False),
    Column("origin", String(40), nullable=False),
    Column("detail", CleanText, nullable=False),
    # How and when the reader agreed, as the operator wrote it, and the date in this text.
    Column("evidence", CleanText),
    Column("given_at", UtcDateTime),
    sqlite_autoincrement=True,
)

# Profiles, each text once for all its readers (`digest.core.profiles.compiled`). What every day needs
# is stored beside the text, so that it is not parsed again.
profile = Table(
    "profile",
    metadata,
    Column("id", ID, primary_key=True),
    Column("content_hash", String(64), nullable=False, unique=True),  # SHA-256 of the text
    # The version that compiled it (`digest.core.profiles.encoding.VERSION`); 0: none did yet.
    Column("version", Integer, nullable=False, index=True),
    Column("name", CleanText, nullable=False),  # of the reader
    Column("weekly", Boolean, nullable=False),  # one digest a week
    Column("language", String(40), nullable=False),
    Column("has_reading_lists", Boolean, nullable=False, index=True),
    Column("has_presentation", Boolean, nullable=False, server_default=false()),
    Column("deliver_to", String(60)),  # the name of a channel; null: by mail
    Column("compiled", LargeBinary),  # null: not compiled yet, or this version refuses the text
    Column("text", Text, nullable=False),  # TOML, as its author wrote it
    Index(None, "deliver_to", sqlite_where=text("deliver_to IS NOT NULL")),
    sqlite_autoincrement=True,
)

_LIVE = text("ended_at IS NULL")

subscription = Table(
    "subscription",
    metadata,
    Column("id", ID, primary_key=True),
    Column("address_id", ID, ForeignKey("address.id"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("origin", NamedEnum(SubscriptionOrigin), nullable=False),
    # Always set, although the column allows null.
    Column("profile_id", ID, ForeignKey("profile.id"), index=True),
    # The file that the profile follows, relative to the home if it is inside. Null: none.
    Column("profile_file", Text),
    Column("list_name", Text),  # its mailing list, of `lists.toml`; null: none
    Column("paused", Boolean, nullable=False),
    Column("read_through", ID, nullable=False),  # the last announcement that was considered
    Column("next_due", UtcDateTime),  # always set, although the column allows null
    # The due digest would have no papers: wait for announcements, at most until this moment.
    Column("waiting_until", UtcDateTime),
    Column("used_at", UtcDateTime),  # when the last local day got its digest or went without
    Column("created_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("ended_by", NamedEnum(EndCause)),  # null with `ended_at`: another cause
    Index(None, "origin", "name"),
    Index(None, "ended_at", "next_due"),
    Index(None, "list_name", sqlite_where=text("list_name IS NOT NULL")),
    Index(None, "ended_by", sqlite_where=text("ended_by IS NOT NULL")),
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

# The states of editions that were not accepted. Queries must contain the same text, to use the index.
NOT_ACCEPTED = "edition.state IN ('deferred', 'expired', 'in_doubt', 'refused')"

# The ledger. Message-IDs contain edition ids, so SQLite must never give out an id twice
# (AUTOINCREMENT).
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
    # Attempts whose outcome is unknown.
    Column("doubts", Integer, nullable=False, server_default=text("0")),
    Column("next_attempt_at", UtcDateTime, nullable=False),
    Column("owner", Text),  # token of the delivery lock of the process that claimed it
    Column("claimed_at", UtcDateTime),
    Column("started_at", UtcDateTime),  # set on a claimed edition: it may have been sent
    Column("settled_at", UtcDateTime),  # when the last attempt ended
    Column("released_at", UtcDateTime),  # when the operator decided to send it, however late
    Column("code", Integer),  # SMTP reply code of the last attempt
    Column("reason", CleanText),
    Column("progress", String(80)),  # of several messages: `digest.core.channel_progress`
    UniqueConstraint("subscription_id", "local_date"),
    # With the id, because editions are claimed in this order, and many were composed at one moment.
    Index(None, "state", "next_attempt_at", "id"),
    Index(
        "ix_edition_not_accepted",
        "settled_at",
        sqlite_where=text(NOT_ACCEPTED.removeprefix("edition.")),
    ),
    sqlite_autoincrement=True,
)

# Which papers each subscription was shown, in blocks: `digest.store.archive.shown_papers`.
# The subscription is that of the edition. By block first, so that a day's rows are side by side.
shown_papers = Table(
    "shown_papers",
    metadata,
    Column("block", ID, nullable=False, autoincrement=False),
    Column("subscription_id", ID, nullable=False),
    Column("edition_id", ID, ForeignKey("edition.id"), nullable=False, index=True),
    Column("papers", LargeBinary, nullable=False),
    PrimaryKeyConstraint("block", "subscription_id", "edition_id"),
    sqlite_with_rowid=False,
)

# Bounces and complaints about an address. Their texts are not stored.
bounce = Table(
    "bounce",
    metadata,
    Column("id", ID, primary_key=True),
    Column("address_id", ID, ForeignKey("address.id"), nullable=False, index=True),
    Column("edition_id", ID, ForeignKey("edition.id"), index=True),
    Column("at", UtcDateTime, nullable=False, index=True),
    Column("kind", String(40), nullable=False),
    Column("status", String(16), nullable=False),
    Column("proof", String(40), nullable=False),  # how the message was matched to the address
    Column("fingerprint", String(64), nullable=False, unique=True),  # SHA-256 of the message
)


def prepare_for_postgresql() -> None:
    """Adds the PostgreSQL conditions to the partial indexes, before their tables are created.

    In the table definitions, these conditions would import the PostgreSQL dialect at every start,
    also where only SQLite is used.
    """
    for table in metadata.tables.values():
        for index in table.indexes:
            condition = index.dialect_options["sqlite"]["where"]
            if condition is not None:
                index.dialect_options["postgresql"]["where"] = condition
