"""Holds what the keywords of all profiles have to do with the papers of a day: it is computed once.

The vocabulary grows as profiles are added. Everything that depends on a keyword and a paper alone
is kept here, so the next profiles with the same keywords cost nothing for it.
"""

from functools import cached_property

from digest.core.batch_ranking.papers.paper_matrix import PaperMatrix
from digest.core.batch_ranking.papers.paper_words import PaperWords
from digest.core.batch_ranking.papers.shared_texts import SharedTexts
from digest.core.batch_ranking.topics.dense_topical import KeywordRows
from digest.core.batch_ranking.topics.raised_rows import RaisedRows
from digest.core.batch_ranking.topics.topic_levels import LevelRows
from digest.core.batch_ranking.vocabulary import Vocabulary, WrittenTerms
from digest.core.keywords.paper_index import PaperIndex
from digest.core.ranking.corpus import Corpus

MOST_FEATURES, KEPT_FEATURES = 24_000, 16_000
"""With more features, all but the first ones are forgotten: most of the others belong to few profiles. A
keyword and its other forms are two features, and take about 11 kB for a thousand papers."""


class PreparedPapers:
    """The papers to rank on a day, for any number of profiles in one language.

    Args:
        index: the papers to rank.
        corpus: the stored papers.
        earlier: of the same papers; its first features are kept, and it must not be used any more.

    Attributes:
        vocabulary: the features of all profiles so far.
        terms: the text keywords of explained topics as they are written.
        texts: of the papers to rank and the stored ones.
        papers: what each feature adds to each paper to rank.
        keywords: the text features, compiled against the background table.
        paper_words: for which the papers are near to the text features.
        level_rows: the same features beside the papers of the background.
    """

    def __init__(
        self, index: PaperIndex, corpus: Corpus, earlier: "PreparedPapers | None" = None
    ) -> None:
        self.index, self.corpus = index, corpus
        self.terms = WrittenTerms()
        if earlier is None:
            self.vocabulary = Vocabulary()
            self.texts = SharedTexts((index, corpus.index), corpus.background)
            self.keywords = KeywordRows(self.vocabulary, corpus.background, corpus.spread)
            self.paper_words = PaperWords(index, corpus.background)
            self.level_rows = LevelRows(corpus.background)
        else:
            self.vocabulary = earlier.vocabulary.first(KEPT_FEATURES)
            self.texts, self.keywords = earlier.texts, earlier.keywords.first(self.vocabulary)
            self.paper_words, self.level_rows = earlier.paper_words, earlier.level_rows
            self._raised = earlier._raised  # noqa: SLF001 - its own
            self._forget()
        self.papers = PaperMatrix(index, corpus, self.vocabulary, self.texts)

    def with_room(self) -> "PreparedPapers":
        """Returns the same papers for the next profiles: with fewer keywords if there are too many."""
        if len(self.vocabulary) <= MOST_FEATURES:
            return self
        return PreparedPapers(self.index, self.corpus, self)

    def _forget(self) -> None:
        """Forgets the keywords that are not in the vocabulary any more."""
        self.texts.forget_unused()
        count = self.keywords.count
        self.paper_words.forget(count)
        self.level_rows.forget(count)
        self._raised.forget(count)

    @cached_property
    def stored(self) -> PaperMatrix:
        """What each feature adds to each stored paper."""
        return PaperMatrix(self.corpus.index, self.corpus, self.vocabulary, self.texts)

    @cached_property
    def _raised(self) -> RaisedRows:
        return RaisedRows(self.papers.topical_vectors)

    @property
    def raised(self) -> RaisedRows:
        """How near each paper is to each text feature that adds to topical evidence."""
        keywords = self.keywords.keywords
        self._raised.add(keywords, used=keywords.factors > 0.0)
        return self._raised
