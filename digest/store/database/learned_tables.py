"""Defines the tables for what readers say and keep, and for the public archive.

`digest.store.database.schema` has the others.
"""

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    ForeignKey,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
)

from digest.core.models.profiles import AuthorChoice, FeedbackKind
from digest.store.database.column_types import ID, JSON_VALUE, CleanText, NamedEnum, UtcDateTime
from digest.store.database.table_collection import metadata

# What a reader said about papers: the last word about each one.
feedback = Table(
    "feedback",
    metadata,
    Column("subscription_id", ID, ForeignKey("subscription.id"), nullable=False),
    Column("paper_id", ID, ForeignKey("paper.id"), nullable=False, index=True),
    Column("kind", NamedEnum(FeedbackKind), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    PrimaryKeyConstraint("subscription_id", "paper_id"),
    sqlite_with_rowid=False,
)

# The authors whom a reader follows or mutes.
author_choice = Table(
    "author_choice",
    metadata,
    Column("subscription_id", ID, ForeignKey("subscription.id"), nullable=False),
    Column("author", CleanText, nullable=False),
    Column("choice", NamedEnum(AuthorChoice), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    PrimaryKeyConstraint("subscription_id", "author"),
    sqlite_with_rowid=False,
)

# The reading lists that a profile names in `likes`, so that it can be ranked without the files.
reading_list = Table(
    "reading_list",
    metadata,
    Column("subscription_id", ID, ForeignKey("subscription.id"), nullable=False),
    Column("file", CleanText, nullable=False),  # as the profile names it
    Column("content_hash", String(64), nullable=False),  # SHA-256 of the file
    Column("papers", JSON_VALUE, nullable=False),  # pairs of title and abstract
    Column("read_at", UtcDateTime, nullable=False),
    PrimaryKeyConstraint("subscription_id", "file"),
    sqlite_with_rowid=False,
)

# The papers that a reader keeps: saved ones, and those with a note.
reader_paper = Table(
    "reader_paper",
    metadata,
    Column("subscription_id", ID, ForeignKey("subscription.id"), nullable=False),
    Column("paper_id", ID, ForeignKey("paper.id"), nullable=False, index=True),
    Column("saved_at", UtcDateTime),  # null: not saved
    Column("note", CleanText, nullable=False),  # empty: none
    PrimaryKeyConstraint("subscription_id", "paper_id"),
    sqlite_with_rowid=False,
)

# The secret feed of a digest. The row stays when the feed is closed, so that no earlier address works
# again.
reader_feed = Table(
    "reader_feed",
    metadata,
    Column("subscription_id", ID, ForeignKey("subscription.id"), primary_key=True),
    Column("version", Integer, nullable=False),  # in the address
    Column("is_open", Boolean, nullable=False),
)

# The pages of the public archive: the papers of an offered list on one day.
list_edition = Table(
    "list_edition",
    metadata,
    Column("list_name", Text, nullable=False),
    Column("local_date", Date, nullable=False),
    Column("composed_at", UtcDateTime, nullable=False),
    Column("read_through", ID, nullable=False),  # the last announcement that was considered
    Column("matched", Integer, nullable=False),  # 0: no page is shown
    Column("content", JSON_VALUE, nullable=False),  # as that of `edition`
    PrimaryKeyConstraint("list_name", "local_date"),
    sqlite_with_rowid=False,
)
