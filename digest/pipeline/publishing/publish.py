"""Stage "publish": makes an edition for every subscription that is due."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby

from digest.core.profiles.encoding import ProfileDecoder
from digest.pipeline.editions.day import CandidateQuery, Day, PaperGroup, candidate_query
from digest.pipeline.editions.one_by_one import compose_alone
from digest.pipeline.editions.prepared import PreparedEdition, PreparedReader
from digest.pipeline.editions.report import MAX_RESULTS, PublishReport, ReportBuilder
from digest.pipeline.editions.storing import store_editions
from digest.pipeline.profiles import stored_profiles
from digest.pipeline.publishing.due import (
    Decisions,
    DueProfile,
    PublishResult,
    evaluate,
    explain_not_due,
    update_next_due,
)
from digest.pipeline.publishing.learned_profiles import with_learned_profiles
from digest.pipeline.publishing.ranking_models import PACKAGED_ONLY, RankingModels
from digest.pipeline.publishing.reranking import Reranker
from digest.store.database.store import Connection, Store
from digest.store.editions import ledger
from digest.store.subscribers import due as due_store
from digest.store.subscribers.due import DueSubscription

__all__ = ["PublishReport", "PublishResult", "publish"]

SUBSCRIPTIONS_PER_TRANSACTION = 2000
# From this many subscriptions on, all editions are composed together. That takes half a second to
# start, so for fewer it is faster to compose them one after the other.
BATCH_RANKING_MIN_PROFILES = 50


def publish(
    store: Store,
    *,
    now: datetime,
    message_domain: str,
    only: str | None = None,
    tell: bool = True,
    models: RankingModels = PACKAGED_ONLY,
    reranker: Reranker | None = None,
) -> PublishReport:
    """Makes the editions that are due now. Calling it again makes none twice.

    The database knows which subscriptions are due, so a call without any of them reads no
    profile. The result for a subscription, its position in the announcements and its next due
    time are stored in one transaction.

    Subscriptions with the same language, position, kinds and sources share their candidates.

    All scores of a day (UTC) use statistics of the papers that were stored when the first
    edition of the day was made. So the scores are comparable, whatever time an edition is due.

    Args:
        store: The database with subscriptions, announcements and the ledger.
        now: The current time, from which the local day of each reader follows.
        message_domain: The part after the `@` in the Message-IDs.
        only: An address. Only its subscriptions are handled, without waiting for their `send_at`
            and days.
        tell: Also return results for subscriptions that are not due. The scheduler does not
            need them.
        models: What the settings choose for ranking.
        reranker: Grades the best papers of each profile; afterwards it says what went wrong.

    Returns:
        The results; of many subscriptions, those of the first ones.
    """
    stored_profiles.compile_outdated(store)
    publisher = Publisher(
        store, now=now, message_domain=message_domain, models=models, reranker=reranker
    )
    others = ReportBuilder()
    with store.read() as tx:
        due = [] if only else due_store.due_ids(tx, now=now)
        if tell and not only:
            _add_not_due(tx, others, due=len(due), now=now)
    if only:
        with store.read() as tx:
            asked = due_store.all_live(tx, email=only)
        publisher.publish_readers(asked, at_once=True)
    for ids in _chunks(due):
        with store.read() as tx:
            asked = due_store.due_among(tx, ids, now=now)
        publisher.publish_readers(asked)
    return publisher.report.report().joined(others.report())


class Publisher:
    """Makes the editions of subscriptions, some at a time.

    Attributes:
        report: What was done so far.

    Args:
        store: The database.
        now: The current time.
        message_domain: The part after the `@` in the Message-IDs.
        models: What the settings choose for ranking.
        reranker: Grades the best papers of each profile.
    """

    def __init__(
        self,
        store: Store,
        *,
        now: datetime,
        message_domain: str,
        models: RankingModels,
        reranker: Reranker | None,
    ) -> None:
        self.report = ReportBuilder()
        self._store, self._now, self._message_domain = store, now, message_domain
        self._models, self._reranker = models, reranker
        self._decisions, self._decoder = Decisions(now), ProfileDecoder()
        self._day: Day | None = None

    def publish_readers(self, asked: Sequence[DueSubscription], *, at_once: bool = False) -> None:
        """Makes the editions of some subscriptions, in one transaction for each group of papers.

        Args:
            asked: The subscriptions.
            at_once: Do not wait for the time of day.
        """
        with self._store.read() as tx:
            profile_ids = {item.subscription.profile_id for item in asked}
            profiles = stored_profiles.read(tx, profile_ids, self._decoder)
            evaluated = [
                evaluate(tx, item, profiles, self._decisions, at_once=at_once) for item in asked
            ]
        self.report.add_all(item for item in evaluated if isinstance(item, PublishResult))
        if not at_once:
            update_next_due(self._store, zip(asked, evaluated, strict=True))
        due = sorted((item for item in evaluated if isinstance(item, DueProfile)), key=_query)
        if due and self._day is None:
            self._day = Day(self._store, now=self._now, models=self._models)
        for query, items in groupby(due, key=_query):
            assert self._day is not None  # noqa: S101 - for the type checker
            self._publish_group(self._day, self._day.group(query), list(items))

    def _publish_group(self, day: Day, group: PaperGroup, authored: Sequence[DueProfile]) -> None:
        ids = [item.subscription.subscription_id for item in authored]
        with self._store.read() as tx:
            last_edition = ledger.last_edition_id(tx)
            items = with_learned_profiles(tx, authored, self._now.date())
            seen = _seen(tx, ids, group)
        # Not in the transaction: other writers would wait for the ranking, and for the model.
        composed = self._compose(group, items, seen)
        with self._store.write() as tx:
            # Another process has made editions of these meanwhile, so what they have seen is not known.
            touched = ledger.touched_since(
                tx, ids, edition_id=last_edition, dates={item.decision.date for item in items}
            )
            seen = _seen(tx, sorted(touched), group)
            readers = [
                self._prepared(
                    item,
                    compose_alone(group, item, seen.get(number, ()))
                    if number in touched
                    else edition,
                )
                for number, item, edition in zip(ids, items, composed, strict=True)
            ]
            store_editions(
                tx,
                readers,
                self.report,
                head=day.head,
                now=self._now,
                message_domain=self._message_domain,
            )

    def _compose(
        self, group: PaperGroup, items: Sequence[DueProfile], seen: dict[int, list[int]]
    ) -> list[PreparedEdition]:
        # A language model grades the papers of each reader, so its editions are composed alone.
        if self._reranker is None and len(items) >= BATCH_RANKING_MIN_PROFILES:
            # Imported here: a few readers do not need it.
            from digest.pipeline.editions.in_sets import compose_many

            return compose_many(group, items, seen)
        return [
            compose_alone(
                group,
                item,
                seen.get(item.subscription.subscription_id, ()),
                reranker=self._reranker,
            )
            for item in items
        ]

    def _prepared(self, item: DueProfile, edition: PreparedEdition) -> PreparedReader:
        schedule = self._decisions.of(item.profile, item.due_subscription.state)
        return PreparedReader(
            subscription_id=item.subscription.subscription_id,
            email=item.subscription.email,
            name=item.subscription.name,
            local_date=item.decision.date,
            known=item.due_subscription.state,
            if_made=schedule.if_made,
            if_not_made=schedule.if_not_made,
            sends_without_match=item.sends_without_match(edition.considered, self._now),
            edition=edition,
        )


def _add_not_due(tx: Connection, report: ReportBuilder, *, due: int, now: datetime) -> None:
    """Adds results for the first subscriptions that are not due, and counts the others."""
    others = due_store.not_due(tx, now=now, limit=MAX_RESULTS)
    report.add_all(explain_not_due(tx, others, now=now))
    if len(others) == MAX_RESULTS:
        counts = due_store.count_live(tx, now=now)
        report.add_others(counts.live - due - len(others))
        report.set_waiting(counts.later, counts.next_due)


def _seen(tx: Connection, ids: Sequence[int], group: PaperGroup) -> dict[int, list[int]]:
    """Returns which of the papers were shown, by subscription."""
    seen: dict[int, list[int]] = {}
    paper_ids = [item.paper_id for item in group.candidates]
    for number, paper_id in ledger.papers_shown_to(tx, ids, paper_ids):
        seen.setdefault(number, []).append(paper_id)
    return seen


def _query(item: DueProfile) -> CandidateQuery:
    return candidate_query(item.profile, item.subscription.read_through)


def _chunks(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), SUBSCRIPTIONS_PER_TRANSACTION):
        yield ids[start : start + SUBSCRIPTIONS_PER_TRANSACTION]
