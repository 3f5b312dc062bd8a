"""Decides when the operator gets a mail about problems, and what it says: at most one a day.

The state of the alerts is stored in the database, so that runs by cron and several schedulers
together send only one mail.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from digest.core.problems import Problem

# A little less than a day: tomorrow's run may start a few seconds earlier than today's.
MIN_INTERVAL = timedelta(hours=23)
REMIND_AFTER = timedelta(days=7)  # a problem that lasts is reported again after this time
FORGET_AFTER = timedelta(days=7)  # a problem that returns within this time is not reported as new


class Alert(Struct, frozen=True, kw_only=True):
    """A problem, from when it was first found until it is forgotten.

    The database stores alerts as JSON with these field names.
    """

    key: str
    what: str
    remedy: str
    command: str
    since: datetime
    deserved: bool = False  # it lasted longer than its patience, so it must be reported
    told_at: datetime | None = None  # when a mail last reported it
    over_at: datetime | None = None  # when it was first not found any more
    over_told: bool = False  # a mail has reported its end


class AlertState(Struct, frozen=True, kw_only=True):
    """All alerts, and when the last mail was sent."""

    mailed_at: datetime | None = None
    alerts: tuple[Alert, ...] = ()


class AlertMessage(Struct, frozen=True, kw_only=True):
    """The contents of one mail to the operator."""

    open: tuple[Alert, ...]
    over: tuple[Alert, ...]  # solved, also those that ended before a mail could report them


def update(state: AlertState, problems: Iterable[Problem], *, now: datetime) -> AlertState:
    """Returns the state after a check that found these problems."""
    unseen = {alert.key: alert for alert in state.alerts}
    alerts: list[Alert] = []
    for problem in problems:
        previous = unseen.pop(problem.key, None)
        since = min(problem.since or (previous.since if previous else now), now)
        if previous is not None:
            since = min(since, previous.since)
        is_due = now - since >= problem.patience
        alerts.append(
            Alert(
                key=problem.key,
                what=problem.what,
                remedy=problem.remedy,
                command=problem.command,
                since=since,
                deserved=bool(previous and previous.deserved) or is_due,
                # A problem that was reported as solved and has returned is reported again.
                told_at=previous.told_at if previous and not previous.over_told else None,
            )
        )
    alerts += (
        replace(alert, over_at=alert.over_at or now)
        for alert in unseen.values()
        if alert.deserved and not _is_forgotten(alert, now)
    )
    return replace(state, alerts=tuple(alerts))


def message(state: AlertState, *, now: datetime) -> AlertMessage | None:
    """Returns the mail to send now; None if nothing is new or today's mail was already sent."""
    if state.mailed_at is not None and not _is_another_day(state.mailed_at, now):
        return None
    if not any(_is_news(alert, now) for alert in state.alerts):
        return None
    open_ = tuple(alert for alert in state.alerts if alert.deserved and alert.over_at is None)
    over = tuple(
        alert for alert in state.alerts if alert.over_at is not None and not alert.over_told
    )
    return AlertMessage(open=open_, over=over)


def mark_sent(state: AlertState, sent: AlertMessage, *, now: datetime) -> AlertState:
    """Returns the state after this mail was sent."""
    keys = {alert.key for alert in (*sent.open, *sent.over)}
    alerts = (
        replace(alert, told_at=now, over_told=alert.over_at is not None)
        if alert.key in keys
        else alert
        for alert in state.alerts
    )
    return AlertState(mailed_at=now, alerts=tuple(alerts))


def mark_unsent(state: AlertState, before: AlertState, unsent: AlertMessage) -> AlertState:
    """Returns the state after a mail could not be sent: its alerts will be reported again.

    Args:
        state: the present state; another process may have added alerts.
        before: the state before `mark_sent`.
        unsent: the mail that could not be sent.
    """
    earlier = {alert.key: alert for alert in before.alerts}
    keys = {alert.key for alert in (*unsent.open, *unsent.over)}
    alerts = (
        replace(alert, told_at=earlier[alert.key].told_at, over_told=earlier[alert.key].over_told)
        if alert.key in keys and alert.key in earlier
        else alert
        for alert in state.alerts
    )
    return AlertState(mailed_at=before.mailed_at, alerts=tuple(alerts))


def _is_news(alert: Alert, now: datetime) -> bool:
    if not alert.deserved:
        return False
    if alert.told_at is None:
        return True  # also if it is over: the operator should know that it happened
    return alert.over_at is None and now - alert.told_at >= REMIND_AFTER


def _is_forgotten(alert: Alert, now: datetime) -> bool:
    return alert.over_at is not None and now - alert.over_at >= FORGET_AFTER


def _is_another_day(last: datetime, now: datetime) -> bool:
    """Returns True if both the interval and the date allow another mail.

    A clock that was set back also counts as another day; otherwise no mail would be sent until
    the clock reaches the old time.
    """
    return now < last - MIN_INTERVAL or (now - last >= MIN_INTERVAL and now.date() != last.date())
