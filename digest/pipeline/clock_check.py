"""Notices that the clock was set back since the last run, and corrects what depends on it.

A clock that runs ahead cannot be told from a machine that was off. So a run with such a clock is
noticed by the next run with the right one.
"""

from datetime import datetime, timedelta

from digest.core.subscribers.due_times import MAX_CLOCK_ERROR
from digest.logs import get_logger
from digest.store.database import metadata
from digest.store.database.store import Store
from digest.store.maintenance import wrong_clock

_STORE_AFTER = timedelta(hours=1)  # a run that comes sooner needs no write

_log = get_logger("digest.run")


def check_clock(store: Store, *, now: datetime) -> str:
    """Compares the clock with that of the last run. Call it before digests are made or sent.

    If the clock was set back by more than two days, times that are too far ahead are corrected,
    so that no digest waits for them.

    Args:
        store: The database.
        now: The current time.

    Returns:
        A warning for the operator, on one line; empty if nothing is wrong.
    """
    with store.read() as tx:
        last = metadata.last_run_at(tx)
    if last is not None and -MAX_CLOCK_ERROR <= now - last < _STORE_AFTER:
        return ""
    with store.write() as tx:
        # Read again: another process may have noticed it meanwhile.
        last = metadata.last_run_at(tx)
        metadata.set_last_run_at(tx, now)
        if last is None or last - now <= MAX_CLOCK_ERROR:
            return ""
        wrong_clock.correct_times_ahead(tx, now=now)
    warning = clock_warning(last, now=now)
    _log.warning("clock", text=warning)
    return warning


def clock_warning(last: datetime, *, now: datetime) -> str:
    """Returns the warning about a run that was made at a time that is still to come."""
    return (
        f"the clock shows {now:%-d %B %Y %H:%M} UTC, but the last run was at"
        f" {last:%-d %B %Y %H:%M} UTC: it was wrong then, or is wrong now; if it is wrong now, set"
        " it; no digest is lost"
    )
