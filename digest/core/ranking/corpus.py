"""Papers made ready for keywords: analysed, indexed, and what their statistics say."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from digest.core.keywords.author_names import AuthorName, parse_author_name
from digest.core.keywords.patterns import Pattern, occurrences
from digest.core.models.editions import Candidate
from digest.core.ranking.tfidf import TfIdfSpace
from digest.core.text.tokens import EMPTY_STEMS, ENGLISH, TokenizedText, fold, words

PRIOR_PAPERS = 1000
"""Papers that count as seen before the first one is."""

PRIOR_LENGTH = 180.0
"""Words of an ordinary title and abstract."""

PRIOR_FREQUENCY = (0.03, 0.008, 0.003)
"""The share of papers that hold a keyword of one, two, and three or more words."""

COMMON_PAPERS = 3
COMMON_SHARE = 0.01
"""A longer phrase is common in so many papers, and this share of those with the shorter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenizedPaper:
    """A candidate with its words, cut and stemmed once."""

    candidate: Candidate
    words: TokenizedText


def tokenize_paper(candidate: Candidate, language: str = ENGLISH) -> TokenizedPaper:
    """Cut a candidate's title and abstract into words, for keywords of a language."""
    paper = candidate.paper
    return TokenizedPaper(candidate=candidate, words=words(paper.title, paper.abstract, language))


class PaperIndex:
    """Papers by their words, authors and categories; each part is built when first asked for."""

    def __init__(self, papers: Iterable[TokenizedPaper]) -> None:
        self.papers = tuple(papers)
        self._vectors: tuple[TfIdfSpace, list[dict[str, float]]] | None = None
        self._found: dict[Pattern, list[tuple[int, list[int]]]] = {}

    def prepare(self, wanted: Iterable[Pattern]) -> None:
        """Look for many patterns in one reading of the papers; `find` then knows them."""
        plain = [one for one in set(wanted) if not one.prefix and one not in self._found]
        texts = [paper.words for paper in self.papers]
        self._found.update(zip(plain, occurrences(plain, texts), strict=True))

    def find(self, wanted: Pattern) -> Iterator[tuple[int, list[int]]]:
        """The papers, by number, in which a pattern occurs, and where."""
        if (found := self._found.get(wanted)) is not None:
            yield from found
            return
        for number in self._holding(wanted):
            if starts := wanted.starts(self.papers[number].words):
                yield number, starts

    def _holding(self, wanted: Pattern) -> Iterable[int]:
        """The papers that hold a pattern's anchor."""
        if not (wanted.prefix and wanted.size == 1):
            return self._postings.get(wanted.stems[wanted.anchor], ())
        beginning = wanted.folded[0]
        holding: set[int] = set()
        for word, one in self._vocabulary:
            if word.startswith(beginning):
                holding.update(self._postings[one])
        return sorted(holding)

    def holding(self) -> dict[str, int]:
        """For each stem, the number of papers that hold it."""
        return {one: len(numbers) for one, numbers in self._postings.items()}

    def order(self, number: int) -> tuple[int, int]:
        """Where a paper stands in the log, for ties: the same however the papers are given."""
        candidate = self.papers[number].candidate
        return candidate.seq, candidate.paper_id

    def vectors(self, space: TfIdfSpace) -> list[dict[str, float]]:
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
        stems: dict[str, str] = {}
        for paper in self.papers:
            stems.update(zip(paper.words.surfaces, paper.words.stems, strict=True))
        return [(fold(word), one) for word, one in stems.items()]

    @cached_property
    def _families(self) -> dict[str, list[tuple[int, "AuthorName"]]]:
        families: defaultdict[str, list[tuple[int, AuthorName]]] = defaultdict(list)
        for number, paper in enumerate(self.papers):
            for author in paper.candidate.paper.authors:
                if name := parse_author_name(author):
                    families[name.family].append((number, name))
        return families

    def by_author(self, wanted: "AuthorName", *, exact: bool) -> set[int]:
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
class PhraseStatistics:
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

    def __init__(self, papers: Iterable[TokenizedPaper]) -> None:
        self.index = PaperIndex(papers)
        self._usages: dict[Pattern, PhraseStatistics] = {}
        seen = self.index.papers
        self.papers = len(seen)
        self.mean_length = (
            sum(paper.words.length for paper in seen) + PRIOR_PAPERS * PRIOR_LENGTH
        ) / (self.papers + PRIOR_PAPERS)

    @cached_property
    def space(self) -> TfIdfSpace:
        """The weights of stems in these papers; with the next, for related terms."""
        return TfIdfSpace([paper.words for paper in self.index.papers], self.index.holding())

    def vector(self, number: int) -> dict[str, float]:
        """A seen paper as a vector."""
        return self.space.vector(self.index.papers[number].words)

    def frequency(self, wanted: Pattern) -> float:
        """The share of papers that hold a phrase, above 0 and below 1, smoothed by the prior."""
        prior = PRIOR_FREQUENCY[min(wanted.size, len(PRIOR_FREQUENCY)) - 1]
        held = self.usage(wanted).papers + PRIOR_PAPERS * prior
        return (held + 0.5) / (self.papers + PRIOR_PAPERS + 1)

    def prepare(self, wanted: Iterable[Pattern]) -> None:
        """Learn of many phrases in one reading of the papers."""
        phrases = set(wanted)
        self.index.prepare(phrases)
        for one in phrases:
            self.usage(one)

    def usage(self, wanted: Pattern) -> PhraseStatistics:
        """How a phrase is used; found once, then remembered."""
        if wanted not in self._usages:
            self._usages[wanted] = self._look_up(wanted)
        return self._usages[wanted]

    def _look_up(self, wanted: Pattern) -> PhraseStatistics:
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
        return PhraseStatistics(
            papers=holding, before=_common(before, least), after=_common(after, least)
        )


def build_corpus(papers: Iterable[TokenizedPaper]) -> Corpus:
    """The statistics of the papers seen; with none of them, the prior alone speaks."""
    return Corpus(papers)


def _common(neighbours: Counter[str], least: float) -> frozenset[str]:
    return frozenset(
        word for word, papers in neighbours.items() if papers >= least and word not in EMPTY_STEMS
    )
