"""Learns related terms: what the stored papers that match a topic best have in common.

This is pseudo-relevance feedback (J. J. Rocchio 1971; Croft and Harper 1979). For one topic:

1. Take the stored papers with the largest sum of direct matches, d.
2. Compute their mean vector, weighted by d. Its largest entries are the related terms, v.
3. rho = x . v says how similar a paper with the vector x is to these papers. It is scaled so
   that they have 1 on average.

Related terms add to a paper

    5 (1 - V)^2 (1 - 1/n) N / (N + 100) (m - 1) / (m + 4) * rho^2
    V    how much of the keywords the background table knows (`digest.core.ranking.topical_evidence`)
    n    number of text keywords
    N    number of stored papers
    m    number of the papers from which they were learned: one paper alone teaches nothing

but at most A + 8 d, times the weight of the topic. A is the same amount for (rho - a) / (1 - a), and at
most 0.5; a is the mean of rho over the stored papers of fields of which the table knows little
(`Corpus.foreign`), 0 without any. So a paper without a keyword gets nothing for what all papers of such a
field have in common, and related terms by themselves make no good match.

So they are used where the table knows nothing: in other languages and fields. A paper that contains
several keywords is about the topic. A paper that only one keyword found may be about anything, so
a topic with one keyword has no related terms. docs/research/ranking.md has the measurements.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct

from digest.core.ranking import fixed_point
from digest.core.ranking.corpus import Corpus
from digest.core.ranking.keyword_score import CompiledKeyword, Contribution, contributions

BEST_PAPERS = 100
BEST_SHARE = 10
"""The terms are learned from the best 100 papers, and from at most every tenth stored paper."""

TERMS = 200
"""Number of related terms of a topic."""

STRENGTH = 5.0

MOSTLY_KNOWN = 0.9
"""From this V on, related terms add next to nothing, so they are not learned."""

FEW_PAPERS = 100
"""With this many stored papers, related terms have half of their effect."""

HALF_CERTAIN = 4
"""Terms that were learned from m papers count (m - 1) / (m + 4): half for 6 papers."""

MIN_AMOUNT = 0.05
"""A smaller amount (by itself a score of 2) is ignored: nearly every paper shares some terms."""

MOST_ALONE = 0.5
MOST_PER_DIRECT = 8.0
"""Related terms add at most 0.5 to a paper that contains no keyword, a score of 38; and 8 times as
much as the keywords beside what they add to such a paper."""

MOST_AVERAGE = 0.5
"""a is at most this."""

MAX_NAMED_KEYWORDS = 3
"""An explanation names this many keywords: those that added most to the best papers."""


class RelatedTerms(Struct, frozen=True, kw_only=True):
    """The related terms of one topic, learned once from the stored papers."""

    terms: Mapping[str, float]  # weights by lemma
    weight: float  # of the topic
    strength: float  # what they add to a paper that is as similar as the best papers are
    average: float  # a
    shares: tuple[tuple[str, float], ...]  # the keywords that brought them; the shares sum to 1

    def amount(self, vector: Mapping[str, float], direct: float) -> float:
        """Returns what the related terms add to a paper.

        Args:
            vector: the paper's vector, from `TfIdfSpace.vector`.
            direct: what the text keywords of the topic add to the paper.
        """
        term_weight, similarity = self.terms.get, 0.0
        for lemma, weight in vector.items():
            similarity += weight * term_weight(lemma, 0.0)
        above = max(0.0, similarity - self.average) / (1.0 - self.average)
        alone = min(MOST_ALONE * self.weight, self.strength * above * above)
        amount = min(self.strength * similarity * similarity, alone + MOST_PER_DIRECT * direct)
        return 0.0 if amount < MIN_AMOUNT * self.weight else fixed_point.round_contribution(amount)


def learn_related(
    keywords: Iterable[CompiledKeyword],
    excluded: Iterable[CompiledKeyword],
    corpus: Corpus,
    *,
    weight: float,
    known: float,
) -> RelatedTerms | None:
    """Learns the related terms of a topic.

    Args:
        keywords: of the topic; authors and categories are ignored.
        excluded: the exclusions of the topic. Papers that they match teach nothing.
        corpus: the stored papers.
        weight: of the topic.
        known: V of the topic.

    Returns:
        The related terms; None if there is nothing to learn, or nothing left to add.
    """
    text_keywords = [keyword for keyword in keywords if keyword.forms]
    limit = min(BEST_PAPERS, corpus.papers // BEST_SHARE)
    strength = related_strength(known, keywords=len(text_keywords), papers=corpus.papers)
    if not strength or not limit:
        return None
    by_paper: defaultdict[int, list[Contribution]] = defaultdict(list)
    for keyword in text_keywords:
        for number, part in contributions(keyword, corpus.index, corpus):
            by_paper[number].append(part)
    for keyword in excluded:
        for number in keyword.matching_papers(corpus.index):
            by_paper.pop(number, None)
    # Neither this order nor the sums below depend on the order of the papers.
    best = sorted(
        (
            (min(fixed_point.MAX_TOTAL, sum(part.amount for part in parts)), number)
            for number, parts in by_paper.items()
        ),
        key=lambda item: (-item[0], corpus.index.sort_key(item[1])),
    )[:limit]
    total = sum(fixed_point.round_contribution(direct) for direct, _ in best)
    strength *= certainty(len(best))
    if total <= 0.0 or not strength:
        return None
    terms = _terms(
        [(fixed_point.round_vector_entry(direct / total), number) for direct, number in best],
        corpus,
    )
    mean = corpus.mean_vector.get
    average = sum(term * mean(lemma, 0.0) for lemma, term in terms.items())
    return RelatedTerms(
        terms=terms,
        weight=weight,
        strength=strength,
        average=min(MOST_AVERAGE, average),
        shares=shares(_keyword_sums([part for _, number in best for part in by_paper[number]])),
    )


def related_strength(known: float, *, keywords: int, papers: int) -> float:
    """Returns what related terms add to a paper that is as similar as the best papers are.

    Args:
        known: V of the topic.
        keywords: the number of its text keywords.
        papers: the number of stored papers.
    """
    if keywords < 2 or known > MOSTLY_KNOWN:
        return 0.0
    unknown = (1.0 - known) ** 2
    return STRENGTH * unknown * (1.0 - 1.0 / keywords) * papers / (papers + FEW_PAPERS)


def certainty(papers: Any) -> Any:
    """Returns how much related terms count that were learned from so many papers, from 0 to 1.

    A keyword that one stored paper contains would make that paper the best of all.

    Args:
        papers: m, at least 1; or an array of them.
    """
    return (papers - 1.0) / (papers + HALF_CERTAIN)


def _terms(best: list[tuple[float, int]], corpus: Corpus) -> dict[str, float]:
    """Returns the largest entries of the weighted mean vector, scaled.

    Args:
        best: the weight and the number of each of the best papers.
        corpus: the stored papers.
    """
    mean: defaultdict[str, float] = defaultdict(float)
    for share, number in best:
        for lemma, weight in corpus.vector(number).items():
            mean[lemma] += share * weight
    rounded = ((lemma, fixed_point.round_vector_entry(weight)) for lemma, weight in mean.items())
    largest = dict(sorted(rounded, key=lambda item: (-item[1], item[0]))[:TERMS])
    # The weighted mean of x . v over the best papers. Dividing by it makes that mean 1.
    mean_similarity = sum(weight * weight for weight in largest.values())
    if not mean_similarity:
        return {}
    return {
        lemma: fixed_point.round_vector_entry(weight / mean_similarity)
        for lemma, weight in largest.items()
    }


def shares(sums: Iterable[tuple[float, str]]) -> tuple[tuple[str, float], ...]:
    """Returns the keywords that added most to the best papers, with their shares.

    Args:
        sums: what each keyword adds to the best papers.

    Returns:
        At most `MAX_NAMED_KEYWORDS` keywords; their shares sum to 1.
    """
    positive = (item for item in sums if item[0] > 0.0)
    largest = sorted(positive, key=lambda item: (-item[0], item[1]))[:MAX_NAMED_KEYWORDS]
    total = sum(amount for amount, _ in largest)
    return tuple((keyword, amount / total) for amount, keyword in largest)


def _keyword_sums(parts: list[Contribution]) -> Iterator[tuple[float, str]]:
    amounts: defaultdict[str, list[float]] = defaultdict(list)
    for part in parts:
        amounts[part.keyword].append(part.amount)
    return ((sum(some), keyword) for keyword, some in amounts.items())
