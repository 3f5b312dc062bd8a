"""Stage "publish": makes an edition for every subscription that is due."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from msgspec.structs import replace

from digest.pipeline.cancellation import StopToken
from digest.pipeline.editions.report import MAX_RESULTS, PublishReport, ReportBuilder
from digest.pipeline.editions.shards import ALL, Shard, chunks
from digest.pipeline.profiles import stored_profiles
from digest.pipeline.publishing.due import PublishResult, explain_not_due
from digest.pipeline.publishing.ranking_models import PACKAGED_ONLY, RankingModels
from digest.store.database.store import Connection, Store
from digest.store.signup import pauses
from digest.store.subscribers import due as due_store

if TYPE_CHECKING:
    from digest.pipeline.editions.publisher import Publisher

__all__ = ["PublishReport", "PublishResult", "publish"]

# From this many due subscriptions on, several processes are worth their start.
MIN_SUBSCRIPTIONS_FOR_PROCESSES = 20_000


def publish(
    store: Store,
    *,
    now: datetime,
    message_domain: str,
    only: str | None = None,
    among: Sequence[int] | None = None,
    tell: bool = True,
    models: RankingModels = PACKAGED_ONLY,
    processes: int = 1,
    shard: Shard = ALL,
    stop: StopToken | None = None,
) -> PublishReport:
    """Makes the editions that are due now. Calling it again makes none twice.

    The database knows which subscriptions are due, so a call without any of them reads no
    profile. The result for a subscription, its position in the announcements and its next due
    time are stored in one transaction, with those of others.

    Subscriptions with the same language, position, kinds and sources share their candidates.

    All scores of a day (UTC) use statistics of the papers that were stored when the first
    edition of the day was made. So the scores are comparable, whatever time an edition is due.

    Args:
        store: The database with subscriptions, announcements and the ledger.
        now: The current time, from which the local day of each reader follows.
        message_domain: The part after the `@` in the Message-IDs.
        only: An address. Only its subscriptions are handled, without waiting for their `send_at`
            and days.
        among: Subscriptions. Only those of them are handled that are due.
        tell: Also return results for subscriptions that are not due. The scheduler does not
            need them.
        models: What the settings choose for ranking.
        processes: At most so many processes work, where there are enough subscriptions for them.
        shard: The part of the due subscriptions to handle. Calls for all shards of a division, one
            after the other or at the same time, make the same editions as one call for all.
        stop: Once it is requested, the editions that are being made are finished, and no others are
            begun. The next call makes them.

    Returns:
        The results; of many subscriptions, those of the first ones.
    """
    others = ReportBuilder()
    _end_pauses(store, now=now)
    with store.read() as tx:
        due = [] if only else shard.part_of(_due(tx, among, now=now))
        asked = due_store.all_live(tx, email=only) if only else []
        if tell and not only and among is None:
            _add_not_due(tx, others, due=len(due), now=now)
    if not due and not asked:
        return others.report()
    stored_profiles.compile_outdated(store)
    # Imported here: most runs of cron find nothing due, and ranking loads numpy and its data. numpy
    # comes first, as its import from deep in the stack takes longer: Python gets and gives back memory
    # whenever a call needs the next 16 kB of the stack.
    import numpy  # noqa: F401, ICN001

    from digest.pipeline.editions.publisher import Publisher, PublishOptions
    from digest.pipeline.publishing.ranking_models import open_reranker

    stop = stop or StopToken()
    options = PublishOptions(now=now, message_domain=message_domain, models=models)
    with open_reranker(models, store, now=now) as reranker:
        publisher = Publisher(store, options, reranker=reranker)
        if asked:
            publisher.publish_readers(asked, at_once=True)
        _publish_due(publisher, due, processes=1 if reranker else processes, stop=stop)
    report = replace(publisher.report.report().joined(others.report()), stopped=stop.requested)
    return replace(report, model_problem=reranker.problem) if reranker else report


def _due(tx: Connection, among: Sequence[int] | None, *, now: datetime) -> Sequence[int]:
    if among is None:
        return due_store.due_ids(tx, now=now)
    return [item.subscription.subscription_id for item in due_store.due_among(tx, among, now=now)]


def _end_pauses(store: Store, *, now: datetime) -> None:
    """Resumes the subscriptions whose readers paused them until now."""
    with store.read() as tx:
        over = pauses.over(tx, now=now)
    if over:
        with store.write() as tx:
            for subscription_id in pauses.over(tx, now=now):
                pauses.set_paused(tx, subscription_id, paused=False)


def _publish_due(
    publisher: "Publisher", due: Sequence[int], *, processes: int, stop: StopToken
) -> None:
    if processes > 1 and len(due) >= MIN_SUBSCRIPTIONS_FOR_PROCESSES:
        # Imported here: few homes need it.
        from digest.pipeline.editions.processes import can_use_processes, publish_in_processes

        if can_use_processes(publisher):
            publish_in_processes(publisher, due, processes=processes, stop=stop)
            return
    for ids in stop.take_until_stopped(chunks(due)):
        publisher.publish_ids(ids)


def _add_not_due(tx: Connection, report: ReportBuilder, *, due: int, now: datetime) -> None:
    """Adds results for the first subscriptions that are not due, and counts the others."""
    others = due_store.not_due(tx, now=now, limit=MAX_RESULTS)
    report.add_all(explain_not_due(tx, others, now=now))
    if len(others) == MAX_RESULTS:
        counts = due_store.count_live(tx, now=now)
        report.add_others(counts.live - due - len(others))
        report.set_waiting(counts.later, counts.next_due)
