"""tidy: what a dead process left is settled."""

from digest.store import ledger, owners
from digest.store.engine import Store


def tidy(store: Store) -> int:
    """Gives the claims of dead processes back to the queue; returns how many."""
    with store.write() as tx:
        return ledger.recover(tx, alive=lambda owner: owners.is_alive(store, owner))
