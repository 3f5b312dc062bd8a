"""Finds the papers whose score reaches the `min_match` of each of many profiles, and ranks them.

The results equal those of `digest.core.ranking.scoring`, bit for bit. Which papers can match is found
by screening (`digest.core.batch_ranking.screening`); the sums of those that are returned, and of
those near a limit, are computed exactly.
"""

from collections.abc import Iterator

import numpy as np
from msgspec import Struct
from scipy.sparse import csr_matrix

from digest.core.background.largest_values import nth_largest
from digest.core.batch_ranking.matched_papers import MatchedPapers, scores_of
from digest.core.batch_ranking.papers.paper_matrix import PaperMatrix
from digest.core.batch_ranking.screening import (
    MARGIN,
    MOST_KEYWORDS,
    best_of_topics,
    screened_sums,
)
from digest.core.batch_ranking.sparse_products import Array, place_in_group
from digest.core.batch_ranking.topics.dense_topical import TopicalMatrix
from digest.core.batch_ranking.topics.exact_sums import topical_pairs
from digest.core.batch_ranking.topics.profile_matrix import ProfileMatrix
from digest.core.batch_ranking.topics.raised_rows import RaisedRows
from digest.core.batch_ranking.topics.sparse_related_terms import (
    RelatedTermsMatrix,
    related_contributions,
)
from digest.core.ranking import fixed_point
from digest.core.ranking.scoring import STEEPNESS
from digest.core.ranking.topical_topic import MIN_AMOUNT

TOPICS_AT_ONCE = 512
"""Fewer take longer: a call of numpy or scipy costs some microseconds, however small its arrays are."""

PAIRS_AT_ONCE = 520_000
"""Topics times papers: below four megabytes of float64. For larger arrays numpy asks for huge pages, and
the system takes long to clear those."""

RELATED_AT_ONCE = 64
"""Topics with related terms: a megabyte of float64 for 2,000 papers, which a processor keeps near."""

LEAST_LIMIT, LARGEST_LIMIT = 1.0, 99.9
"""Profiles whose `min_match` is outside are not screened: nearly all papers, or none, would be
uncertain."""


def can_be_screened(profiles: ProfileMatrix) -> Array:
    """Returns for each profile whether screening can find its matches."""
    limits = profiles.limits
    possible = (limits >= LEAST_LIMIT) & (limits <= LARGEST_LIMIT)
    sums = _least_sums(np.maximum(limits, 0.0))
    keywords = np.diff(profiles.text_starts) + np.diff(profiles.other_starts)
    owners = np.repeat(np.arange(len(profiles)), np.diff(profiles.topics))
    # Screening does not know that smaller topical amounts count as 0 if they reach the limit.
    unfit = MIN_AMOUNT * profiles.weights > (1.0 - MARGIN) * sums[owners]
    possible[owners[unfit | (keywords > MOST_KEYWORDS)]] = False
    return possible


def _least_sums(limits: Array) -> Array:
    """Returns the sums from which the score reaches limits."""
    sums: Array = (-np.log1p(-np.minimum(limits, LARGEST_LIMIT) / 100.0) / STEEPNESS) ** (2 / 3)
    return sums


class ScreenedEvidence(Struct, frozen=True, kw_only=True, eq=False):
    """What adds to the scores of profiles that can be screened."""

    profiles: ProfileMatrix
    papers: PaperMatrix
    topical: TopicalMatrix | None  # of the topics; None if no profile has any
    raised: RaisedRows | None  # of the papers; None without topical evidence
    terms: RelatedTermsMatrix | None  # of the topics; None if no topic has any


class Matcher:
    """Finds the matches of profiles that can be screened."""

    def __init__(self, evidence: ScreenedEvidence) -> None:
        self._evidence = evidence
        self._profiles, self._papers = evidence.profiles, evidence.papers
        self._width = len(self._papers.order)
        terms = evidence.terms
        self._vectors = self._papers.own_vectors(terms.matrix) if terms is not None else None

    def matched(self, numbers: Array, best: int | None) -> MatchedPapers:
        """Returns the matches of some profiles.

        Args:
            numbers: of the profiles.
            best: only so many of the best papers of each profile, and the best of each topic.
        """
        counts = np.zeros(len(self._profiles), dtype=np.int64)
        bits = np.zeros((len(self._profiles), -(-self._width // 8)), dtype=np.uint8)
        found: list[tuple[Array, ...]] = []
        by_place = self._papers.column_of(np.arange(self._width))
        topics = np.diff(self._profiles.topics)[numbers]
        for size in np.unique(topics).tolist():
            group = numbers[topics == size]
            if not size or not self._width:
                continue
            for block in self._blocks(group, size):
                packed = np.packbits(block.is_match.take(by_place, axis=1), axis=1)
                counts[block.numbers] = np.bitwise_count(packed).sum(axis=1, dtype=np.int64)
                bits[block.numbers] = packed
                found.append(block.best(best))
        columns = [np.concatenate(parts) for parts in zip(*found, strict=True)] if found else []
        profiles, papers, rows, totals = columns or (np.zeros(0, dtype=np.int64),) * 4
        order = np.argsort(profiles, kind="stable")
        profiles, rows = profiles[order], rows[order]
        return MatchedPapers(
            profiles=profiles,
            papers=self._papers.order[papers[order]],
            topics=rows - self._profiles.topics[profiles],
            totals=totals[order],
            counts=counts,
            is_match=bits,
        )

    def _blocks(self, numbers: Array, size: int) -> Iterator["_Block"]:
        """Yields some profiles at a time; each has the same number of topics."""
        profiles, papers = self._profiles, self._papers
        rows = (profiles.topics[numbers][:, None] + np.arange(size)).ravel()
        texts = profiles.text_rows(rows, papers.features)
        others = profiles.other_rows(rows, papers.features)
        shares = self._coefficients(rows)
        step = max(1, min(TOPICS_AT_ONCE, PAIRS_AT_ONCE // self._width) // size)
        for start in range(0, len(numbers), step):
            part = slice(start * size, (start + step) * size)
            direct = self._direct(rows[part], texts[part], others[part])
            if shares is not None and self._evidence.raised is not None:
                raised = shares[part] @ self._evidence.raised.rounded
            else:
                raised = np.zeros(direct.shape, dtype=np.float32)
            yield _Block(self._evidence, numbers[start : start + step], rows[part], raised, direct)

    def _direct(self, rows: Array, texts: csr_matrix, others: csr_matrix) -> Array:
        """Returns the direct evidence and what related terms add: topics by papers.

        Args:
            rows: the topics.
            texts: their text keywords.
            others: their other features.
        """
        papers, terms = self._papers, self._evidence.terms
        sums = papers.sums(texts)
        if terms is not None and self._vectors is not None:
            learned = np.flatnonzero(terms.strengths[rows])
            for start in range(0, len(learned), RELATED_AT_ONCE):
                part = learned[start : start + RELATED_AT_ONCE]
                own, direct = rows[part], sums[part]
                direct += related_contributions(terms, own, papers, direct, self._vectors[own])
                sums[part] = direct
        sums += papers.sums(others)
        return sums

    def _coefficients(self, rows: Array) -> csr_matrix | None:
        """Returns what x^(3/2) of each keyword is multiplied by in a^(3/2): topics by keywords."""
        topical = self._evidence.topical
        if topical is None:
            return None
        factors = (topical.factors[rows] * topical.weights[rows]) ** 1.5 / topical.levels[rows]
        shares = topical.positive[rows]
        repeated = np.repeat(factors, np.diff(shares.indptr))
        return csr_matrix(
            ((shares.data * repeated).astype(np.float32), shares.indices, shares.indptr),
            shape=shares.shape,
        )


class _Block:
    """Some profiles with the same number of topics; the sums of all papers are computed on creation.

    Attributes:
        numbers: of the profiles.
        is_match: profiles by papers.
    """

    def __init__(
        self,
        evidence: ScreenedEvidence,
        numbers: Array,
        rows: Array,
        raised: Array,
        direct: Array,
    ) -> None:
        self._evidence, self.numbers, self._rows = evidence, numbers, rows
        self._width, self._size = direct.shape[1], len(rows) // len(numbers)
        self._direct = direct
        profiles = evidence.profiles
        self._values, uncertain = screened_sums(raised, direct, profiles.weights[rows])
        self._set_exactly(uncertain // self._width, uncertain % self._width)
        self._best = best_of_topics(self._values, self._size)
        least = _least_sums(profiles.limits[numbers]).astype(np.float32)[:, None]
        self.is_match: Array = self._best >= least * np.float32(1.0 - MARGIN)
        near = np.flatnonzero(self.is_match ^ (self._best >= least * np.float32(1.0 + MARGIN)))
        if len(near):
            owners, papers = near // self._width, near % self._width
            totals, _ = self._exact(owners, papers)
            scores = scores_of(np.maximum(totals, 0.0))
            self.is_match[owners, papers] = scores >= profiles.limits[numbers[owners]]

    def best(self, best: int | None) -> tuple[Array, Array, Array, Array]:
        """Returns the best matches: profiles, columns of papers, rows of topics, totals."""
        chosen = self.is_match
        if best is not None and best < self._width:
            # Papers that do not match may be among them; if so, their sums are near the limit at most.
            least = nth_largest(self._best, best)
            chosen = self.is_match & (self._best >= (least * np.float32(1.0 - 3 * MARGIN))[:, None])
        found = np.flatnonzero(chosen)
        owners, papers = found // self._width, found % self._width
        totals, topics = self._exact(owners, papers)
        order = _best_first(owners, totals)
        if best is not None:
            order = order[place_in_group(owners[order]) < best]
        owners, papers, totals, topics = (part[order] for part in (owners, papers, totals, topics))
        others = self._best_of_missing_topics(owners, topics)
        if len(others[0]):
            # All of them come after the best matches of their profile.
            owners, papers, totals, topics = (
                np.concatenate(pair)
                for pair in zip((owners, papers, totals, topics), others, strict=True)
            )
            order = np.argsort(owners, kind="stable")
            owners, papers, totals, topics = (
                part[order] for part in (owners, papers, totals, topics)
            )
        return (
            self.numbers[owners],
            papers,
            self._rows[owners * self._size + topics],
            totals,
        )

    def _best_of_missing_topics(self, owners: Array, topics: Array) -> tuple[Array, ...]:
        """Returns the best match of each topic that has none among those found.

        Args:
            owners: the profile of each match that was found.
            topics: the topic of each.
        """
        missing = np.ones((len(self.numbers), self._size), dtype=np.bool_)
        missing[owners, topics] = False
        missing[~self.is_match.any(axis=1)] = False
        places = np.flatnonzero(missing)
        values = self._values[places]
        whose = places // self._size
        possible: Array = self.is_match[whose]
        possible &= values >= self._best[whose] * np.float32(1.0 - 3 * MARGIN)
        found = np.flatnonzero(possible)
        which, papers = found // self._width, found % self._width
        totals, best_topics = self._exact(whose[which], papers)
        own = best_topics == places[which] % self._size
        which, papers, totals = which[own], papers[own], totals[own]
        order = np.lexsort((papers, -totals, which))
        order = order[place_in_group(which[order]) == 0]
        order = order[np.lexsort((papers[order], -totals[order], whose[which[order]]))]
        which, papers, totals = which[order], papers[order], totals[order]
        return whose[which], papers, totals, places[which] % self._size

    def _exact(self, owners: Array, papers: Array) -> tuple[Array, Array]:
        """Returns the exact sums of papers in the best topics of profiles, and these topics.

        Args:
            owners: the places of profiles in this block.
            papers: the columns of papers.
        """
        sums = np.full((len(owners), self._size), -1.0)
        least = self._best[owners, papers] * np.float32(1.0 - 3 * MARGIN)
        for topic in range(self._size):
            rows = owners * self._size + topic
            near = np.flatnonzero(self._values[rows, papers] >= least)
            sums[near, topic] = self._sums(rows[near], papers[near])
        np.minimum(sums, fixed_point.MAX_TOTAL, out=sums)
        topics = sums.argmax(axis=1)  # of equal ones the first
        return sums[np.arange(len(owners)), topics], topics

    def _sums(self, rows: Array, papers: Array) -> Array:
        """Returns the exact sums of papers in topics."""
        sums: Array = self._direct[rows, papers]
        topical, raised = self._evidence.topical, self._evidence.raised
        if topical is not None and raised is not None:
            sums += topical_pairs(topical, raised, self._rows[rows], papers)
        return sums

    def _set_exactly(self, rows: Array, papers: Array) -> None:
        """Replaces rounded sums of papers in topics by the exact ones."""
        if len(rows):
            sums = self._sums(rows, papers)
            self._values[rows, papers] = np.clip(sums, 0.0, fixed_point.MAX_TOTAL)


def _best_first(owners: Array, totals: Array) -> Array:
    """Returns the order of matches in which the best of each profile come first.

    Args:
        owners: the profile of each match, ascending, below `TOPICS_AT_ONCE`.
        totals: the sums; of equal ones of a profile the first comes first.
    """
    # All sums are whole numbers of this unit, so the keys fit in 64 bits.
    unit = fixed_point.CONTRIBUTION_UNIT * fixed_point.WEIGHT_UNIT
    keys = owners * round(2 * fixed_point.MAX_TOTAL / unit)
    keys -= (totals / unit).astype(np.int64)
    order: Array = np.argsort(keys, kind="stable")
    return order
