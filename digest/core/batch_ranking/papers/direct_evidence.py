"""Computes what a keyword adds to all papers of a day, with arrays.

The results are those of `digest.core.ranking.keyword_score.unit_scores`, which has the definition.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from digest.core.batch_ranking.papers.text_arrays import NONE, TextArrays
from digest.core.batch_ranking.sparse_products import Array
from digest.core.keywords.occurrences import (
    ABBREVIATION_WEIGHT,
    OTHER_FORM_WEIGHT,
    KeywordForm,
)
from digest.core.keywords.spans import NEAR_SLACK, Span, places_near
from digest.core.ranking.corpus import PaperIndex
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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class KeywordPapers:
    """What a keyword adds to papers if its weight is 1: arrays of equal length."""

    papers: Array  # their places in the index, ascending
    direct: Array
    forms: Array  # what other forms of it add
    first: Array  # the place of its first occurrence; -1 if there is none
    abbreviation: Array  # the number of words of that, if only abbreviations or long forms occur
    form_start: Array  # the place of the first of its other forms; -1 if there is none
    form_size: Array  # and the number of its words


@dataclass(slots=True, eq=False)
class _Spans:
    """Occurrences that do not overlap, ascending."""

    starts: Array
    ends: Array
    weights: Array

    def among(self, kept: Array) -> "_Spans":
        return _Spans(self.starts[kept], self.ends[kept], self.weights[kept])


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

    def of(self, keyword: CompiledKeyword) -> KeywordPapers:
        """Returns what a keyword that is looked for in texts adds to each paper that it matches."""
        if not keyword.max_score:
            nothing = np.zeros(0)
            return KeywordPapers(
                papers=NONE,
                direct=nothing,
                forms=nothing,
                first=NONE,
                abbreviation=NONE,
                form_start=NONE,
                form_size=NONE,
            )
        spans = self._written(keyword.forms)
        near = self._near_written(keyword.forms, spans)
        count = NEAR_WEIGHT * near + self._sums(spans)
        if keyword.keyword.field == "title":
            count *= TITLE_KEYWORD_WEIGHT
        others, other = self._other_forms(keyword.forms, spans, near)
        papers = np.flatnonzero(count + other)
        count, other, half = count[papers], other[papers], self._half[papers]
        direct = count / (count + half)
        more = (count + other) / (count + other + half) - direct
        first, size = self._first(spans, papers)
        is_written = np.zeros(self._texts.papers, dtype=np.bool_)
        is_written[spans.starts[spans.weights != ABBREVIATION_WEIGHT] // self._texts.stride] = True
        form_start, form_size = self._first(others, papers)
        return KeywordPapers(
            papers=papers,
            first=first,
            abbreviation=np.where(is_written[papers], 0, size),
            form_start=form_start,
            form_size=form_size,
            direct=round_all(keyword.max_score * direct),
            forms=round_all(keyword.max_score * np.minimum(MOST_OF_OTHER_FORMS, more)),
        )

    def _first(self, spans: _Spans, papers: Array) -> tuple[Array, Array]:
        """Returns the place of the first occurrence in each paper, and its number of words."""
        if not len(spans.starts):
            none = np.full(len(papers), -1, dtype=np.int32)
            return none, none
        found = np.searchsorted(spans.starts, papers * self._texts.stride)
        found = np.minimum(found, len(spans.starts) - 1)
        inside = spans.starts[found] // self._texts.stride == papers
        places = np.where(inside, spans.starts[found] % self._texts.stride, -1)
        sizes = (spans.ends - spans.starts)[found]
        return places.astype(np.int32), sizes.astype(np.int32)

    def _written(self, forms: Sequence[KeywordForm]) -> _Spans:
        """Returns the occurrences of the keyword, its aliases and its abbreviations."""
        found = [(form, self._texts.phrase(form.pattern)) for form in forms]
        found = [(form, starts) for form, starts in found if len(starts)]
        if not found:
            return _Spans(NONE, NONE, np.zeros(0))
        parts = [
            (starts, starts + form.pattern.size, np.full(len(starts), form.weight))
            for form, starts in found
        ]
        starts, ends, weights = (np.concatenate(each) for each in zip(*parts, strict=True))
        if len(found) > 1:
            order = np.lexsort((-ends, -weights, starts))
            starts, ends, weights = starts[order], ends[order], weights[order]
        return _separate(_Spans(starts, ends, weights))

    def _near_written(self, forms: Sequence[KeywordForm], spans: _Spans) -> Array:
        """Returns for each paper at how many places the words are near each other."""
        most = np.zeros(self._texts.papers, dtype=np.int64)
        for form in forms:
            lemmas = form.pattern.lemmas
            content = content_words(lemmas) or lemmas
            if form.flexible and len(content) > 1:
                words = [frozenset((word,)) for word in content]
                np.maximum(most, self._near(words, spans), out=most)
        return most

    def _other_forms(
        self, forms: Sequence[KeywordForm], spans: _Spans, near: Array
    ) -> tuple[_Spans, Array]:
        """Returns other forms of the words, and their weighted count in each paper."""
        found: list[Array] = []
        sizes: list[int] = []
        near_words: list[tuple[tuple[str, ...], list[frozenset[str]]]] = []
        for form in forms:
            lemmas = form.pattern.lemmas
            related = {word: self._index.related_lemmas(word) for word in lemmas}
            if not form.inflected or all(len(words) == 1 for words in related.values()):
                continue
            words = [related[word] for word in lemmas]
            found.append(self._texts.agree(self._texts.of_any(words[0]), words, lemmas))
            sizes.append(len(lemmas))
            content = content_words(lemmas) or lemmas
            if len(content) > 1:
                near_words.append((content, [related[word] for word in content]))
        if not found:
            return _Spans(NONE, NONE, np.zeros(0)), np.zeros(self._texts.papers)
        starts = np.concatenate(found)
        ends = starts + np.repeat(sizes, [len(each) for each in found])
        order = np.lexsort((-ends, starts))
        weights = np.full(len(starts), OTHER_FORM_WEIGHT)
        others = _Spans(starts[order], ends[order], weights)
        others = _separate(others.among(~_overlap(others, spans)))
        counts = self._sums(others)
        if near_words:
            order = np.argsort(np.concatenate([spans.starts, others.starts]))
            taken = _Spans(
                np.concatenate([spans.starts, others.starts])[order],
                np.concatenate([spans.ends, others.ends])[order],
                np.concatenate([spans.weights, others.weights])[order],
            )
            both = np.zeros(self._texts.papers, dtype=np.int64)
            for content, words in near_words:
                np.maximum(both, self._near(words, taken, names=content), out=both)
            counts = NEAR_WEIGHT * np.maximum(0, both - near) + counts
        return others, counts

    def _sums(self, spans: _Spans) -> Array:
        """Returns the sum of the weights in each paper."""
        if not len(spans.starts):
            return np.zeros(self._texts.papers)
        papers = spans.starts // self._texts.stride
        before, after = self._texts.nested(spans.starts, spans.ends)
        weights = np.where(before, spans.weights * NESTED_WEIGHT, spans.weights)
        weights = np.where(after, weights * NESTED_WEIGHT, weights)
        sums: Array = np.bincount(papers, weights, minlength=self._texts.papers)
        # Only sums of whole fractions of 2 are the same in any order, and by any method.
        inexact = np.unique(papers[before | after])
        if len(inexact):
            begins = np.searchsorted(papers, inexact).tolist()
            ends = np.searchsorted(papers, inexact, side="right").tolist()
            values = weights.tolist()
            for paper, begin, end in zip(inexact.tolist(), begins, ends, strict=True):
                sums[paper] = sum(values[begin:end])
        return sums

    def _near(
        self,
        words: Sequence[frozenset[str]],
        spans: _Spans,
        *,
        names: Sequence[str] | None = None,
    ) -> Array:
        """Returns for each paper the number of places where words stand near each other.

        Args:
            words: for each word, its lemmas.
            spans: occurrences; places within them do not count.
            names: of the words; those with one name are one word. None: all are different.
        """
        papers, stride = self._texts.papers, self._texts.stride
        none = np.zeros(papers, dtype=np.int64)
        places = [self._texts.of_any(lemmas) for lemmas in words]
        if not all(map(len, places)):
            return none
        counts = np.array([self._texts.counts(lemmas) for lemmas in words])
        with_all = counts.all(axis=0)
        if not with_all.any():
            return none
        if len(frozenset().union(*words)) < sum(map(len, words)):
            one = [names.index(name) for name in names] if names else list(range(len(places)))
            return self._near_shared(places, one, spans, np.flatnonzero(with_all))
        rarest = np.where(with_all, counts.argmin(axis=0), -1)
        for number, own in enumerate(places):
            positions = own[rarest[own // stride] == number]
            if not len(positions):
                continue
            first, last = positions, positions
            for other in places:
                if other is not own:
                    nearest = _nearest(other, positions)
                    first, last = np.minimum(first, nearest), np.maximum(last, nearest)
            close = last - first < len(places) + NEAR_SLACK
            first, last = first[close], last[close]
            outside = ~_within(first, last, spans)
            none += np.bincount(first[outside] // stride, minlength=papers)
        return none

    def _near_shared(
        self, places: Sequence[Array], first: Sequence[int], spans: _Spans, papers: Array
    ) -> Array:
        """Returns the same where words share lemmas: one paper at a time.

        Args:
            places: of each word.
            first: for each word, which is the first that is the same word.
            spans: occurrences; places within them do not count.
            papers: those with all words.
        """
        stride = self._texts.stride
        counts = np.zeros(self._texts.papers, dtype=np.int64)
        for paper in papers.tolist():
            limits = [paper * stride, (paper + 1) * stride]
            own = [each[slice(*np.searchsorted(each, limits))].tolist() for each in places]
            own = [own[number] for number in first]
            part = slice(*np.searchsorted(spans.starts, limits))
            taken = [
                Span(start, end, 1.0)
                for start, end in zip(
                    spans.starts[part].tolist(), spans.ends[part].tolist(), strict=True
                )
            ]
            counts[paper] = places_near(own, taken)
        return counts


def _separate(spans: _Spans) -> _Spans:
    """Returns the occurrences of which none overlaps one that was taken before."""
    starts, ends = spans.starts, spans.ends
    if not (starts[1:] < ends[:-1]).any():
        return spans
    kept = np.zeros(len(starts), dtype=np.bool_)
    end_of_last = -1
    for number, (start, end) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True)):
        if start >= end_of_last:
            kept[number] = True
            end_of_last = end
    return spans.among(kept)


def _overlap(spans: _Spans, taken: _Spans) -> Array:
    """Returns for each occurrence whether it overlaps one of others that do not overlap."""
    if not len(taken.starts):
        return np.zeros(len(spans.starts), dtype=np.bool_)
    before = np.searchsorted(taken.starts, spans.ends) - 1
    overlap: Array = (before >= 0) & (taken.ends[before] > spans.starts)
    return overlap


def _within(first: Array, last: Array, spans: _Spans) -> Array:
    """Returns for each place whether it lies within an occurrence."""
    if not len(spans.starts):
        return np.zeros(len(first), dtype=np.bool_)
    before = np.searchsorted(spans.starts, first, side="right") - 1
    within: Array = (before >= 0) & (last < spans.ends[before])
    return within


def _nearest(places: Array, positions: Array) -> Array:
    """Returns for each position the nearest of some places; of two as near, the first."""
    after = np.searchsorted(places, positions)
    left = places[np.maximum(after - 1, 0)]
    right = places[np.minimum(after, len(places) - 1)]
    nearest: Array = np.where(np.abs(positions - left) <= np.abs(right - positions), left, right)
    return nearest
