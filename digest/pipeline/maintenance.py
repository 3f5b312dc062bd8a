"""Stage "tidy": reads bounces, makes the public archive, tells webhooks, removes old data, releases claims.

A failure in it does not affect other stages: it is reported, and the next run tries again.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct, field

from digest.config.mailing_lists.loader import NO_LISTS, MailingLists
from digest.core.signup.limits import REQUEST_LIFE
from digest.errors import DigestError
from digest.store.access import answers
from digest.store.admin import action_log, page_views
from digest.store.database import metadata
from digest.store.database.store import Store
from digest.store.editions import recovery
from digest.store.locks import delivery_lock
from digest.store.maintenance.oldest_data import PruneReport, is_all_recent
from digest.store.reports import job_runs
from digest.store.signup import requests

if TYPE_CHECKING:
    from digest.core.access.webhooks import WebhookReport
    from digest.mail.bounces.mailboxes import MailboxReader
    from digest.pipeline.publishing.ranking_models import RankingModels
    from digest.pipeline.subscribers.bounces import ProcessedMessage
    from digest.pipeline.subscribers.retention import ReaderPruneReport

ACTIONS_KEPT = timedelta(days=730)  # how long the log of operators and page views are stored
RUNS_KEPT = timedelta(days=30)  # how long job runs are stored; the last of each job stays


class BounceMailboxes(Struct, frozen=True, kw_only=True):
    """The mailboxes from which bounces are read."""

    open: Callable[[], AbstractContextManager[Sequence["MailboxReader"]]]  # may raise DigestError
    keys: Callable[[], Sequence[bytes]]  # the keys that verify signed tokens


class MaintenanceReport(Struct, frozen=True, kw_only=True):
    """The result of `maintain`."""

    processed: tuple["ProcessedMessage", ...] = ()  # the messages that were read from the mailboxes
    pruned: PruneReport | None = None  # None: nothing was pruned at this run
    pruned_readers: "ReaderPruneReport | None" = None  # None: as above
    pages: int = 0  # of the public archive that were composed
    problems: tuple[str, ...] = field(default=())  # one line each


class FormerReaders(Struct, frozen=True, kw_only=True):
    """What happens to the data of readers who left."""

    keep: timedelta  # how long it is kept
    keys: Callable[[], Sequence[bytes]]  # the keys of the hashes that stay


class PublicArchive(Struct, frozen=True):
    """The offered lists whose papers everybody can read."""

    lists: Sequence[str]  # names, as in DIGEST_SIGNUP_TOPICS
    home: Path
    models: Callable[[], "RankingModels"]
    mailing_lists: MailingLists = NO_LISTS


def maintain(
    store: Store,
    *,
    mailboxes: BounceMailboxes | None,
    keep: timedelta | None,
    now: datetime,
    former_readers: FormerReaders | None = None,
    archive: PublicArchive | None = None,
    webhooks: Callable[[datetime], "WebhookReport"] | None = None,
) -> MaintenanceReport:
    """Reads the bounces, makes the public archive, tells webhooks, removes old data once a day.

    It reports errors of these, and never raises.

    Args:
        store: The database.
        mailboxes: The mailboxes with bounces; None if none is configured.
        keep: How long to keep data that grows; None: for ever.
        now: The current time.
        former_readers: How long to keep the data of readers who left; None: for ever.
        archive: The lists with a public archive; None: there is none.
        webhooks: Tells webhooks what happened; None: nothing does.
    """
    problems: list[str] = []
    processed: tuple[ProcessedMessage, ...] = ()
    pruned = pruned_readers = None
    if mailboxes is not None:
        processed = _process_bounces(store, mailboxes, problems, now=now)
    pages = 0
    if archive is not None:
        try:
            pages = _compose_pages(store, archive, now=now)
        except DigestError as error:
            problems.append(f"the public archive cannot be made: {error}")
    if webhooks is not None:
        try:
            problems += webhooks(now).problems
        except DigestError as error:
            problems.append(f"webhooks cannot be told what happened: {error}")
    if keep is not None or former_readers is not None:
        try:
            pruned, pruned_readers = _prune(store, keep, former_readers, now=now)
        except DigestError as error:
            problems.append(f"old data cannot be removed: {error}")
    return MaintenanceReport(
        processed=processed,
        pruned=pruned,
        pruned_readers=pruned_readers,
        pages=pages,
        problems=tuple(problems),
    )


def _compose_pages(store: Store, archive: PublicArchive, *, now: datetime) -> int:
    # Imported here: most homes have no public archive, and ranking loads numpy and its data.
    from digest.pipeline.archive.offered_lists import compose_pages
    from digest.pipeline.signup.profile_choices import offered_lists

    lists = tuple(offered_lists(archive.lists, home=archive.home, lists=archive.mailing_lists))
    return compose_pages(store, lists, now=now, models=archive.models())


def _process_bounces(
    store: Store, mailboxes: BounceMailboxes, problems: list[str], *, now: datetime
) -> tuple["ProcessedMessage", ...]:
    # Imported here, because the parsers of bounces take a tenth of the time of a short command.
    from digest.pipeline.subscribers.bounces import process_mailbox

    processed: list[ProcessedMessage] = []
    try:
        with mailboxes.open() as opened:
            for mailbox in opened:
                report = process_mailbox(store, mailbox, keys=mailboxes.keys(), now=lambda: now)
                processed += report.messages
    except DigestError as error:
        problems.append(f"bounces cannot be read: {error}")
    return tuple(processed)


def _prune(
    store: Store, keep: timedelta | None, former_readers: FormerReaders | None, *, now: datetime
) -> tuple[PruneReport | None, "ReaderPruneReport | None"]:
    """Removes old data, unless that was done today already."""
    today = now.date().isoformat()
    with store.read() as tx:
        if metadata.last_pruned_on(tx) == today:
            return None, None
    from digest.pipeline.subscribers.retention import prune_readers

    readers = None
    if former_readers is not None:
        before = now - former_readers.keep
        readers = prune_readers(store, before=before, keys=former_readers.keys())
    report = None if keep is None else _prune_texts(store, before=now - keep, now=now)
    with store.write() as tx:
        metadata.set_last_pruned_on(tx, today)
        action_log.remove_old(tx, before=now - ACTIONS_KEPT)
        page_views.remove_old(tx, before=(now - ACTIONS_KEPT).date())
    return report, readers


def _prune_texts(store: Store, *, before: datetime, now: datetime) -> PruneReport:
    with store.read() as tx:
        if is_all_recent(tx, before=before):
            return PruneReport(before=before)
    # Imported here: most homes have no old data.
    from digest.store.maintenance.prune import prune

    return prune(store, before=before, now=now)


def release_dead_claims(store: Store, *, now: datetime) -> int:
    """Releases the claims of processes that have ended; deletes old runs and requests of the site.

    Returns:
        The number of released claims.
    """
    with store.write() as tx:
        job_runs.prune(tx, before=now - RUNS_KEPT)
        requests.remove_old(tx, now=now, life=REQUEST_LIFE)
        answers.remove_old(tx, now=now)
        return recovery.recover_claims(
            tx, alive=lambda owner: delivery_lock.is_alive(store, owner), now=now
        )
