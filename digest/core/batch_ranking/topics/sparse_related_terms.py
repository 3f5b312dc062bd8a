"""Learns the related terms of many topics at once.

The result equals that of `digest.core.ranking.related_terms` for each topic.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from msgspec import Struct
from scipy.sparse import csr_matrix, vstack

from digest.core.background.largest_values import largest_places
from digest.core.batch_ranking.papers.paper_matrix import PaperMatrix
from digest.core.batch_ranking.sparse_products import (
    Array,
    Entries,
    largest_entries,
    place_in_group,
    portions,
)
from digest.core.batch_ranking.topics.profile_matrix import ProfileMatrix
from digest.core.ranking import fixed_point
from digest.core.ranking.related_terms import (
    BEST_PAPERS,
    BEST_SHARE,
    MIN_AMOUNT,
    MOST_ALONE,
    MOST_AVERAGE,
    MOST_PER_DIRECT,
    TERMS,
    RelatedTerms,
    certainty,
    related_strength,
    shares,
)

CHUNK = 1000
"""Number of topics whose terms are learned at once; it limits the memory."""

_MEANS_AT_ONCE = 64
"""Number of topics whose mean vectors are computed at once: some megabytes."""

_GROUPS = 512
"""Groups of lemmas, more than there are terms of a topic."""

PRODUCT_ENTRIES = 1_000_000
"""About this many products are held in memory at once."""


class RelatedTermsMatrix(Struct, frozen=True, kw_only=True, eq=False):
    """The related terms of all topics of a `ProfileMatrix`, one row for each topic.

    The row of a topic without related terms is empty.
    """

    matrix: csr_matrix  # topics by the lemmas of the TF-IDF space
    weights: Array  # of the topics
    strengths: Array  # what the terms add to a paper that is as similar as the best papers are
    averages: Array  # a of each topic
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
        return RelatedTerms(
            terms={
                self.lemmas[lemma]: weight
                for lemma, weight in zip(row.indices.tolist(), row.data.tolist(), strict=True)
            },
            weight=float(self.weights[topic]),
            strength=float(self.strengths[topic]),
            average=float(self.averages[topic]),
            shares=self.shares_of(topic, profiles, keywords),
        )

    def shares_of(
        self, topic: int, profiles: ProfileMatrix, keywords: Sequence[str]
    ) -> tuple[tuple[str, float], ...]:
        """Returns the keywords that brought the terms, with their shares; as `of_topic`."""
        begin, end = profiles.text_starts[[topic, topic + 1]]
        sums = self.keyword_sums[begin:end].tolist()
        return shares(zip(sums, keywords, strict=True))


def related_pairs(
    terms: RelatedTermsMatrix, rows: Array, columns: Array, papers: PaperMatrix, direct: Array
) -> Array:
    """Returns what related terms add to single papers in single topics.

    Args:
        terms: the related terms of all topics.
        rows: the topic of each pair.
        columns: the column of the paper of each pair.
        papers: the papers.
        direct: what the text keywords of the topic add to the paper.
    """
    amounts = np.zeros(len(rows))
    learned = np.flatnonzero(terms.strengths[rows])
    if len(learned):
        topics, owners = np.unique(rows[learned], return_inverse=True)
        vectors = papers.own_vectors(terms.matrix[topics])
        similarity = papers.similarities_of_pairs(vectors, owners, columns[learned])
        amounts[learned] = _amounts(terms, rows[learned], similarity, direct[learned])
    return amounts


def related_contributions(
    terms: RelatedTermsMatrix, rows: Array, papers: PaperMatrix, direct: Array, vectors: csr_matrix
) -> Array:
    """Returns what related terms add to each paper: some topics by all papers.

    Args:
        terms: the related terms of all topics.
        rows: the topics.
        papers: the papers.
        direct: what the text keywords of these topics add to each paper.
        vectors: the terms of these topics, as `PaperMatrix.own_vectors`.
    """
    return _amounts(terms, rows[:, None], papers.similarities(vectors), direct)


def _amounts(terms: RelatedTermsMatrix, rows: Array, similarity: Array, direct: Array) -> Array:
    """Applies `RelatedTerms.amount` to similarities of papers to topics, which `rows` gives."""
    strengths, weights, averages = terms.strengths[rows], terms.weights[rows], terms.averages[rows]
    amounts: Array = strengths * similarity
    amounts *= similarity
    if averages.any():
        above = similarity - averages
        np.maximum(0.0, above, out=above)
        above /= 1.0 - averages
        most: Array = strengths * above
        most *= above
        np.minimum(MOST_ALONE * weights, most, out=most)
    else:
        most = np.minimum(MOST_ALONE * weights, amounts)
    most += MOST_PER_DIRECT * direct
    np.minimum(most, amounts, out=amounts)
    counts = amounts >= MIN_AMOUNT * weights
    # None of those that count is so small that it is rounded to 0.
    amounts *= 1.0 / fixed_point.CONTRIBUTION_UNIT
    np.rint(amounts, out=amounts)
    amounts *= fixed_point.CONTRIBUTION_UNIT
    amounts *= counts
    return amounts


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
    counts = np.diff(profiles.text_starts)
    possible = np.array(
        [
            related_strength(share, keywords=count, papers=papers)
            for share, count in zip(known.tolist(), counts.tolist(), strict=True)
        ]
    )
    eligible: Array = np.flatnonzero(profiles.related & (possible > 0.0) & (limit > 0))
    strengths = np.zeros(len(counts))
    keyword_sums = np.zeros(len(profiles.text_features))
    parts: list[csr_matrix] = []
    if len(eligible):
        matrix = stored.matrix_of(profiles.features_of(eligible))
    for start in range(0, len(eligible), CHUNK):
        topics = eligible[start : start + CHUNK]
        texts = profiles.text_rows(topics, matrix.shape[0])
        best = _best_papers(profiles, topics, texts, matrix, limit)
        totals = np.bincount(best[0], _round_contributions(best[2]), minlength=len(topics))
        starts = profiles.text_starts[topics]
        lengths = counts[topics]
        ends = np.cumsum(lengths)
        keywords = np.arange(ends[-1]) + np.repeat(starts - ends + lengths, lengths)
        keyword_sums[keywords] = _keyword_sums(texts, matrix, best)
        learned = totals > 0.0
        numbers = np.bincount(best[0], minlength=len(topics))[learned]
        strengths[topics[learned]] = possible[topics[learned]] * certainty(numbers)
        parts.append(_terms(best, totals, stored))
    found = vstack(parts, format="csr") if parts else csr_matrix((0, len(stored.lemmas)))
    sizes = np.zeros(len(counts), dtype=np.int64)
    sizes[eligible] = np.diff(found.indptr)
    matrix = csr_matrix(
        (found.data, found.indices, np.concatenate([[0], np.cumsum(sizes)])),
        shape=(len(counts), len(stored.lemmas)),
    )
    mean = stored.corpus.mean_vector
    averages = matrix @ np.array([mean.get(lemma, 0.0) for lemma in stored.lemmas])
    return RelatedTermsMatrix(
        matrix=matrix,
        weights=profiles.weights,
        strengths=strengths,
        averages=np.minimum(MOST_AVERAGE, averages),
        keyword_sums=keyword_sums,
        lemmas=tuple(stored.lemmas),
    )


def _best_papers(
    profiles: ProfileMatrix, topics: Array, texts: csr_matrix, stored: csr_matrix, limit: int
) -> Entries:
    """Returns the stored papers with the largest direct sums, in the order of the topics.

    Args:
        profiles: the profiles.
        topics: the topics.
        texts: their text keywords.
        stored: features by stored papers.
        limit: the largest number of papers for a topic.
    """
    features = texts + profiles.exclusion_rows(topics, stored.shape[0])
    product = features @ stored
    np.minimum(product.data, fixed_point.MAX_TOTAL, out=product.data)
    kept = largest_entries(product, limit)
    rows = np.repeat(np.arange(len(topics)), np.diff(product.indptr))
    return rows[kept], product.indices[kept], product.data[kept]


def _keyword_sums(texts: csr_matrix, stored: csr_matrix, best: Entries) -> Array:
    """Returns what each keyword of some topics adds to the best papers of its topic.

    Args:
        texts: topics by features.
        stored: features by stored papers.
        best: the best papers of these topics.
    """
    topics, papers, _ = best
    sums = np.zeros(texts.nnz)
    if not len(topics):
        return sums
    width = stored.shape[1]
    is_best_paper = np.zeros(texts.shape[0] * width, dtype=np.bool_)
    is_best_paper[topics * width + papers] = True
    for keywords, entries, amounts in _products(texts, stored, width):
        is_best = is_best_paper[entries]
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
    for start, stop in portions(counts, PRODUCT_ENTRIES):
        portion = slice(start, stop)
        lengths = counts[portion]
        begins = right.indptr[left.indices[portion]]
        offsets = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        places = np.repeat(begins, lengths) + offsets
        keys = np.repeat(rows[portion] * width, lengths) + right.indices[places]
        keywords = np.repeat(np.arange(start, stop), lengths)
        yield keywords, keys, np.repeat(left.data[portion], lengths) * right.data[places]


def _terms(best: Entries, totals: Array, stored: PaperMatrix) -> csr_matrix:
    """Returns the scaled related terms: topics by lemmas.

    Args:
        best: the best papers of each topic.
        totals: the sum of the direct sums of these papers, by topic.
        stored: the stored papers.
    """
    topics, papers, direct = best
    shares = _round_entries(direct / totals[topics])
    lemmas: list[Array] = []
    weights: list[Array] = []
    for start in range(0, len(totals), _MEANS_AT_ONCE):
        stop = min(start + _MEANS_AT_ONCE, len(totals))
        part = slice(*np.searchsorted(topics, [start, stop]))
        # Most papers are among the best of some of these topics, so dense columns are faster than a
        # sparse product.
        columns = np.zeros((len(stored.order), stop - start))
        columns[papers[part], topics[part] - start] = shares[part]
        places, largest = largest_means(stored.by_lemma @ columns)
        # The weighted mean of x . v over the best papers. Dividing by it makes that mean 1.
        mean_similarity = (largest * largest).sum(axis=1, keepdims=True)
        found = np.divide(largest, mean_similarity, out=largest, where=mean_similarity > 0.0)
        lemmas.append(places.ravel())
        weights.append(_round_entries(found).ravel())
    count = min(TERMS, len(stored.lemmas))
    terms = csr_matrix(
        (np.concatenate(weights), np.concatenate(lemmas), np.arange(len(totals) + 1) * count),
        shape=(len(totals), len(stored.lemmas)),
    )
    terms.eliminate_zeros()
    return terms


def largest_means(means: Array) -> tuple[Array, Array]:
    """Returns the lemmas of the largest means, rounded, of each topic; of equal ones the first.

    Args:
        means: lemmas by topics.

    Returns:
        The lemmas, ascending, and their means: topics by lemmas. With fewer than `TERMS` lemmas that
        have a mean above 0, others are among them.
    """
    lemmas, topics = means.shape
    least = np.zeros(topics)
    if lemmas >= 2 * _GROUPS:
        # As many lemmas as wanted reach what as many of some groups of lemmas reach.
        size = lemmas // _GROUPS
        groups = means[: size * _GROUPS].reshape(size, _GROUPS, topics).max(axis=0)
        least = np.partition(groups.T, _GROUPS - TERMS, axis=1)[:, _GROUPS - TERMS]
    # A smaller mean may be rounded to the same.
    least = np.maximum(least - fixed_point.VECTOR_ENTRY_UNIT, 0.0)
    found = np.flatnonzero(means > least)
    order = np.argsort((found % topics).astype(np.uint8), kind="stable")
    found = found[order]
    owners = found % topics
    place = place_in_group(owners)
    width = max(min(TERMS, lemmas), int(place.max(initial=-1)) + 1)
    table, numbers = np.zeros((topics, width)), np.zeros((topics, width), dtype=np.int32)
    table[owners, place] = _round_entries(means.reshape(-1)[found])
    numbers[owners, place] = found // topics
    largest = largest_places(table, TERMS)
    return np.take_along_axis(numbers, largest, axis=1), np.take_along_axis(table, largest, axis=1)


def _round_contributions(values: Array) -> Array:
    """Applies `fixed_point.round_contribution` to an array."""
    rounded: Array = np.rint(values / fixed_point.CONTRIBUTION_UNIT)
    return np.maximum(values > 0.0, rounded) * fixed_point.CONTRIBUTION_UNIT


def _round_entries(values: Array) -> Array:
    """Applies `fixed_point.round_vector_entry` to an array."""
    return np.rint(values / fixed_point.VECTOR_ENTRY_UNIT) * fixed_point.VECTOR_ENTRY_UNIT
