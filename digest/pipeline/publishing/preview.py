"""Ranking outside of a run: given papers or stored ones, for one profile."""

from collections.abc import Sequence
from datetime import datetime

from digest.core.editions.compose import compose
from digest.core.editions.excerpts import with_excerpts
from digest.core.identity.identifiers import title_key
from digest.core.models.editions import Candidate, Edition, RankedPaper
from digest.core.models.papers import AnnouncementKind, Paper
from digest.core.models.profiles import Profile
from digest.core.ranking.corpus import build_corpus, tokenize_paper
from digest.core.ranking.scoring import compile_profile, rank
from digest.core.subscribers.due_times import local_date
from digest.pipeline.publishing.publish import CORPUS_PAPERS
from digest.store.database.store import Store
from digest.store.papers import announcements


def numbered(papers: Sequence[Paper], *, source: str) -> list[Candidate]:
    """Papers that are in no store, numbered from 1 in their order."""
    return [
        Candidate(
            paper_id=number,
            revision_id=number,
            seq=number,
            kind=AnnouncementKind.NEW,
            source=source,
            paper=paper,
        )
        for number, paper in enumerate(papers, start=1)
    ]


def stored(store: Store) -> list[Candidate]:
    """The newest papers of the store."""
    with store.read() as tx:
        return announcements.recent(tx, CORPUS_PAPERS)


def rank_papers(
    profile: Profile,
    candidates: Sequence[Candidate],
    *,
    background: Sequence[Candidate] = (),
    keep_all: bool = False,
) -> list[RankedPaper]:
    """The papers by score, best first.

    Args:
        profile: what is looked for.
        candidates: the papers to rank.
        background: further papers to learn the rarity of keywords from.
        keep_all: keep those that match nothing, at score 0.
    """
    language = profile.language
    analysed = [tokenize_paper(candidate, language) for candidate in candidates]
    corpus = build_corpus(
        [*analysed, *(tokenize_paper(candidate, language) for candidate in background)]
    )
    return rank(analysed, compile_profile(profile, corpus), keep_all=keep_all)


def edition_now(store: Store, profile: Profile, *, now: datetime) -> Edition:
    """The digest that a new subscription with this profile would begin with."""
    with store.read() as tx:
        start, head = announcements.beginning(tx), announcements.head(tx)
        announced = announcements.candidates(
            tx, after=start, upto=head, kinds=profile.kinds, sources=profile.sources
        )
        background = announcements.recent(tx, CORPUS_PAPERS)
    corpus = build_corpus([tokenize_paper(candidate, profile.language) for candidate in background])
    ranked = rank(
        [tokenize_paper(candidate, profile.language) for candidate in announced],
        compile_profile(profile, corpus),
        keep_all=True,
    )
    edition = compose(ranked, profile=profile, local_date=local_date(profile, now))
    return with_excerpts(edition, profile)


def find(store: Store, reference: str) -> list[Candidate]:
    """The stored papers that a person may mean: by id, identifier, title or part of it."""
    with store.read() as tx:
        return announcements.find(tx, reference, title_key=title_key(reference))
