"""Defines the tables for what is learned from readers; `digest.store.database.schema` has the others."""

from sqlalchemy import Column, ForeignKey, PrimaryKeyConstraint, String, Table

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
