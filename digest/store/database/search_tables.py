"""Defines the table that finds papers by the words of their titles."""

from sqlalchemy import Column, ForeignKey, PrimaryKeyConstraint, Table, Text

from digest.store.database.column_types import ID
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
