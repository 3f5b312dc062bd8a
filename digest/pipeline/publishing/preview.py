"""Ranks given or stored papers for one profile, without storing anything."""

from collections.abc import Sequence
from datetime import date, datetime
from math import fsum
from typing import Any

from msgspec.structs import replace

from digest.core.editions.compose import compose
from digest.core.editions.excerpts import with_excerpts
from digest.core.identity.identifiers import title_key
from digest.core.keywords.paper_index import tokenize_paper
from digest.core.models.editions import Candidate, Edition, KeywordMatch, RankedPaper
from digest.core.models.papers import AnnouncementKind, Paper
from digest.core.models.profiles import Profile
from digest.core.ranking.corpus import Corpus
from digest.core.ranking.fingerprint import scoring_fingerprint
from digest.core.ranking.scoring import compile_profile, rank
from digest.core.subscribers.due_times import local_date
from digest.pipeline.publishing.learned_profiles import learned_profile
from digest.pipeline.publishing.paper_vectors import semantic_space, space_of_file
from digest.pipeline.publishing.ranking_models import PACKAGED_ONLY, RankingModels
from digest.pipeline.publishing.reranking import Reranker, lifted
from digest.pipeline.publishing.statistics_papers import CORPUS_PAPERS, corpus_of, statistics_papers
from digest.store.database.store import Store
from digest.store.editions.recorded_scores import RecordedScore, recorded_scores
from digest.store.papers import announcements, paper_search

_LEAST_SCALED = 0.01  # points


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


def has_papers(store: Store) -> bool:
    """Returns whether any paper is stored."""
    with store.read() as tx:
        return bool(announcements.newest_papers(tx, 1))


def rank_stored(
    store: Store,
    profile: Profile,
    *,
    now: datetime,
    candidates: Sequence[Candidate] | None = None,
    profile_text: str = "",
    keep_all: bool = False,
    models: RankingModels = PACKAGED_ONLY,
    reranker: Reranker | None = None,
) -> list[RankedPaper]:
    """Ranks stored papers with the scores that the digests of this day have, best first.

    A paper keeps the score with which a digest of the same profile showed it, as long as its text
    does not change.

    Args:
        store: The database.
        profile: The profile.
        now: The day whose statistics are used.
        candidates: The papers to rank; None: the newest ones.
        profile_text: The text of the profile, to find its digests; empty: it has none.
        keep_all: Also return papers that match nothing, with score 0.
        models: What the settings choose for ranking.
        reranker: Grades the best papers; afterwards it says what went wrong.
    """
    profile = learned_profile(store, profile, profile_text=profile_text, day=now.date())
    if candidates is None:
        candidates = newest_papers(store)
    tokenized = [tokenize_paper(candidate, profile.language) for candidate in candidates]
    corpus = corpus_of_day(
        store, profile.language, day=now.date(), candidates=candidates, models=models
    )
    ranked = rank(tokenized, compile_profile(profile, corpus), keep_all=keep_all)
    if reranker:
        ranked = lifted(ranked, reranker.lifts(profile, ranked))
    return with_recorded_scores(store, profile, ranked, corpus=corpus, profile_text=profile_text)


def corpus_of_day(
    store: Store,
    language: str,
    *,
    day: date,
    candidates: Sequence[Candidate],
    models: RankingModels,
) -> Corpus:
    """Builds the corpus with which the digests of a day are ranked.

    Args:
        store: The database.
        language: The language of the profile.
        day: The day (UTC) whose statistics are used.
        candidates: The papers to rank, for which a sentence model needs vectors.
        models: What the settings choose for ranking.
    """
    with store.read() as tx:
        statistics = statistics_papers(tx, day)
    return corpus_of(
        (tokenize_paper(item, language) for item in statistics),
        language,
        models,
        semantic=semantic_space(
            models, language, store=store, statistics=statistics, candidates=candidates
        ),
    )


def with_recorded_scores(
    store: Store,
    profile: Profile,
    ranked: Sequence[RankedPaper],
    *,
    corpus: Corpus,
    profile_text: str,
) -> list[RankedPaper]:
    """Gives papers the scores that the digests of a profile showed; returns them best first.

    Args:
        store: The database.
        profile: The profile.
        ranked: The papers, ranked with this profile.
        corpus: With which they were ranked.
        profile_text: The text of the profile, to find its digests; empty: it has none.
    """
    if not profile_text:
        return list(ranked)
    with store.read() as tx:
        recorded = recorded_scores(
            tx,
            profile_text=profile_text,
            scored_by=scoring_fingerprint(profile, corpus),
            paper_ids=[item.candidate.paper_id for item in ranked],
        )
    rescored: list[RankedPaper] = []
    for item in ranked:
        shown = recorded.get((item.candidate.paper_id, item.candidate.revision_id))
        rescored.append(item if shown is None else _as_shown(item, shown))
    # Sorting is stable, so papers with equal scores stay in the order of their announcements.
    return sorted(rescored, key=lambda item: -item.score)


def _as_shown(item: RankedPaper, shown: RecordedScore) -> RankedPaper:
    """Returns a paper with the score and the matches that an edition showed.

    Editions keep only the matches that brought at least a point. The others are those of today, and
    together they bring what is missing.
    """
    kept = {(match.keyword, match.field) for match in shown.matches}
    others = [match for match in item.matches if (match.keyword, match.field) not in kept]
    known = fsum(match.contribution for match in shown.matches)
    small = fsum(match.contribution for match in others)
    # A sum near 0, of parts that cancel out, cannot be scaled.
    is_scalable = abs(small) >= _LEAST_SCALED and 0.0 < (shown.score - known) / small < 2.0
    if item.topic == shown.topic and is_scalable:
        matches = [*shown.matches, *_scaled(others, (shown.score - known) / small)]
    else:
        matches = _scaled(shown.matches, shown.score / known if known else 1.0)
    matches.sort(key=lambda match: -match.contribution)
    return replace(item, score=shown.score, topic=shown.topic, matches=tuple(matches))


def _scaled(matches: Sequence[KeywordMatch], factor: float) -> list[KeywordMatch]:
    return [replace(match, contribution=match.contribution * factor) for match in matches]


def rank_papers(
    profile: Profile,
    candidates: Sequence[Candidate],
    *,
    background: Sequence[Candidate] = (),
    sample: Sequence[Any] = (),
    keep_all: bool = False,
    models: RankingModels = PACKAGED_ONLY,
) -> list[RankedPaper]:
    """Ranks papers that are not stored, best first.

    Args:
        profile: The profile.
        candidates: The papers to rank.
        background: Further papers from which the rarity of keywords is learned.
        sample: Vectors of stored papers (`digest.pipeline.publishing.paper_vectors.stored_sample`),
            which a sentence model needs.
        keep_all: Also return papers that match nothing, with score 0.
        models: What the settings choose for ranking.
    """
    language = profile.language
    tokenized = [tokenize_paper(candidate, language) for candidate in candidates]
    corpus = corpus_of(
        [*tokenized, *(tokenize_paper(candidate, language) for candidate in background)],
        language,
        models,
        semantic=space_of_file(models, language, sample=sample, candidates=candidates),
    )
    return rank(tokenized, compile_profile(profile, corpus), keep_all=keep_all)


def compose_now(
    store: Store,
    profile: Profile,
    *,
    now: datetime,
    profile_text: str = "",
    models: RankingModels = PACKAGED_ONLY,
    reranker: Reranker | None = None,
) -> Edition:
    """Returns the first digest that a new subscription with this profile would get now.

    Args:
        store: The database.
        profile: The profile.
        now: The time for which the digest is dated.
        profile_text: The text of the profile, for the scores that its digests showed; empty: it
            has none.
        models: What the settings choose for ranking.
        reranker: Grades the best papers; afterwards it says what went wrong.
    """
    with store.read() as tx:
        start, head = announcements.start_seq(tx), announcements.last_seq(tx)
        announced = announcements.to_rank(
            tx, after=start, upto=head, kinds=profile.kinds, sources=profile.sources
        )
    ranked = rank_stored(
        store,
        profile,
        now=now,
        candidates=announced,
        profile_text=profile_text,
        keep_all=True,
        models=models,
        reranker=reranker,
    )
    profile = learned_profile(store, profile, profile_text=profile_text, day=now.date())
    edition = compose(ranked, profile=profile, local_date=local_date(profile, now))
    return with_excerpts(edition, profile)


def find_papers(store: Store, reference: str) -> list[Candidate]:
    """Returns the stored papers that match a reference.

    Args:
        store: The database.
        reference: An id of a paper, an identifier, a title, or a part of a title.
    """
    with store.read() as tx:
        return paper_search.find_papers(tx, reference, title_key=title_key(reference))
