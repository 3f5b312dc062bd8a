"""publish: for every subscription that is due, an edition in the ledger."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
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
    build_corpus,
    tokenize_paper,
)
from digest.core.ranking.scoring import compile_profile, rank
from digest.core.subscribers.due_times import next_state
from digest.core.text.tokens import TokenizedText
from digest.pipeline.publishing.due import (
    DueProfile,
    PublishResult,
    evaluate,
    explain_not_due,
    update_next_due,
)
from digest.store.database import metadata
from digest.store.database.store import Connection, Store
from digest.store.editions import ledger
from digest.store.papers import announcements
from digest.store.subscribers import due as due_store

__all__ = ["CORPUS_PAPERS", "PublishResult", "publish"]

CORPUS_PAPERS = 1000  # the newest papers, from which the rarity of keywords is learned
CHUNK = 500  # subscriptions a transaction
CROWD = 50  # so many profiles and more are ranked at once, which takes a second's half to begin

_Wish = tuple[str, int, tuple[AnnouncementKind, ...], tuple[str, ...]]


class _Rankings(Protocol):
    """The papers ranked for each of some profiles, by number."""

    def ranked(self, number: int) -> list[RankedPaper]: ...
    def explained(self, number: int, edition: Edition) -> Edition: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _OneByOne:
    """For few profiles: the plain definition, which explains what it ranks."""

    profiles: Sequence[Profile]
    index: PaperIndex
    corpus: Corpus

    def ranked(self, number: int) -> list[RankedPaper]:
        return rank(self.index, compile_profile(self.profiles[number], self.corpus), keep_all=True)

    def explained(self, number: int, edition: Edition) -> Edition:  # noqa: ARG002 - it is
        return edition


def _rankings(profiles: Sequence[Profile], index: PaperIndex, corpus: Corpus) -> _Rankings:
    if len(profiles) < CROWD:
        return _OneByOne(profiles=profiles, index=index, corpus=corpus)
    from digest.core.batch_ranking.ranker import BatchRanker

    return BatchRanker(profiles, index, corpus)


class _Analyses:
    """A paper's words are cut once for each language, however many readers it is ranked for."""

    def __init__(self) -> None:
        self._words: dict[tuple[int, str], TokenizedText] = {}  # by revision

    def of(self, candidates: Iterable[Candidate], language: str) -> Iterator[TokenizedPaper]:
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
) -> tuple[PublishResult, ...]:
    """Makes the editions that are due now; calling it again makes none twice.

    The database knows who is due, so that a look that finds nobody reads no profile. What is
    decided for a subscription, how far it has read and when it comes next are one transaction.

    Subscriptions of one language that have read equally far, and want the same kinds and
    sources, share their candidates.

    Scores of one day (UTC) rest on the papers seen when the first of its editions was made,
    so that they can be compared whenever a reader's edition is due.

    Args:
        store: holds subscriptions, announcements and the ledger.
        now: decides each reader's local day.
        message_domain: the right side of the Message-IDs.
        only: an address. The others are left alone, and its `send_at` and days are
            not waited for.
        tell: of those that are not due, too. A scheduler does not ask.

    Returns:
        What was decided, for each subscription that was looked at.
    """
    with store.read() as tx:
        asked = due_store.everyone(tx, email=only) if only else due_store.due(tx, now=now)
        looked = [evaluate(tx, item, now=now, at_once=only is not None) for item in asked]
        others = explain_not_due(tx, asked, now=now) if tell and not only else []
    results = [item for item in looked if isinstance(item, PublishResult)]
    if not only:
        update_next_due(store, zip(asked, looked, strict=True))
    wishes = sorted((item for item in looked if isinstance(item, DueProfile)), key=_wish)
    if not wishes:
        return (*results, *others)
    analyses = _Analyses()
    with store.read() as tx:
        frozen = metadata.frozen_statistics(tx, now.date())
    if frozen is None:
        with store.write() as tx:
            frozen = metadata.freeze_statistics(tx, now.date())
    with store.read() as tx:
        head = announcements.head(tx)
        recent = announcements.recent(tx, CORPUS_PAPERS, upto=frozen)
    corpora: dict[str, Corpus] = {}
    for (language, read, kinds, sources), alike in groupby(wishes, key=_wish):
        if language not in corpora:
            corpora[language] = build_corpus(analyses.of(recent, language))
        corpus = corpora[language]
        with store.read() as tx:
            announced = announcements.candidates(
                tx, after=read, upto=head, kinds=kinds, sources=sources or None
            )
        index = PaperIndex(analyses.of(announced, language))
        for chunk in _chunks(list(alike)):
            rankings = _rankings([item.profile for item in chunk], index, corpus)
            with store.write() as tx:
                for number, item in enumerate(chunk):
                    edition = _edition(tx, item, announced, rankings, number)
                    made = _enter(
                        tx, item, edition, head=head, now=now, message_domain=message_domain
                    )
                    results.append(made)
    return (*results, *others)


def _edition(
    tx: Connection,
    item: DueProfile,
    announced: Sequence[Candidate],
    rankings: _Rankings,
    number: int,
) -> Edition:
    papers = {candidate.paper_id for candidate in announced}
    shown = ledger.papers_shown(tx, item.subscription.subscription_id, papers)
    ranked = [
        one
        for one in rankings.ranked(number)
        # Only another version brings back a paper that this reader was shown.
        if one.candidate.paper_id not in shown or one.candidate.kind is AnnouncementKind.REVISED
    ]
    edition = compose(ranked, profile=item.profile, local_date=item.called.date)
    return with_excerpts(rankings.explained(number, edition), item.profile)


def _enter(
    tx: Connection,
    item: DueProfile,
    edition: Edition,
    *,
    head: int,
    now: datetime,
    message_domain: str,
) -> PublishResult:
    """Enters the edition in the ledger, or says why there is none."""
    edition_id, taken = None, False
    if edition.matched or item.wants_none(edition, now):
        edition_id = ledger.insert(
            tx,
            subscription_id=item.subscription.subscription_id,
            edition=edition,
            message_domain=message_domain,
            composed_at=now,
        )
        taken = edition_id is None
        reason = f"it already has its digest of {item.called.date}" if taken else ""
    elif edition.considered:
        reason = f"none of {edition.considered} papers matched its profile"
    else:
        reason = "no new papers"
    known, made = item.standing.known, taken or edition_id is not None
    decided = item.called.due or made  # a look before the hour that made nothing decides nothing
    then = next_state(item.profile, item.called, known, made=made, now=now) if decided else known
    due_store.settle(
        tx,
        item.subscription.subscription_id,
        known=known,
        then=then,
        # Where another process was faster, its edition says how far this reader has read.
        read_through=None if taken and edition.matched else head,
    )
    return PublishResult(
        email=item.subscription.email,
        subscription=item.subscription.name,
        local_date=item.called.date,
        edition_id=edition_id,
        considered=edition.considered,
        papers=len(edition.entries) if edition_id else 0,
        reason=reason,
        next_due=None if then.waiting_until else then.next_due,
    )


def _wish(item: DueProfile) -> _Wish:
    profile = item.profile
    return profile.language, item.subscription.read_through, profile.kinds, profile.sources or ()


def _chunks(items: Sequence[DueProfile]) -> Iterator[Sequence[DueProfile]]:
    for start in range(0, len(items), CHUNK):
        yield items[start : start + CHUNK]
