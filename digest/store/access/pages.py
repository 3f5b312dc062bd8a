"""Pages of long lists, for the HTTP API: each begins after the last entry of the one before."""

from datetime import date, datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, Select, select

from digest.core.models.delivery import EditionState
from digest.core.models.editions import Candidate
from digest.core.models.subscribers import Subscription
from digest.core.subscribers.reconcile import address_key
from digest.store.database.schema import address, edition, job_runs, paper, subscription
from digest.store.database.statements import AnyRow
from digest.store.papers import announcements
from digest.store.subscribers.subscriptions import from_row, select_subscriptions

_NO_ID = 2**63 - 1  # larger than any, so that the first page is a range of ids too


class ListedSubscription(Struct, frozen=True, kw_only=True):
    """A subscription in a list, live or ended."""

    subscription: Subscription
    address_id: int
    created_at: datetime
    ended_at: datetime | None
    next_due: datetime | None


class ListedEdition(Struct, frozen=True, kw_only=True):
    """An edition in a list, without its papers."""

    edition_id: int
    subscription_id: int
    local_date: date
    composed_at: datetime
    state: EditionState
    matched: int
    settled_at: datetime | None


class ListedRun(Struct, frozen=True, kw_only=True):
    """A run of a job in a list."""

    run_id: int
    job: str
    slot: datetime | None
    started_at: datetime
    finished_at: datetime | None
    outcome: str
    problems: tuple[str, ...]


def subscriptions_after(
    tx: Connection,
    after: int,
    *,
    limit: int,
    email: str | None = None,
    reader: int | None = None,
    ended: bool = False,
) -> list[ListedSubscription]:
    """Returns subscriptions with higher ids, the lowest first.

    Args:
        tx: Transaction.
        after: Only ids above.
        limit: Maximum number.
        email: Only those of this address; None: of all.
        reader: Only those of the address with this id; None: of all.
        ended: Also those that have ended.
    """
    statement = select_subscriptions().where(subscription.c.id > after)
    if email is not None:
        statement = statement.where(address.c.email_key == address_key(email))
    if reader is not None:
        statement = statement.where(subscription.c.address_id == reader)
    if not ended:
        statement = statement.where(subscription.c.ended_at.is_(None))
    rows = tx.execute(statement.order_by(subscription.c.id).limit(limit))
    return [_listed(row) for row in rows]


def find_subscription(tx: Connection, subscription_id: int) -> ListedSubscription | None:
    """Returns a subscription, live or ended; None if there is none with this id."""
    row = tx.execute(select_subscriptions().where(subscription.c.id == subscription_id)).first()
    return None if row is None else _listed(row)


def editions_before(
    tx: Connection, before: int | None, *, limit: int, subscription_id: int | None = None
) -> list[ListedEdition]:
    """Returns editions with lower ids, the newest first.

    Args:
        tx: Transaction.
        before: Only ids below; None: from the newest one.
        limit: Maximum number.
        subscription_id: Only those of this subscription; None: of all.
    """
    columns = edition.c
    statement = _editions().where(columns.id < (_NO_ID if before is None else before))
    if subscription_id is not None:
        statement = statement.where(columns.subscription_id == subscription_id)
    rows = tx.execute(statement.order_by(columns.id.desc()).limit(limit))
    return [_edition(row) for row in rows]


def find_edition(tx: Connection, edition_id: int) -> ListedEdition | None:
    """Returns an edition without its papers; None if there is none with this id."""
    row = tx.execute(_editions().where(edition.c.id == edition_id)).first()
    return None if row is None else _edition(row)


def papers_before(tx: Connection, before: int | None, *, limit: int) -> list[Candidate]:
    """Returns papers with lower ids, the newest first.

    Args:
        tx: Transaction.
        before: Only ids below; None: from the newest one.
        limit: Maximum number.
    """
    upto = None if before is None else before - 1
    return announcements.newest_papers(tx, limit, upto=upto)


def paper_number(tx: Connection, paper_id: int) -> int | None:
    """Returns the id under which a paper is stored now; None if there is none with this id."""
    row = tx.execute(select(paper.c.id, paper.c.merged_into).where(paper.c.id == paper_id)).first()
    return None if row is None else row.merged_into or row.id


def runs_before(
    tx: Connection, before: int | None, *, limit: int, job: str | None = None
) -> list[ListedRun]:
    """Returns runs of jobs with lower ids, the newest first.

    Args:
        tx: Transaction.
        before: Only ids below; None: from the newest one.
        limit: Maximum number.
        job: Only those of this job; None: of all.
    """
    statement = select(job_runs).where(job_runs.c.id < (_NO_ID if before is None else before))
    if job is not None:
        statement = statement.where(job_runs.c.job == job)
    return [
        ListedRun(
            run_id=row.id,
            job=row.job,
            slot=row.slot,
            started_at=row.started_at,
            finished_at=row.finished_at,
            outcome=row.outcome,
            problems=tuple(row.problems),
        )
        for row in tx.execute(statement.order_by(job_runs.c.id.desc()).limit(limit))
    ]


def _editions() -> Select[*tuple[Any, ...]]:
    columns = edition.c
    return select(
        columns.id,
        columns.subscription_id,
        columns.local_date,
        columns.composed_at,
        columns.state,
        columns.matched,
        columns.settled_at,
    )


def _listed(row: AnyRow) -> ListedSubscription:
    return ListedSubscription(
        subscription=from_row(row),
        address_id=row.address_id,
        created_at=row.created_at,
        ended_at=row.ended_at,
        next_due=row.next_due,
    )


def _edition(row: AnyRow) -> ListedEdition:
    return ListedEdition(
        edition_id=row.id,
        subscription_id=row.subscription_id,
        local_date=row.local_date,
        composed_at=row.composed_at,
        state=row.state,
        matched=row.matched,
        settled_at=row.settled_at,
    )
