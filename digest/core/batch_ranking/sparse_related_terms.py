"""The related terms of many topics at once, equal to those of `digest.core.related`."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix, vstack

from digest.core.batch_ranking.paper_matrix import PaperMatrix
from digest.core.batch_ranking.profile_matrix import ProfileMatrix
from digest.core.batch_ranking.sparse_products import Array, Entries, best_columns
from digest.core.ranking import fixed_point
from digest.core.ranking.related_terms import (
    BEST_PAPERS,
    BEST_SHARE,
    FEW_PAPERS,
    MAX_WITHOUT_KEYWORD,
    MIN_SHARE,
    STRENGTH,
    TERMS,
    RelatedTerms,
    shares,
)

CHUNK = 1000
"""Topics that are learned for at once."""

_NOTHING: Entries = (np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RelatedTermsMatrix:
    """A row for each topic of `Wants`; of those without related terms, an empty one."""

    matrix: csr_matrix  # topics by the stems of the space
    weights: Array  # of the topics
    strengths: Array  # what a paper adds that is as the best ones are
    brought: Array  # what each of `Wants.text_features` adds to the best papers
    stems: tuple[str, ...]

    def of(self, topic: int, wants: ProfileMatrix, keywords: Sequence[str]) -> RelatedTerms | None:
        """A topic's related terms, for the plain definition.

        Args:
            topic: its number in `wants`.
            wants: what the terms were learned for.
            keywords: its keywords of the text, as written, in the order of `wants`.
        """
        if not self.strengths[topic]:
            return None
        row = self.matrix[topic]
        sums = self.brought[wants.text_starts[topic] : wants.text_starts[topic + 1]].tolist()
        return RelatedTerms(
            terms={
                self.stems[stem]: weight
                for stem, weight in zip(row.indices.tolist(), row.data.tolist(), strict=True)
            },
            weight=float(self.weights[topic]),
            strength=float(self.strengths[topic]),
            shares=shares(zip(sums, keywords, strict=True)),
        )


def related_contributions(
    terms: RelatedTermsMatrix, rows: slice, held: PaperMatrix, *, alone: Array
) -> Array:
    """What related terms add to each paper, for some topics.

    Args:
        terms: of all topics.
        rows: the topics.
        held: the papers.
        alone: which papers hold none of a topic's keywords.
    """
    likeness = (terms.matrix[rows] @ held.vectors).toarray()
    amounts = terms.strengths[rows, None] * likeness
    amounts *= likeness
    weights = terms.weights[rows, None]
    faint = amounts < MIN_SHARE * weights
    np.minimum(amounts, MAX_WITHOUT_KEYWORD * weights, out=amounts, where=alone)
    amounts = _amounts(amounts)
    amounts[faint] = 0.0
    return amounts


def learn_related_terms(wants: ProfileMatrix, seen: PaperMatrix) -> RelatedTermsMatrix:
    """The related terms of all topics whose profiles want them.

    Args:
        wants: the profiles.
        seen: the papers seen.
    """
    papers = len(seen.order)
    most = min(BEST_PAPERS, papers // BEST_SHARE)
    shape = len(wants.weights), len(seen.stems)
    strengths = np.zeros(shape[0])
    brought = np.zeros(len(wants.text_features))
    parts: list[csr_matrix] = []
    for start in range(0, shape[0], CHUNK):
        rows = slice(start, min(start + CHUNK, shape[0]))
        taught = wants.related[rows] & (np.diff(wants.text_starts[rows.start : rows.stop + 1]) > 1)
        best = _best(wants, rows, seen, most, taught) if most and taught.any() else _NOTHING
        if not len(best[0]):
            parts.append(csr_matrix((len(taught), shape[1])))
            continue
        whole = np.bincount(best[0], _amounts(best[2]), minlength=len(taught))
        further, sums = _further(wants, rows, seen, best)
        begin, end = wants.text_starts[[rows.start, rows.stop]]
        brought[begin:end] = sums
        good = further > 0.0
        share = np.divide(further, whole, out=np.zeros_like(further), where=good)
        strengths[rows] = STRENGTH * share * papers / (papers + FEW_PAPERS)
        parts.append(_terms(best, whole, good, seen))
    matrix = vstack(parts, format="csr") if parts else csr_matrix(shape)
    return RelatedTermsMatrix(
        matrix=matrix,
        weights=wants.weights,
        strengths=strengths,
        brought=brought,
        stems=tuple(seen.stems),
    )


def _best(
    wants: ProfileMatrix, rows: slice, seen: PaperMatrix, most: int, taught: Array
) -> Entries:
    """The best of the papers seen by their direct matches, for the topics that are taught."""
    wanted = wants.texts(rows, seen.features) + wants.excluded(rows, seen.features)
    found, papers, direct = best_columns(wanted, seen.matrix, most, _clipped)
    kept = taught[found]
    return found[kept], papers[kept], direct[kept]


def _further(
    wants: ProfileMatrix, rows: slice, seen: PaperMatrix, best: Entries
) -> tuple[Array, Array]:
    """What second and further keywords add to the best papers, and each of them adds there.

    The first is by topic, weighted by direct; the second by keyword.
    """
    topics, papers, direct = best
    width = len(seen.order)
    keys = topics * width + papers
    order = np.argsort(keys)
    largest = np.zeros(len(keys))
    texts = wants.texts(rows, seen.features)
    sums = np.zeros(texts.nnz)
    for keywords, entries, amounts in _products(texts, seen.matrix, width):
        places = order[np.minimum(np.searchsorted(keys, entries, sorter=order), len(keys) - 1)]
        hit = keys[places] == entries
        np.maximum.at(largest, places[hit], amounts[hit])
        sums += np.bincount(keywords[hit], amounts[hit], minlength=len(sums))
    gain = _amounts(direct * np.maximum(0.0, direct - largest))
    return np.bincount(topics, gain, minlength=rows.stop - rows.start), sums


def _products(
    left: csr_matrix, right: csr_matrix, width: int
) -> Iterator[tuple[Array, Array, Array]]:
    """What each keyword of each topic adds to each paper, unsummed: keyword, place, amount.

    The place is row x width + column.
    """
    rows = np.repeat(np.arange(left.shape[0]), np.diff(left.indptr))
    counts = np.diff(right.indptr)[left.indices]
    for start, stop in _portions(counts):
        some = slice(start, stop)
        lengths = counts[some]
        begins = right.indptr[left.indices[some]]
        offsets = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        places = np.repeat(begins, lengths) + offsets
        keys = np.repeat(rows[some] * width, lengths) + right.indices[places]
        keywords = np.repeat(np.arange(start, stop), lengths)
        yield keywords, keys, np.repeat(left.data[some], lengths) * right.data[places]


def _portions(counts: Array) -> Iterator[tuple[int, int]]:
    """Stretches whose counts sum to about a million."""
    ends = np.cumsum(counts)
    start = 0
    while start < len(counts):
        before = ends[start - 1] if start else 0
        stop = max(start + 1, int(np.searchsorted(ends, before + 1_000_000, side="right")))
        yield start, stop
        start = stop


def _terms(best: Entries, whole: Array, good: Array, seen: PaperMatrix) -> csr_matrix:
    topics, papers, direct = best
    kept = good[topics]
    topics, papers, direct = topics[kept], papers[kept], direct[kept]
    shares = csr_matrix(
        (_entries(direct / whole[topics]), (topics, papers)), shape=(len(whole), len(seen.order))
    )
    rows, stems, means = best_columns(shares, seen.vectors.T.tocsr(), TERMS, _entries)
    usual = np.bincount(rows, means * means, minlength=len(whole))
    return csr_matrix(
        (_entries(means / usual[rows]), (rows, stems)), shape=(len(whole), len(seen.stems))
    )


def _clipped(totals: Array) -> Array:
    return np.minimum(totals, fixed_point.MAX_TOTAL)


def _amounts(values: Array) -> Array:
    """`grains.amount` of each."""
    return np.maximum(values > 0.0, np.rint(values / fixed_point.AMOUNT)) * fixed_point.AMOUNT


def _entries(values: Array) -> Array:
    """`grains.entry` of each."""
    return np.rint(values / fixed_point.ENTRY) * fixed_point.ENTRY
