"""Learns the related terms of many topics at once.

The result equals that of `digest.core.ranking.related_terms` for each topic.
"""

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
    MIN_AMOUNT,
    MOST_ALONE,
    MOST_PER_DIRECT,
    TERMS,
    RelatedTerms,
    related_strength,
    shares,
)

CHUNK = 1000
"""Number of topics whose terms are learned at once; it limits the memory."""

PRODUCT_ENTRIES = 1_000_000
"""About this many products are held in memory at once."""

_NO_ENTRIES: Entries = (np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RelatedTermsMatrix:
    """The related terms of all topics of a `ProfileMatrix`, one row for each topic.

    The row of a topic without related terms is empty.
    """

    matrix: csr_matrix  # topics by the lemmas of the TF-IDF space
    weights: Array  # of the topics
    strengths: Array  # what the terms add to a paper that is as similar as the best papers are
    keyword_sums: Array  # what each of `ProfileMatrix.text_features` adds to the best papers
    lemmas: tuple[str, ...]

    def of_topic(
        self, topic: int, profiles: ProfileMatrix, keywords: Sequence[str]
    ) -> RelatedTerms | None:
        """Returns the related terms of one topic, in the form that ranking a single profile uses.

        Args:
            topic: the row of the topic in `profiles`.
            profiles: the profiles for which the terms were learned.
            keywords: the text keywords of the topic as written, in the order of `profiles`.
        """
        if not self.strengths[topic]:
            return None
        row = self.matrix[topic]
        begin, end = profiles.text_starts[[topic, topic + 1]]
        sums = self.keyword_sums[begin:end].tolist()
        return RelatedTerms(
            terms={
                self.lemmas[lemma]: weight
                for lemma, weight in zip(row.indices.tolist(), row.data.tolist(), strict=True)
            },
            weight=float(self.weights[topic]),
            strength=float(self.strengths[topic]),
            shares=shares(zip(sums, keywords, strict=True)),
        )


def related_contributions(
    terms: RelatedTermsMatrix, rows: slice, papers: PaperMatrix, direct: Array
) -> Array:
    """Returns what related terms add to each paper: some topics by all papers.

    Args:
        terms: the related terms of all topics.
        rows: the topics.
        papers: the papers.
        direct: what the text keywords of these topics add to each paper.
    """
    similarity = (terms.matrix[rows] @ papers.vectors).toarray()
    amounts = terms.strengths[rows, None] * similarity
    amounts *= similarity
    weights = terms.weights[rows, None]
    too_small = amounts < MIN_AMOUNT * weights
    amounts = _round_contributions(amounts)
    amounts[too_small] = 0.0
    most: Array = MOST_ALONE * weights + MOST_PER_DIRECT * direct
    return np.minimum(most, amounts, out=amounts)


def learn_related_terms(
    profiles: ProfileMatrix, stored: PaperMatrix, known: Array
) -> RelatedTermsMatrix:
    """Learns the related terms of all topics whose profiles use them.

    Args:
        profiles: the profiles.
        stored: the stored papers.
        known: V of each topic.
    """
    papers = len(stored.order)
    limit = min(BEST_PAPERS, papers // BEST_SHARE)
    shape = len(profiles.weights), len(stored.lemmas)
    strengths = np.zeros(shape[0])
    keyword_sums = np.zeros(len(profiles.text_features))
    parts: list[csr_matrix] = []
    for start in range(0, shape[0], CHUNK):
        rows = slice(start, min(start + CHUNK, shape[0]))
        counts = np.diff(profiles.text_starts[rows.start : rows.stop + 1])
        possible = np.array(
            [
                related_strength(float(share), keywords=int(count), papers=papers)
                for share, count in zip(known[rows], counts, strict=True)
            ]
        )
        eligible = profiles.related[rows] & (possible > 0.0)
        best = _NO_ENTRIES
        if limit and eligible.any():
            best = _best_papers(profiles, rows, stored, limit, eligible)
        if not len(best[0]):
            parts.append(csr_matrix((len(eligible), shape[1])))
            continue
        totals = np.bincount(best[0], _round_contributions(best[2]), minlength=len(eligible))
        begin, end = profiles.text_starts[[rows.start, rows.stop]]
        keyword_sums[begin:end] = _keyword_sums(profiles, rows, stored, best)
        strengths[rows] = np.where(totals > 0.0, possible, 0.0)
        parts.append(_terms(best, totals, stored))
    matrix = vstack(parts, format="csr") if parts else csr_matrix(shape)
    return RelatedTermsMatrix(
        matrix=matrix,
        weights=profiles.weights,
        strengths=strengths,
        keyword_sums=keyword_sums,
        lemmas=tuple(stored.lemmas),
    )


def _best_papers(
    profiles: ProfileMatrix, rows: slice, stored: PaperMatrix, limit: int, eligible: Array
) -> Entries:
    """Returns the stored papers with the largest direct sums, for the eligible topics."""
    features = profiles.text_rows(rows, stored.features) + profiles.exclusion_rows(
        rows, stored.features
    )
    topics, papers, direct = best_columns(features, stored.matrix, limit, _limit_totals)
    kept = eligible[topics]
    return topics[kept], papers[kept], direct[kept]


def _keyword_sums(
    profiles: ProfileMatrix, rows: slice, stored: PaperMatrix, best: Entries
) -> Array:
    """Returns what each keyword of some topics adds to the best papers of its topic.

    Args:
        profiles: the profiles.
        rows: the topics.
        stored: the stored papers.
        best: the best papers of these topics.
    """
    topics, papers, _ = best
    width = len(stored.order)
    keys = np.sort(topics * width + papers)
    texts = profiles.text_rows(rows, stored.features)
    sums = np.zeros(texts.nnz)
    for keywords, entries, amounts in _products(texts, stored.matrix, width):
        places = np.minimum(np.searchsorted(keys, entries), len(keys) - 1)
        is_best = keys[places] == entries
        sums += np.bincount(keywords[is_best], amounts[is_best], minlength=len(sums))
    return sums


def _products(
    left: csr_matrix, right: csr_matrix, width: int
) -> Iterator[tuple[Array, Array, Array]]:
    """Yields what each keyword of each topic adds to each paper, before it is summed.

    Args:
        left: topics by features.
        right: features by papers.
        width: number of papers.

    Yields:
        Arrays of equal length: the keyword's place in `left`, topic x width + paper, the amount.
    """
    rows = np.repeat(np.arange(left.shape[0]), np.diff(left.indptr))
    counts = np.diff(right.indptr)[left.indices]
    for start, stop in _portions(counts):
        portion = slice(start, stop)
        lengths = counts[portion]
        begins = right.indptr[left.indices[portion]]
        offsets = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        places = np.repeat(begins, lengths) + offsets
        keys = np.repeat(rows[portion] * width, lengths) + right.indices[places]
        keywords = np.repeat(np.arange(start, stop), lengths)
        yield keywords, keys, np.repeat(left.data[portion], lengths) * right.data[places]


def _portions(counts: Array) -> Iterator[tuple[int, int]]:
    """Yields ranges whose counts sum to at most `PRODUCT_ENTRIES`; a single count may exceed it."""
    ends = np.cumsum(counts)
    start = 0
    while start < len(counts):
        done = ends[start - 1] if start else 0
        stop = max(start + 1, int(np.searchsorted(ends, done + PRODUCT_ENTRIES, side="right")))
        yield start, stop
        start = stop


def _terms(best: Entries, totals: Array, stored: PaperMatrix) -> csr_matrix:
    """Returns the scaled related terms: topics by lemmas.

    Args:
        best: the best papers of each topic.
        totals: the sum of the direct sums of these papers, by topic.
        stored: the stored papers.
    """
    topics, papers, direct = best
    shares = csr_matrix(
        (_round_entries(direct / totals[topics]), (topics, papers)),
        shape=(len(totals), len(stored.order)),
    )
    rows, lemmas, means = best_columns(shares, stored.vectors.T.tocsr(), TERMS, _round_entries)
    mean_similarity = np.bincount(rows, means * means, minlength=len(totals))
    return csr_matrix(
        (_round_entries(means / mean_similarity[rows]), (rows, lemmas)),
        shape=(len(totals), len(stored.lemmas)),
    )


def _limit_totals(totals: Array) -> Array:
    return np.minimum(totals, fixed_point.MAX_TOTAL)


def _round_contributions(values: Array) -> Array:
    """Applies `fixed_point.round_contribution` to an array."""
    rounded: Array = np.rint(values / fixed_point.CONTRIBUTION_UNIT)
    return np.maximum(values > 0.0, rounded) * fixed_point.CONTRIBUTION_UNIT


def _round_entries(values: Array) -> Array:
    """Applies `fixed_point.round_vector_entry` to an array."""
    return np.rint(values / fixed_point.VECTOR_ENTRY_UNIT) * fixed_point.VECTOR_ENTRY_UNIT
