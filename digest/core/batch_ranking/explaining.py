"""Explains the scores of many papers for many profiles, as `digest.core.ranking.scoring.rank` does.

What a keyword has to do with a paper is found once for all profiles: in which field it stands, its
other forms, and the words for which the paper is near to it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import fsum

import numpy as np

from digest.core.batch_ranking.papers.direct_evidence import KeywordPapers
from digest.core.batch_ranking.papers.paper_words import PaperWords
from digest.core.batch_ranking.prepared_papers import PreparedPapers
from digest.core.batch_ranking.sparse_products import Array
from digest.core.batch_ranking.topics.dense_topical import TopicalMatrix
from digest.core.batch_ranking.topics.exact_sums import topical_pairs
from digest.core.batch_ranking.topics.profile_matrix import ProfileMatrix
from digest.core.batch_ranking.topics.sparse_related_terms import RelatedTermsMatrix, related_pairs
from digest.core.editions.reasons import RawMatch
from digest.core.keywords.occurrences import NEAR
from digest.core.models.profiles import Keyword, Profile, is_text
from digest.core.ranking import fixed_point
from digest.core.ranking.explanation import MIN_SHARE, RELATED, without_repetitions
from digest.core.ranking.scoring import distinct, to_scale

_FIELDS = ("abstract", NEAR, RELATED, "title")  # in the order of the alphabet
_FIELD_NUMBERS = {name: number for number, name in enumerate(_FIELDS)}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ExplainedTopics:
    """What the scores of some profiles are made of."""

    profiles: Sequence[Profile]
    matrix: ProfileMatrix
    topical: TopicalMatrix | None
    terms: RelatedTermsMatrix | None


def explain_pairs(
    topics: ExplainedTopics,
    prepared: PreparedPapers,
    words: PaperWords,
    *,
    profiles: Array,
    rows: Array,
    papers: Array,
    least: float,
) -> Iterator[list[RawMatch]]:
    """Yields the keyword matches of papers in their best topics, the largest contribution first.

    Args:
        topics: the profiles. These topics have text keywords only, and nothing else adds to them
            than direct and topical evidence and related terms.
        prepared: the papers.
        words: of the papers.
        profiles: the number of each profile.
        rows: the row of each topic in the matrix.
        papers: the place of each paper in the index.
        least: matches with a smaller contribution are left out.
    """
    pairs = _Pairs(topics, prepared, rows, papers)
    names = _texts_of(topics, profiles, rows)
    amounts = np.stack([pairs.direct, pairs.related(topics, rows, names)], axis=1)
    parts = np.flatnonzero(amounts)  # slot x 2, and 1 for what the keyword is close to
    values = amounts.reshape(-1)[parts]
    owners = pairs.owners[parts >> 1]
    # `math.fsum`, as where a paper is explained alone: the exact sum, rounded once.
    listed, ends = values.tolist(), np.cumsum(np.bincount(owners, minlength=len(rows))).tolist()
    sums = [fsum(listed[begin:end]) for begin, end in pairwise((0, *ends))]
    scores = np.array([to_scale(total) for total in pairs.totals.tolist()])
    points = scores[owners] * (values / np.array(sums)[owners])
    kept = points >= least
    parts, owners, points = parts[kept], owners[kept], points[kept]
    fields = np.where(parts & 1, _FIELD_NUMBERS[RELATED], pairs.found.fields[parts >> 1])
    written = [names[slot] for slot in (parts >> 1).tolist()]
    ranks = {name: rank for rank, name in enumerate(sorted(set(written)))}
    by_name = np.array([ranks[name] for name in written], dtype=np.int64)
    order = np.lexsort((fields, by_name, -points, owners))
    parts, fields, points = parts[order], fields[order], points[order]
    pairs.find_words(parts[(parts & 1) == 1] >> 1, prepared, words, papers)
    matches: list[RawMatch] = list(
        zip(
            map(names.__getitem__, (parts >> 1).tolist()),
            map(_FIELDS.__getitem__, fields.tolist()),
            points.tolist(),
            pairs.all_words(parts),
            strict=True,
        )
    )
    ends = np.cumsum(np.bincount(owners, minlength=len(rows))).tolist()
    return (matches[begin:end] for begin, end in pairwise((0, *ends)))


class _Pairs:
    """What adds to pairs of a topic and a paper.

    The text keywords of the topics stand one after the other, in slots.

    Attributes:
        owners: for each slot the number of its pair.
        direct: what the keyword adds.
        totals: the sum of each pair.
        found: where the keywords stand.
    """

    def __init__(
        self, topics: ExplainedTopics, prepared: PreparedPapers, rows: Array, papers: Array
    ) -> None:
        matrix, count = topics.matrix, len(rows)
        starts = matrix.text_starts[rows]
        sizes = matrix.text_starts[rows + 1] - starts
        ends = np.cumsum(sizes)
        slots = np.arange(int(sizes.sum())) + np.repeat(starts - ends + sizes, sizes)
        self.owners = owners = np.repeat(np.arange(count), sizes)
        self._features = features = matrix.text_features[slots]
        columns = prepared.papers.column_of(papers)
        self.found = _Found(prepared, features, papers[owners])
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
        self._begins, self._ends = (ends - sizes).tolist(), ends.tolist()
        self._words: dict[int, tuple[str, ...]] = {}

    def related(self, topics: ExplainedTopics, rows: Array, names: Sequence[str]) -> Array:
        """Returns what makes a paper close to each keyword: other forms, and what else is divided.

        Args:
            topics: the profiles.
            rows: of the topics.
            names: of the keywords in the slots.
        """
        amounts: Array = self._forms.copy()
        known: dict[int, Array] = {}
        pairs = np.flatnonzero(self._terms).tolist()
        for pair, row in zip(pairs, rows[pairs].tolist(), strict=True):
            begin, end = self._begins[pair], self._ends[pair]
            if row not in known and topics.terms is not None:
                own = names[begin:end]
                shares = dict(topics.terms.shares_of(row, topics.matrix, own))
                known[row] = np.array([shares.get(name, 0.0) for name in own])
            amounts[begin:end] += self._terms[pair] * known[row]
        amounts += self._near  # last, as where a paper is explained alone
        return amounts

    def find_words(
        self, slots: Array, prepared: PreparedPapers, words: PaperWords, papers: Array
    ) -> None:
        """Finds what the papers say that is near to some keywords.

        Args:
            slots: of the keywords.
            prepared: the papers.
            words: of the papers.
            papers: of the pairs.
        """
        slots = slots[self._near[slots] > 0.0]
        if len(slots):
            keywords = prepared.keywords.places[self._features[slots]]
            vectors = prepared.keywords.keywords.vectors
            found = words.find(keywords, papers[self.owners[slots]], vectors)
            self._words = dict(zip(slots.tolist(), found, strict=True))

    def all_words(self, parts: Array) -> list[tuple[str, ...]]:
        """Returns `words` of many keywords.

        Args:
            parts: twice the slot, and 1 more for what the keyword is close to.
        """
        slots, close = parts >> 1, (parts & 1) == 1
        # Most keywords are in the paper as they are written, and no other words are named.
        possible = np.where(
            close,
            (self._near[slots] > 0.0) | (self._forms[slots] != 0.0),
            self.found.has_abbreviation[slots],
        )
        found: list[tuple[str, ...]] = [()] * len(parts)
        for place in np.flatnonzero(possible).tolist():
            part = int(parts[place])
            found[place] = self.words(part >> 1, close=part & 1)
        return found

    def words(self, slot: int, *, close: int) -> tuple[str, ...]:
        """Returns the words of the paper to name with a keyword.

        Args:
            slot: of the keyword.
            close: whether the paper is close to the keyword, or else contains it.
        """
        if not close:
            return self.found.abbreviation(slot)
        near = self._words.get(slot, ())
        form = self.found.form(slot) if self._forms[slot] else ()
        return without_repetitions((*form, *near)) if form and near else form or near


class _Found:
    """What text features have to do with papers: for pairs.

    Attributes:
        direct: what the keyword adds, for a weight of 1.
        forms: what its other forms add.
        fields: where the keyword stands, as its place in `_FIELDS`.
    """

    def __init__(self, prepared: PreparedPapers, features: Array, papers: Array) -> None:
        self._texts = prepared.texts
        self._place = prepared.papers.text_places[papers]
        self.direct, self.forms = np.zeros(len(features)), np.zeros(len(features))
        self._first = np.full(len(features), -1, dtype=np.int32)
        self._abbreviation = np.zeros(len(features), dtype=np.int32)
        self._form = np.zeros((len(features), 2), dtype=np.int32)
        self.fields = np.full(len(features), _FIELD_NUMBERS[NEAR])
        every = prepared.vocabulary.features
        order = np.argsort(features, kind="stable")
        limits = np.flatnonzero(np.diff(features[order], prepend=-1, append=-1)).tolist()
        for begin, end in pairwise(limits):
            pairs = order[begin:end]
            keyword = every[int(features[pairs[0]])]
            assert isinstance(keyword, Keyword)  # noqa: S101 - for the type checker
            self._fill(pairs, prepared.texts.of(keyword, prepared.corpus))
        stands = self._first >= 0
        in_title = self._first < prepared.texts.titles[self._place]
        self.fields[stands & in_title] = _FIELD_NUMBERS["title"]
        self.fields[stands & ~in_title] = _FIELD_NUMBERS["abstract"]

    def _fill(self, pairs: Array, found: KeywordPapers) -> None:
        if not len(found.papers):
            return
        wanted = self._place[pairs]
        places = np.minimum(np.searchsorted(found.papers, wanted), len(found.papers) - 1)
        kept = found.papers[places] == wanted
        pairs, places = pairs[kept], places[kept]
        self.direct[pairs], self.forms[pairs] = found.direct[places], found.forms[places]
        self._first[pairs] = found.first[places]
        self._abbreviation[pairs] = found.abbreviation[places]
        self._form[pairs, 0] = found.form_start[places]
        self._form[pairs, 1] = found.form_size[places]

    @property
    def has_abbreviation(self) -> Array:
        """Whether the paper has only an abbreviation or long form of the keyword."""
        return (self._first >= 0) & (self._abbreviation > 0)

    def abbreviation(self, pair: int) -> tuple[str, ...]:
        """Returns the abbreviation or long form, if the paper has only that."""
        return self._written(pair, int(self._first[pair]), int(self._abbreviation[pair]))

    def form(self, pair: int) -> tuple[str, ...]:
        """Returns one of the other forms of the keyword, as the paper writes it."""
        return self._written(pair, *self._form[pair].tolist())

    def _written(self, pair: int, start: int, size: int) -> tuple[str, ...]:
        if start < 0 or size <= 0:
            return ()
        surfaces = self._texts.words(int(self._place[pair])).surfaces
        return (" ".join(surfaces[start : start + size]),)


def _texts_of(topics: ExplainedTopics, profiles: Array, rows: Array) -> list[str]:
    """Returns the text keywords of topics as written, in the order of the matrix."""
    known: dict[int, list[str]] = {}
    found: list[str] = []
    firsts = topics.matrix.topics[profiles].tolist()
    for profile, row, first in zip(profiles.tolist(), rows.tolist(), firsts, strict=True):
        own = known.get(row)
        if own is None:
            keywords = distinct(topics.profiles[profile].topics[row - first].keywords)
            own = known[row] = [keyword.text for keyword in keywords if is_text(keyword)]
        found += own
    return found


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
