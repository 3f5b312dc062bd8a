"""Papers made ready for keywords: analysed, indexed, and what their statistics say."""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import chain, islice

from digest.core.keywords import term_words
from digest.core.model import Candidate, Keyword
from digest.core.text import (
    BREAK,
    ENGLISH,
    STOP_WORDS,
    Words,
    fold,
    stem,
    stemmer,
    tokenise,
    words,
)
from digest.core.vectors import Space

PRIOR_PAPERS = 1000
"""Papers that count as seen before the first one is."""

PRIOR_LENGTH = 180.0
"""Words of an ordinary title and abstract."""

PRIOR_FREQUENCY = (0.03, 0.008, 0.003)
"""The share of papers that hold a keyword of one, two, and three or more words."""

COMMON_PAPERS = 3
COMMON_SHARE = 0.01
"""A longer phrase is common in so many papers, and this share of those with the shorter."""

_STOP_STEMS = frozenset(map(stem, STOP_WORDS))


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysed:
    """A candidate with its words, cut and stemmed once."""

    candidate: Candidate
    words: Words


def analyse(candidate: Candidate, language: str = ENGLISH) -> Analysed:
    """Cut a candidate's title and abstract into words, for keywords of a language."""
    paper = candidate.paper
    return Analysed(candidate=candidate, words=words(paper.title, paper.abstract, language))


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """A text or title keyword, compiled: how its occurrences are told."""

    stems: tuple[str, ...]
    folded: tuple[str, ...]
    surfaces: tuple[str, ...]  # of an exact keyword, for comparing; else empty
    case: bool  # the surfaces' case counts
    capitals: bool
    prefix: bool  # the last word is only a beginning
    title: bool  # in the title only
    anchor: int  # the word to search for first

    @property
    def size(self) -> int:
        """Its number of words."""
        return len(self.stems)

    def starts(self, text: Words) -> list[int]:
        """Where it occurs: positions in the text's words, ascending."""
        stop = text.title if self.title else len(text.stems)
        last = stop - self.size
        return [
            start
            for start in (place - self.anchor for place in self._anchors(text))
            if 0 <= start <= last and self._matches(text, start)
        ]

    def own(self, text: Words, start: int) -> bool:
        """Whether the occurrence has the keyword's own form, but for case and accents.

        An acronym's plural is its own form: nobody means another thing by LLMs.
        """
        if self.prefix or self.surfaces or self.capitals:
            return True
        surfaces = text.surfaces[start : start + self.size]
        return tuple(map(fold, surfaces)) == self.folded

    def _anchors(self, text: Words) -> Iterator[int]:
        if self.prefix and self.size == 1:
            for place, surface in enumerate(text.surfaces):
                if fold(surface).startswith(self.folded[0]):
                    yield place
            return
        stems, wanted, place = text.stems, self.stems[self.anchor], -1
        try:
            while True:
                place = stems.index(wanted, place + 1)
                yield place
        except ValueError:
            return

    def _matches(self, text: Words, start: int) -> bool:
        end = start + self.size
        if self.prefix:
            return text.stems[start : end - 1] == self.stems[:-1] and fold(
                text.surfaces[end - 1]
            ).startswith(self.folded[-1])
        if text.stems[start:end] != self.stems:
            return False
        if self.capitals:
            return text.surfaces[start].removesuffix("s").rstrip("'’").isupper()
        if self.surfaces:
            found = text.surfaces[start:end]
            return (found if self.case else _lower(found)) == self.surfaces
        return True


@lru_cache(maxsize=1 << 14)
def pattern(keyword: Keyword) -> Pattern:
    """Compile a keyword of the field text or title."""
    surfaces = term_words(keyword)
    case = any(char.isupper() for char in keyword.term)
    stems = tuple(map(stemmer(keyword.language), surfaces))
    folded = tuple(map(fold, surfaces))
    searchable = range(len(stems) - 1 if keyword.prefix and len(stems) > 1 else len(stems))
    return Pattern(
        stems=stems,
        folded=folded,
        surfaces=(surfaces if case else _lower(surfaces)) if keyword.exact else (),
        case=case,
        capitals=keyword.capitals,
        prefix=keyword.prefix,
        title=keyword.field == "title",
        # The longest content word is as a rule the rarest.
        anchor=max(searchable, key=lambda at: (folded[at] not in STOP_WORDS, len(folded[at]))),
    )


def _lower(surfaces: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(surface.casefold() for surface in surfaces)


class Index:
    """Papers by their words, authors and categories; each part is built when first asked for."""

    def __init__(self, papers: Iterable[Analysed]) -> None:
        self.papers = tuple(papers)
        self._vectors: tuple[Space, list[dict[str, float]]] | None = None

    def find(self, wanted: Pattern) -> Iterator[tuple[int, list[int]]]:
        """The papers, by number, in which a pattern occurs, and where."""
        for number in self._holding(wanted):
            if starts := wanted.starts(self.papers[number].words):
                yield number, starts

    def _holding(self, wanted: Pattern) -> Iterable[int]:
        """The papers that hold a pattern's anchor."""
        if not (wanted.prefix and wanted.size == 1):
            return self._postings.get(wanted.stems[wanted.anchor], ())
        beginning = wanted.folded[0]
        holding: set[int] = set()
        first = bisect_left(self._vocabulary, (beginning, ""))
        for word, one in islice(self._vocabulary, first, None):
            if not word.startswith(beginning):
                break
            holding.update(self._postings[one])
        return sorted(holding)

    def holding(self) -> dict[str, int]:
        """For each stem, the number of papers that hold it."""
        return {one: len(numbers) for one, numbers in self._postings.items()}

    def order(self, number: int) -> tuple[int, int]:
        """Where a paper stands in the log, for ties: the same however the papers are given."""
        candidate = self.papers[number].candidate
        return candidate.seq, candidate.paper_id

    def vectors(self, space: Space) -> list[dict[str, float]]:
        """The papers as vectors; made once for a space, then remembered."""
        if self._vectors is None or self._vectors[0] is not space:
            self._vectors = space, [space.vector(paper.words) for paper in self.papers]
        return self._vectors[1]

    @cached_property
    def _postings(self) -> dict[str, list[int]]:
        postings: defaultdict[str, list[int]] = defaultdict(list)
        for number, paper in enumerate(self.papers):
            for one in set(paper.words.stems):
                postings[one].append(number)
        return postings

    @cached_property
    def _vocabulary(self) -> list[tuple[str, str]]:
        """The words of the papers, folded, with their stems."""
        texts = (paper.words for paper in self.papers)
        pairs = (zip(text.surfaces, text.stems, strict=True) for text in texts)
        return sorted({(fold(word), one) for word, one in set(chain.from_iterable(pairs))})

    @cached_property
    def _families(self) -> dict[str, list[tuple[int, "Name"]]]:
        families: defaultdict[str, list[tuple[int, Name]]] = defaultdict(list)
        for number, paper in enumerate(self.papers):
            for author in paper.candidate.paper.authors:
                if name := read_name(author):
                    families[name.family].append((number, name))
        return families

    def by_author(self, wanted: "Name", *, exact: bool) -> set[int]:
        """The papers, by number, of a person; `exact` takes no initial for a name."""
        bearers = self._families.get(wanted.family, ())
        return {number for number, name in bearers if wanted.may_be(name, exact=exact)}

    @cached_property
    def _categories(self) -> dict[str, list[int]]:
        categories: defaultdict[str, list[int]] = defaultdict(list)
        for number, paper in enumerate(self.papers):
            for category in paper.candidate.paper.categories:
                categories[category.casefold()].append(number)
        return categories

    def by_category(self, wanted: str, *, prefix: bool) -> set[int]:
        """The papers, by number, of a category or of one that begins so; "cs" holds "cs.LG"."""
        wanted = wanted.casefold()
        return {
            number
            for category, numbers in self._categories.items()
            if category == wanted or category.startswith(wanted if prefix else f"{wanted}.")
            for number in numbers
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """A person's name, folded."""

    family: str
    given: tuple[str, ...]  # names or initials

    def may_be(self, other: "Name", *, exact: bool) -> bool:
        """Whether the other may be the same person; a name without given names is anybody's."""
        if self.family != other.family or exact:
            return self == other
        if not self.given:
            return True
        if not other.given or not _same_given(self.given[0], other.given[0]):
            return False
        fewer, more = sorted((self.given[1:], other.given[1:]), key=len)
        rest = iter(more)
        return all(any(_same_given(one, name) for name in rest) for one in fewer)


@lru_cache(maxsize=1 << 14)
def read_name(text: str) -> Name | None:
    """A name written "Tri Dao", "T. Dao" or "Dao, Tri"; None where there is no letter."""
    family, comma, given = text.partition(",")
    written = tokenise(f"{given} {family}" if comma else text)
    parts = tuple(fold(part) for part in written if stem(part) != BREAK)
    return Name(family=parts[-1], given=parts[:-1]) if parts else None


def _same_given(one: str, other: str) -> bool:
    return one == other or (1 in (len(one), len(other)) and one[0] == other[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """How the papers seen so far use a phrase."""

    papers: int  # that hold it
    before: frozenset[str]  # stems of content words that often make it a longer phrase
    after: frozenset[str]


class Corpus:
    """What is learned from the papers seen, for the rarity of any phrase.

    Attributes:
        index: the papers.
        papers: how many there are.
        mean_length: their words on average, smoothed by the prior.
    """

    def __init__(self, papers: Iterable[Analysed]) -> None:
        self.index = Index(papers)
        self._usages: dict[Pattern, Usage] = {}
        seen = self.index.papers
        self.papers = len(seen)
        self.mean_length = (
            sum(paper.words.length for paper in seen) + PRIOR_PAPERS * PRIOR_LENGTH
        ) / (self.papers + PRIOR_PAPERS)

    @cached_property
    def space(self) -> Space:
        """The weights of stems in these papers; with the next, for related terms."""
        return Space([paper.words for paper in self.index.papers], self.index.holding())

    def vector(self, number: int) -> dict[str, float]:
        """A seen paper as a vector."""
        return self.space.vector(self.index.papers[number].words)

    def frequency(self, wanted: Pattern) -> float:
        """The share of papers that hold a phrase, above 0 and below 1, smoothed by the prior."""
        prior = PRIOR_FREQUENCY[min(wanted.size, len(PRIOR_FREQUENCY)) - 1]
        held = self.usage(wanted).papers + PRIOR_PAPERS * prior
        return (held + 0.5) / (self.papers + PRIOR_PAPERS + 1)

    def usage(self, wanted: Pattern) -> Usage:
        """How a phrase is used; found once, then remembered."""
        if wanted not in self._usages:
            self._usages[wanted] = self._look_up(wanted)
        return self._usages[wanted]

    def _look_up(self, wanted: Pattern) -> Usage:
        holding = 0
        before: Counter[str] = Counter()
        after: Counter[str] = Counter()
        for number, starts in self.index.find(wanted):
            holding += 1
            stems = self.index.papers[number].words.stems
            before.update({stems[start - 1] for start in starts if start})
            ends = (start + wanted.size for start in starts)
            after.update({stems[end] for end in ends if end < len(stems)})
        least = max(COMMON_PAPERS, COMMON_SHARE * holding)
        return Usage(papers=holding, before=_common(before, least), after=_common(after, least))


def learn(papers: Iterable[Analysed]) -> Corpus:
    """The statistics of the papers seen; with none of them, the prior alone speaks."""
    return Corpus(papers)


def _common(neighbours: Counter[str], least: float) -> frozenset[str]:
    return frozenset(
        word
        for word, papers in neighbours.items()
        if papers >= least and word != BREAK and word not in _STOP_STEMS
    )
