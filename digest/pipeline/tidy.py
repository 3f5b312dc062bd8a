"""tidy: what a dead process left is settled, and what nobody asks for any more forgotten."""

from datetime import datetime, timedelta

from digest.store import owners, recovery, runs
from digest.store.engine import Store

RUNS_KEPT = timedelta(days=30)  # of the jobs; the last of each is kept for good


def tidy(store: Store, *, now: datetime) -> int:
    """Takes the claims of dead processes from them, and forgets old runs of the jobs.

    Returns:
        How many claims.
    """
    with store.write() as tx:
        runs.prune(tx, before=now - RUNS_KEPT)
        return recovery.recover(tx, alive=lambda owner: owners.is_alive(store, owner), now=now)
