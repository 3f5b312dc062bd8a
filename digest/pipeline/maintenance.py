"""upkeep: the rest of tidying. What came back is read, and what is old is removed.

Neither stands in the way of anything: what fails is told, and the next run tries again.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from digest.errors import DigestError
from digest.store.database import metadata
from digest.store.database.store import Store
from digest.store.editions import recovery
from digest.store.locks import delivery_lock
from digest.store.reports import job_runs

if TYPE_CHECKING:
    from digest.mail.bounces.mailboxes import MailboxReader
    from digest.pipeline.subscribers.bounces import ProcessedMessage
    from digest.store.maintenance.prune import PruneReport

RUNS_KEPT = timedelta(days=30)  # of the jobs; the last of each is kept for good


@dataclass(frozen=True, slots=True, kw_only=True)
class BounceMailboxes:
    """Where bounces are read from."""

    open: Callable[[], AbstractContextManager[Sequence["MailboxReader"]]]  # DigestError: it cannot
    keys: Callable[[], Sequence[bytes]]  # of what is signed


@dataclass(frozen=True, slots=True, kw_only=True)
class MaintenanceReport:
    """What was done."""

    read: tuple["ProcessedMessage", ...] = ()  # messages, and what became of each
    pruned: "PruneReport | None" = None  # None: not today, or not at all
    problems: tuple[str, ...] = field(default=())


def maintain(
    store: Store, *, mailboxes: BounceMailboxes | None, keep: timedelta | None, now: datetime
) -> MaintenanceReport:
    """Reads the bounces, and once a day removes what is old; never fails for a reason of these.

    Args:
        store: the database.
        mailboxes: None: none is set.
        keep: how long what grows is kept; None: for ever.
        now: the moment.
    """
    problems: list[str] = []
    taken: tuple[ProcessedMessage, ...] = ()
    pruned = None
    if mailboxes is not None:
        taken = _read(store, mailboxes, problems, now=now)
    if keep is not None:
        try:
            pruned = _prune(store, keep, now=now)
        except DigestError as error:
            problems.append(f"old data cannot be removed: {error}")
    return MaintenanceReport(read=taken, pruned=pruned, problems=tuple(problems))


def _read(
    store: Store, mailboxes: BounceMailboxes, problems: list[str], *, now: datetime
) -> tuple["ProcessedMessage", ...]:
    # The parsers of bounces take a tenth of a short command's time to import.
    from digest.pipeline.subscribers.bounces import process_mailbox

    taken: list[ProcessedMessage] = []
    try:
        with mailboxes.open() as inboxes:
            for inbox in inboxes:
                taken += process_mailbox(store, inbox, keys=mailboxes.keys(), now=lambda: now).taken
    except DigestError as error:
        problems.append(f"bounces cannot be read: {error}")
    return tuple(taken)


def _prune(store: Store, keep: timedelta, *, now: datetime) -> "PruneReport | None":
    today = now.date().isoformat()
    with store.read() as tx:
        if metadata.pruned_on(tx) == today:
            return None
    from digest.store.maintenance.prune import prune

    done = prune(store, before=now - keep, now=now)
    with store.write() as tx:
        metadata.keep_pruned_on(tx, today)
    return done


def release_dead_claims(store: Store, *, now: datetime) -> int:
    """Takes the claims of dead processes from them, and forgets old runs of the jobs.

    Returns:
        How many claims.
    """
    with store.write() as tx:
        job_runs.prune(tx, before=now - RUNS_KEPT)
        return recovery.recover(
            tx, alive=lambda owner: delivery_lock.is_alive(store, owner), now=now
        )
