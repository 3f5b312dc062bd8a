"""Related terms: what the seen papers that match a topic best have in common.

Pseudo-relevance feedback (J. J. Rocchio 1971; Croft and Harper 1979). For one topic, the
best of the seen papers by their direct matches d, weighted by d, have a mean vector; its
largest entries are the related terms v. A paper's likeness is rho = x . v, scaled so that
those papers have 1 on average, and adds

    min(cap, 4 a N / (N + 100) * rho^2)
    a    agreement: what the best papers' second and further keywords add to d, on average
    N    papers seen
    cap  none for a paper that holds a keyword; else what makes a score of 34 (weight 1)

Papers in which several keywords meet are about the topic; papers that one keyword alone
found are about anything. So a topic of one keyword has no related terms.
docs/ranking.md has the measurements.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from digest.core.ranking import fixed_point
from digest.core.ranking.corpus import Corpus
from digest.core.ranking.keyword_score import CompiledKeyword, Contribution, contributions

BEST_PAPERS = 100
BEST_SHARE = 10
"""The terms are learned from the best 100 papers, and at most from every tenth."""

TERMS = 200

STRENGTH = 4.0

FEW_PAPERS = 100
"""So many seen papers give half of the strength."""

MAX_WITHOUT_KEYWORD = 0.23
"""The most that related terms add to a paper without any of the keywords: a score of 34."""

MIN_SHARE = 0.03
"""What adds less, alone a score of 5, is nothing: nearly every paper shares some terms."""

MAX_NAMED_KEYWORDS = 3
"""So many keywords, those that found most of the best papers, are named in an explanation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RelatedTerms:
    """A topic's related terms, frozen with the papers seen."""

    terms: Mapping[str, float]  # by stem
    weight: float  # of the topic
    strength: float  # what a paper adds that is as the best ones are
    shares: tuple[tuple[str, float], ...]  # the keywords that brought them; the shares sum to 1

    def amount(self, vector: Mapping[str, float], *, alone: bool) -> float:
        """What a paper adds.

        Args:
            vector: of the paper, from `Space.vector`.
            alone: it holds none of the topic's keywords.
        """
        term, likeness = self.terms.get, 0.0
        for one, weight in vector.items():
            likeness += weight * term(one, 0.0)
        amount = self.strength * likeness * likeness
        if amount < MIN_SHARE * self.weight:
            return 0.0
        return fixed_point.round_contribution(
            min(MAX_WITHOUT_KEYWORD * self.weight, amount) if alone else amount
        )


def learn_related(
    rules: Iterable[CompiledKeyword],
    excluded: Iterable[CompiledKeyword],
    corpus: Corpus,
    *,
    weight: float,
) -> RelatedTerms | None:
    """The related terms of a topic; None if no seen papers hold two of its keywords.

    Args:
        rules: its keywords, compiled; authors and categories are left aside.
        excluded: what takes papers out of it.
        corpus: the papers seen.
        weight: of the topic.
    """
    words = [one for one in rules if one.forms]
    most = min(BEST_PAPERS, corpus.papers // BEST_SHARE)
    if len(words) < 2 or not most:
        return None
    found: defaultdict[int, list[Contribution]] = defaultdict(list)
    for one in words:
        for number, part in contributions(one, corpus.index, corpus.mean_length):
            found[number].append(part)
    for one in excluded:
        for number in one.holders(corpus.index):
            found.pop(number, None)
    # An order that does not depend on the order of the papers, nor do the sums below.
    best = sorted(
        (
            (min(fixed_point.MAX_TOTAL, sum(part.amount for part in some)), number)
            for number, some in found.items()
        ),
        key=lambda item: (-item[0], corpus.index.order(item[1])),
    )[:most]
    whole = sum(fixed_point.round_contribution(direct) for direct, _ in best)
    further = sum(
        fixed_point.round_contribution(
            direct * max(0.0, direct - max(part.amount for part in found[number]))
        )
        for direct, number in best
    )
    if further <= 0.0:
        return None
    return RelatedTerms(
        terms=_terms(
            [(fixed_point.round_vector_entry(direct / whole), number) for direct, number in best],
            corpus,
        ),
        weight=weight,
        strength=STRENGTH * (further / whole) * corpus.papers / (corpus.papers + FEW_PAPERS),
        shares=shares(_sums([part for _, number in best for part in found[number]])),
    )


def _terms(best: list[tuple[float, int]], corpus: Corpus) -> dict[str, float]:
    mean: defaultdict[str, float] = defaultdict(float)
    for share, number in best:
        for one, weight in corpus.vector(number).items():
            mean[one] += share * weight
    rounded = ((one, fixed_point.round_vector_entry(weight)) for one, weight in mean.items())
    largest = dict(sorted(rounded, key=lambda item: (-item[1], item[0]))[:TERMS])
    # The weighted mean of x . v over the best papers, which the scale makes 1.
    usual = sum(weight * weight for weight in largest.values())
    return (
        {one: fixed_point.round_vector_entry(weight / usual) for one, weight in largest.items()}
        if usual
        else {}
    )


def shares(sums: Iterable[tuple[float, str]]) -> tuple[tuple[str, float], ...]:
    """The keywords that brought most of the best papers, and their shares of that.

    Args:
        sums: what each keyword adds to the best papers.
    """
    found = (item for item in sums if item[0] > 0.0)
    most = sorted(found, key=lambda item: (-item[0], item[1]))[:MAX_NAMED_KEYWORDS]
    whole = sum(total for total, _ in most)
    return tuple((keyword, total / whole) for total, keyword in most)


def _sums(found: list[Contribution]) -> Iterator[tuple[float, str]]:
    sums: defaultdict[str, list[float]] = defaultdict(list)
    for part in found:
        sums[part.keyword].append(part.amount)
    return ((sum(some), keyword) for keyword, some in sums.items())
