"""Computes which digests a profile would have got on the stored days."""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta

from msgspec import Struct

from digest.core.editions.compose import compose
from digest.core.keywords.paper_index import tokenize_paper
from digest.core.models.editions import Candidate, Edition
from digest.core.models.papers import AnnouncementKind
from digest.core.models.profiles import Profile
from digest.core.ranking.scoring import compile_profile, rank
from digest.pipeline.publishing.learned_profiles import learned_profile
from digest.pipeline.publishing.preview import corpus_of_day, with_recorded_scores
from digest.pipeline.publishing.ranking_models import PACKAGED_ONLY, RankingModels
from digest.store.database.store import Connection, Store
from digest.store.papers import announcements
from digest.store.papers.announcement_ranges import (
    AnnouncementRange,
    announcement_ranges,
    has_batches_before,
)

CURVE = (10, 20, 30, 40, 50, 60, 70, 80)
"""The values of `min_match` for which the number of papers a day is computed."""

_WEEK = timedelta(days=7)


class KeywordUse(Struct, frozen=True, kw_only=True):
    """In how many shown papers a keyword was found, or its words near each other."""

    topic: str
    keyword: str  # as written in the profile
    papers: int  # number of papers


class VolumePoint(Struct, frozen=True, kw_only=True):
    """How many papers a day would match with another `min_match`."""

    min_match: int
    papers_a_day: float  # before `max_papers`


class ReplayedVolume(Struct, frozen=True, kw_only=True):
    """The digests of the replayed days."""

    editions: tuple[Edition, ...]  # oldest first
    uses: tuple[KeywordUse, ...]  # one for each keyword, in the order of the profile
    curve: tuple[VolumePoint, ...] = ()  # for each of `CURVE`; empty without days

    @property
    def papers_per_digest(self) -> float:
        """The average number of papers in a digest."""
        shown = sum(len(edition.entries) for edition in self.editions)
        return shown / len(self.editions) if self.editions else 0.0


def replay(
    store: Store,
    profile: Profile,
    *,
    days: int,
    now: datetime,
    profile_text: str = "",
    models: RankingModels = PACKAGED_ONLY,
) -> ReplayedVolume:
    """Computes the digests that a reader with this profile would have received.

    The days are those of the stored batches; a day that is not a digest day of the profile counts
    as the next one that is. As in a real run, a paper is shown once. The rarity of keywords is
    that of the digests of today; papers that a digest of this profile showed keep their scores.

    Args:
        store: The database with the papers and their announcements.
        profile: The profile.
        days: The number of days, counted back from the latest.
        now: The current time.
        profile_text: The text of the profile, to find its digests; empty: it has none.
        models: What the settings choose for ranking.
    """
    profile = learned_profile(store, profile, profile_text=profile_text, day=now.date())
    candidates = _by_day(store, profile, days=days, now=now)
    days_shown = sorted(candidates)
    # One corpus for all days, because building one for each day would be slow.
    corpus = corpus_of_day(
        store,
        profile.language,
        day=now.date(),
        candidates=[item for day in days_shown for item in candidates[day].values()],
        models=models,
    )
    compiled = compile_profile(profile, corpus)
    shown: set[int] = set()
    editions: list[Edition] = []
    scores: dict[int, float] = {}  # of each paper on the first day that it was announced
    for day in days_shown:
        fresh = [
            tokenize_paper(item, profile.language)
            for item in candidates[day].values()
            if item.paper_id not in shown or item.kind is AnnouncementKind.REVISED
        ]
        ranked = with_recorded_scores(
            store,
            profile,
            rank(fresh, compiled, keep_all=True),
            corpus=corpus,
            profile_text=profile_text,
        )
        for item in ranked:
            scores.setdefault(item.candidate.paper_id, item.score)
        edition = compose(ranked, profile=profile, local_date=day)
        shown |= {
            entry.candidate.paper_id
            for entry in (*edition.entries, *edition.surplus, *edition.trending)
        }
        editions.append(edition)
    return ReplayedVolume(
        editions=tuple(editions),
        uses=_uses(profile, editions),
        curve=_curve(scores.values(), days=len(editions)),
    )


def _curve(scores: Collection[float], *, days: int) -> tuple[VolumePoint, ...]:
    return tuple(
        VolumePoint(min_match=least, papers_a_day=sum(score >= least for score in scores) / days)
        for least in CURVE
        if days
    )


def _by_day(
    store: Store, profile: Profile, *, days: int, now: datetime
) -> dict[date, dict[int, Candidate]]:
    """Returns the announced papers of the latest days, by digest day and paper id."""
    with store.read() as tx:
        ranges = _latest_ranges(tx, profile, days=days, now=now)
        latest = sorted({_digest_day(span.day, profile.days) for span in ranges})[-days:]
        by_day: dict[date, dict[int, Candidate]] = {day: {} for day in latest}
        for span in ranges:
            day = _digest_day(span.day, profile.days)
            if day not in by_day:
                continue
            announced = announcements.to_rank(
                tx, after=span.after, upto=span.upto, kinds=profile.kinds, sources=profile.sources
            )
            by_day[day].update((item.paper_id, item) for item in announced)
    return by_day


def _latest_ranges(
    tx: Connection, profile: Profile, *, days: int, now: datetime
) -> tuple[AnnouncementRange, ...]:
    """Returns the ranges of the latest days, and of some more; reads no more of a long log."""
    period = timedelta(days=2 * days) + _WEEK
    while True:
        since = now - period
        ranges = announcement_ranges(tx, since=since)
        found = sorted({_digest_day(span.day, profile.days) for span in ranges})[-days:]
        # A batch from before may count for a later day, at most a week later.
        if len(found) == days and found[0] > since.date() + _WEEK:
            return ranges
        if not has_batches_before(tx, since):
            return ranges
        period *= 4


def _digest_day(day: date, days: Sequence[int]) -> date:
    """Returns the day, or the first later one on one of these weekdays (0 is Monday)."""
    week = (day + timedelta(offset) for offset in range(7))
    return next(candidate for candidate in week if candidate.weekday() in days)


def _uses(profile: Profile, editions: Sequence[Edition]) -> tuple[KeywordUse, ...]:
    counts = Counter(
        (section.topic, match.keyword)
        for edition in editions
        for section in edition.sections
        for entry in section.entries
        for match in entry.matches
        if match.field != "related"
    )
    return tuple(
        KeywordUse(topic=topic.name, keyword=keyword.text, papers=counts[topic.name, keyword.text])
        for topic in profile.topics
        for keyword in topic.keywords
    )
