"""Classifies what a batch brought, so that a source without new papers is always explained."""

from datetime import date, datetime
from typing import TYPE_CHECKING

from digest.core.models.batches import Batch, Verdict
from digest.core.schedule.announcement_days import AnnouncementCalendar

if TYPE_CHECKING:
    from digest.core.models.matching import BatchDiff


def classify_batch(
    batch: Batch,
    found: "BatchDiff",
    *,
    announcing: AnnouncementCalendar,
    last_announced: date | None,
    now: datetime,
) -> Verdict:
    """Returns the verdict on a batch that could be read.

    Args:
        batch: the batch that was read.
        found: the batch compared with the stored papers.
        announcing: the calendar of the source.
        last_announced: the date of the newest earlier batch; None if the source gave none.
        now: the moment of the fetch.
    """
    if batch.rejected:
        return Verdict.PARTIAL if batch.papers else Verdict.FAILED
    if any(finding.kind is not None for finding in found.findings):
        return Verdict.FRESH
    newest = max((day for day in (batch.announced, last_announced) if day), default=None)
    if batch.unchanged or batch.papers:
        return _late(newest, announcing, now) or Verdict.UNCHANGED
    return _empty(batch.announced or announcing.today(now), announcing, now)


def _empty(day: date, announcing: AnnouncementCalendar, now: datetime) -> Verdict:
    if not announcing.days:
        return Verdict.UNCHANGED
    if not announcing.expected(day):
        return Verdict.EMPTY_EXPECTED
    if announcing.grows_during_day and day >= announcing.today(now):
        # The list is still empty, but the day is not over.
        return Verdict.STALE
    return Verdict.EMPTY_UNEXPECTED


def _late(newest: date | None, announcing: AnnouncementCalendar, now: datetime) -> Verdict | None:
    """Returns STALE if the source still shows the batch of an earlier day, otherwise None."""
    expected = announcing.latest(now)
    if expected is None or newest is None or newest >= expected:
        return None
    return Verdict.STALE


def missed_days(
    announcing: AnnouncementCalendar, fresh_on: date | None, *, allowed: int, now: datetime
) -> int:
    """Returns for how many days in a row an expected batch is missing; 0 if that is allowed.

    Args:
        announcing: the calendar of the source.
        fresh_on: the last day with new papers; None (no such day yet) gives 0.
        allowed: the number of missed days up to which the result is 0.
        now: the current moment; today itself is not counted.
    """
    if fresh_on is None:
        return 0
    missed = announcing.missed(fresh_on, now)
    return missed if missed > allowed else 0
