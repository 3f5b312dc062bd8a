"""Finds the lemmas of many sets at once: phrases of them, and words near each other."""

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from msgspec import Struct

from digest.core.batch_ranking.papers.spans import Spans
from digest.core.batch_ranking.papers.text_arrays import NONE, TextArrays, padded, ranges
from digest.core.batch_ranking.sparse_products import Array
from digest.core.keywords.spans import NEAR_SLACK, Span, places_near


class SetPhrase(Struct, frozen=True, kw_only=True):
    """Words in a row, each of which may be one of a set of lemmas."""

    keyword: int
    words: Sequence[int]  # numbers of sets
    but: Sequence[str]  # these lemmas themselves do not count


class NearQuery(Struct, frozen=True, kw_only=True):
    """Words that may be near each other."""

    keyword: int
    words: Sequence[int]  # numbers of sets
    is_shared: bool  # whether a lemma is in the sets of two words


class LemmaSets:
    """Sets of lemmas, and where they occur.

    Args:
        texts: the papers.
        sets: the sets; their numbers are their places.
    """

    def __init__(self, texts: TextArrays, sets: Sequence[frozenset[str]]) -> None:
        self._texts, self._count = texts, len(sets)
        known = [[texts.numbers[word] for word in words if word in texts.numbers] for words in sets]
        owners = np.repeat(np.arange(len(sets)), [len(numbers) for numbers in known])
        lemmas = np.array([number for numbers in known for number in numbers], dtype=np.int64)
        self._members = np.sort(owners * len(texts.numbers) + lemmas)
        counts = (texts.ends - texts.starts)[lemmas]
        positions = texts.positions[ranges(texts.starts[lemmas], counts)]
        # A place is the number of the set x span + position.
        self._places = np.sort(np.repeat(owners, counts) * texts.span + positions)
        self._starts = np.searchsorted(self._places, np.arange(len(sets) + 1) * texts.span)

    def phrases(self, phrases: Sequence[SetPhrase]) -> tuple[Array, Array, Array]:
        """Returns where phrases occur.

        Returns:
            The keyword of each occurrence, its position, and the number of its words; in no order.
        """
        texts = self._texts
        phrases = [phrase for phrase in phrases if len(phrase.words) <= texts.longest]
        words = padded([phrase.words for phrase in phrases])
        if not words.shape[1]:
            return NONE, NONE, NONE
        number = texts.numbers.get
        exact = padded([[number(word, -1) for word in phrase.but] for phrase in phrases])
        sizes = np.where(words < 0, texts.span, np.diff(self._starts)[words])
        rarest = sizes.argmin(axis=1)
        owners = np.arange(len(phrases))
        chosen, counts = words[owners, rarest], sizes[owners, rarest]
        starts = self._places[ranges(self._starts[chosen], counts)]
        starts -= np.repeat(chosen * texts.span + rarest, counts)
        owners = np.repeat(owners, counts)
        is_exact = np.ones(len(starts), dtype=np.bool_)
        for offset in range(words.shape[1]):
            wanted, found = words[owners, offset], texts.words[starts + offset]
            is_same = (wanted < 0) | ((found == exact[owners, offset]) & (found >= 0))
            kept = is_same.copy()
            others = np.flatnonzero(~is_same)
            kept[others] = self._contain(wanted[others], found[others])
            starts, owners, is_exact = starts[kept], owners[kept], (is_exact & is_same)[kept]
        starts, owners = starts[~is_exact], owners[~is_exact]
        keywords = np.array([phrase.keyword for phrase in phrases], dtype=np.int64)
        lengths = np.array([len(phrase.words) for phrase in phrases], dtype=np.int64)
        return keywords[owners], starts, lengths[owners]

    def _contain(self, sets: Array, lemmas: Array) -> Array:
        """Returns for pairs of a set and a lemma, which may be -1, whether it contains it."""
        if not len(self._members):
            return np.zeros(len(sets), dtype=np.bool_)
        wanted = sets * len(self._texts.numbers) + lemmas
        places = np.minimum(np.searchsorted(self._members, wanted), len(self._members) - 1)
        contain: Array = (self._members[places] == wanted) & (lemmas >= 0)
        return contain

    def near(self, queries: Sequence[NearQuery], spans: Spans) -> tuple[Array, Array]:
        """Returns at how many places words are near each other.

        Args:
            queries: the words; of several queries for one keyword the largest number counts.
            spans: occurrences of the keywords; places within them do not count.

        Returns:
            The cells, ascending, and the numbers, which are not 0.
        """
        cells, numbers = [NONE], [NONE]
        for size in sorted({len(query.words) for query in queries}):
            same = [query for query in queries if len(query.words) == size]
            found = self._near(same, size, spans)
            cells.append(found[0])
            numbers.append(found[1])
        all_cells, all_numbers = np.concatenate(cells), np.concatenate(numbers)
        order = np.lexsort((all_numbers, all_cells))
        all_cells, all_numbers = all_cells[order], all_numbers[order]
        is_largest = np.ones(len(order), dtype=np.bool_)
        is_largest[:-1] = all_cells[1:] != all_cells[:-1]
        return all_cells[is_largest], all_numbers[is_largest]

    def _near(self, queries: Sequence[NearQuery], size: int, spans: Spans) -> tuple[Array, Array]:
        """Returns the same for queries with so many words; a cell may be there several times."""
        texts = self._texts
        words = np.array([query.words for query in queries], dtype=np.int64)
        keywords = np.array([query.keyword for query in queries], dtype=np.int64)
        owners, papers, rows = self._with_all(words)
        is_shared = np.array([query.is_shared for query in queries], dtype=np.bool_)[owners]
        shared = np.flatnonzero(is_shared)
        shared_numbers = [
            self._near_shared(queries[owner], self._rows[row].tolist(), spans)
            for owner, row in zip(owners[shared].tolist(), rows[shared], strict=True)
        ]
        shared_cells = keywords[owners[shared]] * texts.papers + papers[shared]
        counts = np.array(shared_numbers, dtype=np.int64)
        owners, rows = owners[~is_shared], rows[~is_shared]
        begins, sizes = self._rows[rows, 0], self._rows[rows, 1]
        rarest = sizes.argmin(axis=1)
        pairs = np.arange(len(rows))
        repeats = sizes[pairs, rarest]
        places = self._places[ranges(begins[pairs, rarest], repeats)] % texts.span
        owners, rarest = np.repeat(owners, repeats), np.repeat(rarest, repeats)
        first, last = places, places
        for number in range(size):
            others = words[owners, number]
            nearest = self._nearest(others, places)
            nearest = np.where(rarest == number, places, nearest)
            first, last = np.minimum(first, nearest), np.maximum(last, nearest)
        close = np.flatnonzero(last - first < size + NEAR_SLACK)
        offsets = keywords[owners[close]] * texts.span
        first, last = first[close] + offsets, last[close] + offsets
        outside = np.flatnonzero(~spans.contain(first, last))
        # Apart for each query: the numbers of two queries of a keyword are not added.
        keys = owners[close[outside]] * texts.papers + first[outside] % texts.span // texts.stride
        found, numbers = np.unique(keys, return_counts=True)
        cells = keywords[found // texts.papers] * texts.papers + found % texts.papers
        kept = counts > 0
        return (
            np.concatenate([cells, shared_cells[kept]]),
            np.concatenate([numbers, counts[kept]]),
        )

    @cached_property
    def _papers(self) -> tuple[Array, Array]:
        """The pairs of a set and a paper with it, as set x papers + paper; where each set begins."""
        keys = self._places // self._texts.stride
        is_first = np.ones(len(keys), dtype=np.bool_)
        is_first[1:] = keys[1:] != keys[:-1]
        pairs = keys[is_first]
        return pairs, np.searchsorted(pairs, np.arange(self._count + 1) * self._texts.papers)

    @cached_property
    def _rows(self) -> Array:
        """For each pair of a set and a paper, where its places begin, and their number."""
        begins = np.searchsorted(self._places, self._papers[0] * self._texts.stride)
        counts = np.diff(begins, append=len(self._places))
        return np.stack([begins, counts], axis=1)

    def _with_all(self, words: Array) -> tuple[Array, Array, Array]:
        """Returns the papers that contain each word of some queries.

        Args:
            words: queries by words: numbers of sets.

        Returns:
            The place of the query, the paper, and for each word the place in `_rows`.
        """
        pairs, starts = self._papers
        counts = np.diff(starts)[words]
        rarest = counts.argmin(axis=1)
        queries = np.arange(len(words))
        chosen, repeats = words[queries, rarest], counts[queries, rarest]
        papers = pairs[ranges(starts[chosen], repeats)] % max(1, self._texts.papers)
        owners = np.repeat(queries, repeats)
        rows = np.zeros((len(owners), words.shape[1]), dtype=np.int64)
        for number in range(words.shape[1] if len(owners) else 0):
            wanted = words[owners, number] * self._texts.papers + papers
            places = np.minimum(np.searchsorted(pairs, wanted), len(pairs) - 1)
            rows[:, number] = places
            kept = pairs[places] == wanted
            owners, papers, rows = owners[kept], papers[kept], rows[kept]
        return owners, papers, rows

    def _nearest(self, sets: Array, positions: Array) -> Array:
        """Returns for each position the nearest one of a set; of two as near, the first."""
        offsets = sets * self._texts.span
        places = positions + offsets
        after = np.searchsorted(self._places, places)
        left = self._places[np.maximum(after - 1, self._starts[sets])]
        right = self._places[np.minimum(after, self._starts[sets + 1] - 1)]
        nearest = np.where(np.abs(places - left) <= np.abs(right - places), left, right)
        found: Array = nearest - offsets
        return found

    def _near_shared(self, query: NearQuery, rows: Sequence[Sequence[int]], spans: Spans) -> int:
        """Returns the number where words share lemmas, in one paper."""
        own = [(self._places[begin : begin + count]).tolist() for begin, count in rows]
        span = self._texts.span
        own = [[place % span for place in places] for places in own]
        offset = query.keyword * span
        stride = self._texts.stride
        begin = offset + own[0][0] // stride * stride
        part = slice(*np.searchsorted(spans.starts, [begin, begin + stride]))
        taken = [
            Span(start - offset, end - offset, 1.0)
            for start, end in zip(
                spans.starts[part].tolist(), spans.ends[part].tolist(), strict=True
            )
        ]
        return places_near(own, taken)
