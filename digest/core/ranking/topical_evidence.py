"""Computes the topical evidence: how near a paper is to the keywords of a topic.

Nearness is measured with the vectors of the background table (`digest.core.background.table`). For
one keyword with the vector k (added over its forms):

    c     the mean vector of the 20 background papers nearest to k, of length 1: what such papers
          are about beside the keyword (pseudo-relevance feedback, J. J. Rocchio 1971)
    t     k + 0.6 c, of length 1
    x(p)  max(0, e(p) . t - m): e is the vector of the paper, m the mean of e . t in the background

For a topic, over its keywords, with weights w that sum to 1:

    g(p) = sum w s x(p)^(3/2)    w is the reader's weight times v^2; v is the share of the keyword's
                                 words and pairs that have a vector: the vector of "unit tests", a pair
                                 that is not in the table, is mostly that of "test"
    T(p) = (g(p) / L)^(2/3)      L is the mean of the 20 largest g of the background papers, with s = 1

    s     the larger of b / 20 and (h - 0.5) / 0.1, from 0 to 1; b is how many of the background papers
          can contain the keyword, and h the mean of e . k - m of the 20 nearest to k. If there are
          fewer than 20, and those that are nearest are not near, L is not computed by papers about
          the keyword: the nearest to "drug discovery" are about science in general. No background
          paper contains "MRI segmentation", but many are about it

So 0 is an average paper, and 1 is as near as the best of the background. With the exponent 1, a
topic of several interests would find what is between them; with the maximum, what any single
keyword is near to; 3/2 is in between.

In a field that is rare in the background, nearly every paper is near to every keyword. So where the
store has enough papers of fields of which the table knows little (`Corpus.foreign`), their mean and
their standard deviation of e . t count if they are larger:

    x(p)  max(0, e(p) . t - max(m, m_s)) * min(1, d / d_s): d is the deviation in the background, m_s
          and d_s are the mean and the deviation of those stored papers

L stays that of the background papers, with m and d. docs/research/ranking.md has the measurements.
"""

from collections.abc import Sequence
from itertools import chain, pairwise
from typing import Any

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from digest.core.background.largest_values import largest_places
from digest.core.background.spread import VectorSpread, means_along, spread_ratios
from digest.core.background.table import BackgroundTable, units
from digest.core.keywords.aliases import all_forms
from digest.core.keywords.patterns import pattern
from digest.core.models.profiles import Keyword
from digest.core.ranking import fixed_point
from digest.core.text.terms import content_words

Array = Any

# This and the next two numbers were chosen on judged profiles: docs/research/ranking.md.
NEAREST_PAPERS = 20
EXPANSION = 0.6
LEVEL_PAPERS = 20

UNCLEAR, CLEAR = 0.5, 0.6
"""Between these values of h, a keyword without enough background papers begins to count."""

FEW_KEYWORDS = 7 / 8
"""Of n keywords, the topical evidence counts 1 - 7/(8n): a single literal word says less about what
a reader wants than ten of them. n is `keyword_count`."""

AMBIGUOUS, PLAIN = 0.3, 0.5
"""Between these values of h, a keyword becomes plain enough to say what a topic is about."""

# A table without papers has the level 0, by which nothing can be divided.
SMALLEST_LEVEL = 2.0**-30
# 32 MB of float64: large enough for fast products.
_VALUES_AT_ONCE = 4_000_000


class TopicalKeywords(Struct, frozen=True, kw_only=True, eq=False):
    """Any number of keywords, compiled against a background table."""

    vectors: Array  # t, a row for each keyword; 0 if no word of it is known
    means: Array  # what is subtracted for papers: m, or m_s if it is larger
    background_means: Array  # m
    factors: Array  # what x^(3/2) of papers is multiplied by: s min(1, d / d_s)^(3/2)
    known: Array  # the share of a keyword's words (by squared idf) that have a vector
    coverage: Array  # v: the same share of its words and pairs
    plain: Array  # a, see `keyword_count`

    def rows(self, places: slice | Array) -> "TopicalKeywords":
        """Returns some of the keywords."""
        return TopicalKeywords(
            vectors=self.vectors[places],
            means=self.means[places],
            background_means=self.background_means[places],
            factors=self.factors[places],
            known=self.known[places],
            coverage=self.coverage[places],
            plain=self.plain[places],
        )

    def with_more(self, others: "TopicalKeywords", vectors: Array) -> "TopicalKeywords":
        """Returns these keywords and other ones after them.

        Args:
            others: compiled against the same table and stored papers.
            vectors: of all of them. They take much memory, so the caller decides where they are.
        """
        return TopicalKeywords(
            vectors=vectors,
            means=np.concatenate([self.means, others.means]),
            background_means=np.concatenate([self.background_means, others.background_means]),
            factors=np.concatenate([self.factors, others.factors]),
            known=np.concatenate([self.known, others.known]),
            coverage=np.concatenate([self.coverage, others.coverage]),
            plain=np.concatenate([self.plain, others.plain]),
        )

    def in_background(self) -> "TopicalKeywords":
        """Returns the same keywords, to compare them with background papers."""
        return replace(self, means=self.background_means)

    def raised(self, papers: Array) -> Array:
        """Returns x^(3/2) for each keyword and paper, as fixed-point numbers, without `factors`.

        Args:
            papers: vectors of papers as rows, float32.
        """
        raised = np.empty((len(self.vectors), len(papers)))
        step = max(1, _VALUES_AT_ONCE // max(1, len(papers)))  # it limits the memory
        for start in range(0, len(raised), step):
            rows = slice(start, start + step)
            # Products of rounded vectors are exact, also as float32.
            x = (self.vectors[rows].astype(np.float32) @ papers.T).astype(np.float64)
            x -= self.means[rows, None]
            np.maximum(0.0, x, out=x)
            x *= np.sqrt(x)
            raised[rows] = round_all(x)
        return raised


def compile_keywords(
    keywords: Sequence[Keyword], background: BackgroundTable, stored: VectorSpread | None = None
) -> TopicalKeywords:
    """Compiles text keywords.

    Args:
        keywords: with their aliases.
        background: the table.
        stored: of the vectors of foreign stored papers; None: the background papers alone count.
    """
    # A word that must be in the title says nothing about what is near to it.
    forms = [
        [] if keyword.field == "title" else _forms(keyword, background) for keyword in keywords
    ]
    own = _own_vectors(forms, background)
    known, coverage = np.zeros(len(keywords)), np.zeros(len(keywords))
    factors = np.zeros(len(keywords))
    for number in np.flatnonzero(own.any(axis=1)).tolist():
        first = forms[number][0]
        known[number] = _known(content_words(first) or first, background)
        coverage[number] = max(_known(_words_and_pairs(form), background) for form in forms[number])
        factors[number] = _support(forms[number], background)
    vectors, nearness = _expanded(own, background)
    factors = np.where(
        known > 0.0, np.maximum(factors, _part_between(nearness, UNCLEAR, CLEAR)), 0.0
    )
    own_means = means_along(vectors, background.mean)
    means = own_means
    if stored is not None:
        means = np.maximum(own_means, means_along(vectors, stored.mean))
        ratios = spread_ratios(background.spread.deviations(vectors), stored.deviations(vectors))
        factors *= ratios * np.sqrt(ratios)
    return TopicalKeywords(
        vectors=vectors,
        means=means,
        background_means=own_means,
        factors=factors,
        known=known,
        coverage=coverage,
        plain=_part_between(nearness, AMBIGUOUS, PLAIN),
    )


def levels(
    shares: Array, keywords: TopicalKeywords, sample: Array, *, papers: int = LEVEL_PAPERS
) -> Array:
    """Returns L of each topic.

    Args:
        shares: topics by keywords, a matrix that may be sparse: w of each.
        keywords: the keywords, as `TopicalKeywords.in_background`.
        sample: vectors of background papers as rows, float32.
        papers: so many of the largest g make the level.
    """
    largest = np.zeros((shares.shape[0], 0))
    step = max(1, _VALUES_AT_ONCE // max(1, sum(shares.shape)))
    for start in range(0, len(sample), step):
        g = np.asarray(shares @ keywords.raised(sample[start : start + step]))
        largest = np.concatenate([largest, g], axis=1)
        if largest.shape[1] > papers:
            largest = np.partition(largest, -papers, axis=1)[:, -papers:]
    if not largest.shape[1]:
        return np.full(shares.shape[0], SMALLEST_LEVEL)
    return np.maximum(SMALLEST_LEVEL, largest.mean(axis=1))


def topical_scores(g: Array, level: Array) -> Array:
    """Returns T of sums g: (g / L)^(2/3).

    Args:
        g: topics by papers.
        level: L of each topic.
    """
    relative = g / level[:, None]
    return np.cbrt(relative * relative)


def keyword_shares(weights: Sequence[float] | Array, coverage: Array) -> Array:
    """Returns w of each keyword of a topic: fixed-point numbers, which sum to about 1.

    Args:
        weights: of the keywords; or a row of weights for each of several topics.
        coverage: v of the keywords, in the same form.
    """
    known = np.asarray(weights, dtype=np.float64) * coverage * coverage
    total = known.sum(axis=-1, keepdims=True)
    relative = np.divide(known, total, out=np.zeros_like(known), where=total > 0.0)
    return np.rint(relative / fixed_point.WEIGHT_UNIT) * fixed_point.WEIGHT_UNIT


def paper_shares(shares: Array, factors: Array) -> Array:
    """Returns w of each keyword for papers, in which the stored papers' spread counts.

    Args:
        shares: w, as `keyword_shares` gives it.
        factors: of the keywords, in the same form.
    """
    return np.rint(shares * factors / fixed_point.WEIGHT_UNIT) * fixed_point.WEIGHT_UNIT


def known_share(weights: Sequence[float] | Array, known: Array) -> float:
    """Returns V: how much of the keywords of a topic the background table knows, from 0 to 1."""
    return float(known_shares(np.array(weights, dtype=np.float64), known))


def known_shares(weights: Array, known: Array) -> Array:
    """Returns V of one topic, or of several topics with as many keywords.

    Args:
        weights: of the keywords, topics by keywords.
        known: the share of each keyword that the table knows.
    """
    return (weights * known).sum(axis=-1) / weights.sum(axis=-1)


def keyword_count(coverage: Array, plain: Array) -> Any:
    """Returns n: how many keywords say what a topic is about.

    Of which the table knows little, a keyword has a small part in T, and a topic of "cold start" and two
    such is as one of "cold start" alone. With the shares u of v^2, e = 1 / sum u^2 says how many
    keywords with equal parts would be as uneven (the inverse of Simpson's index of concentration). A
    keyword whose nearest papers are near to it (h), such as "speech recognition", needs no others:

        n = e + a (k - e)    k keywords, and a = sum u a_i, with a_i = (h - 0.3) / 0.2, from 0 to 1

    Args:
        coverage: v of the keywords of a topic; or a row for each of several topics.
        plain: a_i of them, in the same form.
    """
    shares = keyword_shares(np.ones(coverage.shape), coverage)
    total, squares = shares.sum(axis=-1), (shares * shares).sum(axis=-1)
    is_known = total > 0.0
    count = coverage.shape[-1]
    even = np.divide(total * total, squares, out=np.full(total.shape, 1.0 * count), where=is_known)
    part = np.divide((shares * plain).sum(axis=-1), total, out=np.ones(total.shape), where=is_known)
    return even + part * (count - even)


def topical_factor(known: Any, keywords: Any) -> Any:
    """Returns what T is multiplied by: V (1 - 7/(8n)).

    Args:
        known: V of a topic, or an array of them.
        keywords: n, or an array of them.
    """
    return known * (1.0 - FEW_KEYWORDS / keywords)


def round_all(values: Array) -> Array:
    """Applies `fixed_point.round_contribution` to an array of values that are not negative."""
    rounded = np.maximum(values > 0.0, np.rint(values / fixed_point.CONTRIBUTION_UNIT))
    return rounded * fixed_point.CONTRIBUTION_UNIT


def _forms(keyword: Keyword, background: BackgroundTable) -> list[tuple[str, ...]]:
    """Returns the forms of a keyword as lemmas: as written, and those that the table adds."""
    forms: dict[tuple[str, ...], None] = {}
    for form in all_forms(keyword):
        lemmas = pattern(form).lemmas
        # A word with a star has no vector. The words of the table that begin like it stand for it.
        if form.prefix:
            ends = background.words_with_prefix(pattern(form).folded[-1])
            forms.update(dict.fromkeys((*lemmas[:-1], end) for end in ends))
            continue
        forms[lemmas] = None
        if not form.exact:
            forms.update(dict.fromkeys(background.other_forms(lemmas)))
    return list(forms)


def _own_vectors(forms: Sequence[Sequence[tuple[str, ...]]], background: BackgroundTable) -> Array:
    """Returns the vector of each keyword, added over its forms."""
    vectors = background.keyword_vectors(chain.from_iterable(forms))
    own = np.zeros((len(forms), background.dimensions))
    end = 0
    for number, written in enumerate(forms):
        start, end = end, end + len(written)
        if len(written) == 1:
            own[number] = vectors[start]
        elif written:
            own[number] = sum(vectors[start:end])
    return units(own)


def _words_and_pairs(form: Sequence[str]) -> tuple[str, ...]:
    """Returns the words of a form and its pairs, also those with a stop word between them.

    The words of "text-to-video" say less than the whole, which no vector stands for.
    """
    content = content_words(form)
    return tuple(dict.fromkeys((*content, *map(" ".join, pairwise(content)))))


def _known(terms: Sequence[str], background: BackgroundTable) -> float:
    """Returns the share of some terms, by squared idf, that have a vector."""
    squares = [(background.idf(term) ** 2, background.has_vector(term)) for term in terms]
    total = sum(square for square, _ in squares)
    return sum(square for square, known in squares if known) / total if total else 0.0


def background_part(keyword: Keyword, background: BackgroundTable) -> float:
    """Returns b / 20, at most 1: whether enough background papers can contain a text keyword."""
    return _support(_forms(keyword, background), background)


def _support(forms: Sequence[tuple[str, ...]], background: BackgroundTable) -> float:
    """Returns the part of s that comes from b.

    Args:
        forms: the lemmas of each form of the keyword.
        background: the table.
    """
    found = sum(map(background.phrase_frequency, forms))
    sampled = found * len(background.sample) / max(1, background.papers)
    return min(1.0, sampled / LEVEL_PAPERS)


def _part_between(values: Array, low: float, high: float) -> Array:
    """Returns how far values are from `low` to `high`, from 0 to 1, as fixed-point numbers."""
    parts = np.clip((values - low) / (high - low), 0.0, 1.0)
    return np.rint(parts / fixed_point.WEIGHT_UNIT) * fixed_point.WEIGHT_UNIT


def _expanded(own: Array, background: BackgroundTable) -> tuple[Array, Array]:
    """Moves vectors of length 1 towards the background papers nearest to them.

    Returns:
        The vectors, and h of each: how near those papers are to it.
    """
    sample = background.sample
    vectors, nearness = own.copy(), -means_along(own, background.mean)
    known = np.flatnonzero(own.any(axis=1))
    step = max(1, _VALUES_AT_ONCE // max(1, 4 * len(sample)))
    for start in range(0, len(known), step):
        rows = known[start : start + step]
        products = own[rows].astype(np.float32) @ sample.T
        nearest = largest_places(products, NEAREST_PAPERS)
        near = np.take_along_axis(products, nearest, axis=1).sum(axis=1, dtype=np.float64)
        nearness[rows] += near / max(1, nearest.shape[1])
        centres = units(sample[nearest].sum(axis=1, dtype=np.float64))
        vectors[rows] = units(own[rows] + EXPANSION * centres)
    return vectors, nearness
