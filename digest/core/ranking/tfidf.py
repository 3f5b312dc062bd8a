"""Represents papers as TF-IDF vectors of lemmas, for related terms.

x(lemma) = 4 c / (c + 3) * ln((N + 1) / (df + 0.5)), divided by the length of the vector
    c    occurrences in title and abstract, with the saturation of BM25 (doi:10.1561/1500000019)
    N    number of stored papers
    df   number of stored papers that contain the lemma; with fewer than two the lemma is left out
The divisor is at least 3/4 of the mean length of the stored papers' vectors. Otherwise the few
words of a paper without an abstract would count too much.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from math import fsum, hypot, log

from digest.core.ranking import fixed_point
from digest.core.text.tokens import EMPTY_LEMMAS, TokenizedText

SATURATION = 3.0
MIN_LENGTH_RATIO = 0.75
MIN_PAPERS = 2


class TfIdfSpace:
    """The weights of lemmas and the mean vector length, learned once from the stored papers.

    Args:
        texts: the tokenized texts of the stored papers.
        document_frequencies: for each lemma, the number of these papers that contain it.
    """

    def __init__(
        self, texts: Sequence[TokenizedText], document_frequencies: Mapping[str, int]
    ) -> None:
        self._weights = {
            lemma: log((len(texts) + 1) / (papers + 0.5))
            for lemma, papers in document_frequencies.items()
            if papers >= MIN_PAPERS and lemma not in EMPTY_LEMMAS
        }
        # The keys of `_raw_vectors` are object ids. The reference keeps the objects alive, so
        # that Python does not give one of these ids to another object.
        self._texts = texts
        self._vectors: dict[int, dict[str, float]] = {}
        self._raw_vectors = {id(words): self._raw_vector(words) for words in texts}
        lengths = [hypot(*raw.values()) for raw in self._raw_vectors.values()]
        self._min_length = MIN_LENGTH_RATIO * fsum(lengths) / len(lengths) if lengths else 0.0

    @property
    def lemmas(self) -> list[str]:
        """All lemmas that have a weight, in alphabetical order."""
        return sorted(self._weights)

    def mean(self, texts: Iterable[TokenizedText]) -> dict[str, float]:
        """Returns the mean vector of some papers, as fixed-point entries by lemma.

        Args:
            texts: the papers; without any, the result is empty.
        """
        vectors = list(map(self.vector, texts))
        sums: defaultdict[str, float] = defaultdict(float)
        # Sums of fixed-point numbers, so the order of the papers does not matter.
        for vector in vectors:
            for lemma, weight in vector.items():
                sums[lemma] += weight
        return {
            lemma: fixed_point.round_vector_entry(weight / len(vectors))
            for lemma, weight in sums.items()
        }

    def vector(self, words: TokenizedText) -> dict[str, float]:
        """Returns the vector of a paper, as fixed-point entries by lemma.

        It is empty if no lemma of the paper has a weight. Its length is at most 1, apart from
        rounding.
        """
        if (found := self._vectors.get(id(words))) is not None:
            return found
        is_stored = id(words) in self._raw_vectors
        raw = self._raw_vectors[id(words)] if is_stored else self._raw_vector(words)
        length = max(hypot(*raw.values()), self._min_length)
        found = {
            lemma: fixed_point.round_vector_entry(weight / length) for lemma, weight in raw.items()
        }
        if is_stored:  # the papers to rank are usually among the stored ones
            self._vectors[id(words)] = found
        return found

    def _raw_vector(self, words: TokenizedText) -> dict[str, float]:
        lemma_weight = self._weights.get
        raw: dict[str, float] = {}
        for lemma, count in Counter(words.lemmas).items():
            if weight := lemma_weight(lemma):
                raw[lemma] = weight * (1.0 + SATURATION) * count / (count + SATURATION)
        return raw


def content_terms(words: TokenizedText) -> Counter[str]:
    """Counts the lemmas of a text, without those that every text contains."""
    return Counter(lemma for lemma in words.lemmas if lemma not in EMPTY_LEMMAS)
