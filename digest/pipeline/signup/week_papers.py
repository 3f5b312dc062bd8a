"""What topics would have brought in the last week, for previews on the site."""

from datetime import datetime, timedelta
from threading import Lock

from msgspec import Struct

from digest.core.keywords.paper_index import PaperIndex, tokenize_paper
from digest.core.models.profiles import Profile
from digest.core.ranking.corpus import Corpus
from digest.core.ranking.scoring import compile_profile, rank
from digest.pipeline.publishing.ranking_models import PACKAGED_ONLY, RankingModels
from digest.pipeline.publishing.statistics_papers import corpus_of, statistics_papers
from digest.pipeline.signup.choosing.week_effects import WeekEffects, WeekPreview
from digest.store.database.store import Store
from digest.store.papers import announcements
from digest.store.papers.announcement_ranges import announcement_ranges

MAX_PAPERS = 1500
"""The newest papers of the week that are tried."""

_WEEK = timedelta(days=7)


class _Prepared(Struct, frozen=True, kw_only=True):
    key: tuple[object, ...]  # what it was prepared from
    index: PaperIndex
    corpus: Corpus


class WeekPapers:
    """Ranks the papers of the last week; prepares them once for all previews of an hour.

    Args:
        store: The database.
        models: What the settings choose for ranking. A sentence model is not asked: it would take
            too long for a page.
    """

    def __init__(self, store: Store, *, models: RankingModels = PACKAGED_ONLY) -> None:
        self._store = store
        self._models = models
        self._ranking = Lock()  # one preview at a time leaves a processor for the other pages
        self._prepared: dict[str, _Prepared] = {}

    def preview(self, profile: Profile, *, now: datetime) -> WeekPreview:
        """Returns what a profile would have brought."""
        with self._ranking:
            prepared = self._prepare(profile.language, now)
            ranked = rank(
                prepared.index,
                compile_profile(profile, prepared.corpus),
                explained_from=profile.min_match,
            )
            good = [item for item in ranked if item.score >= profile.min_match]
            return WeekEffects(profile, prepared.index, prepared.corpus, good).preview()

    def _prepare(self, language: str, now: datetime) -> _Prepared:
        with self._store.read() as tx:
            head = announcements.last_seq(tx)
            key = (head, now.date(), now.hour)
            known = self._prepared.get(language)
            if known is not None and known.key == key:
                return known
            ranges = announcement_ranges(tx, since=now - _WEEK)
            after = max(ranges[0].after if ranges else head, head - 4 * MAX_PAPERS)
            papers = announcements.to_rank(tx, after=after, upto=head)[-MAX_PAPERS:]
            statistics = statistics_papers(tx, now.date())
        prepared = _Prepared(
            key=key,
            index=PaperIndex([tokenize_paper(item, language) for item in papers]),
            corpus=corpus_of(
                (tokenize_paper(item, language) for item in statistics), language, self._models
            ),
        )
        self._prepared[language] = prepared
        return prepared
