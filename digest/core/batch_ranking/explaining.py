"""Explains the scores of many papers for many profiles, as `digest.core.ranking.scoring.rank` does.

What a keyword has to do with a paper is found once for all profiles: in which field it is, its
other forms, and the words for which the paper is near to it.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from msgspec import Struct

from digest.core.batch_ranking.found_keywords import FIELD_NUMBERS, FIELDS, FoundKeywords
from digest.core.batch_ranking.grouped_values import different, order_of_matches, sums_of_groups
from digest.core.batch_ranking.matched_papers import scores_of
from digest.core.batch_ranking.papers.text_arrays import ranges
from digest.core.batch_ranking.prepared_papers import PreparedPapers
from digest.core.batch_ranking.sparse_products import Array
from digest.core.batch_ranking.topics.dense_topical import TopicalMatrix
from digest.core.batch_ranking.topics.exact_sums import topical_pairs
from digest.core.batch_ranking.topics.profile_matrix import ProfileMatrix
from digest.core.batch_ranking.topics.sparse_related_terms import RelatedTermsMatrix, related_pairs
from digest.core.editions.reasons import RawMatch
from digest.core.models.profiles import Keyword, Profile, is_text
from digest.core.ranking import fixed_point
from digest.core.ranking.explanation import MIN_SHARE, RELATED, without_repetitions
from digest.core.ranking.related_terms import shares
from digest.core.ranking.scoring import distinct


class ExplainedTopics(Struct, frozen=True, kw_only=True, eq=False):
    """What the scores of some profiles are made of."""

    profiles: Sequence[Profile]
    matrix: ProfileMatrix
    topical: TopicalMatrix | None
    terms: RelatedTermsMatrix | None


class ExplainedPairs:
    """The keyword matches of papers in their best topics.

    The arrays have an element for each match: pair by pair, and for each pair the largest
    contribution first.

    Attributes:
        owners: the number of the pair.
        terms: the number of the keyword among `PreparedPapers.terms`.
        fields: where the keyword is, as its place in `FIELDS`.
        points: the contribution.
        keys: equal numbers belong to matches that differ in nothing but their points.

    Args:
        topics: the profiles. These topics have text keywords only, and nothing else adds to them
            than direct and topical evidence and related terms.
        prepared: the papers.
        profiles: the number of each profile.
        rows: the row of each topic in the matrix.
        papers: the place of each paper in the index.
        least: matches with a smaller contribution are left out.
    """

    def __init__(
        self,
        topics: ExplainedTopics,
        prepared: PreparedPapers,
        *,
        profiles: Array,
        rows: Array,
        papers: Array,
        least: float,
    ) -> None:
        self._prepared = prepared
        self._pairs = pairs = _Pairs(topics, prepared, profiles, rows, papers)
        self._count = len(rows)
        amounts = np.stack([pairs.direct, pairs.related(topics, rows, prepared)], axis=1)
        parts = np.flatnonzero(amounts)  # slot x 2, and 1 for what the keyword is close to
        values = amounts.reshape(-1)[parts]
        owners = pairs.owners[parts >> 1]
        sums = sums_of_groups(values, owners, len(rows))
        points = scores_of(pairs.totals)[owners] * (values / sums[owners])
        kept = points >= least
        parts, owners, points = parts[kept], owners[kept], points[kept]
        fields = np.where(parts & 1, FIELD_NUMBERS[RELATED], pairs.found.fields[parts >> 1])
        terms = pairs.terms[parts >> 1]
        order = order_of_matches(owners, points, _ranks(terms, prepared), fields)
        self._parts, self.fields = parts[order], fields[order]
        self.owners, self.terms, self.points = owners[order], terms[order], points[order]
        places = self.terms * np.int64(len(prepared.index.papers)) + papers[self.owners]
        self.keys = places * 16 + self.fields * 4 + pairs.sources(self._parts)

    def keywords(self, terms: Array) -> list[Keyword]:
        """Returns keywords by their numbers."""
        return list(map(self._prepared.terms.__getitem__, terms.tolist()))

    def words(self, places: Array) -> list[tuple[str, ...]]:
        """Returns the words of the paper to name with each of some matches.

        Args:
            places: of the matches.
        """
        return self._pairs.words_of(self._parts[places], self._prepared)

    def raw_matches(self) -> Iterator[list[RawMatch]]:
        """Yields the matches of each pair."""
        matches: list[RawMatch] = [
            (keyword.text, FIELDS[field], points, words)
            for keyword, field, points, words in zip(
                self.keywords(self.terms),
                self.fields.tolist(),
                self.points.tolist(),
                self.words(np.arange(len(self.owners))),
                strict=True,
            )
        ]
        ends = np.cumsum(np.bincount(self.owners, minlength=self._count)).tolist()
        for begin, end in pairwise((0, *ends)):
            yield matches[begin:end]


def _ranks(terms: Array, prepared: PreparedPapers) -> Array:
    """Returns for each of some keywords the place of its text in the order of the alphabet."""
    used = different(terms)
    ranks = np.zeros(int(used.max(initial=-1)) + 1, dtype=np.int64)
    ranks[used] = prepared.terms.ranks(used)
    found: Array = ranks[terms]
    return found


class _Pairs:
    """What adds to pairs of a topic and a paper.

    The text keywords of the topics follow each other, in slots.

    Attributes:
        owners: for each slot the number of its pair.
        terms: the number of the keyword among `PreparedPapers.terms`.
        direct: what the keyword adds.
        totals: the sum of each pair.
        found: where the keywords are.
    """

    def __init__(
        self,
        topics: ExplainedTopics,
        prepared: PreparedPapers,
        profiles: Array,
        rows: Array,
        papers: Array,
    ) -> None:
        matrix, count = topics.matrix, len(rows)
        self._papers = papers
        starts = matrix.text_starts[rows]
        sizes = matrix.text_starts[rows + 1] - starts
        ends = np.cumsum(sizes)
        slots = ranges(starts, sizes)
        self.owners = owners = np.repeat(np.arange(count), sizes)
        self._features = features = matrix.text_features[slots]
        self.terms = _numbered_terms(topics, prepared, profiles, rows)[slots]
        columns = prepared.papers.column_of(papers)
        self.found = FoundKeywords(prepared, features, papers[owners])
        self.direct = matrix.text_weights[slots] * self.found.direct
        self._forms = matrix.forms_weights[slots] * self.found.forms * matrix.related[rows][owners]
        sums = np.bincount(owners, self.direct, minlength=count)
        totals: Array = sums + np.bincount(owners, self._forms, minlength=count)
        self._terms: Array = np.zeros(count)
        self._near: Array = np.zeros(len(slots))
        if topics.terms is not None:
            self._terms = related_pairs(topics.terms, rows, columns, prepared.papers, sums)
            totals = totals + self._terms
        if topics.topical is not None:
            topical = topical_pairs(topics.topical, prepared.raised, rows, columns)
            totals = totals + topical
            keywords = prepared.keywords.places[features]
            raised = prepared.raised.exact(keywords, columns[owners])
            shares = _named_shares(_g_shares(topics.topical, rows, owners, raised), owners, count)
            self._near = topical[owners] * shares
        self.totals = np.minimum(totals, fixed_point.MAX_TOTAL)
        self._begins, self._sizes = ends - sizes, sizes

    def related(self, topics: ExplainedTopics, rows: Array, prepared: PreparedPapers) -> Array:
        """Returns what makes a paper close to each keyword: other forms, and what else is divided.

        Args:
            topics: the profiles.
            rows: of the topics.
            prepared: the papers.
        """
        amounts: Array = self._forms.copy()
        pairs = np.flatnonzero(self._terms)
        if topics.terms is not None and len(pairs):
            used, firsts, same = np.unique(rows[pairs], return_index=True, return_inverse=True)
            begins, sizes = self._begins[pairs], self._sizes[pairs]
            known = _related_shares(
                topics, used, self.terms[ranges(begins[firsts], sizes[firsts])], prepared
            )
            starts = np.cumsum(sizes[firsts]) - sizes[firsts]  # of each topic in `known`
            divided = np.repeat(self._terms[pairs], sizes) * known[ranges(starts[same], sizes)]
            amounts[ranges(begins, sizes)] += divided
        amounts += self._near  # last, as where a paper is explained alone
        return amounts

    def sources(self, parts: Array) -> Array:
        """Returns from where the words of keywords come: 1 for what is near, and 2 for other forms.

        Args:
            parts: twice the slot, and 1 more for what the keyword is close to.
        """
        slots = parts >> 1
        found: Array = (self._near[slots] > 0.0) + 2 * (self._forms[slots] != 0.0)
        return np.where(parts & 1, found, 0)

    def words_of(self, parts: Array, prepared: PreparedPapers) -> list[tuple[str, ...]]:
        """Returns the words of the paper to name with each of some keywords.

        Args:
            parts: twice the slot, and 1 more for what the keyword is close to.
            prepared: the papers.
        """
        slots, sources = parts >> 1, self.sources(parts)
        near: list[tuple[str, ...]] = [()] * len(parts)
        is_near = np.flatnonzero(sources & 1)
        if len(is_near):
            own = slots[is_near]
            keywords = prepared.keywords.places[self._features[own]]
            vectors = prepared.keywords.keywords.vectors
            found = prepared.paper_words.find(keywords, self._papers[self.owners[own]], vectors)
            for place, words in zip(is_near.tolist(), found, strict=True):
                near[place] = words
        for place in np.flatnonzero(sources & 2).tolist():
            form = self.found.form(int(slots[place]))
            both = form and near[place]
            near[place] = (
                without_repetitions((*form, *near[place])) if both else form or near[place]
            )
        # Most keywords are in the paper as they are written, and no other words are named.
        is_other_name = ((parts & 1) == 0) & self.found.has_abbreviation[slots]
        for place in np.flatnonzero(is_other_name).tolist():
            near[place] = self.found.abbreviation(int(slots[place]))
        return near


def _numbered_terms(
    topics: ExplainedTopics, prepared: PreparedPapers, profiles: Array, rows: Array
) -> Array:
    """Returns the numbers of the text keywords of the matrix; -1 for those of other topics.

    Args:
        topics: the profiles.
        prepared: numbers the keywords.
        profiles: the profile of each of some topics.
        rows: these topics.
    """
    matrix = topics.matrix
    found = np.full(len(matrix.text_features), -1, dtype=np.int64)
    rows, firsts = np.unique(rows, return_index=True)
    profiles = profiles[firsts]
    begins = matrix.text_starts[rows]
    sizes = matrix.text_starts[rows + 1] - begins
    places = (rows - matrix.topics[profiles]).tolist()
    texts: list[Keyword] = []
    for profile, place, size in zip(profiles.tolist(), places, sizes.tolist(), strict=True):
        keywords = topics.profiles[profile].topics[place].keywords
        # As many as the matrix has of the topic: none is repeated, and all are texts.
        texts += keywords if len(keywords) == size else filter(is_text, distinct(keywords))
    slots = ranges(begins, sizes)
    found[slots] = prepared.terms.numbers(texts, matrix.text_features[slots].tolist())
    return found


def _related_shares(
    topics: ExplainedTopics, rows: Array, terms: Array, prepared: PreparedPapers
) -> Array:
    """Returns the share of each keyword in what related terms add.

    Args:
        topics: the profiles, with related terms.
        rows: some of their topics.
        terms: the numbers of the text keywords of these, one topic after the other.
        prepared: numbers the keywords.
    """
    assert topics.terms is not None  # noqa: S101 - for the type checker
    begins, ends = topics.matrix.text_starts[rows], topics.matrix.text_starts[rows + 1]
    sums = topics.terms.keyword_sums[ranges(begins, ends - begins)].tolist()
    texts = [prepared.terms[term].text for term in terms.tolist()]
    found: list[float] = []
    for begin, end in pairwise((0, *np.cumsum(ends - begins).tolist())):
        own = dict(shares(zip(sums[begin:end], texts[begin:end], strict=True)))
        found += [own.get(text, 0.0) for text in texts[begin:end]]
    return np.array(found)


def _named_shares(shares: Array, owners: Array, count: int) -> Array:
    """Returns what `named_shares` gives for each pair; 0 for keywords that are not named.

    Args:
        shares: of the keywords of each pair.
        owners: the pair of each keyword.
        count: the number of pairs.
    """
    largest = np.zeros(count)
    np.maximum.at(largest, owners, shares)
    least = np.minimum(MIN_SHARE, largest)
    named = np.where((shares > 0.0) & (shares >= least[owners]), shares, 0.0)
    totals = np.bincount(owners, named, minlength=count)[owners]
    return np.divide(named, totals, out=np.zeros_like(named), where=totals > 0.0)


def _g_shares(topical: TopicalMatrix, rows: Array, owners: Array, raised: Array) -> Array:
    """Returns the share of each keyword in the topical evidence; 0 where there is none.

    Args:
        topical: of all topics.
        rows: the topic of each pair of a topic and a paper.
        owners: for each keyword of each pair, the number of the pair.
        raised: x^(3/2) of each keyword of each pair.
    """
    used = topical.factors[rows][owners] > 0.0
    weights = np.zeros(len(owners))
    begins = topical.shares.indptr[rows]
    counts = topical.shares.indptr[rows + 1] - begins
    ends = np.cumsum(counts)
    total = int(ends[-1]) if len(ends) else 0
    weights[used] = topical.shares.data[
        np.arange(total) + np.repeat(begins - ends + counts, counts)
    ]
    g = weights * raised
    sums = np.bincount(owners, g, minlength=len(rows))[owners]
    return np.divide(g, sums, out=np.zeros_like(g), where=sums > 0.0)
