"""Explains the scores of many papers for many profiles, as `digest.core.ranking.scoring.rank` does.

What a keyword has to do with a paper is found once for all profiles: in which field it stands, its
other forms, and the words for which the paper is near to it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from digest.core.batch_ranking.papers.direct_evidence import KeywordPapers
from digest.core.batch_ranking.papers.paper_words import PaperWords
from digest.core.batch_ranking.prepared_papers import PreparedPapers
from digest.core.batch_ranking.sparse_products import Array
from digest.core.batch_ranking.topics.dense_topical import TopicalMatrix
from digest.core.batch_ranking.topics.exact_sums import topical_pairs
from digest.core.batch_ranking.topics.profile_matrix import ProfileMatrix
from digest.core.batch_ranking.topics.sparse_related_terms import RelatedTermsMatrix, related_pairs
from digest.core.models.editions import KeywordMatch
from digest.core.models.profiles import Keyword, Profile
from digest.core.ranking import fixed_point
from digest.core.ranking.explanation import (
    MIN_SHARE,
    RELATED,
    ExplainedPart,
    joined_parts,
    named_shares,
)
from digest.core.ranking.keyword_score import NEAR, is_text
from digest.core.ranking.scoring import distinct, keyword_matches, to_scale


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
) -> Iterator[tuple[KeywordMatch, ...]]:
    """Yields the keyword matches of papers in their best topics.

    Args:
        topics: the profiles. These topics have text keywords only, and nothing else adds to them
            than direct and topical evidence and related terms.
        prepared: the papers.
        words: of the papers.
        profiles: the number of each profile.
        rows: the row of each topic in the matrix.
        papers: the place of each paper in the index.
    """
    pairs = _Pairs(topics, prepared, words, rows, papers)
    texts = _Texts(topics)
    owners = zip(profiles.tolist(), rows.tolist(), pairs.totals.tolist(), strict=True)
    for place, (profile, row, total) in enumerate(owners):
        names = texts.of(profile, row)
        parts = list(pairs.keywords(place, names))
        if pairs.related[place]:
            shares = texts.shares_of(row, names)
            parts += pairs.related_terms(place, shares)
        if pairs.topical[place]:
            parts += pairs.near(place, names)
        yield keyword_matches(joined_parts(parts), to_scale(total))


class _Pairs:
    """What adds to pairs of a topic and a paper.

    The text keywords of the topics stand one after the other, those of a pair from `begins` to
    `ends`.
    """

    def __init__(
        self,
        topics: ExplainedTopics,
        prepared: PreparedPapers,
        words: PaperWords,
        rows: Array,
        papers: Array,
    ) -> None:
        matrix, count = topics.matrix, len(rows)
        starts = matrix.text_starts[rows]
        sizes = matrix.text_starts[rows + 1] - starts
        ends = np.cumsum(sizes)
        slots = np.arange(int(sizes.sum())) + np.repeat(starts - ends + sizes, sizes)
        owners = np.repeat(np.arange(count), sizes)
        features = matrix.text_features[slots]
        columns = prepared.papers.column_of(papers)
        self._found = _Found(prepared, features, papers[owners])
        direct = matrix.text_weights[slots] * self._found.direct
        forms = matrix.forms_weights[slots] * self._found.forms * matrix.related[rows][owners]
        sums = np.bincount(owners, direct, minlength=count)
        totals = sums + np.bincount(owners, forms, minlength=count)
        self.topical: list[float] = [0.0] * count
        self.related: list[float] = [0.0] * count
        self._words: list[tuple[str, ...]] = [()] * len(slots)
        self._shares: list[float] = []
        if topics.terms is not None:
            related = related_pairs(topics.terms, rows, columns, prepared.papers, sums)
            totals, self.related = totals + related, related.tolist()
        if topics.topical is not None:
            topical = topical_pairs(topics.topical, prepared.raised, rows, columns)
            totals, self.topical = totals + topical, topical.tolist()
            keywords = prepared.keywords.places[features]
            raised = prepared.raised.exact(keywords, columns[owners])
            shares = _g_shares(topics.topical, rows, owners, raised)
            self._shares = shares.tolist()
            named = np.flatnonzero(_may_be_named(shares, owners, topical))
            vectors = prepared.keywords.keywords.vectors
            found = words.find(keywords[named], papers[owners[named]], vectors)
            for place, text in zip(named.tolist(), found, strict=True):
                self._words[place] = text
        self.totals = np.minimum(totals, fixed_point.MAX_TOTAL)
        self._direct, self._forms = direct.tolist(), forms.tolist()
        self._begins, self._ends = (ends - sizes).tolist(), ends.tolist()

    def keywords(self, place: int, names: Sequence[str]) -> Iterator[ExplainedPart]:
        """Yields what the keywords and their other forms add."""
        begin = self._begins[place]
        for slot in range(begin, self._ends[place]):
            if amount := self._direct[slot]:
                field, name = self._found.field(slot), self._found.abbreviation(slot)
                yield ExplainedPart(names[slot - begin], field, amount, name)
            if amount := self._forms[slot]:
                form = self._found.form(slot)
                yield ExplainedPart(names[slot - begin], RELATED, amount, form)

    def related_terms(
        self, place: int, shares: Iterable[tuple[str, float]]
    ) -> Iterator[ExplainedPart]:
        """Yields what related terms add."""
        amount = self.related[place]
        return (ExplainedPart(keyword, RELATED, amount * share) for keyword, share in shares)

    def near(self, place: int, names: Sequence[str]) -> Iterator[ExplainedPart]:
        """Yields what the topical evidence adds."""
        amount, begin = self.topical[place], self._begins[place]
        shares = enumerate(self._shares[begin : self._ends[place]])
        for number, share in named_shares([item for item in shares if item[1] > 0.0]):
            words = self._words[begin + number]
            yield ExplainedPart(names[number], RELATED, amount * share, words)


class _Found:
    """What text features have to do with papers: for pairs."""

    def __init__(self, prepared: PreparedPapers, features: Array, papers: Array) -> None:
        self._texts = prepared.texts
        self._place = prepared.papers.text_places[papers]
        self.direct, self.forms = np.zeros(len(features)), np.zeros(len(features))
        self._first = np.full(len(features), -1, dtype=np.int32)
        self._abbreviation = np.zeros(len(features), dtype=np.int32)
        self._form = np.zeros((len(features), 2), dtype=np.int32)
        every = prepared.vocabulary.features
        order = np.argsort(features, kind="stable")
        limits = np.flatnonzero(np.diff(features[order], prepend=-1, append=-1)).tolist()
        for begin, end in pairwise(limits):
            pairs = order[begin:end]
            keyword = every[int(features[pairs[0]])]
            assert isinstance(keyword, Keyword)  # noqa: S101 - for the type checker
            self._fill(pairs, prepared.texts.of(keyword, prepared.corpus))

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

    def field(self, pair: int) -> str:
        """Returns where the keyword stands."""
        first = int(self._first[pair])
        if first < 0:
            return NEAR
        title = self._texts.words(int(self._place[pair])).title
        return "title" if first < title else "abstract"

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


class _Texts:
    """The text keywords of topics as written, in the order of the matrix."""

    def __init__(self, topics: ExplainedTopics) -> None:
        self._topics = topics
        self._known: dict[int, list[str]] = {}
        self._shares: dict[int, tuple[tuple[str, float], ...]] = {}

    def of(self, profile: int, row: int) -> list[str]:
        """Returns those of one topic."""
        known = self._known.get(row)
        if known is None:
            first = int(self._topics.matrix.topics[profile])
            topic = self._topics.profiles[profile].topics[row - first]
            known = [word.text for word in distinct(topic.keywords) if is_text(word)]
            self._known[row] = known
        return known

    def shares_of(self, row: int, names: Sequence[str]) -> tuple[tuple[str, float], ...]:
        """Returns the keywords that brought the related terms of a topic, with their shares."""
        known = self._shares.get(row)
        if known is None and self._topics.terms is not None:
            known = self._topics.terms.shares_of(row, self._topics.matrix, names)
            self._shares[row] = known
        return known or ()


def _may_be_named(shares: Array, owners: Array, topical: Array) -> Array:
    """Returns for each keyword of each pair whether `named_shares` can name it."""
    largest = np.zeros(len(topical))
    np.maximum.at(largest, owners, shares)
    least = np.minimum(MIN_SHARE, largest)
    named: Array = (shares > 0.0) & (shares >= least[owners]) & (topical > 0.0)[owners]
    return named


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
