"""tidy: what a dead process left is settled, and what nobody asks for any more forgotten."""

from datetime import datetime, timedelta

from digest.store.database.store import Store
from digest.store.editions import recovery
from digest.store.locks import delivery_lock
from digest.store.reports import job_runs

RUNS_KEPT = timedelta(days=30)  # of the jobs; the last of each is kept for good


def tidy(store: Store, *, now: datetime) -> int:
    """Takes the claims of dead processes from them, and forgets old runs of the jobs.

    Returns:
        How many claims.
    """
    with store.write() as tx:
        job_runs.prune(tx, before=now - RUNS_KEPT)
        return recovery.recover(
            tx, alive=lambda owner: delivery_lock.is_alive(store, owner), now=now
        )
