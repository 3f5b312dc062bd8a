"""What a profile would have brought: the stored days, replayed."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from digest.core.editions.compose import compose
from digest.core.models.editions import Candidate, Edition
from digest.core.models.papers import AnnouncementKind
from digest.core.models.profiles import Profile
from digest.core.ranking.corpus import build_corpus, tokenize_paper
from digest.core.ranking.scoring import compile_profile, rank
from digest.pipeline.publishing.preview import stored
from digest.store.database.store import Store
from digest.store.papers import announcements
from digest.store.papers.announcement_ranges import announcement_ranges


@dataclass(frozen=True, slots=True, kw_only=True)
class KeywordUse:
    """How often a keyword is among the reasons for a paper that is shown."""

    topic: str
    keyword: str  # as its reader wrote it
    papers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayedVolume:
    """The digests of the days that were replayed, oldest first."""

    editions: tuple[Edition, ...]
    uses: tuple[KeywordUse, ...]  # of each keyword, in the order of the profile

    @property
    def papers(self) -> float:
        """A day, on average."""
        shown = sum(len(edition.entries) for edition in self.editions)
        return shown / len(self.editions) if self.editions else 0.0


def replay(store: Store, profile: Profile, *, days: int) -> ReplayedVolume:
    """The digests that a reader with this profile would have had.

    A day is one that batches are of, moved on to the next of the profile's days. A paper is
    shown once, as in the real thing; the rarity of keywords is that of all papers seen by now.

    Args:
        store: the papers and their announcements.
        profile: what is looked for.
        days: the latest so many.
    """
    candidates = _by_day(store, profile)
    corpus = build_corpus(
        [tokenize_paper(candidate, profile.language) for candidate in stored(store)]
    )
    compiled = compile_profile(profile, corpus)
    shown: set[int] = set()
    editions: list[Edition] = []
    for day in sorted(candidates)[-days:]:
        fresh = [
            tokenize_paper(item, profile.language)
            for item in candidates[day].values()
            if item.paper_id not in shown or item.kind is AnnouncementKind.REVISED
        ]
        ranked = rank(fresh, compiled, keep_all=True)
        edition = compose(ranked, profile=profile, local_date=day)
        shown |= {entry.candidate.paper_id for entry in (*edition.entries, *edition.trending)}
        editions.append(edition)
    return ReplayedVolume(editions=tuple(editions), uses=_uses(profile, editions))


def _by_day(store: Store, profile: Profile) -> dict[date, dict[int, Candidate]]:
    """The announced papers by the day of their digest, each once a day."""
    found: dict[date, dict[int, Candidate]] = {}
    with store.read() as tx:
        for span in announcement_ranges(tx):
            announced = announcements.candidates(
                tx, after=span.after, upto=span.upto, kinds=profile.kinds, sources=profile.sources
            )
            on = found.setdefault(_digest_day(span.day, profile.days), {})
            on.update((item.paper_id, item) for item in announced)
    return found


def _digest_day(day: date, days: Sequence[int]) -> date:
    """The day itself, or the next one of these weekdays."""
    return next(later for ahead in range(7) if (later := day + timedelta(ahead)).weekday() in days)


def _uses(profile: Profile, editions: Sequence[Edition]) -> tuple[KeywordUse, ...]:
    counts = Counter(
        (section.topic, match.keyword)
        for edition in editions
        for section in edition.sections
        for entry in section.entries
        for match in entry.matches
    )
    return tuple(
        KeywordUse(topic=topic.name, keyword=keyword.text, papers=counts[topic.name, keyword.text])
        for topic in profile.topics
        for keyword in topic.keywords
    )
