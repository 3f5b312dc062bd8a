"""The rows of an export: which tables and columns are in it, and how their values are written as JSON.

What is left out: the keys of the installation, with the tokens and webhooks of the HTTP API and the
sessions of operators; what is derived from the rest, and what only matters for
some hours (the runs of jobs, the requests of the site, the rate of messages).
"""

import base64
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from enum import Enum
from itertools import groupby
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Connection,
    Date,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    select,
)

from digest.core.profiles import presentation
from digest.store.archive import shown_papers
from digest.store.database import schema
from digest.store.database.column_types import ID, NamedEnum, UtcDateTime
from digest.store.database.schema import metadata

_CHUNK = 2000  # rows in memory

# In the database, a row has many papers (`digest.store.archive.shown_papers`); here, each has a line.
EDITION_PAPER = Table(
    "edition_paper",
    MetaData(),
    Column("subscription_id", ID, ForeignKey("subscription.id"), nullable=False),
    Column("paper_id", ID, ForeignKey("paper.id"), nullable=False),
    Column("edition_id", ID, ForeignKey("edition.id"), nullable=False),
)

_LEFT_OUT_TABLES = frozenset(
    (
        "admin_session",
        "api_answer",
        "api_token",
        "counter",
        "job_runs",
        "meta",
        "paper_vector",
        "send_rate",
        "service_request",
        "site_event",
        "site_request",
        "webhook",
        "webhook_message",
    )
)
# A profile is compiled again when it is first needed; a claim belongs to a process.
_LEFT_OUT_COLUMNS = frozenset(
    (
        "profile.compiled",
        "profile.version",
        "profile.has_presentation",
        "edition.owner",
        "edition.claimed_at",
        "edition.started_at",
    )
)

DESCRIPTIONS: Mapping[str, str] = {
    "admin_log": "what operators did on their pages",
    "address": "addresses, each with its status: who gets mail, and who left",
    "announcement": "what was news about papers, in order",
    "author_choice": "authors whom readers follow or mute",
    "batch": "the report of each fetch of a source",
    "bounce": "bounces and complaints, without their texts",
    "consent": "the consent log of each address, with the evidence",
    "edition": "the ledger: each digest, its state, and what it shows",
    "edition_paper": "which papers each subscription was shown",
    "feedback": "what readers said about papers",
    "identifier": "arXiv ids, DOIs and other identifiers of papers",
    "list_edition": "the pages of the public archive",
    "listing": "which sources have ever listed a paper",
    "lookup": "what services said about papers without a link",
    "merge": "records that were found to be the same paper, and why",
    "page_view": "how often the pages of the site were shown, by day",
    "paper": "papers; their texts are in `revision`",
    "profile": "profiles as TOML, each text once for all its readers",
    "reader_feed": "the secret feeds of readers, without their addresses",
    "reader_paper": "papers that readers saved, and their notes",
    "reading_list": "the reading lists that profiles name",
    "revision": "the texts of papers: title, abstract, authors, links",
    "sighting": "which papers a batch contained, with votes and stars",
    "source": "how far each source was read",
    "source_stop": "sources that an operator stopped",
    "subscription": "which profile each address has, and when its next digest is due",
    "subscription_pause": "until when subscriptions are paused",
    "suppression": "addresses that must get no mail, as keyed hashes",
    "title": "the keys of titles, by which papers without an identifier are compared",
    "title_word": "the words of titles, by which similar titles are found",
}
"""What each file of an export has. A test checks that no table is forgotten."""


def exported_tables() -> list[Table]:
    """Returns the tables of an export, each after those that it refers to."""
    return [
        EDITION_PAPER if table is schema.shown_papers else table
        for table in metadata.sorted_tables
        if table.name not in _LEFT_OUT_TABLES
    ]


def exported_columns(table: Table) -> list[Column[Any]]:
    """Returns the columns of a table that are in an export."""
    return [column for column in table.columns if str(column) not in _LEFT_OUT_COLUMNS]


def rows(tx: Connection, table: Table) -> Iterator[dict[str, Any]]:
    """Yields the rows of a table as JSON objects, in the order of the primary key."""
    is_packed = table is EDITION_PAPER
    stored = schema.shown_papers if is_packed else table
    statement = select(*exported_columns(stored)).order_by(*stored.primary_key.columns.values())
    result = tx.execution_options(yield_per=_CHUNK).execute(statement)
    if is_packed:
        yield from shown_papers.exported(result)
        return
    for row in result.mappings():
        yield {str(name): _written(value) for name, value in row.items()}


def packed(rows: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yields the rows of `schema.shown_papers` for those of `EDITION_PAPER`.

    Args:
        rows: All papers of a subscription that are in one block follow each other, as in an export
            of this version, and of those that had a row for each paper.
    """

    def place(row: Mapping[str, Any]) -> tuple[int, int]:
        return row["subscription_id"], row["paper_id"] // shown_papers.BLOCK

    for (subscription_id, _), group in groupby(rows, key=place):
        editions: dict[int, list[int]] = {}
        for row in group:
            editions.setdefault(row["edition_id"], []).append(row["paper_id"])
        for edition_id, paper_ids in editions.items():
            for block, papers in shown_papers.packed(paper_ids):
                yield {
                    "block": block,
                    "subscription_id": subscription_id,
                    "edition_id": edition_id,
                    "papers": papers,
                }


def _written(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value


def reader(table: Table) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """Returns a function that reads a JSON object as a row of a table.

    The function raises ValueError, KeyError or TypeError for an object that is none.
    """
    columns = {column.name: column for column in exported_columns(table)}

    def read(value: Mapping[str, Any]) -> dict[str, Any]:
        unknown = set(value) - set(columns)
        if unknown:
            raise ValueError(f"unknown column {min(unknown)}")
        row = {name: _read(columns[name], item) for name, item in value.items()}
        if table is schema.profile:
            row["version"] = 0  # not compiled yet
            row["has_presentation"] = presentation.may_say(str(row["text"]))
        return row

    return read


def _read(column: Column[Any], value: Any) -> Any:
    if value is None:
        return None
    if isinstance(column.type, UtcDateTime):
        return datetime.fromisoformat(value)
    if isinstance(column.type, Date):
        return date.fromisoformat(value)
    if isinstance(column.type, LargeBinary):
        return base64.b64decode(value, validate=True)
    return value


def described(column: Column[Any]) -> str:
    """Returns what values a column has, in words."""
    kind = _kind(column)
    references = sorted(key.target_fullname for key in column.foreign_keys)
    parts = [kind, *(f"→ `{name}`" for name in references)]
    return ", ".join(parts) + (", or null" if column.nullable else "")


def _kind(column: Column[Any]) -> str:
    kind: Any = column.type
    if isinstance(kind, NamedEnum):
        return "one of " + ", ".join(f"`{member.value}`" for member in kind.members)
    for types, words in (
        (UtcDateTime, "time"),
        (Date, "date"),
        (Boolean, "true or false"),
        (JSON, "JSON"),
        (LargeBinary, "bytes in Base64"),
        ((Integer, BigInteger), "number"),
    ):
        if isinstance(kind, types):
            return str(words)
    return "text"
