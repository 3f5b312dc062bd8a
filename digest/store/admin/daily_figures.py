"""Counts what happened on each day, for the overview and the plots of the operator's pages.

Editions are counted by the day on which their last attempt was due, because the index of their states
has it: no statement reads the whole ledger.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import Column, ColumnElement, Connection, func, select

from digest.core.models.batches import Verdict
from digest.core.models.delivery import EditionState
from digest.store.database.schema import batch, bounce, edition, job_runs, subscription
from digest.store.editions import serialization

_SENDING = (
    EditionState.SENT,
    EditionState.DEFERRED,
    EditionState.REFUSED,
    EditionState.IN_DOUBT,
    EditionState.EXPIRED,
)


class CollectedBatch(Struct, frozen=True, kw_only=True):
    """What one fetch of a source brought."""

    source: str
    at: datetime
    verdict: Verdict
    papers: int
    new: int  # announced: new in any source, or listed for the first time in this one


class EditionTotals(Struct, frozen=True, kw_only=True):
    """The editions whose last attempt was due in some time."""

    states: Mapping[EditionState, int]
    matched: int  # papers that matched, over all of them


class JobTime(Struct, frozen=True, kw_only=True):
    """How long one run of a job took."""

    job: str
    at: datetime
    seconds: float


def batches(tx: Connection, *, since: datetime) -> Sequence[CollectedBatch]:
    """Returns the batches since a moment, oldest first."""
    columns = batch.c
    found = (
        select(
            columns.source,
            columns.collected_at,
            columns.verdict,
            columns.papers,
            columns.new,
            columns.listed,
        )
        .where(columns.collected_at >= since)
        .order_by(columns.collected_at)
    )
    return [
        CollectedBatch(
            source=row.source,
            at=row.collected_at,
            verdict=row.verdict,
            papers=row.papers,
            new=row.new + row.listed,
        )
        for row in tx.execute(found)
    ]


def edition_totals(tx: Connection, *, since: datetime) -> EditionTotals:
    """Returns the editions since a moment, by state."""
    columns = edition.c
    states: dict[EditionState, int] = {}
    matched = 0
    for state in EditionState:
        found = select(func.count(), func.sum(columns.matched)).where(
            columns.state == state, columns.next_attempt_at >= since
        )
        number, papers = tx.execute(found).one()
        states[state] = number
        matched += papers or 0
    return EditionTotals(states=states, matched=matched)


def attempts_by_day(
    tx: Connection, *, since: datetime
) -> Mapping[EditionState, Mapping[date, int]]:
    """Returns how many editions were sent or not, by state and day."""
    columns = edition.c
    return {
        state: _by_day(
            tx,
            columns.next_attempt_at,
            columns.state == state,
            columns.next_attempt_at >= since,
        )
        for state in _SENDING
    }


def bounces_by_day(tx: Connection, *, since: datetime) -> Mapping[date, int]:
    """Returns how many bounces and complaints came, by day."""
    return _by_day(tx, bounce.c.at, bounce.c.at >= since)


def subscriptions_by_day(
    tx: Connection, *, since: datetime
) -> tuple[int, Mapping[date, int], Mapping[date, int]]:
    """Returns the live subscriptions now, and how many began and ended, by day."""
    columns = subscription.c
    live = select(func.count()).select_from(subscription).where(columns.ended_at.is_(None))
    return (
        tx.execute(live).scalar_one(),
        _by_day(tx, columns.created_at, columns.created_at >= since),
        _by_day(tx, columns.ended_at, columns.ended_at >= since),
    )


def job_times(tx: Connection, *, since: datetime, jobs: Sequence[str]) -> Sequence[JobTime]:
    """Returns how long the finished runs of jobs took."""
    columns = job_runs.c
    found = select(columns.job, columns.started_at, columns.finished_at).where(
        columns.job.in_(jobs), columns.started_at >= since, columns.finished_at.is_not(None)
    )
    return [
        JobTime(
            job=row.job,
            at=row.started_at,
            seconds=max(0.0, (row.finished_at - row.started_at).total_seconds()),
        )
        for row in tx.execute(found)
    ]


def shown_scores(tx: Connection, *, limit: int) -> Sequence[float]:
    """Returns the scores of the papers that the newest editions show.

    Args:
        tx: Transaction.
        limit: So many editions are read.
    """
    newest = select(edition.c.content).order_by(edition.c.id.desc()).limit(limit)
    return [
        entry.score
        for content in tx.execute(newest).scalars()
        for entry in serialization.scored_entries(content)
    ]


def _by_day(
    tx: Connection, at: Column[Any], *conditions: ColumnElement[bool]
) -> Mapping[date, int]:
    """Returns how many rows there are, by the day (UTC) of a column."""
    day = (
        func.to_char(func.timezone("UTC", at), "YYYY-MM-DD")
        if tx.dialect.name == "postgresql"
        else func.strftime("%Y-%m-%d", at)
    )
    # The name of the result and not the expression: PostgreSQL would see other parameters in it.
    counted = select(day.label("day"), func.count()).where(*conditions).group_by("day")
    return {date.fromisoformat(row[0]): row[1] for row in tx.execute(counted)}
