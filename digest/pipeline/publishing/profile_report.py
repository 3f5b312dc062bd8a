"""Tries a profile on the papers that were announced lately."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from msgspec import Struct

from digest.core.keywords.paper_index import tokenize_paper
from digest.core.models.editions import Candidate
from digest.core.models.profiles import Profile
from digest.core.profiles.keyword_report import ProfileReport, report
from digest.pipeline.publishing.ranking_models import PACKAGED_ONLY, RankingModels
from digest.pipeline.publishing.statistics_papers import CORPUS_PAPERS, corpus_of, statistics_papers
from digest.store.database.store import Store
from digest.store.papers import announcements
from digest.store.papers.announcement_ranges import announcement_ranges

DAYS = 30
"""Days of announcements on which a profile is tried."""

MAX_PAPERS = 5000
"""The most papers on which it is tried, the newest ones, so that the answer comes in seconds."""

_AHEAD = 7  # days that a batch may be collected before the day that it states


class LatePapers(Struct, frozen=True, kw_only=True):
    """What is read from the store once, for any number of profiles."""

    newest: tuple[Candidate, ...] = ()  # at most `CORPUS_PAPERS`
    announced: tuple[Candidate, ...] = ()  # in the last `DAYS` days
    statistics: tuple[Candidate, ...] = ()  # with which the scores of the day are computed


def late_papers(store: Store, *, now: datetime) -> LatePapers:
    """Reads the papers on which profiles are tried.

    Args:
        store: The database.
        now: The current time.
    """
    since: date = now.date() - timedelta(days=DAYS)
    collected_since = now - timedelta(days=DAYS + _AHEAD)
    with store.read() as tx:
        announced: dict[int, Candidate] = {}
        for span in reversed(announcement_ranges(tx, since=collected_since)):
            if span.day >= since and len(announced) < MAX_PAPERS:
                for item in announcements.to_rank(tx, after=span.after, upto=span.upto):
                    announced.setdefault(item.paper_id, item)
        return LatePapers(
            newest=tuple(announcements.newest_papers(tx, CORPUS_PAPERS)),
            announced=tuple(announced.values()),
            statistics=tuple(statistics_papers(tx, now.date())),
        )


def profile_report(
    profile: Profile, papers: LatePapers, *, models: RankingModels = PACKAGED_ONLY
) -> ProfileReport:
    """Tries a profile on the papers of its kinds and sources.

    Args:
        profile: The profile.
        papers: From `late_papers`.
        models: What the settings choose. A sentence model is not asked: the report explains words.
    """
    language = profile.language
    tried: Sequence[Candidate] = [
        item
        for item in papers.announced
        if item.kind in profile.kinds and (not profile.sources or item.source in profile.sources)
    ]
    corpus = corpus_of(
        (tokenize_paper(item, language) for item in papers.statistics), language, models
    )
    return report(profile, [tokenize_paper(item, language) for item in tried], corpus)
