"""Stores the reading lists of profiles, so that digests are made without their files."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, insert, or_, select

from digest.core.models.profiles import ExamplePaper
from digest.core.models.subscribers import Subscription
from digest.store.database.learned_tables import reading_list
from digest.store.database.schema import profile, subscription
from digest.store.database.statements import rows_in
from digest.store.subscribers.subscriptions import from_row, select_subscriptions


def may_like(tx: Connection) -> list[Subscription]:
    """Returns the live subscriptions whose profiles name a reading list, and perhaps others."""
    columns = subscription.c
    # What was not compiled yet may name one.
    may_name = or_(profile.c.has_reading_lists, profile.c.version == 0)
    named = select_subscriptions().join(profile).where(columns.ended_at.is_(None), may_name)
    return [from_row(row) for row in tx.execute(named.order_by(columns.id))]


def content_hashes(tx: Connection) -> dict[int, dict[str, str]]:
    """Returns the hashes of all stored reading lists, by subscription and name."""
    columns = reading_list.c
    hashes: dict[int, dict[str, str]] = {}
    for row in tx.execute(select(columns.subscription_id, columns.file, columns.content_hash)):
        hashes.setdefault(row.subscription_id, {})[row.file] = row.content_hash
    return hashes


def papers(
    tx: Connection, subscription_ids: Collection[int]
) -> Mapping[int, Mapping[str, tuple[ExamplePaper, ...]]]:
    """Returns the papers of reading lists, by subscription and name."""
    found: dict[int, dict[str, tuple[ExamplePaper, ...]]] = {}
    column = reading_list.c.subscription_id
    for row in rows_in(tx, select(reading_list), column, subscription_ids):
        found.setdefault(row.subscription_id, {})[row.file] = tuple(
            ExamplePaper(title=title, abstract=abstract) for title, abstract in row.papers
        )
    return found


def save(
    tx: Connection,
    subscription_id: int,
    name: str,
    *,
    content_hash: str,
    papers: Sequence[ExamplePaper],
    now: datetime,
) -> None:
    """Stores a reading list in place of what was stored under its name.

    Args:
        tx: Write transaction.
        subscription_id: Subscription whose profile names it.
        name: As the profile names it.
        content_hash: Of what was read.
        papers: Its papers.
        now: Current time.
    """
    remove(tx, subscription_id, [name])
    row = {
        "subscription_id": subscription_id,
        "file": name,
        "content_hash": content_hash,
        "papers": [(paper.title, paper.abstract) for paper in papers],
        "read_at": now,
    }
    tx.execute(insert(reading_list).values(row))


def remove(tx: Connection, subscription_id: int, names: Collection[str]) -> None:
    """Removes reading lists of a subscription."""
    columns = reading_list.c
    tx.execute(
        delete(reading_list).where(
            columns.subscription_id == subscription_id, columns.file.in_(list(names))
        )
    )
