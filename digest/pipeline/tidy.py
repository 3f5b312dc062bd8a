"""tidy: what a dead process left is settled."""

from datetime import datetime

from digest.store import owners, recovery
from digest.store.engine import Store


def tidy(store: Store, *, now: datetime) -> int:
    """Takes the claims of dead processes from them; returns how many."""
    with store.write() as tx:
        return recovery.recover(tx, alive=lambda owner: owners.is_alive(store, owner), now=now)
