"""The background table: what was learned once from many abstracts.

It has, for each term (`digest.core.text.terms`), the number of papers that contain it; for the
frequent ones a vector; the vectors of a sample of the papers; and abbreviations. The vectors come
from latent semantic analysis (Deerwester et al. 1990, doi:10.1002/(SICI)1097-4571(199009)41:6):
texts about the same things have similar vectors, whatever their words.

The vector of a text is the sum over its terms of (1 + ln c) * idf * v, divided by its length:
    c    occurrences of the term in the text
    idf  ln((N + 1) / (df + 0.5))
    v    the vector of the term
That of a keyword is the same sum with idf^2 instead of idf: its rarer words say what it is about,
"code" in "code generation" and "unit" in "unit tests".
Entries are rounded to multiples of `VECTOR_UNIT`, so products of vectors are exact, and do not
depend on the order in which a machine adds them.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import islice, pairwise
from math import log
from typing import Any

import numpy as np
from msgspec import Struct

from digest.core.background.spread import VectorSpread, mean_of, spread_of
from digest.core.background.term_rows import TermRows, TextRows
from digest.core.background.terms_of_texts import TermsOfTexts
from digest.core.background.text_terms import TextTerms
from digest.core.text.terms import SEPARATORS, content_words
from digest.core.text.tokens import STOP_WORDS
from digest.core.text.word_positions import WordPositions, word_positions

Array = Any

VECTOR_UNIT = 2.0**-10
_WEIGHT_UNIT = 2.0**-12
_TEXTS_AT_ONCE = 1000  # bounds the memory: some ten kilobytes a text
SAMPLE_UNIT = 2.0**-8
"""What 1 in the stored vectors of the sampled papers stands for."""

MAX_OTHER_FORMS = 5
"""An abbreviation with more long forms says little, so no more than these are looked for."""


FOREIGN_SHARE = 0.85
"""A text of whose words a smaller share has a vector is from another field: of the arXiv table, 3 % of
the papers of arXiv, and 90 % of those of bioRxiv."""

FOREIGN_WORDS = 50
"""A shorter text does not say from which field it is."""


class BackgroundArrays(Struct, frozen=True, kw_only=True, eq=False):
    """The contents of a table, as they are stored."""

    papers: int  # number of papers that were read
    terms: Sequence[str]  # the most frequent first
    frequencies: Array  # whole numbers: papers with each term
    vectors: Array  # int8: a row for each of the first terms
    scales: Array  # float32: what 1 in each row stands for
    sample: Array  # int8: a row for each paper of the sample, in multiples of `SAMPLE_UNIT`
    abbreviations: Sequence[tuple[str, str]]  # short and long forms, as lemmas
    table_id: str = ""  # names this content; empty: not stored yet


class BackgroundTable:
    """Answers questions about terms and texts.

    Args:
        arrays: the contents; the large ones may be memory maps.
    """

    def __init__(self, arrays: BackgroundArrays) -> None:
        self.papers = arrays.papers
        self.table_id = arrays.table_id
        self.dimensions = int(arrays.vectors.shape[1])
        self._arrays = arrays
        self._numbers = dict(zip(arrays.terms, range(len(arrays.terms)), strict=True))
        self._with_vector = len(arrays.vectors)
        self._rows = TermRows(arrays.terms[: self._with_vector])
        known = np.asarray(arrays.frequencies[: self._with_vector], dtype=np.float64)
        self._idf = np.log((self.papers + 1) / (known + 0.5))

    @cached_property
    def sample(self) -> Array:
        """The vectors of the sampled papers, float32; their lengths are 1 apart from rounding."""
        return np.multiply(np.asarray(self._arrays.sample), SAMPLE_UNIT, dtype=np.float32)

    @cached_property
    def spread(self) -> VectorSpread:
        """The mean and the covariance of the vectors of the sampled papers."""
        return spread_of(self.sample)

    @cached_property
    def mean(self) -> Array:
        """The mean vector of the sampled papers, rounded so that products with it are exact."""
        return mean_of(self.sample)

    def frequency(self, term: str) -> int:
        """Returns the number of papers with a term; 0 if it is too rare to be in the table."""
        number = self._numbers.get(term)
        return 0 if number is None else int(self._arrays.frequencies[number])

    def idf(self, term: str) -> float:
        """Returns ln((N + 1) / (df + 0.5)) of a term."""
        return log((self.papers + 1) / (self.frequency(term) + 0.5))

    def has_vector(self, term: str) -> bool:
        """Returns whether the table has a vector for a term."""
        return self._numbers.get(term, self._with_vector) < self._with_vector

    def vector(self, lemmas: Iterable[str]) -> Array:
        """Returns the vector of a text: its length is 1, or 0 if no term has a vector.

        Args:
            lemmas: of the text, with breaks.
        """
        return self._vectors(self.rows(word_positions([tuple(lemmas)])), self._idf)[0]

    def keyword_vectors(self, keywords: Iterable[Sequence[str]]) -> Array:
        """Returns the vectors of keywords as rows, which are like those of texts.

        Args:
            keywords: the lemmas of each.
        """
        left = iter(keywords)
        found = [np.zeros((0, self.dimensions))]
        while some := list(islice(left, _TEXTS_AT_ONCE)):
            found.append(self._vectors(self.rows(word_positions(some)), self._idf**2))
        return np.concatenate(found)

    def _vectors(self, texts: TextRows, weights_of_terms: Array) -> Array:
        """Returns the vectors of texts as rows, with other weights of the terms than their idf."""
        cells = texts.texts * self._with_vector + texts.rows
        cells, counts = np.unique(cells, return_counts=True)
        numbers, rows = np.divmod(cells, max(1, self._with_vector))
        weights = (1.0 + np.log(counts)) * weights_of_terms[rows]
        # Whole numbers: their sum is the same in any order.
        scaled = np.rint(weights * self._arrays.scales[rows] / _WEIGHT_UNIT)
        count = len(texts.ends) - 1
        sums = np.zeros((count, self.dimensions))
        ends = np.searchsorted(numbers, np.arange(count + 1)).tolist()
        for number, (start, end) in enumerate(pairwise(ends)):
            vectors = self._arrays.vectors[rows[start:end]].astype(np.float64)
            sums[number] = scaled[start:end] @ vectors
        return units(sums)

    def rows(self, texts: WordPositions) -> TextRows:
        """Returns the terms of texts that have a vector."""
        return self._rows.of(texts)

    def vectors(self, texts: Iterable[Sequence[str]]) -> Array:
        """Returns the vectors of texts as rows, float32: products with them stay exact.

        Args:
            texts: the lemmas of each, with breaks.
        """
        return self.vectors_of_rows(self.rows(word_positions(texts)))

    def vectors_of_rows(self, texts: TextRows) -> Array:
        """Returns `vectors` of texts whose terms were found before."""
        found = [np.zeros((0, self.dimensions), dtype=np.float32)]
        found += (
            self._vectors(some, self._idf).astype(np.float32)
            for some in texts.parts(_TEXTS_AT_ONCE)
        )
        return np.concatenate(found)

    def foreign(self, texts: WordPositions) -> Array:
        """Returns the numbers of the texts from fields of which the table knows little."""
        counts = ~(texts.among(SEPARATORS) | texts.in_address)
        is_known = self._rows.of_words(texts) < self._rows.without
        count = len(texts.starts) - 1
        content = np.bincount(texts.texts[counts], minlength=count)
        known = np.bincount(texts.texts[is_known], minlength=count)
        return np.flatnonzero((content >= FOREIGN_WORDS) & (known < FOREIGN_SHARE * content))

    def term_shares(self, lemmas: Iterable[str], others: Array) -> tuple[list[str], Array]:
        """Returns what each term of a text adds to the products of its vector with other ones.

        Args:
            lemmas: of the text, with breaks.
            others: other vectors, as rows.

        Returns:
            The terms, and the amounts: terms by vectors. They can be below 0.
        """
        terms = self.text_terms(self.rows(word_positions([tuple(lemmas)])).rows)
        return terms.names, terms.shares(others)

    def text_terms(self, rows: Array) -> TextTerms:
        """Returns the terms of a text that have a vector.

        Args:
            rows: of the text, from `rows`.
        """
        found = Counter(rows.tolist())
        terms, counts = list(found), np.array(list(found.values()), dtype=np.float64)
        weights = (1.0 + np.log(counts)) * self._idf[terms]
        weights = weights * self._arrays.scales[terms]
        vectors = self._arrays.vectors[terms]
        total = weights @ vectors.astype(np.float32)
        words = self._rows.words_of_pairs(terms)
        pairs = np.flatnonzero(words[:, 0] >= 0)
        place_of = {row: place for place, row in enumerate(terms)}.get
        places = [place_of(row, len(terms)) for row in words[pairs].ravel().tolist()]
        return TextTerms(
            names=[self._arrays.terms[row] for row in terms],
            pairs=pairs,
            words_of_pairs=np.array(places, dtype=np.int64).reshape(-1, 2),
            weights=weights,
            rows=np.array(terms, dtype=np.int32),
            table=self._arrays.vectors,
            idf=self._idf[terms],
            length=float(np.sqrt(total @ total)) or 1.0,
        )

    def terms_of_texts(self, texts: TextRows) -> TermsOfTexts:
        """Returns the terms of many texts that have a vector.

        Args:
            texts: the texts, from `rows`.
        """
        size = max(1, self._with_vector)
        cells, firsts, counts = np.unique(
            texts.texts * size + texts.rows, return_index=True, return_counts=True
        )
        in_order = np.argsort(firsts)  # the order in which each term first occurs in its text
        numbers, rows = np.divmod(cells[in_order], size)
        weights = (1.0 + np.log(counts[in_order].astype(np.float64))) * self._idf[rows]
        words = self._rows.words_of_pairs(rows)
        pairs = np.flatnonzero(words[:, 0] >= 0)
        # A word may be without a vector; then its number is too large for any.
        wanted = np.where(words[pairs] < size, numbers[pairs, None] * size + words[pairs], -1)
        found = np.minimum(np.searchsorted(cells, wanted), max(0, len(cells) - 1))
        place_of = np.empty(len(cells), dtype=np.int64)
        place_of[in_order] = np.arange(len(cells))
        return TermsOfTexts(
            names=self._arrays.terms,
            table=self._arrays.vectors,
            rows=rows,
            ends=np.searchsorted(numbers, np.arange(len(texts.ends))),
            pairs=pairs,
            words_of_pairs=np.where(cells[found] == wanted, place_of[found], len(cells)),
            weights=weights * self._arrays.scales[rows],
            idf=self._idf[rows],
        )

    def long_forms_with(self, pair: tuple[str, str]) -> Sequence[tuple[str, ...]]:
        """Returns the long forms of abbreviations of which two neighbouring words are a part."""
        return self._long_forms_by_pair.get(pair, ())

    @cached_property
    def _long_forms_by_pair(self) -> dict[tuple[str, str], list[tuple[str, ...]]]:
        found: defaultdict[tuple[str, str], list[tuple[str, ...]]] = defaultdict(list)
        for words in self._abbreviations[1]:
            if len(words) > 2:
                for pair in pairwise(words):
                    found[pair].append(words)
        return found

    def pairs(self) -> tuple[list[str], list[str], Array, Array]:
        """Returns the pairs of neighbouring words that the table knows.

        Returns:
            The first words, the second ones, and `longer_phrase_share` of each.
        """
        rows = [row for row, term in enumerate(self._arrays.terms) if " " in term]
        firsts: list[str] = []
        seconds: list[str] = []
        for row in rows:
            first, _, second = self._arrays.terms[row].partition(" ")
            firsts.append(first)
            seconds.append(second)
        # One more, for words that are not in the table.
        frequencies = np.append(np.asarray(self._arrays.frequencies, dtype=np.float64), 0.0)
        number = self._numbers.get
        of_first, of_second = (
            np.divide(frequencies[rows], alone, out=np.zeros(len(rows)), where=alone > 0.0)
            for alone in (
                frequencies[[number(word, -1) for word in words]] for words in (firsts, seconds)
            )
        )
        return firsts, seconds, of_first, of_second

    def longer_phrase_share(self, word: str, neighbour: str, *, before: bool) -> float:
        """Returns the share of the papers with a word in which it is beside a neighbour.

        Args:
            word: a lemma.
            neighbour: another one.
            before: the neighbour comes before the word, not after it.
        """
        together = self.frequency(f"{neighbour} {word}" if before else f"{word} {neighbour}")
        return together / self.frequency(word) if together else 0.0

    def other_forms(self, phrase: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
        """Returns a phrase with an abbreviation written out, or with a long form abbreviated.

        Args:
            phrase: lemmas.

        Returns:
            At most `MAX_OTHER_FORMS` other phrases.
        """
        long_forms, short_forms = self._abbreviations
        found: list[tuple[str, ...]] = []
        for start, word in enumerate(phrase):
            if word in long_forms:
                found.append((*phrase[:start], *long_forms[word], *phrase[start + 1 :]))
        for start in range(len(phrase)):
            # A long form has at least two words.
            for end in range(start + 2, len(phrase) + 1):
                found += [
                    (*phrase[:start], short, *phrase[end:])
                    for short in short_forms.get(phrase[start:end], ())
                ]
        others = (form for form in dict.fromkeys(found) if form != phrase)
        return tuple(others)[:MAX_OTHER_FORMS]

    def knows(self, lemmas: Iterable[str]) -> bool:
        """Returns whether the table contains every word of a phrase, apart from stop words.

        It does not know how common stop words are, so it does not know a phrase of nothing else.
        """
        content = content_words(lemmas)
        return bool(content) and all(map(self.frequency, content))

    def phrase_frequency(self, lemmas: tuple[str, ...]) -> int:
        """Returns how many papers can contain a phrase: as many as its rarest part.

        The parts are its pairs of words that follow each other, and its words without such a
        neighbour: "judge" in "LLM as a judge".
        """
        if len(lemmas) == 1:
            return 0 if lemmas[0] in STOP_WORDS else self.frequency(lemmas[0])
        content = [word for word in lemmas if word not in STOP_WORDS]
        pairs = [
            (one, other) for one, other in pairwise(lemmas) if one in content and other in content
        ]
        paired = {word for pair in pairs for word in pair}
        parts = [*map(" ".join, pairs), *(word for word in content if word not in paired)]
        return min(map(self.frequency, parts), default=0)

    def words_with_prefix(self, prefix: str) -> tuple[str, ...]:
        """Returns the most frequent words that begin with a prefix: at most `MAX_OTHER_FORMS`."""
        found: list[str] = []
        text, end, last = self._lines, 0, len(self._lines) - 1
        while len(found) < MAX_OTHER_FORMS and (start := text.find(f"\n{prefix}", end, last)) >= 0:
            end = text.index("\n", start + 1)
            term = text[start + 1 : end]
            if " " not in term:
                found.append(term)
        return tuple(found)

    @cached_property
    def _lines(self) -> str:
        """The terms with a vector, one a line: finding a prefix in one text is fast."""
        return "\n".join(("", *self._arrays.terms[: self._with_vector], ""))

    @cached_property
    def _abbreviations(self) -> tuple[dict[str, tuple[str, ...]], dict[tuple[str, ...], list[str]]]:
        long_forms: dict[str, tuple[str, ...]] = {}
        short_forms: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
        for short, long in self._arrays.abbreviations:
            words = tuple(long.split(" "))
            long_forms.setdefault(short, words)
            short_forms[words].append(short)
        return long_forms, short_forms


def unit(vector: Array) -> Array:
    """Returns a vector with length 1, rounded to `VECTOR_UNIT`; the zero vector stays."""
    length = np.sqrt(np.sum(vector * vector))
    return np.rint(vector / length / VECTOR_UNIT) * VECTOR_UNIT if length else vector * 0.0


def units(vectors: Array) -> Array:
    """Returns `unit` of each row."""
    lengths = np.sqrt(np.sum(vectors * vectors, axis=1, keepdims=True))
    relative = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0.0)
    return np.rint(relative / VECTOR_UNIT) * VECTOR_UNIT


def empty_table() -> BackgroundTable:
    """Returns a table that knows nothing, for languages without one."""
    return BackgroundTable(
        BackgroundArrays(
            papers=0,
            terms=(),
            frequencies=np.zeros(0, dtype=np.uint32),
            vectors=np.zeros((0, 1), dtype=np.int8),
            scales=np.zeros(0, dtype=np.float32),
            sample=np.zeros((0, 1), dtype=np.int8),
            abbreviations=(),
        )
    )
