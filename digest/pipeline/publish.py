"""publish: for every subscription that is due, an edition in the ledger."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Protocol

from digest.config import profiles
from digest.core.calendar import local_day
from digest.core.compose import compose
from digest.core.corpus import Analysed, Corpus, Index, analyse, learn
from digest.core.extract import chosen
from digest.core.model import AddressStatus, Candidate, Edition, Kind, Profile, Ranked, Subscription
from digest.core.rank import compile_profile, rank
from digest.core.text import Words
from digest.errors import ProfileError
from digest.store import announcements, ledger, meta, subscriptions
from digest.store.engine import Connection, Store

CORPUS_PAPERS = 1000  # the newest papers, from which the rarity of keywords is learned
CHUNK = 500  # subscriptions a transaction
CROWD = 50  # so many profiles and more are ranked at once, which takes a second's half to begin

_Wish = tuple[str, int, tuple[Kind, ...], tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What publish decided for one subscription."""

    email: str
    subscription: str
    local_date: date | None = None
    edition_id: int | None = None  # None: no edition was made
    considered: int = 0
    papers: int = 0  # in the edition, trending ones not counted
    reason: str = ""  # why there is no edition
    failed: bool = False  # the reason is one that somebody must mend


@dataclass(frozen=True, slots=True, kw_only=True)
class _Due:
    subscription: Subscription
    profile: Profile
    local_date: date


class _Rankings(Protocol):
    """The papers ranked for each of some profiles, by number."""

    def ranked(self, number: int) -> list[Ranked]: ...
    def explained(self, number: int, edition: Edition) -> Edition: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _OneByOne:
    """For few profiles: the plain definition, which explains what it ranks."""

    profiles: Sequence[Profile]
    index: Index
    corpus: Corpus

    def ranked(self, number: int) -> list[Ranked]:
        return rank(self.index, compile_profile(self.profiles[number], self.corpus), keep_all=True)

    def explained(self, number: int, edition: Edition) -> Edition:  # noqa: ARG002 - it is
        return edition


def _rankings(profiles: Sequence[Profile], index: Index, corpus: Corpus) -> _Rankings:
    if len(profiles) < CROWD:
        return _OneByOne(profiles=profiles, index=index, corpus=corpus)
    from digest.core.crowd import (
        Crowd,
    )  # with numpy and scipy, which a few readers need not wait for

    return Crowd(profiles, index, corpus)


class _Analyses:
    """A paper's words are cut once for each language, however many readers it is ranked for."""

    def __init__(self) -> None:
        self._words: dict[tuple[int, str], Words] = {}  # by revision

    def of(self, candidates: Iterable[Candidate], language: str) -> Iterator[Analysed]:
        for candidate in candidates:
            key = candidate.revision_id, language
            words = self._words.get(key)
            if words is None:
                words = self._words[key] = analyse(candidate, language).words
            yield Analysed(candidate=candidate, words=words)


def publish(
    store: Store, *, now: datetime, message_domain: str, only: str | None = None
) -> tuple[Published, ...]:
    """Makes the editions that are due now; calling it again makes none twice.

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

    Returns:
        What was decided, for each subscription.
    """
    with store.read() as tx:
        looked = [
            _look_at(tx, item, now=now, at_once=only is not None)
            for item in subscriptions.live(tx, email=only)
        ]
    results = [item for item in looked if isinstance(item, Published)]
    due = sorted((item for item in looked if isinstance(item, _Due)), key=_wish)
    if not due:
        return tuple(results)
    analyses = _Analyses()
    with store.read() as tx:
        frozen = meta.frozen_at(tx, now.date())
    if frozen is None:
        with store.write() as tx:
            frozen = meta.freeze(tx, now.date())
    with store.read() as tx:
        head = announcements.head(tx)
        recent = announcements.recent(tx, CORPUS_PAPERS, upto=frozen)
    corpora: dict[str, Corpus] = {}
    for (language, after, kinds, sources), alike in groupby(due, key=_wish):
        if language not in corpora:
            corpora[language] = learn(analyses.of(recent, language))
        corpus = corpora[language]
        with store.read() as tx:
            announced = announcements.candidates(
                tx, after=after, upto=head, kinds=kinds, sources=sources or None
            )
        index = Index(analyses.of(announced, language))
        for chunk in _chunks(list(alike)):
            rankings = _rankings([item.profile for item in chunk], index, corpus)
            with store.write() as tx:
                for number, item in enumerate(chunk):
                    edition = _edition(tx, item, announced, rankings, number)
                    made = _enter(
                        tx, item, edition, head=head, now=now, message_domain=message_domain
                    )
                    results.append(made)
    return tuple(results)


def _look_at(
    tx: Connection, item: Subscription, *, now: datetime, at_once: bool
) -> _Due | Published:
    try:
        profile = profiles.parse(item.profile_text, file=f"profile {item.name}").profile
    except ProfileError as error:
        return Published(email=item.email, subscription=item.name, reason=str(error), failed=True)
    day = local_day(profile, now)
    if item.status is not AddressStatus.ACTIVE:
        reason = f"the address is {item.status}"
    elif item.paused:
        reason = "paused"
    elif ledger.has_edition(tx, item.subscription_id, day.date):
        reason = f"it already has its digest of {day.date}"
    elif not day.due and not at_once:
        reason = day.reason
    else:
        return _Due(subscription=item, profile=profile, local_date=day.date)
    return Published(email=item.email, subscription=item.name, local_date=day.date, reason=reason)


def _edition(
    tx: Connection, item: _Due, announced: Sequence[Candidate], rankings: _Rankings, number: int
) -> Edition:
    papers = {candidate.paper_id for candidate in announced}
    shown = ledger.shown(tx, item.subscription.subscription_id, papers)
    ranked = [
        one
        for one in rankings.ranked(number)
        # Only another version brings back a paper that this reader was shown.
        if one.candidate.paper_id not in shown or one.candidate.kind is Kind.REVISED
    ]
    edition = compose(ranked, profile=item.profile, local_date=item.local_date)
    return chosen(rankings.explained(number, edition), item.profile)


def _enter(
    tx: Connection, item: _Due, edition: Edition, *, head: int, now: datetime, message_domain: str
) -> Published:
    """Enters the edition in the ledger, or says why there is none."""
    edition_id = None
    if edition.matched or item.profile.when_empty == "send":
        edition_id = ledger.insert(
            tx,
            subscription_id=item.subscription.subscription_id,
            edition=edition,
            message_domain=message_domain,
            composed_at=now,
        )
        reason = "" if edition_id else f"it already has its digest of {item.local_date}"
    elif edition.considered:
        reason = f"none of {edition.considered} papers matched its profile"
    else:
        reason = "no new papers"
    # Where another process was faster, its edition says how far this reader has read.
    if edition_id is not None or not edition.matched:
        subscriptions.advance(tx, item.subscription.subscription_id, read_through=head)
    return Published(
        email=item.subscription.email,
        subscription=item.subscription.name,
        local_date=item.local_date,
        edition_id=edition_id,
        considered=edition.considered,
        papers=len(edition.entries) if edition_id else 0,
        reason=reason,
    )


def _wish(item: _Due) -> _Wish:
    profile = item.profile
    return profile.language, item.subscription.read_through, profile.kinds, profile.sources or ()


def _chunks(items: Sequence[_Due]) -> Iterator[Sequence[_Due]]:
    for start in range(0, len(items), CHUNK):
        yield items[start : start + CHUNK]
