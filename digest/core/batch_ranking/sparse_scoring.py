"""Many profiles at once: one sparse product of what they want with what the papers hold.

The scores, and the order of equal ones, are those of `digest.core.rank`, bit for bit: all
amounts are whole grains, so a product sums to the same however it is worked out. A topic is
a row; a profile's papers are those of its topics, each in its best one. Topics with related
terms or boosts are worked out densely, the others by a product that keeps the best alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from digest.core.batch_ranking.paper_matrix import PaperMatrix
from digest.core.batch_ranking.profile_matrix import ProfileMatrix
from digest.core.batch_ranking.sparse_products import (
    Array,
    Entries,
    best_columns,
    first,
    place_in_group,
)
from digest.core.batch_ranking.sparse_related_terms import RelatedTermsMatrix, related_contributions
from digest.core.ranking import fixed_point

CHUNK = 10_000
"""Topics in one product: some megabytes."""

DENSE_CHUNK = 500
"""Topics in one product that keeps every paper."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TopPapers:
    """The best papers of some profiles: equally long arrays, in the order of the profiles."""

    profiles: Array
    papers: Array  # by their number in the index
    topics: Array  # by their number in `Wants`
    totals: Array  # the sums; `digest.core.rank.score` puts them on the scale


def top_papers(
    wants: ProfileMatrix, held: PaperMatrix, *, top: int, terms: RelatedTermsMatrix | None = None
) -> Iterator[TopPapers]:
    """The best papers of every profile, a chunk of profiles at a time.

    Args:
        wants: the profiles.
        held: what the papers hold, of all that these profiles look for.
        top: at most so many papers for a profile.
        terms: the related terms of the topics, where they count.
    """
    for chunk in _chunks(wants, with_terms=terms is not None):
        if chunk.dense:
            totals = _totals(wants, chunk, held, terms)
            found = _largest(totals, top)
        else:
            found = best_columns(wants.all(chunk.rows, held.features), held.matrix, top, _clipped)
        yield _merged(wants, chunk, held, top, found)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chunk:
    """Profiles next to each other that are worked out in one way, and their topics."""

    profiles: slice
    rows: slice
    dense: bool


def _chunks(wants: ProfileMatrix, *, with_terms: bool) -> Iterator[_Chunk]:
    starts = wants.topics
    dense = np.zeros(len(wants), dtype=np.bool_)
    if with_terms:
        counts = np.concatenate([[0], np.cumsum(wants.related)])
        dense = counts[starts[1:]] > counts[starts[:-1]]
    dense[list(wants.boosts)] = True
    begin = 0
    while begin < len(wants):
        kind = bool(dense[begin])
        limit = starts[begin] + (DENSE_CHUNK if kind else CHUNK)
        end = max(begin + 1, int(np.searchsorted(starts, limit, side="right")) - 1)
        changes = np.flatnonzero(dense[begin:end] != kind)
        end = begin + int(changes[0]) if len(changes) else end
        rows = slice(int(starts[begin]), int(starts[end]))
        yield _Chunk(profiles=slice(begin, end), rows=rows, dense=kind)
        begin = end


def _totals(
    wants: ProfileMatrix, chunk: _Chunk, held: PaperMatrix, terms: RelatedTermsMatrix | None
) -> Array:
    """The sums of all papers in topics with related terms or boosts: topics by papers."""
    rows = chunk.rows
    totals: Array = (wants.texts(rows, held.features) @ held.matrix).toarray()
    if terms is not None:
        totals += related_contributions(terms, rows, held, alone=totals == 0.0)
    totals += (wants.others(rows, held.features) @ held.matrix).toarray()
    for number in range(chunk.profiles.start, chunk.profiles.stop):
        if boosts := wants.boosts.get(number):
            papers = (held.index.papers[place].candidate.paper for place in held.order)
            lifts = np.array([sum(lift for _, _, lift in boosts.of(paper)) for paper in papers])
            for topic in range(int(wants.topics[number]), int(wants.topics[number + 1])):
                row = totals[topic - rows.start]
                row += np.where(row > 0.0, wants.weights[topic] * lifts, 0.0)
    return _clipped(totals)


def _largest(totals: Array, top: int) -> Entries:
    """The entries above 0 of a matrix, in each row the largest, of equal ones the first."""
    if totals.shape[1] > top:
        least = np.partition(totals, totals.shape[1] - top, axis=1)[:, -top]
        totals = np.where(totals < least[:, None], 0.0, totals)
    rows, columns = np.nonzero(totals > 0.0)
    amounts = totals[rows, columns]
    order = np.lexsort((columns, -amounts, rows))
    return first(rows[order], columns[order], amounts[order], top)


def _merged(
    wants: ProfileMatrix, chunk: _Chunk, held: PaperMatrix, top: int, found: Entries
) -> TopPapers:
    """Topics joined to profiles: each paper in its best topic, the first of equals."""
    topics, columns, totals = found
    topics = topics + chunk.rows.start
    if chunk.rows.stop - chunk.rows.start == chunk.profiles.stop - chunk.profiles.start:
        owners = topics + (chunk.profiles.start - chunk.rows.start)
    else:
        owners = np.searchsorted(wants.topics, topics, side="right") - 1
        order = np.lexsort((topics, -totals, columns, owners))
        topics, columns, totals = topics[order], columns[order], totals[order]
        owners = owners[order]
        first = np.ones(len(owners), dtype=np.bool_)
        first[1:] = (owners[1:] != owners[:-1]) | (columns[1:] != columns[:-1])
        topics, columns, totals = topics[first], columns[first], totals[first]
        owners = owners[first]
        order = np.lexsort((columns, -totals, owners))
        owners, topics, columns, totals = (one[order] for one in (owners, topics, columns, totals))
        kept = place_in_group(owners) < top
        owners, topics, columns, totals = (one[kept] for one in (owners, topics, columns, totals))
    return TopPapers(profiles=owners, papers=held.order[columns], topics=topics, totals=totals)


def _clipped(totals: Array) -> Array:
    return np.minimum(totals, fixed_point.MAX_TOTAL)
