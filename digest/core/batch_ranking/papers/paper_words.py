"""Finds the words of papers for which they are near to keywords, once for all profiles.

The words are those of `digest.core.ranking.explanation.NearWords`, which has the definition.
"""

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import pairwise

import numpy as np

from digest.core.background.table import BackgroundTable
from digest.core.background.terms_of_texts import TermsOfTexts
from digest.core.batch_ranking.papers.term_surfaces import TermSurfaces
from digest.core.batch_ranking.papers.text_arrays import ranges
from digest.core.batch_ranking.sparse_products import Array, portions
from digest.core.keywords.paper_index import PaperIndex
from digest.core.ranking.explanation import MAX_WORDS, MIN_WORD_SHARE, PAIR_SHARE, words_of

MOST_KEPT = 100_000
"""The words for so many pairs of a keyword and a paper are kept: about 20 MB."""

_AMOUNTS_AT_ONCE = 1 << 18
"""Of terms for keywords: two megabytes."""


class PaperWords:
    """The words of papers that are named for keywords; each is found once.

    Args:
        index: the papers.
        background: the table.
    """

    def __init__(self, index: PaperIndex, background: BackgroundTable) -> None:
        self._index, self._background = index, background
        self._surfaces = TermSurfaces(index, background)
        self._words: dict[int, tuple[str, ...]] = {}  # by paper x 2^32 + keyword
        self._written: dict[int, str] = {}  # by the place of a term in `_terms`

    def find(self, keywords: Array, papers: Array, vectors: Array) -> list[tuple[str, ...]]:
        """Returns the words for pairs of a keyword and a paper.

        Args:
            keywords: rows of the text features.
            papers: places in the index.
            vectors: of the text features.
        """
        if len(self._words) > MOST_KEPT:
            self._words.clear()
        pairs = ((papers.astype(np.int64) << 32) + keywords).tolist()
        missing = np.array(sorted({*pairs} - self._words.keys()), dtype=np.int64)
        found = self._found(missing >> 32, vectors[missing & (1 << 32) - 1].astype(np.float32))
        self._words.update(zip(missing.tolist(), found, strict=True))
        return [self._words[pair] for pair in pairs]

    def forget(self, count: int) -> None:
        """Forgets the keywords after the first ones."""
        mask = (1 << 32) - 1
        self._words = {pair: words for pair, words in self._words.items() if pair & mask < count}

    @cached_property
    def _terms(self) -> TermsOfTexts:
        return self._background.terms_of_texts(self._index.topical_rows(self._background))

    def _found(self, papers: Array, vectors: Array) -> Iterator[tuple[str, ...]]:
        """Yields the words for keywords and papers.

        Args:
            papers: ascending.
            vectors: of the keywords, float32.
        """
        numbers, terms, amounts = self._telling(papers, vectors)
        used, places = np.unique(self._terms.rows[terms], return_inverse=True)
        names = [self._terms.names[row] for row in used.tolist()]
        self._write(papers[numbers], terms, places, names)
        ranks = np.empty(len(names), dtype=np.int64)
        ranks[sorted(range(len(names)), key=names.__getitem__)] = np.arange(len(names))
        # Of equal terms, the first in the alphabet.
        order = np.lexsort((ranks[places], -amounts, numbers))
        listed = list(zip(places[order].tolist(), terms[order].tolist(), strict=True))
        for begin, end in pairwise(np.searchsorted(numbers, np.arange(len(papers) + 1)).tolist()):
            yield self._first_words(names, listed[begin:end])

    def _first_words(
        self, names: Sequence[str], terms: Sequence[tuple[int, int]]
    ) -> tuple[str, ...]:
        """Returns the first terms of which no word is in an earlier one, as the paper writes them.

        Args:
            names: of terms.
            terms: for each the place in `names`, and the place in `_terms`.
        """
        found: list[str] = []
        used: set[str] = set()
        for name, term in terms:
            text = self._written[term]
            if len(text) > 1 and used.isdisjoint(words := words_of(names[name], text)):
                found.append(text)
                if len(found) == MAX_WORDS:
                    break
                used.update(words)
        return tuple(found)

    def _write(self, papers: Array, terms: Array, numbers: Array, names: Sequence[str]) -> None:
        """Finds how papers write terms.

        Args:
            papers: the paper of each term.
            terms: the place of each in `_terms`.
            numbers: the place of each in `names`.
            names: of the terms.
        """
        wanted, firsts = np.unique(terms, return_index=True)
        known = self._written
        missing = [place for place, term in enumerate(wanted.tolist()) if term not in known]
        wanted, firsts = wanted[missing], firsts[missing]
        written = self._surfaces.of(papers[firsts], numbers[firsts], names)
        known.update(zip(wanted.tolist(), written, strict=True))

    def _telling(self, papers: Array, vectors: Array) -> tuple[Array, Array, Array]:
        """Returns the terms that tell enough of why papers are near to keywords.

        Args:
            papers: ascending.
            vectors: of the keywords, float32.

        Returns:
            Arrays of equal length: the number of the paper and keyword, ascending; the place of the
            term; what it tells.
        """
        found: list[tuple[Array, ...]] = [(*(np.zeros(0, dtype=np.int64),) * 2, np.zeros(0))]
        begins = self._terms.ends[papers]
        counts = self._terms.ends[papers + 1] - begins
        for start, stop in portions(counts, _AMOUNTS_AT_ONCE):
            part = slice(start, stop)
            numbers = np.repeat(np.arange(start, stop), counts[part])
            terms = ranges(begins[part], counts[part])
            shown = self._shown(terms, self._amounts(papers[part], vectors[part]))
            largest = np.zeros(stop - start)
            has_terms = np.flatnonzero(counts[part])
            if len(has_terms):
                firsts = np.cumsum(counts[part]) - counts[part]
                largest[has_terms] = np.maximum.reduceat(shown, firsts[has_terms])
            kept = np.flatnonzero(shown > MIN_WORD_SHARE * largest[numbers - start])
            found.append((numbers[kept], terms[kept], shown[kept]))
        numbers, terms, shown = (np.concatenate(each) for each in zip(*found, strict=True))
        return numbers, terms, shown

    def _amounts(self, papers: Array, vectors: Array) -> Array:
        """Returns what each term of some papers tells, at least 0, one keyword after the other."""
        bounds = [0, *(np.flatnonzero(papers[1:] != papers[:-1]) + 1).tolist(), len(papers)]
        found = np.concatenate(
            [
                self._terms.telling(int(papers[begin]), vectors[begin:end]).ravel()
                for begin, end in pairwise(bounds)
            ]
        )
        np.maximum(0.0, found, out=found)
        return found

    def _shown(self, terms: Array, amounts: Array) -> Array:
        """Returns what a reader sees explained by terms, as `NearWords` does.

        Args:
            terms: the places of terms; all of a paper follow each other.
            amounts: what each tells.
        """
        numbers = self._pair_numbers[terms]
        pairs = np.flatnonzero(numbers >= 0)
        words = self._terms.words_of_pairs[numbers[pairs]]
        # A word of a pair is as far from it as in `_terms`.
        places = np.where(
            words < len(self._terms.rows), words + (pairs - terms[pairs])[:, None], -1
        )
        first, second = np.where(places >= 0, amounts[places], 0.0).T
        own = amounts[pairs]
        enough = (own > 0.0) & (own >= PAIR_SHARE * np.maximum(first, second))
        shown = amounts.copy()
        shown[pairs] = np.where(enough, own + (first + second), 0.0)
        return shown

    @cached_property
    def _pair_numbers(self) -> Array:
        """For each place in `_terms`, which of its pairs is there; -1 for a word."""
        numbers = np.full(len(self._terms.rows), -1, dtype=np.int64)
        numbers[self._terms.pairs] = np.arange(len(self._terms.pairs))
        return numbers
