"""Computes what keywords add to all papers of a day: many keywords at once, with arrays.

The results are those of `digest.core.ranking.keyword_score.unit_scores`, which has the definition.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from msgspec import Struct

from digest.core.batch_ranking.papers.lemma_sets import LemmaSets, NearQuery, SetPhrase
from digest.core.batch_ranking.papers.spans import NO_SPANS, Spans
from digest.core.batch_ranking.papers.text_arrays import TextArrays
from digest.core.batch_ranking.sparse_products import Array
from digest.core.keywords.occurrences import OTHER_FORM_WEIGHT, KeywordForm
from digest.core.keywords.paper_index import PaperIndex
from digest.core.ranking.keyword_score import (
    MOST_OF_OTHER_FORMS,
    NEAR_WEIGHT,
    NESTED_WEIGHT,
    SATURATION,
    TITLE_KEYWORD_WEIGHT,
    CompiledKeyword,
    length_ratio,
)
from digest.core.ranking.topical_evidence import round_all
from digest.core.text.terms import content_words

CELLS_AT_ONCE = 500_000
"""So many pairs of a keyword and a paper: some ten megabytes, as most keywords are in few papers."""


class KeywordPapers(Struct, frozen=True, kw_only=True, eq=False):
    """What a keyword adds to papers if its weight is 1: arrays of equal length."""

    papers: Array  # their places in the index, ascending
    direct: Array
    forms: Array  # what other forms of it add
    first: Array  # the place of its first occurrence; -1 if there is none
    abbreviation: (
        Array  # the number of words of that, if the keyword itself and its aliases do not occur
    )
    form_start: Array  # the place of the first of its other forms; -1 if there is none
    form_size: Array  # and the number of its words


class DirectEvidence:
    """Finds keywords in the papers of an index.

    Args:
        index: the papers.
        texts: their words.
    """

    def __init__(self, index: PaperIndex, texts: TextArrays) -> None:
        self._index, self._texts = index, texts
        ratios = [length_ratio(paper.words) for paper in index.papers]
        self._half = SATURATION * np.array(ratios)

    def of(self, keywords: Sequence[CompiledKeyword]) -> Iterator[KeywordPapers]:
        """Yields what each keyword adds to each paper that it matches.

        Args:
            keywords: that are looked for in texts.
        """
        step = max(1, CELLS_AT_ONCE // max(1, self._texts.papers))
        for start in range(0, len(keywords), step):
            yield from self._of_some(keywords[start : start + step])

    def _of_some(self, keywords: Sequence[CompiledKeyword]) -> Iterator[KeywordPapers]:
        texts = self._texts
        # A word that every paper contains says nothing.
        forms = [
            (number, form)
            for number, keyword in enumerate(keywords)
            if keyword.max_score
            for form in keyword.forms
        ]
        words = _Words(self._index, texts, forms)
        spans = self._written(forms)
        near_cells, near = words.sets.near(words.near, spans)
        others = self._other_forms(words, spans)
        # What is near only by its other forms.
        both_cells, both = words.sets.near(words.near_forms, spans.and_others(others))
        span_cells, span_sums = self._sums(spans)
        other_cells, other_sums = self._sums(others)
        cells = np.unique(np.concatenate([span_cells, near_cells, other_cells, both_cells]))
        near = _placed(cells, near_cells, near)
        count = NEAR_WEIGHT * near + _placed(cells, span_cells, span_sums)
        both = np.maximum(0, _placed(cells, both_cells, both) - near)
        other = NEAR_WEIGHT * both + _placed(cells, other_cells, other_sums)
        numbers, papers = np.divmod(cells, max(1, texts.papers))
        in_title = np.array([item.keyword.field == "title" for item in keywords], dtype=np.bool_)
        count[in_title[numbers]] *= TITLE_KEYWORD_WEIGHT
        half = self._half[papers]
        direct = count / (count + half)
        more = (count + other) / (count + other + half) - direct
        most = np.array([item.max_score for item in keywords])[numbers]
        first, size = spans.first_in(cells, texts.stride)
        is_written = np.zeros(len(cells), dtype=np.bool_)
        written = spans.starts[spans.weights == 1.0] // texts.stride
        is_written[np.searchsorted(cells, written)] = True
        form_start, form_size = others.first_in(cells, texts.stride)
        found = KeywordPapers(
            papers=papers,
            first=first,
            abbreviation=np.where(is_written, 0, size),
            form_start=form_start,
            form_size=form_size,
            direct=round_all(most * direct),
            forms=round_all(most * np.minimum(MOST_OF_OTHER_FORMS, more)),
        )
        ends = np.searchsorted(numbers, np.arange(len(keywords) + 1)).tolist()
        for begin, end in pairwise(ends):
            yield _part(found, slice(begin, end))

    def _written(self, forms: Sequence[tuple[int, KeywordForm]]) -> Spans:
        """Returns the occurrences of the keywords, their aliases and their abbreviations."""
        if not forms:
            return NO_SPANS
        owners, positions = self._texts.phrases([form.pattern for _, form in forms])
        keywords = np.array([number for number, _ in forms], dtype=np.int64)[owners]
        sizes = np.array([form.pattern.size for _, form in forms], dtype=np.int64)[owners]
        weights = np.array([form.weight for _, form in forms])[owners]
        starts = keywords * self._texts.span + positions
        ends = starts + sizes
        order = np.lexsort((-ends, -weights, starts))
        return Spans(starts[order], ends[order], weights[order]).separate()

    def _other_forms(self, words: "_Words", spans: Spans) -> Spans:
        """Returns other forms of the words of the keywords."""
        keywords, positions, sizes = words.sets.phrases(words.phrases)
        starts = keywords * self._texts.span + positions
        ends = starts + sizes
        order = np.lexsort((-ends, starts))
        weights = np.full(len(starts), OTHER_FORM_WEIGHT)
        others = Spans(starts[order], ends[order], weights)
        return others.among(~others.overlap(spans)).separate()

    def _sums(self, spans: Spans) -> tuple[Array, Array]:
        """Returns the cells with occurrences, ascending, and the sum of the weights in each."""
        cells = spans.starts // self._texts.stride
        is_first = np.ones(len(cells), dtype=np.bool_)
        is_first[1:] = cells[1:] != cells[:-1]
        span = self._texts.span
        before, after = self._texts.nested(spans.starts % max(1, span), spans.ends % max(1, span))
        weights = np.where(before, spans.weights * NESTED_WEIGHT, spans.weights)
        weights = np.where(after, weights * NESTED_WEIGHT, weights)
        groups = np.cumsum(is_first) - 1
        sums: Array = np.bincount(groups, weights)
        # Only sums of whole fractions of 2, and of two numbers, are the same by any method.
        begins = np.append(np.flatnonzero(is_first), len(cells))
        inexact = np.unique(groups[before | after])
        inexact = inexact[np.diff(begins)[inexact] > 2]
        if len(inexact):
            values = weights.tolist()
            for group in inexact.tolist():
                sums[group] = sum(values[begins[group] : begins[group + 1]])
        return cells[is_first], sums


class _Words:
    """The words of some keywords, as sets of lemmas.

    Attributes:
        sets: the sets.
        phrases: other forms of the keywords.
        near: words of keywords that may be near each other.
        near_forms: the same for other forms of these words.
    """

    def __init__(
        self, index: PaperIndex, texts: TextArrays, forms: Sequence[tuple[int, KeywordForm]]
    ) -> None:
        self._numbers: dict[frozenset[str], int] = {}
        self.phrases: list[SetPhrase] = []
        self.near: list[NearQuery] = []
        self.near_forms: list[NearQuery] = []
        for keyword, form in forms:
            lemmas = form.pattern.lemmas
            content = content_words(lemmas) or lemmas
            if form.flexible and len(content) > 1:
                words = [frozenset((word,)) for word in content]
                self.near.append(self._near_query(keyword, words))
            if form.inflected:
                self._add_other_forms(index, keyword, lemmas, content)
        self.sets = LemmaSets(texts, list(self._numbers))

    def _add_other_forms(
        self, index: PaperIndex, keyword: int, lemmas: Sequence[str], content: Sequence[str]
    ) -> None:
        related = {word: index.related_lemmas(word) for word in lemmas}
        if all(len(words) == 1 for words in related.values()):
            return
        numbers = [self._number(related[word]) for word in lemmas]
        self.phrases.append(SetPhrase(keyword=keyword, words=numbers, but=lemmas))
        if len(content) > 1:
            words = [related[word] for word in content]
            self.near_forms.append(self._near_query(keyword, words))

    def _near_query(self, keyword: int, words: Sequence[frozenset[str]]) -> NearQuery:
        return NearQuery(
            keyword=keyword,
            words=list(map(self._number, words)),
            is_shared=len(frozenset().union(*words)) < sum(map(len, words)),
        )

    def _number(self, lemmas: frozenset[str]) -> int:
        return self._numbers.setdefault(lemmas, len(self._numbers))


def _placed(cells: Array, some: Array, values: Array) -> Array:
    """Returns the values of some cells at their places among all; 0 at the others."""
    placed = np.zeros(len(cells), dtype=values.dtype)
    placed[np.searchsorted(cells, some)] = values
    return placed


def _part(found: KeywordPapers, part: slice) -> KeywordPapers:
    return KeywordPapers(
        papers=found.papers[part],
        direct=found.direct[part],
        forms=found.forms[part],
        first=found.first[part],
        abbreviation=found.abbreviation[part],
        form_start=found.form_start[part],
        form_size=found.form_size[part],
    )
