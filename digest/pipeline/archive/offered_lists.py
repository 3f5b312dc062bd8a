"""Composes the pages of the public archive: one a day for each offered list.

A page is made from the list's own profile, never from a reader.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from msgspec.structs import replace

from digest.core.editions.compose import compose
from digest.core.editions.excerpts import with_excerpts
from digest.core.keywords.paper_index import tokenize_paper
from digest.core.models.editions import Candidate, Edition
from digest.core.models.profiles import Profile
from digest.core.ranking.corpus import Corpus
from digest.core.ranking.scoring import compile_profile, rank
from digest.core.subscribers.due_times import local_date
from digest.pipeline.publishing.preview import corpus_of_day
from digest.pipeline.publishing.ranking_models import PACKAGED_ONLY, RankingModels
from digest.pipeline.signup.profile_choices import OfferedList
from digest.store.archive import list_editions
from digest.store.database.store import Store
from digest.store.papers import announcements

_NOT_AGAIN = timedelta(days=90)
"""A paper that a list showed in this time is not shown again, such as one that was listed elsewhere."""


def compose_pages(
    store: Store,
    lists: Sequence[OfferedList],
    *,
    now: datetime,
    models: RankingModels = PACKAGED_ONLY,
) -> int:
    """Composes the pages of today that do not exist yet; returns how many have papers.

    A page has the papers that were announced since the page before. Without new papers there is no
    page.

    Args:
        store: The database.
        lists: The offered lists.
        now: The current time, from which the local day of each list follows.
        models: What the settings choose for ranking. No language model is asked.
    """
    ranking = _Ranking(store, models, now)
    made = 0
    for item in lists:
        profile = _of_archive(item.profile)
        day = local_date(profile, now)
        with store.read() as tx:
            last = list_editions.position(tx, item.name)
            after = announcements.start_seq(tx) if last is None else last[1]
            head = announcements.last_seq(tx)
        if (last is not None and last[0] >= day) or head <= after:
            continue
        edition = ranking.edition(item.name, profile, after=after, upto=head, day=day)
        with store.write() as tx:
            list_editions.add(tx, item.name, edition, read_through=head, now=now)
        made += bool(edition.entries)
    return made


def _of_archive(profile: Profile) -> Profile:
    """Returns the profile of a list without trending papers, which have nothing to do with it."""
    return replace(profile, trending=0)


class _Ranking:
    """Ranks for several lists, which share papers and statistics."""

    def __init__(self, store: Store, models: RankingModels, now: datetime) -> None:
        self._store = store
        self._models = models
        self._now = now
        self._corpora: dict[tuple[str, int, int], Corpus] = {}

    def edition(self, name: str, profile: Profile, *, after: int, upto: int, day: date) -> Edition:
        with self._store.read() as tx:
            announced = announcements.to_rank(
                tx, after=after, upto=upto, kinds=profile.kinds, sources=profile.sources
            )
            shown = list_editions.shown_since(tx, name, day - _NOT_AGAIN)
        papers = [item for item in announced if item.paper_id not in shown]
        tokenized = [tokenize_paper(item, profile.language) for item in papers]
        corpus = self._corpus(profile.language, announced, after=after, upto=upto)
        ranked = rank(tokenized, compile_profile(profile, corpus), keep_all=True)
        return with_excerpts(compose(ranked, profile=profile, local_date=day), profile)

    def _corpus(
        self, language: str, candidates: Sequence[Candidate], *, after: int, upto: int
    ) -> Corpus:
        key = (language, after, upto)
        if key not in self._corpora:
            self._corpora[key] = corpus_of_day(
                self._store,
                language,
                day=self._now.date(),
                candidates=candidates,
                models=self._models,
            )
        return self._corpora[key]
