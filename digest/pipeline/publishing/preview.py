"""Ranks given or stored papers for one profile, without storing anything."""

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


def as_candidates(papers: Sequence[Paper], *, source: str) -> list[Candidate]:
    """Makes candidates from papers that are not stored.

    Args:
        papers: The papers.
        source: The name of the source to show.

    Returns:
        The candidates, with ids from 1 in the order of the papers.
    """
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


def newest_papers(store: Store) -> list[Candidate]:
    """Returns the newest stored papers, at most CORPUS_PAPERS."""
    with store.read() as tx:
        return announcements.newest_papers(tx, CORPUS_PAPERS)


def rank_papers(
    profile: Profile,
    candidates: Sequence[Candidate],
    *,
    background: Sequence[Candidate] = (),
    keep_all: bool = False,
) -> list[RankedPaper]:
    """Returns the papers sorted by score, best first.

    Args:
        profile: The profile.
        candidates: The papers to rank.
        background: Further papers from which the rarity of keywords is learned.
        keep_all: Also return papers that match nothing, with score 0.
    """
    language = profile.language
    tokenized = [tokenize_paper(candidate, language) for candidate in candidates]
    corpus = build_corpus(
        [*tokenized, *(tokenize_paper(candidate, language) for candidate in background)]
    )
    return rank(tokenized, compile_profile(profile, corpus), keep_all=keep_all)


def compose_now(store: Store, profile: Profile, *, now: datetime) -> Edition:
    """Returns the first digest that a new subscription with this profile would get now."""
    with store.read() as tx:
        start, head = announcements.start_seq(tx), announcements.last_seq(tx)
        announced = announcements.candidates(
            tx, after=start, upto=head, kinds=profile.kinds, sources=profile.sources
        )
        background = announcements.newest_papers(tx, CORPUS_PAPERS)
    corpus = build_corpus([tokenize_paper(candidate, profile.language) for candidate in background])
    ranked = rank(
        [tokenize_paper(candidate, profile.language) for candidate in announced],
        compile_profile(profile, corpus),
        keep_all=True,
    )
    edition = compose(ranked, profile=profile, local_date=local_date(profile, now))
    return with_excerpts(edition, profile)


def find_papers(store: Store, reference: str) -> list[Candidate]:
    """Returns the stored papers that match a reference.

    Args:
        store: The database.
        reference: An id of a paper, an identifier, a title, or a part of a title.
    """
    with store.read() as tx:
        return announcements.find_papers(tx, reference, title_key=title_key(reference))
