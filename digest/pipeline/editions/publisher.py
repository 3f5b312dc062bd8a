"""Makes the editions of some subscriptions at a time: composes them, then stores them."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING

from msgspec import Struct

from digest.core.profiles.encoding import ProfileDecoder
from digest.pipeline.editions.day import CandidateQuery, Day, PaperGroup, candidate_query
from digest.pipeline.editions.one_by_one import compose_alone
from digest.pipeline.editions.prepared import PreparedEdition, PreparedReader
from digest.pipeline.editions.report import ReportBuilder
from digest.pipeline.editions.storing import store_editions
from digest.pipeline.profiles import stored_profiles
from digest.pipeline.publishing.due import (
    Decisions,
    DueProfile,
    PublishResult,
    evaluate,
    next_due_changes,
)
from digest.pipeline.publishing.learned_profiles import with_learned_profiles
from digest.pipeline.publishing.ranking_models import PACKAGED_ONLY, RankingModels
from digest.store.archive import shown_papers
from digest.store.database.store import Connection, Store
from digest.store.editions import ledger
from digest.store.subscribers import due as due_store
from digest.store.subscribers.due import DueSubscription, StateChange

if TYPE_CHECKING:
    from digest.pipeline.publishing.reranking import Reranker

# From this many subscriptions on, all editions are composed together. That takes half a second to
# start, so for fewer it is faster to compose them one after the other.
BATCH_RANKING_MIN_PROFILES = 50


class PublishOptions(Struct, frozen=True, kw_only=True):
    """What determines the editions of one call of "publish"."""

    now: datetime  # from which the local day of each reader follows
    message_domain: str  # the part after the `@` in the Message-IDs
    models: RankingModels = PACKAGED_ONLY  # what the settings choose for ranking


class ComposedGroup(Struct, frozen=True, kw_only=True):
    """Composed editions that are not stored yet."""

    readers: Sequence[PreparedReader]
    head: int  # the last announcement that was considered
    last_edition: int  # the highest id of an edition before they were composed


class ComposedReaders(Struct, frozen=True, kw_only=True):
    """What is known of some subscriptions before anything is stored. It may travel between processes."""

    results: Sequence[PublishResult]  # of those that are not due
    later: dict[StateChange, list[int]]  # new times of those
    groups: Sequence[ComposedGroup]


class Publisher:
    """Makes the editions of subscriptions, some at a time.

    Attributes:
        report: What was done so far.

    Args:
        store: The database.
        options: What determines the editions.
        reranker: Grades the best papers of each profile.
    """

    def __init__(
        self, store: Store, options: PublishOptions, *, reranker: "Reranker | None" = None
    ) -> None:
        self.report = ReportBuilder()
        self.store, self.options = store, options
        self._reranker = reranker
        self._decisions, self._decoder = Decisions(options.now), ProfileDecoder()
        self._day: Day | None = None

    def publish_ids(self, ids: Collection[int]) -> None:
        """Makes the editions of those of some subscriptions that are due."""
        with self.store.read() as tx:
            asked = due_store.due_among(tx, ids, now=self.options.now)
        self.publish_readers(asked)

    def publish_readers(self, asked: Sequence[DueSubscription], *, at_once: bool = False) -> None:
        """Makes the editions of some subscriptions, in one transaction for each group of papers.

        Args:
            asked: The subscriptions.
            at_once: Do not wait for the time of day.
        """
        again = self.save(self.compose(asked, at_once=at_once))
        if again:
            # Another process made editions of these meanwhile, so what they have seen was not known.
            others = [item for item in asked if item.subscription.subscription_id in again]
            self.save(self.compose(others, at_once=at_once), is_last=True)

    def compose(
        self, asked: Sequence[DueSubscription], *, at_once: bool = False
    ) -> ComposedReaders:
        """Composes the editions of some subscriptions, and stores nothing.

        Args:
            asked: The subscriptions.
            at_once: Do not wait for the time of day.
        """
        with self.store.read() as tx:
            profile_ids = {item.subscription.profile_id for item in asked}
            profiles = stored_profiles.read(tx, profile_ids, self._decoder)
            evaluated = [
                evaluate(tx, item, profiles, self._decisions, at_once=at_once) for item in asked
            ]
        due = sorted((item for item in evaluated if isinstance(item, DueProfile)), key=_query)
        return ComposedReaders(
            results=[item for item in evaluated if isinstance(item, PublishResult)],
            later={} if at_once else next_due_changes(zip(asked, evaluated, strict=True)),
            groups=list(self._composed_groups(due)),
        )

    def save(self, composed: ComposedReaders, *, is_last: bool = False) -> set[int]:
        """Stores what was composed.

        Args:
            composed: From `compose`, of this process or another.
            is_last: Store all of it, also what may not be right any more.

        Returns:
            The subscriptions of which nothing was stored, because another process has made an edition
            of them since.
        """
        self.report.add_all(composed.results)
        if composed.later:
            with self.store.write() as tx:
                due_store.save_states(tx, composed.later)
        left_out: set[int] = set()
        for group in composed.groups:
            with self.store.write() as tx:
                touched = set() if is_last else _touched(tx, group)
                store_editions(
                    tx,
                    [item for item in group.readers if item.subscription_id not in touched],
                    self.report,
                    head=group.head,
                    now=self.options.now,
                    message_domain=self.options.message_domain,
                )
            left_out |= touched
        return left_out

    def _composed_groups(self, due: Iterable[DueProfile]) -> Iterator[ComposedGroup]:
        for query, items in groupby(due, key=_query):
            if self._day is None:
                options = self.options
                self._day = Day(self.store, now=options.now, models=options.models)
            yield self._composed_group(self._day.group(query), list(items), self._day.head)

    def _composed_group(
        self, group: PaperGroup, authored: Sequence[DueProfile], head: int
    ) -> ComposedGroup:
        with self.store.read() as tx:
            last_edition = ledger.last_edition_id(tx)
            items = with_learned_profiles(tx, authored, self.options.now.date())
            seen = _seen(tx, items, group)
        # Not in a transaction: other writers would wait for the ranking, and for the model.
        composed = self._compose(group, items, seen)
        return ComposedGroup(
            readers=[
                self._prepared(item, edition) for item, edition in zip(items, composed, strict=True)
            ],
            head=head,
            last_edition=last_edition,
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
            sends_without_match=item.sends_without_match(edition.considered, self.options.now),
            edition=edition,
        )


def _touched(tx: Connection, group: ComposedGroup) -> set[int]:
    """Returns the subscriptions that may have seen other papers since their editions were composed."""
    return ledger.touched_since(
        tx,
        [item.subscription_id for item in group.readers],
        edition_id=group.last_edition,
        dates={item.local_date for item in group.readers},
    )


def _seen(tx: Connection, items: Sequence[DueProfile], group: PaperGroup) -> dict[int, list[int]]:
    """Returns which of the papers were shown, by subscription."""
    seen: dict[int, list[int]] = {}
    numbers = [item.subscription.subscription_id for item in items]
    paper_ids = {item.paper_id for item in (*group.candidates, *group.updates)}
    for number, paper_id in shown_papers.shown_to(tx, numbers, paper_ids):
        seen.setdefault(number, []).append(paper_id)
    return seen


def _query(item: DueProfile) -> CandidateQuery:
    return candidate_query(item.profile, item.subscription.read_through)
