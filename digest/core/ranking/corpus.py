"""The statistics of the stored papers: how rare each phrase is, and what is average."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from digest.core.background.spread import VectorSpread, spread_of
from digest.core.background.table import BackgroundTable, empty_table
from digest.core.keywords.paper_index import PaperIndex, TokenizedPaper
from digest.core.keywords.patterns import Pattern, lemma_pattern
from digest.core.ranking.tfidf import TfIdfSpace

if TYPE_CHECKING:
    from digest.core.semantic.evidence import SemanticSpace

PRIOR_PAPERS = 1000
"""Number of imaginary papers that are added to the stored ones, so that an empty store can rank."""

KNOWN_PRIOR_FREQUENCY = (0.001, 0.0005, 0.0003)
"""The same where there is a background table: what its many papers do not contain is rare."""

PRIOR_FREQUENCY = (0.03, 0.008, 0.003)
"""Share of the imaginary papers that contain a keyword of one, two, and three or more words."""


RARE_SHARE = 0.01
"""A word that is in fewer papers than this share says by itself what a paper is about."""

FOREIGN_PAPERS = 200
"""Fewer stored papers do not say what is average in their fields."""


class Corpus:
    """What is known about words: the background table, and the stored papers.

    Args:
        papers: the stored papers.
        background: the table of the papers' language.
        semantic: what a sentence model says about the papers to rank; None: there is no model.

    Attributes:
        index: the papers.
        papers: their number.
        background: the table.
        semantic: what the sentence model says.
    """

    def __init__(
        self,
        papers: Iterable[TokenizedPaper],
        background: BackgroundTable,
        semantic: "SemanticSpace | None" = None,
    ) -> None:
        self.index = PaperIndex(papers)
        self.papers = len(self.index.papers)
        self.background = background
        self.semantic = semantic
        self._counts: dict[Pattern, int] = {}
        self._rare: dict[str, bool] = {}

    @cached_property
    def space(self) -> TfIdfSpace:
        """The TF-IDF weights of the lemmas in these papers, for related terms."""
        return TfIdfSpace([paper.words for paper in self.index.papers], self.index.positions)

    @cached_property
    def foreign(self) -> tuple[int, ...]:
        """The stored papers from fields of which the table knows little; () if they are few."""
        if not self.background.papers:
            return ()
        found = self.background.foreign(self.index.positions).tolist()
        return tuple(found) if len(found) >= FOREIGN_PAPERS else ()

    @cached_property
    def _foreign_numbers(self) -> frozenset[int]:
        return frozenset(self.foreign)

    @cached_property
    def spread(self) -> VectorSpread | None:
        """The spread of the vectors of the foreign papers; None if there are none."""
        if not self.foreign:
            return None
        texts = (self.index.papers[number].words.lemmas for number in self.foreign)
        return spread_of(self.background.vectors(texts))

    @cached_property
    def mean_vector(self) -> Mapping[str, float]:
        """The mean TF-IDF vector of the foreign papers; empty if there are none."""
        return self.space.mean(self.index.papers[number].words for number in self.foreign)

    def vector(self, number: int) -> dict[str, float]:
        """Returns the TF-IDF vector of a stored paper."""
        return self.space.vector(self.index.papers[number].words)

    def share(self, patterns: Sequence[Pattern]) -> float:
        """Returns the smoothed share of papers that contain a keyword: above 0 and at most 1.

        Args:
            patterns: the forms of the keyword, the keyword itself first.
        """
        priors = KNOWN_PRIOR_FREQUENCY if self.background.papers else PRIOR_FREQUENCY
        # The written form decides how long the keyword is; its aliases may be longer.
        prior_papers = PRIOR_PAPERS * priors[min(patterns[0].size, len(priors)) - 1]
        found = sum(map(self._in_background, patterns))
        papers = self.background.papers + PRIOR_PAPERS
        # The stored papers are a small sample beside the table, and another one each day. They
        # count for words that the table does not know.
        if not self.background.knows(patterns[0].lemmas):
            found += sum(map(self._stored, patterns))
            papers += self.papers
        return min(1.0, (found + prior_papers + 0.5) / (papers + 1))

    def is_rare(self, word: str) -> bool:
        """Returns whether few papers contain a word, so that it says by itself what they are about.

        It must be rare in the background papers, and also in the stored papers of fields of which the
        table knows little: "gene" is rare in papers about computer science.

        Args:
            word: a lemma.
        """
        if word not in self._rare:
            self._rare[word] = self._is_rare(lemma_pattern((word,), capitals=False))
        return self._rare[word]

    def _is_rare(self, word: Pattern) -> bool:
        if self.share([word]) >= RARE_SHARE:
            return False
        foreign = self._foreign_numbers
        if not foreign:
            return True
        found = len(foreign.intersection(self.index.with_all([frozenset(word.lemmas)])))
        return found <= RARE_SHARE * len(foreign)

    def count_with(
        self,
        counter: Callable[[PaperIndex, Sequence[Pattern]], Sequence[int]],
        keywords: Iterable[Sequence[Pattern]],
    ) -> None:
        """Counts the stored papers with the phrases that `share` will need, in a faster way.

        Args:
            counter: returns how many papers of an index contain each of some patterns.
            keywords: the forms of each, the keyword itself first.
        """
        missing = [
            pattern
            for patterns in keywords
            if not self.background.knows(patterns[0].lemmas)
            for pattern in patterns
            if pattern not in self._counts
        ]
        if missing:
            self._counts.update(zip(missing, counter(self.index, missing), strict=True))

    def _stored(self, pattern: Pattern) -> int:
        """Returns the number of stored papers that contain a phrase; the result is cached."""
        if pattern not in self._counts:
            self._counts[pattern] = self.index.count_containing(pattern)
        return self._counts[pattern]

    def _in_background(self, pattern: Pattern) -> int:
        """Returns how many background papers contain a phrase: at most as its rarest pair or word."""
        words = pattern.lemmas
        if pattern.prefix:
            ends = self.background.words_with_prefix(pattern.folded[-1])
            return sum(self.background.phrase_frequency((*words[:-1], end)) for end in ends)
        return self.background.phrase_frequency(words)


def build_corpus(
    papers: Iterable[TokenizedPaper],
    background: BackgroundTable | None = None,
    semantic: "SemanticSpace | None" = None,
) -> Corpus:
    """Builds the statistics of the stored papers.

    Args:
        papers: the stored papers.
        background: the table of their language; None for a language without one.
        semantic: what a sentence model says about the papers to rank; None: there is no model.
    """
    return Corpus(papers, background or empty_table(), semantic)
