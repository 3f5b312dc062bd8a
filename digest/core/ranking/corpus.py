"""Indexes tokenized papers, and learns from the stored papers how rare each phrase is."""

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
"""Number of imaginary papers that are added to the stored ones, so that an empty store can rank."""

PRIOR_LENGTH = 180.0
"""Words in the title and abstract of an imaginary paper."""

PRIOR_FREQUENCY = (0.03, 0.008, 0.003)
"""Share of the imaginary papers that contain a keyword of one, two, and three or more words."""

COMMON_PAPERS = 3
COMMON_SHARE = 0.01
"""A longer phrase is common if at least `COMMON_PAPERS` papers contain it, and at least this
share of the papers that contain the shorter phrase."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenizedPaper:
    """A candidate with its tokenized title and abstract."""

    candidate: Candidate
    words: TokenizedText


def tokenize_paper(candidate: Candidate, language: str = ENGLISH) -> TokenizedPaper:
    """Splits the title and abstract of a candidate into words and stems.

    Args:
        candidate: the paper.
        language: of the keywords that will be looked for; it selects the stemmer.
    """
    paper = candidate.paper
    return TokenizedPaper(candidate=candidate, words=words(paper.title, paper.abstract, language))


class PaperIndex:
    """Finds papers by words, authors and categories; each part is built on first use.

    Papers are numbered from 0 in the given order.
    """

    def __init__(self, papers: Iterable[TokenizedPaper]) -> None:
        self.papers = tuple(papers)
        self._vectors: tuple[TfIdfSpace, list[dict[str, float]]] | None = None
        self._occurrences: dict[Pattern, list[tuple[int, list[int]]]] = {}

    def prepare(self, patterns: Iterable[Pattern]) -> None:
        """Searches for many patterns in one pass, and keeps the results for `occurrences`."""
        plain = [
            pattern
            for pattern in set(patterns)
            if not pattern.prefix and pattern not in self._occurrences
        ]
        texts = [paper.words for paper in self.papers]
        self._occurrences.update(zip(plain, occurrences(plain, texts), strict=True))

    def occurrences(self, pattern: Pattern) -> Iterator[tuple[int, list[int]]]:
        """Yields the number of each paper that contains a pattern, and the positions in it."""
        if (prepared := self._occurrences.get(pattern)) is not None:
            yield from prepared
            return
        for number in self._candidates(pattern):
            if starts := pattern.positions(self.papers[number].words):
                yield number, starts

    def _candidates(self, pattern: Pattern) -> Iterable[int]:
        """Returns the papers that contain the anchor word of a pattern."""
        if not (pattern.prefix and pattern.size == 1):
            return self._postings.get(pattern.stems[pattern.anchor], ())
        beginning = pattern.folded[0]
        numbers: set[int] = set()
        for word, stem in self._vocabulary:
            if word.startswith(beginning):
                numbers.update(self._postings[stem])
        return sorted(numbers)

    def document_frequencies(self) -> dict[str, int]:
        """Returns for each stem the number of papers that contain it."""
        return {stem: len(numbers) for stem, numbers in self._postings.items()}

    def sort_key(self, number: int) -> tuple[int, int]:
        """Returns the sort key of a paper among equal scores.

        It does not depend on the order in which the papers were given.
        """
        candidate = self.papers[number].candidate
        return candidate.seq, candidate.paper_id

    def vectors(self, space: TfIdfSpace) -> list[dict[str, float]]:
        """Returns the TF-IDF vectors of the papers; the result for the last space is cached."""
        if self._vectors is None or self._vectors[0] is not space:
            self._vectors = space, [space.vector(paper.words) for paper in self.papers]
        return self._vectors[1]

    @cached_property
    def _postings(self) -> dict[str, list[int]]:
        postings: defaultdict[str, list[int]] = defaultdict(list)
        for number, paper in enumerate(self.papers):
            for stem in set(paper.words.stems):
                postings[stem].append(number)
        return postings

    @cached_property
    def _vocabulary(self) -> list[tuple[str, str]]:
        """The words of the papers in folded form, with their stems."""
        stems: dict[str, str] = {}
        for paper in self.papers:
            stems.update(zip(paper.words.surfaces, paper.words.stems, strict=True))
        return [(fold(word), stem) for word, stem in stems.items()]

    @cached_property
    def _authors_by_family_name(self) -> dict[str, list[tuple[int, "AuthorName"]]]:
        authors: defaultdict[str, list[tuple[int, AuthorName]]] = defaultdict(list)
        for number, paper in enumerate(self.papers):
            for author in paper.candidate.paper.authors:
                if name := parse_author_name(author):
                    authors[name.family].append((number, name))
        return authors

    def by_author(self, name: "AuthorName", *, exact: bool) -> set[int]:
        """Returns the numbers of the papers by one person.

        Args:
            name: the person.
            exact: an initial does not match a given name.
        """
        namesakes = self._authors_by_family_name.get(name.family, ())
        return {number for number, author in namesakes if name.matches(author, exact=exact)}

    @cached_property
    def _categories(self) -> dict[str, list[int]]:
        categories: defaultdict[str, list[int]] = defaultdict(list)
        for number, paper in enumerate(self.papers):
            for category in paper.candidate.paper.categories:
                categories[category.casefold()].append(number)
        return categories

    def by_category(self, wanted: str, *, prefix: bool) -> set[int]:
        """Returns the numbers of the papers in one category; "cs" includes "cs.LG".

        Args:
            wanted: the category, in upper or lower case.
            prefix: include all categories that begin with this text.
        """
        wanted = wanted.casefold()
        return {
            number
            for category, numbers in self._categories.items()
            if category == wanted or category.startswith(wanted if prefix else f"{wanted}.")
            for number in numbers
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class PhraseStatistics:
    """How the stored papers use one phrase."""

    papers: int  # number of papers that contain it
    before: frozenset[str]  # stems before the phrase that make a common longer phrase
    after: frozenset[str]  # the same for stems after the phrase


class Corpus:
    """What is learned from the stored papers: how rare each phrase is.

    Attributes:
        index: the papers.
        papers: their number.
        mean_length: their mean number of words, including the imaginary papers of the prior.
    """

    def __init__(self, papers: Iterable[TokenizedPaper]) -> None:
        self.index = PaperIndex(papers)
        self._statistics: dict[Pattern, PhraseStatistics] = {}
        stored = self.index.papers
        self.papers = len(stored)
        self.mean_length = (
            sum(paper.words.length for paper in stored) + PRIOR_PAPERS * PRIOR_LENGTH
        ) / (self.papers + PRIOR_PAPERS)

    @cached_property
    def space(self) -> TfIdfSpace:
        """The TF-IDF weights of the stems in these papers, for related terms."""
        return TfIdfSpace(
            [paper.words for paper in self.index.papers], self.index.document_frequencies()
        )

    def vector(self, number: int) -> dict[str, float]:
        """Returns the TF-IDF vector of a stored paper."""
        return self.space.vector(self.index.papers[number].words)

    def frequency(self, pattern: Pattern) -> float:
        """Returns the share of papers that contain a phrase: above 0 and below 1, smoothed."""
        prior = PRIOR_FREQUENCY[min(pattern.size, len(PRIOR_FREQUENCY)) - 1]
        papers = self.statistics(pattern).papers + PRIOR_PAPERS * prior
        return (papers + 0.5) / (self.papers + PRIOR_PAPERS + 1)

    def prepare(self, patterns: Iterable[Pattern]) -> None:
        """Computes the statistics of many phrases in one pass over the papers."""
        phrases = set(patterns)
        self.index.prepare(phrases)
        for phrase in phrases:
            self.statistics(phrase)

    def statistics(self, pattern: Pattern) -> PhraseStatistics:
        """Returns how the papers use a phrase; the result is cached."""
        if pattern not in self._statistics:
            self._statistics[pattern] = self._count(pattern)
        return self._statistics[pattern]

    def _count(self, pattern: Pattern) -> PhraseStatistics:
        papers = 0
        before: Counter[str] = Counter()
        after: Counter[str] = Counter()
        for number, starts in self.index.occurrences(pattern):
            papers += 1
            stems = self.index.papers[number].words.stems
            before.update({stems[start - 1] for start in starts if start})
            ends = (start + pattern.size for start in starts)
            after.update({stems[end] for end in ends if end < len(stems)})
        threshold = max(COMMON_PAPERS, COMMON_SHARE * papers)
        return PhraseStatistics(
            papers=papers, before=_common(before, threshold), after=_common(after, threshold)
        )


def build_corpus(papers: Iterable[TokenizedPaper]) -> Corpus:
    """Builds the statistics of the stored papers; without papers, only the prior counts."""
    return Corpus(papers)


def _common(neighbours: Counter[str], threshold: float) -> frozenset[str]:
    return frozenset(
        stem
        for stem, papers in neighbours.items()
        if papers >= threshold and stem not in EMPTY_STEMS
    )
