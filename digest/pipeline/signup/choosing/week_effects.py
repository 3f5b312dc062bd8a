"""What each keyword, exclusion and author of a profile does with the papers of a week."""

from collections.abc import Collection, Iterable
from itertools import chain

from msgspec import Struct
from msgspec.structs import replace

from digest.core.keywords.connections import FollowedItem
from digest.core.keywords.paper_index import PaperIndex
from digest.core.models.editions import RankedPaper
from digest.core.models.profiles import Keyword, Profile, Topic
from digest.core.ranking.boosts import parse_person
from digest.core.ranking.corpus import Corpus
from digest.core.ranking.explanation import LIKED
from digest.core.ranking.keyword_score import compile_keyword
from digest.core.ranking.scoring import compile_profile, rank

_SHOWN = 4  # papers for each topic
_TITLES = 2  # for each keyword


class EffectPreview(Struct, frozen=True, kw_only=True):
    """What one keyword or author did with the papers of the week."""

    text: str  # as the reader wrote it
    number: int  # papers
    titles: tuple[str, ...]  # of the best


class TopicPreview(Struct, frozen=True, kw_only=True):
    """What one topic would have brought."""

    name: str
    number: int
    papers: tuple[RankedPaper, ...]  # the best
    brought: tuple[EffectPreview, ...]  # by keywords: papers of the topic that contain them
    unmatched: tuple[str, ...]  # keywords that no paper contains
    left_out: tuple[EffectPreview, ...]  # by exclusions and avoided keywords
    liked: int  # papers that are like those of the reading lists
    unknown: tuple[str, ...]  # liked papers that are not stored


class WeekPreview(Struct, frozen=True, kw_only=True):
    """What a profile would have brought in the last week."""

    papers: int  # that were tried
    topics: tuple[TopicPreview, ...]
    followed: tuple[EffectPreview, ...] = ()  # by authors: papers that were brought
    muted: tuple[EffectPreview, ...] = ()  # by authors: papers that were left out


class WeekEffects:
    """Tells which papers a profile brought, and by what.

    Args:
        profile: the profile.
        index: the papers of the week.
        corpus: against which the profile was compiled.
        brought: the papers that the profile brought, best first.
    """

    def __init__(
        self, profile: Profile, index: PaperIndex, corpus: Corpus, brought: list[RankedPaper]
    ) -> None:
        self._profile = profile
        self._index = index
        self._corpus = corpus
        self._brought = brought
        self._numbers = {
            paper.candidate.paper_id: number for number, paper in enumerate(index.papers)
        }
        self._left_out = self._find_left_out()

    def preview(self) -> WeekPreview:
        """Returns what the profile would have brought."""
        muted = set(self._profile.muted)
        return WeekPreview(
            papers=len(self._index.papers),
            topics=tuple(self._topic(topic, muted) for topic in self._profile.topics),
            followed=tuple(self._authors(self._profile.boosts.authors, self._brought)),
            muted=tuple(self._authors(self._profile.muted, self._left_out)),
        )

    def _topic(self, topic: Topic, muted: Collection[str]) -> TopicPreview:
        found = [item for item in self._brought if item.topic == topic.name]
        missed = [item for item in self._left_out if item.topic == topic.name]
        brought = [self._effect(keyword, found) for keyword in topic.keywords]
        # The profile with what was learned excludes the muted authors in each topic.
        excluded = [word for word in topic.excluded if word.term not in muted]
        return TopicPreview(
            name=topic.name,
            number=len(found),
            papers=tuple(found[:_SHOWN]),
            brought=tuple(item for item in brought if item.number),
            unmatched=tuple(item.text for item in brought if not item.number),
            left_out=tuple(self._effect(word, missed) for word in chain(excluded, topic.avoided)),
            liked=sum(any(match.field == LIKED for match in item.matches) for item in found),
            unknown=topic.likes_from,
        )

    def _find_left_out(self) -> list[RankedPaper]:
        """Returns the papers that only exclusions, avoided keywords and muted authors left out."""
        profile = self._profile
        if not profile.muted and not any(item.excluded or item.avoided for item in profile.topics):
            return []
        topics = tuple(replace(item, excluded=(), avoided=()) for item in profile.topics)
        compiled = compile_profile(replace(profile, topics=topics, muted=()), self._corpus)
        known = {item.candidate.paper_id for item in self._brought}
        # Without explanations, which take time.
        return [
            item
            for item in rank(self._index, compiled, explained_from=101.0)
            if item.score >= profile.min_match and item.candidate.paper_id not in known
        ]

    def _effect(self, keyword: Keyword, among: Collection[RankedPaper]) -> EffectPreview:
        papers = set(compile_keyword(keyword, self._corpus).matching_papers(self._index))
        return self._named(keyword.text.removeprefix("-"), papers, among)

    def _authors(
        self, names: Iterable[str], among: Collection[RankedPaper]
    ) -> Iterable[EffectPreview]:
        for name in names:
            person = parse_person(name)
            papers: Collection[int] = ()
            if isinstance(person, FollowedItem):
                papers = self._index.connections.find("author", person)
            elif person is not None:
                papers = self._index.by_author(person, exact=False)
            yield self._named(name, papers, among)

    def _named(
        self, text: str, papers: Collection[int], among: Collection[RankedPaper]
    ) -> EffectPreview:
        found = [item for item in among if self._numbers[item.candidate.paper_id] in papers]
        titles = tuple(item.candidate.paper.title for item in found[:_TITLES])
        return EffectPreview(text=text, number=len(found), titles=titles)
