"""Ranks many profiles at once, by a sparse product of the profile matrix and the paper matrix.

The scores, and the order of equal ones, are those of `digest.core.ranking.scoring`, bit for bit:
all amounts are fixed-point numbers, so the sum of a product does not depend on the order of the
additions. Each topic is a row. The papers of a profile are those of its topics, each in its best
topic. For topics with topical evidence, related terms or boosts, the amounts of all papers are computed;
for other topics, the product keeps only the best papers.
"""

from collections.abc import Iterator, Mapping

import numpy as np
from msgspec import Struct

from digest.core.batch_ranking.papers.paper_matrix import PaperMatrix
from digest.core.batch_ranking.sparse_products import (
    Array,
    Entries,
    best_columns,
    first_of_each_row,
    place_in_group,
)
from digest.core.batch_ranking.topics.dense_topical import TopicalMatrix
from digest.core.batch_ranking.topics.profile_matrix import REMOVED, ProfileMatrix
from digest.core.batch_ranking.topics.sparse_related_terms import (
    RelatedTermsMatrix,
    related_contributions,
)
from digest.core.ranking import fixed_point

CHUNK = 10_000
"""Number of topics in one product, which takes some megabytes."""

DENSE_CHUNK = 500
"""Number of topics in one product that keeps every paper."""


class TopPapers(Struct, frozen=True, kw_only=True, eq=False):
    """The best papers of some profiles: arrays of equal length, in the order of the profiles."""

    profiles: Array
    papers: Array  # the number of each paper in the index
    topics: Array  # the row of each topic in the `ProfileMatrix`
    totals: Array  # the sums; `digest.core.ranking.scoring.to_scale` turns them into scores


class ExampleAmounts(Struct, frozen=True, kw_only=True, eq=False):
    """What example papers add to the papers of an index, in the order of the index."""

    liked: Mapping[int, Array]  # by topic
    feedback: Mapping[int, Array]  # by profile


class AvoidedMatrix(Struct, frozen=True, kw_only=True, eq=False):
    """What is subtracted from the sums of a `ProfileMatrix`, topic by topic."""

    profiles: ProfileMatrix  # from `compile_avoided`
    topical: TopicalMatrix | None  # with the keywords of the topical evidence that adds


def top_papers(
    profiles: ProfileMatrix,
    papers: PaperMatrix,
    *,
    top: int,
    topical: TopicalMatrix | None = None,
    semantic: TopicalMatrix | None = None,
    avoided: AvoidedMatrix | None = None,
    examples: ExampleAmounts | None = None,
    terms: RelatedTermsMatrix | None = None,
    wanted: Array | None = None,
) -> Iterator[TopPapers]:
    """Yields the best papers of every profile, a chunk of profiles at a time.

    Args:
        profiles: the profiles.
        papers: the papers, with all features of these profiles.
        top: the largest number of papers for a profile.
        topical: the topical evidence of the topics; None turns it off.
        semantic: the semantic evidence of the topics; None: there is none.
        avoided: what the topics avoid; None if no topic avoids anything.
        examples: what reading lists and feedback add; None if no profile has any.
        terms: the related terms of the topics; None turns related terms off.
        wanted: for each profile whether it is ranked; None: all are.
    """
    vectors, semantic_share = papers.semantic_vectors
    raised = topical.keywords.raised(papers.topical_vectors) if topical else np.zeros((0, 0))
    semantic_raised = semantic.keywords.raised(vectors) if semantic else np.zeros((0, 0))
    topical_share = 1.0 - semantic_share if semantic else 1.0
    is_dense = topical is not None or terms is not None
    if wanted is None:
        wanted = np.ones(len(profiles), dtype=np.bool_)
    for chunk in _chunks(profiles, wanted, dense=is_dense, avoided=avoided, examples=examples):
        if chunk.dense:
            totals = _direct_totals(profiles, chunk, papers, terms)
            if topical is not None:
                totals += topical.amounts(chunk.rows, raised, topical_share)
            if semantic is not None:
                totals += semantic.amounts(chunk.rows, semantic_raised, semantic_share)
            if examples:
                _add_liked(totals, examples, chunk, papers)
            if avoided:
                _subtract_avoided(totals, avoided, chunk, papers, raised)
            _add_others(totals, profiles, chunk, papers)
            if examples:
                _add_feedback(totals, examples, profiles, chunk, papers)
            entries = _largest(_limit_totals(totals), top)
        else:
            features = profiles.all_rows(chunk.rows, papers.features)
            entries = best_columns(features, papers.matrix, top, _limit_totals)
        yield _merge_topics(profiles, chunk, papers, top, entries)


class _Chunk(Struct, frozen=True, kw_only=True):
    """Consecutive profiles whose scores are computed in the same way, and their topics."""

    profiles: slice
    rows: slice
    dense: bool


def _chunks(
    profiles: ProfileMatrix,
    wanted: Array,
    *,
    dense: bool,
    avoided: AvoidedMatrix | None,
    examples: ExampleAmounts | None,
) -> Iterator[_Chunk]:
    starts = profiles.topics
    needs_all = np.zeros(len(profiles), dtype=np.bool_)
    if dense:
        # The profiles with at least one topic to which words beside its keywords add.
        counts = np.concatenate([[0], np.cumsum(profiles.related)])
        needs_all = counts[starts[1:]] > counts[starts[:-1]]
    if avoided:
        keywords = avoided.profiles.text_starts[starts]
        needs_all |= keywords[1:] > keywords[:-1]
    needs_all[list(profiles.boosts)] = True
    if examples:
        owners = np.searchsorted(starts, sorted(examples.liked), side="right") - 1
        needs_all[owners] = True
        needs_all[list(examples.feedback)] = True
    begin = 0
    while begin < len(profiles):
        is_dense = bool(needs_all[begin])
        limit = starts[begin] + (DENSE_CHUNK if is_dense else CHUNK)
        end = max(begin + 1, int(np.searchsorted(starts, limit, side="right")) - 1)
        same = (needs_all[begin:end] == is_dense) & (wanted[begin:end] == wanted[begin])
        changes = np.flatnonzero(~same)
        end = begin + int(changes[0]) if len(changes) else end
        rows = slice(int(starts[begin]), int(starts[end]))
        if wanted[begin]:
            yield _Chunk(profiles=slice(begin, end), rows=rows, dense=is_dense)
        begin = end


def _direct_totals(
    profiles: ProfileMatrix, chunk: _Chunk, papers: PaperMatrix, terms: RelatedTermsMatrix | None
) -> Array:
    """Returns what text keywords and related terms add to all papers: topics by papers."""
    totals = papers.sums(profiles.text_rows(chunk.rows, papers.features))
    if terms is not None:
        rows = np.arange(chunk.rows.start, chunk.rows.stop)
        vectors = papers.own_vectors(terms.matrix[rows])
        totals += related_contributions(terms, rows, papers, totals, vectors)
    return totals


def _add_liked(totals: Array, examples: ExampleAmounts, chunk: _Chunk, papers: PaperMatrix) -> None:
    for topic in range(chunk.rows.start, chunk.rows.stop):
        if (liked := examples.liked.get(topic)) is not None:
            totals[topic - chunk.rows.start] += liked[papers.order]


def _subtract_avoided(
    totals: Array, avoided: AvoidedMatrix, chunk: _Chunk, papers: PaperMatrix, raised: Array
) -> None:
    starts = avoided.profiles.text_starts
    if starts[chunk.rows.start] < starts[chunk.rows.stop]:
        totals -= _direct_totals(avoided.profiles, chunk, papers, None)
        totals -= papers.sums(avoided.profiles.other_rows(chunk.rows, papers.features))
        if avoided.topical is not None:
            totals -= avoided.topical.amounts(chunk.rows, raised)


def _add_others(totals: Array, profiles: ProfileMatrix, chunk: _Chunk, papers: PaperMatrix) -> None:
    """Adds other forms, authors, categories, exclusions and boosts."""
    rows = chunk.rows
    totals += papers.sums(profiles.other_rows(rows, papers.features))
    for number in range(chunk.profiles.start, chunk.profiles.stop):
        if boosts := profiles.boosts.get(number):
            ordered = (papers.index.papers[place].candidate.paper for place in papers.order)
            lifts = np.array(
                [sum(amount for _, _, amount in boosts.contributions(paper)) for paper in ordered]
            )
            for topic in range(int(profiles.topics[number]), int(profiles.topics[number + 1])):
                row = totals[topic - rows.start]
                # Boosts count only for papers that match the topic.
                row += np.where(row > 0.0, profiles.weights[topic] * lifts, 0.0)


def _add_feedback(
    totals: Array,
    examples: ExampleAmounts,
    profiles: ProfileMatrix,
    chunk: _Chunk,
    papers: PaperMatrix,
) -> None:
    for number in range(chunk.profiles.start, chunk.profiles.stop):
        if (amounts := examples.feedback.get(number)) is not None:
            topics = slice(
                int(profiles.topics[number]) - chunk.rows.start,
                int(profiles.topics[number + 1]) - chunk.rows.start,
            )
            sums = totals[topics]
            # Feedback also finds papers that match nothing, but none that the topic excludes.
            changed = np.maximum(0.0, sums) + amounts[papers.order]
            totals[topics] = np.where(sums < REMOVED / 2, 0.0, changed)


def _largest(totals: Array, top: int) -> Entries:
    """Returns the largest positive entries of each row; of equal ones the first column wins."""
    if totals.shape[1] > top:
        threshold = np.partition(totals, totals.shape[1] - top, axis=1)[:, -top]
        totals = np.where(totals < threshold[:, None], 0.0, totals)
    rows, columns = np.nonzero(totals > 0.0)
    amounts = totals[rows, columns]
    order = np.lexsort((columns, -amounts, rows))
    return first_of_each_row(rows[order], columns[order], amounts[order], top)


def _merge_topics(
    profiles: ProfileMatrix, chunk: _Chunk, papers: PaperMatrix, top: int, entries: Entries
) -> TopPapers:
    """Joins the topics of each profile: a paper stays in its best topic, the first of equals."""
    topics, columns, totals = entries
    topics = topics + chunk.rows.start
    if chunk.rows.stop - chunk.rows.start == chunk.profiles.stop - chunk.profiles.start:
        # Each profile has one topic, so there is nothing to join.
        owners = topics + (chunk.profiles.start - chunk.rows.start)
    else:
        owners = np.searchsorted(profiles.topics, topics, side="right") - 1
        order = np.lexsort((topics, -totals, columns, owners))
        topics, columns, totals = topics[order], columns[order], totals[order]
        owners = owners[order]
        is_best_topic = np.ones(len(owners), dtype=np.bool_)
        is_best_topic[1:] = (owners[1:] != owners[:-1]) | (columns[1:] != columns[:-1])
        topics, columns, totals = (values[is_best_topic] for values in (topics, columns, totals))
        owners = owners[is_best_topic]
        order = np.lexsort((columns, -totals, owners))
        owners, topics, columns, totals = (
            values[order] for values in (owners, topics, columns, totals)
        )
        kept = place_in_group(owners) < top
        owners, topics, columns, totals = (
            values[kept] for values in (owners, topics, columns, totals)
        )
    return TopPapers(profiles=owners, papers=papers.order[columns], topics=topics, totals=totals)


def _limit_totals(totals: Array) -> Array:
    return np.minimum(totals, fixed_point.MAX_TOTAL)
