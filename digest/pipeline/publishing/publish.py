"""Stage "publish": makes an edition for every subscription that is due."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import Protocol

from digest.core.editions.compose import compose
from digest.core.editions.excerpts import with_excerpts
from digest.core.models.editions import Candidate, Edition, RankedPaper
from digest.core.models.papers import AnnouncementKind
from digest.core.models.profiles import Profile
from digest.core.ranking.corpus import (
    Corpus,
    PaperIndex,
    TokenizedPaper,
    tokenize_paper,
)
from digest.core.ranking.fingerprint import scoring_fingerprint
from digest.core.ranking.scoring import compile_profile, rank
from digest.core.subscribers.due_times import next_state
from digest.core.text.tokens import TokenizedText
from digest.pipeline.profiles import stored_profiles
from digest.pipeline.publishing.due import (
    DueProfile,
    PublishResult,
    evaluate,
    explain_not_due,
    update_next_due,
)
from digest.pipeline.publishing.learned_profiles import with_learned_profiles
from digest.pipeline.publishing.paper_vectors import add_vectors, semantic_space
from digest.pipeline.publishing.ranking_models import PACKAGED_ONLY, RankingModels
from digest.pipeline.publishing.reranking import Lifts, Reranker, lifted
from digest.pipeline.publishing.reranking import explained as with_model
from digest.pipeline.publishing.statistics_papers import corpus_of, statistics_papers
from digest.store.database import metadata
from digest.store.database.store import Connection, Store
from digest.store.editions import ledger
from digest.store.papers import announcements
from digest.store.subscribers import due as due_store

__all__ = ["PublishResult", "publish"]

SUBSCRIPTIONS_PER_TRANSACTION = 500
# From this many profiles on, all are ranked together. That takes half a second to start, so for
# fewer profiles it is faster to rank them one after the other.
BATCH_RANKING_MIN_PROFILES = 50

# What determines the candidates of a subscription: language, position in the announcements, kinds
# and sources.
_CandidateQuery = tuple[str, int, tuple[AnnouncementKind, ...], tuple[str, ...]]


class _Rankings(Protocol):
    """Rankings of the same papers for several profiles; profiles are given by index."""

    def ranked(self, number: int) -> list[RankedPaper]: ...
    def explained(self, number: int, edition: Edition) -> Edition: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _SequentialRankings:
    """Ranks for one profile after the other; the results already have their explanations."""

    profiles: Sequence[Profile]
    index: PaperIndex
    corpus: Corpus

    def ranked(self, number: int) -> list[RankedPaper]:
        return rank(self.index, compile_profile(self.profiles[number], self.corpus), keep_all=True)

    def explained(self, number: int, edition: Edition) -> Edition:  # noqa: ARG002 - the protocol has it
        return edition  # `rank` has added the matches already


def _rankings(profiles: Sequence[Profile], index: PaperIndex, corpus: Corpus) -> _Rankings:
    if len(profiles) < BATCH_RANKING_MIN_PROFILES:
        return _SequentialRankings(profiles=profiles, index=index, corpus=corpus)
    from digest.core.batch_ranking.ranker import BatchRanker

    return BatchRanker(profiles, index, corpus)


class _Tokenizer:
    """Tokenizes papers, and remembers the result for each revision and language."""

    def __init__(self) -> None:
        self._words: dict[tuple[int, str], TokenizedText] = {}  # by revision id and language

    def tokenize(self, candidates: Iterable[Candidate], language: str) -> Iterator[TokenizedPaper]:
        for candidate in candidates:
            key = candidate.revision_id, language
            words = self._words.get(key)
            if words is None:
                words = self._words[key] = tokenize_paper(candidate, language).words
            yield TokenizedPaper(candidate=candidate, words=words)


def publish(
    store: Store,
    *,
    now: datetime,
    message_domain: str,
    only: str | None = None,
    tell: bool = True,
    models: RankingModels = PACKAGED_ONLY,
    reranker: Reranker | None = None,
) -> tuple[PublishResult, ...]:
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
        A result for each subscription that was evaluated.
    """
    stored_profiles.compile_outdated(store)
    with store.read() as tx:
        asked = due_store.all_live(tx, email=only) if only else due_store.due(tx, now=now)
        profiles = stored_profiles.read(tx, {item.subscription.profile_id for item in asked})
        evaluated = [
            evaluate(tx, item, profiles, now=now, at_once=only is not None) for item in asked
        ]
        others = explain_not_due(tx, asked, now=now) if tell and not only else []
    results = [item for item in evaluated if isinstance(item, PublishResult)]
    if not only:
        update_next_due(store, zip(asked, evaluated, strict=True))
    due = sorted((item for item in evaluated if isinstance(item, DueProfile)), key=_candidate_query)
    if not due:
        return (*results, *others)
    tokenizer = _Tokenizer()
    # Only the first run of a day needs a write transaction for this.
    with store.read() as tx:
        is_frozen = metadata.frozen_statistics(tx, now.date()) is not None
    if not is_frozen:
        with store.write() as tx:
            metadata.freeze_statistics(tx, now.date())
    # A fixed upper bound, so that all editions of this call are made from the same announcements.
    with store.read() as tx:
        head = announcements.last_seq(tx)
        recent = statistics_papers(tx, now.date())
    corpora: dict[str, Corpus] = {}
    for (language, read_through, kinds, sources), group in groupby(due, key=_candidate_query):
        if language not in corpora:
            corpora[language] = corpus_of(
                tokenizer.tokenize(recent, language),
                language,
                models,
                semantic=semantic_space(models, language, store=store, statistics=recent),
            )
        corpus = corpora[language]
        with store.read() as tx:
            announced = announcements.candidates(
                tx, after=read_through, upto=head, kinds=kinds, sources=sources or None
            )
        if corpus.semantic:
            add_vectors(corpus.semantic, models, store=store, candidates=announced)
        index = PaperIndex(tokenizer.tokenize(announced, language))
        for authored in _chunks(list(group)):
            with store.read() as tx:
                chunk = with_learned_profiles(tx, authored, now.date())
            rankings = _rankings([item.profile for item in chunk], index, corpus)
            # Not in the transaction: other writers would wait for the model.
            lifts = _lifts(store, chunk, rankings, reranker) if reranker else [{}] * len(chunk)
            with store.write() as tx:
                for number, item in enumerate(chunk):
                    ranked = _unseen(tx, item, rankings.ranked(number))
                    edition = compose(
                        lifted(ranked, lifts[number]),
                        profile=item.profile,
                        local_date=item.decision.date,
                    )
                    edition = replace(edition, scored_by=scoring_fingerprint(item.profile, corpus))
                    edition = _explained(rankings, number, edition, ranked, lifts[number])
                    edition = with_excerpts(edition, item.profile)
                    result = _store_edition(
                        tx, item, edition, head=head, now=now, message_domain=message_domain
                    )
                    results.append(result)
    return (*results, *others)


def _lifts(
    store: Store, chunk: Sequence[DueProfile], rankings: _Rankings, reranker: Reranker
) -> list[Lifts]:
    """Returns the points of the model for each subscription of a chunk."""
    with store.read() as tx:
        unseen = [_unseen(tx, item, rankings.ranked(number)) for number, item in enumerate(chunk)]
    return [
        reranker.lifts(item.profile, ranked) for item, ranked in zip(chunk, unseen, strict=True)
    ]


def _unseen(tx: Connection, item: DueProfile, ranked: Sequence[RankedPaper]) -> list[RankedPaper]:
    """Returns the papers that the reader has not seen; a revised paper may be shown again."""
    papers = {paper.candidate.paper_id for paper in ranked}
    shown = ledger.papers_shown(tx, item.subscription.subscription_id, papers)
    return [
        paper
        for paper in ranked
        if paper.candidate.paper_id not in shown or paper.candidate.kind is AnnouncementKind.REVISED
    ]


def _explained(
    rankings: _Rankings,
    number: int,
    edition: Edition,
    ranked: Sequence[RankedPaper],
    lifts: Lifts,
) -> Edition:
    """Returns an edition with the keyword matches of its papers, and what the model added."""
    edition = rankings.explained(number, edition)
    if not lifts:
        return edition
    scores = {item.candidate.revision_id: item.score for item in ranked}
    return with_model(edition, lifts, scores)


def _store_edition(
    tx: Connection,
    item: DueProfile,
    edition: Edition,
    *,
    head: int,
    now: datetime,
    message_domain: str,
) -> PublishResult:
    """Stores the edition in the ledger, or returns the reason why there is none.

    Also stores the position in the announcements and the next due time of the subscription.
    """
    edition_id, already_stored = None, False
    if edition.matched or item.sends_without_match(edition, now):
        edition_id = ledger.insert(
            tx,
            subscription_id=item.subscription.subscription_id,
            edition=edition,
            message_domain=message_domain,
            composed_at=now,
        )
        already_stored = edition_id is None
        reason = f"it already has its digest of {item.decision.date}" if already_stored else ""
    elif edition.considered:
        reason = f"none of {edition.considered} papers matched its profile"
    else:
        reason = "no new papers"
    state, has_edition = item.due_subscription.state, already_stored or edition_id is not None
    # With `only`, a subscription may be evaluated before it is due. If that makes no edition, the
    # due state must not change.
    if item.decision.due or has_edition:
        new_state = next_state(item.profile, item.decision, state, made=has_edition, now=now)
    else:
        new_state = state
    due_store.save_state(
        tx,
        item.subscription.subscription_id,
        known=state,
        then=new_state,
        # If another process was faster, it has stored the position together with its edition.
        read_through=None if already_stored and edition.matched else head,
    )
    return PublishResult(
        email=item.subscription.email,
        subscription=item.subscription.name,
        local_date=item.decision.date,
        edition_id=edition_id,
        considered=edition.considered,
        papers=len(edition.entries) if edition_id else 0,
        reason=reason,
        next_due=None if new_state.waiting_until else new_state.next_due,
    )


def _candidate_query(item: DueProfile) -> _CandidateQuery:
    profile = item.profile
    return profile.language, item.subscription.read_through, profile.kinds, profile.sources or ()


def _chunks(items: Sequence[DueProfile]) -> Iterator[Sequence[DueProfile]]:
    for start in range(0, len(items), SUBSCRIPTIONS_PER_TRANSACTION):
        yield items[start : start + SUBSCRIPTIONS_PER_TRANSACTION]
