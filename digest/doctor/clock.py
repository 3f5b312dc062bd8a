"""Check of `digest doctor`: whether the clock agrees with the runs so far."""

from collections.abc import Iterator

from digest.core.subscribers.due_times import MAX_CLOCK_ERROR
from digest.doctor.findings import CheckContext, CheckResult, ok, warning
from digest.pipeline.clock_check import clock_warning
from digest.store.database import metadata
from digest.store.database.connection import parse_url, sqlite_file
from digest.store.database.store import Store
from digest.store.maintenance import wrong_clock


def check_clock_of_runs(context: CheckContext) -> Iterator[CheckResult]:
    """Compares the clock with the times that runs have stored."""
    url = context.settings().database_url
    file = sqlite_file(parse_url(url))
    if file is not None and not file.exists():  # do not create it
        yield ok("nothing to compare it with, as there was no run yet")
        return
    with Store.open(url) as store, store.read() as tx:
        last = metadata.last_run_at(tx)
        ahead = wrong_clock.count_editions_ahead(tx, now=context.now)
    # Small differences between machines are normal: they share a database, not a clock.
    if last is not None and last - context.now > MAX_CLOCK_ERROR:
        yield warning(clock_warning(last, now=context.now))
    elif ahead:
        yield warning(
            f"digests dated after today: {ahead}; the clock was wrong when they were made, or is"
            " wrong now; no digest is lost"
        )
    else:
        yield ok("agrees with the runs so far")
