"""Represents papers as TF-IDF vectors of lemmas, for related terms.

x(lemma) = 4 c / (c + 3) * ln((N + 1) / (df + 0.5)), divided by the length of the vector
    c    occurrences in title and abstract, with the saturation of BM25 (doi:10.1561/1500000019)
    N    number of stored papers
    df   number of stored papers that contain the lemma; with fewer than two the lemma is left out
The divisor is at least 3/4 of the mean length of the stored papers' vectors. Otherwise the few
words of a paper without an abstract would count too much.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import fsum, hypot, log
from typing import Any

import numpy as np

from digest.core.ranking import fixed_point
from digest.core.text.tokens import EMPTY_LEMMAS, TokenizedText
from digest.core.text.word_positions import WordPositions

Array = Any

SATURATION = 3.0
MIN_LENGTH_RATIO = 0.75
MIN_PAPERS = 2


class TfIdfSpace:
    """The weights of lemmas and the mean vector length, learned once from the stored papers.

    Args:
        texts: the tokenized texts of the stored papers.
        positions: of their lemmas.
    """

    def __init__(self, texts: Sequence[TokenizedText], positions: WordPositions) -> None:
        self._weights = {
            lemma: log((len(texts) + 1) / (papers + 0.5))
            for lemma, papers in positions.text_counts().items()
            if papers >= MIN_PAPERS and lemma not in EMPTY_LEMMAS
        }
        # The keys are object ids. The reference keeps the objects alive, so that Python does not
        # give one of these ids to another object.
        self._texts = texts
        self._places = {id(words): place for place, words in enumerate(texts)}
        self._vectors: dict[int, dict[str, float]] = {}
        every = _lengths(*self._raw_entries(positions)[::2])
        lengths = [every[place] for place in self._places.values()]
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
        raw = self._raw_vector(words)
        length = max(hypot(*raw.values()), self._min_length)
        found = {
            lemma: fixed_point.round_vector_entry(weight / length) for lemma, weight in raw.items()
        }
        if id(words) in self._places:  # the papers to rank are usually among the stored ones
            self._vectors[id(words)] = found
        return found

    def entries(self, texts: WordPositions) -> tuple[Array, Array, Array]:
        """Returns the vectors of some papers, the entries of one after those of another.

        Returns:
            Where each vector begins, and where the last one ends; for each entry the number of the
            lemma in `texts`, and the weight.
        """
        starts, lemmas, raw = self._raw_entries(texts)
        lengths = np.maximum(_lengths(starts, raw), self._min_length)
        weights = raw / np.repeat(lengths, np.diff(starts)) / fixed_point.VECTOR_ENTRY_UNIT
        return starts, lemmas, np.rint(weights) * fixed_point.VECTOR_ENTRY_UNIT

    def _raw_vector(self, words: TokenizedText) -> dict[str, float]:
        lemma_weight = self._weights.get
        raw: dict[str, float] = {}
        for lemma, count in Counter(words.lemmas).items():
            if weight := lemma_weight(lemma):
                raw[lemma] = weight * (1.0 + SATURATION) * count / (count + SATURATION)
        return raw

    def _raw_entries(self, texts: WordPositions) -> tuple[Array, Array, Array]:
        """Returns `_raw_vector` of some papers, in the form of `entries`."""
        lemma_weights = np.array([self._weights.get(lemma, 0.0) for lemma in texts.numbers])
        begins = texts.begins
        positions = texts.by_lemma[begins]
        counts = np.diff(begins, append=len(texts.words))
        kept = np.flatnonzero(lemma_weights[texts.words[positions]])
        kept = kept[np.argsort(positions[kept])]
        positions, counts = positions[kept], counts[kept]
        lemmas = texts.words[positions]
        weights = lemma_weights[lemmas] * (1.0 + SATURATION) * counts / (counts + SATURATION)
        return np.searchsorted(positions, texts.starts), lemmas, weights


def _lengths(starts: Array, entries: Array) -> list[float]:
    # Not with arrays, whose sums differ in the last digit.
    values = entries.tolist()
    return [hypot(*values[begin:end]) for begin, end in pairwise(starts.tolist())]


def content_terms(words: TokenizedText) -> Counter[str]:
    """Counts the lemmas of a text, without those that every text contains."""
    return Counter(lemma for lemma in words.lemmas if lemma not in EMPTY_LEMMAS)
