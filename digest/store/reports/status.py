"""Summarizes the store for `digest status`: last batches, queue, and failed attempts."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from msgspec import Struct
from sqlalchemy import Connection, and_, func, select, text

from digest.core.models.batches import BatchReport, Rejection
from digest.core.models.delivery import EditionState
from digest.store.database.schema import (
    NOT_ACCEPTED,
    address,
    batch,
    edition,
    paper,
    subscription,
)
from digest.store.database.statements import counters
from digest.store.mailing_lists import memberships
from digest.store.mailing_lists.memberships import EndedGroup
from digest.store.papers.source_state import batch_sources

ENDED_SINCE = timedelta(days=14)
"""How long the summary names subscriptions that ended because their file or list was removed."""

FAILURES = 5  # maximum number of failed attempts in the summary


class LastBatch(Struct, frozen=True, kw_only=True):
    """The last batch of one source."""

    report: BatchReport
    collected_at: datetime


class UnsentEdition(Struct, frozen=True, kw_only=True):
    """An edition that waits to be sent."""

    email: str
    composed_at: datetime


class FailedAttempt(Struct, frozen=True, kw_only=True):
    """A delivery attempt that did not succeed."""

    email: str
    state: EditionState
    reason: str
    code: int | None  # SMTP reply code
    at: datetime  # when the attempt ended


class Status(Struct, frozen=True, kw_only=True):
    """Summary of the store at one moment."""

    now: datetime
    batches: tuple[LastBatch, ...]  # one for each source, sorted by name
    papers: int  # without merged records
    announcements: int
    subscriptions: int  # live subscriptions
    editions: Mapping[EditionState, int]  # number of editions, for the states that occur
    oldest_unsent: UnsentEdition | None
    failures: tuple[FailedAttempt, ...]  # latest first, at most `FAILURES`
    # Subscriptions that ended lately, as their file or list was removed; latest first.
    ended: tuple[EndedGroup, ...] = ()


def status(tx: Connection, now: datetime) -> Status:
    """Returns the summary of this moment."""
    by_state = select(edition.c.state, func.count()).group_by(edition.c.state)
    editions: dict[EditionState, int] = {row[0]: row[1] for row in tx.execute(by_state)}
    live = select(func.count()).select_from(subscription).where(subscription.c.ended_at.is_(None))
    merged = select(func.count()).select_from(paper).where(paper.c.merged_into.is_not(None))
    last_ids = counters(tx)  # papers and announcements are never deleted
    return Status(
        now=now,
        batches=_last_batches(tx),
        papers=last_ids["paper"] - tx.execute(merged).scalar_one(),
        announcements=last_ids["announcement"],
        subscriptions=tx.execute(live).scalar_one(),
        editions={state: editions[state] for state in EditionState if state in editions},
        oldest_unsent=_oldest_unsent(tx),
        failures=_failures(tx),
        ended=tuple(memberships.ended_since(tx, now - ENDED_SINCE)),
    )


def _last_batches(tx: Connection) -> tuple[LastBatch, ...]:
    latest = [
        tx.execute(select(func.max(batch.c.id)).where(batch.c.source == name)).scalar_one()
        for name in batch_sources(tx)
    ]
    rows = tx.execute(select(batch).where(batch.c.id.in_(latest)).order_by(batch.c.source))
    return tuple(
        LastBatch(
            collected_at=row.collected_at,
            report=BatchReport(
                source=row.source,
                origin=row.origin,
                announced=row.announced,
                verdict=row.verdict,
                papers=row.papers,
                new=row.new,
                listed=row.listed,
                revised=row.revised,
                withdrawn=row.withdrawn,
                corrected=row.corrected,
                published=row.published,
                too_old=row.too_old,
                duplicates=row.duplicates,
                rejected=tuple(
                    Rejection(line=line, reason=reason) for line, reason in row.rejected
                ),
            ),
        )
        for row in rows
    )


def _oldest_unsent(tx: Connection) -> UnsentEdition | None:
    waiting = (
        EditionState.QUEUED,
        EditionState.CLAIMED,
        EditionState.DEFERRED,
        EditionState.IN_DOUBT,
    )
    oldest = (
        select(address.c.email, edition.c.composed_at)
        .join_from(edition, subscription)
        .join(address)
        .where(edition.c.state.in_(waiting))
        .order_by(edition.c.composed_at, edition.c.id)
        .limit(1)
    )
    row = tx.execute(oldest).first()
    return None if row is None else UnsentEdition(email=row.email, composed_at=row.composed_at)


def _failures(tx: Connection) -> tuple[FailedAttempt, ...]:
    # A queued edition with a reason was queued again, because the server accepted no messages.
    requeued = and_(edition.c.state == EditionState.QUEUED, edition.c.reason.is_not(None))
    columns = (
        edition.c.id,
        edition.c.state,
        edition.c.reason,
        edition.c.code,
        edition.c.settled_at,
    )
    last = (
        select(*columns, address.c.email)
        .join_from(edition, subscription)
        .join(address)
        .where(edition.c.settled_at.is_not(None))
        .order_by(edition.c.settled_at.desc(), edition.c.id.desc())
        .limit(FAILURES)
    )
    # One by one, because an index has the editions that were not accepted.
    rows = [
        row
        for condition in (text(NOT_ACCEPTED), requeued)
        for row in tx.execute(last.where(condition))
    ]
    rows.sort(key=lambda row: (row.settled_at, row.id), reverse=True)
    return tuple(
        FailedAttempt(
            email=row.email,
            state=row.state,
            reason=row.reason or "",
            code=row.code,
            at=row.settled_at,
        )
        for row in rows[:FAILURES]
    )
