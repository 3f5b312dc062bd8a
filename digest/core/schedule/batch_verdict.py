"""What a batch brought, in one word, so that silence is never a mystery."""

from datetime import date, datetime

from digest.core.models.batches import Batch, Verdict
from digest.core.models.matching import BatchDiff
from digest.core.schedule.announcement_days import AnnouncementCalendar


def classify_batch(
    batch: Batch,
    found: BatchDiff,
    *,
    announcing: AnnouncementCalendar,
    last_announced: date | None,
    now: datetime,
) -> Verdict:
    """The verdict on a batch that could be read.

    Args:
        batch: what was read.
        found: the batch against what was known.
        announcing: the days on which the source should have something.
        last_announced: the day of the newest batch seen before, if it was told.
        now: the moment of the look.
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
    if announcing.fills and day >= announcing.today(now):
        return Verdict.STALE  # the day's list has not begun; it is not over either
    return Verdict.EMPTY_UNEXPECTED


def _late(newest: date | None, announcing: AnnouncementCalendar, now: datetime) -> Verdict | None:
    """STALE where the source still shows an earlier day's batch than it should."""
    wanted = announcing.latest(now)
    if wanted is None or newest is None or newest >= wanted:
        return None
    return Verdict.STALE


def missed_days(
    announcing: AnnouncementCalendar, fresh_on: date | None, *, allowed: int, now: datetime
) -> int:
    """How many days in a row should have brought something and did not; 0 if within bounds.

    Args:
        announcing: the days on which the source should have something.
        fresh_on: when it last brought something; None: never, which is not held against it.
        allowed: missed days that raise no warning.
        now: the moment; today itself is not missed yet.
    """
    if fresh_on is None:
        return 0
    missed = announcing.missed(fresh_on, now)
    return missed if missed > allowed else 0
