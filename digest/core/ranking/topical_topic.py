"""The topical evidence of one topic, compiled: see `digest.core.ranking.topical_evidence`."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from msgspec import Struct

from digest.core.background.spread import VectorSpread
from digest.core.background.table import BackgroundTable
from digest.core.models.profiles import Keyword
from digest.core.ranking import fixed_point
from digest.core.ranking.topical_evidence import (
    TopicalKeywords,
    compile_keywords,
    keyword_count,
    keyword_shares,
    known_share,
    levels,
    paper_shares,
    round_all,
    topical_factor,
    topical_scores,
)

Array = Any

MIN_AMOUNT = 0.02
"""A smaller amount (by itself a score of 0.4) is ignored: nearly every paper is a little near."""


class TopicalTopic(Struct, frozen=True, kw_only=True, eq=False):
    """The topical evidence of one topic."""

    texts: tuple[str, ...]  # the keywords as written
    keywords: TopicalKeywords
    shares: Array  # w of each keyword, for papers
    level: float  # L
    factor: float  # V (1 - 7/(8n))
    known: float  # V

    def amounts(self, papers: Array, *, weight: float, share: Array | float = 1.0) -> Array:
        """Returns what the topical evidence adds to each paper.

        Args:
            papers: vectors of papers as rows.
            weight: of the topic.
            share: for each paper, the part of its evidence that counts, from 0 to 1.
        """
        g = self.shares[None, :] @ self.keywords.raised(papers)
        return topical_amounts(
            g,
            level=np.array([self.level]),
            factor=np.array([self.factor * weight]),
            weight=np.array([weight]),
            share=share,
        )[0]

    def parts(self, paper: Array) -> list[tuple[int, float]]:
        """Returns how much each keyword has to do with a paper: numbers and shares of g."""
        g = self.shares * self.keywords.raised(paper[None, :])[:, 0]
        total = g.sum()
        if not total:
            return []
        return [(number, float(part / total)) for number, part in enumerate(g) if part > 0.0]


def topical_amounts(
    g: Array, *, level: Array, factor: Array, weight: Array, share: Array | float = 1.0
) -> Array:
    """Returns what topical evidence adds to papers, as fixed-point numbers: topics by papers.

    Args:
        g: topics by papers.
        level: L of each topic.
        factor: V (1 - 7/(8n)) of each topic, times its weight.
        weight: of each topic.
        share: for each paper, the part of its evidence that counts, from 0 to 1.
    """
    amounts = factor[:, None] * topical_scores(g, level) * share
    return np.where(amounts < MIN_AMOUNT * weight[:, None], 0.0, round_all(amounts))


def compile_topical_topic(
    keywords: Sequence[Keyword], background: BackgroundTable, stored: VectorSpread | None = None
) -> TopicalTopic | None:
    """Compiles the text keywords of a topic.

    Args:
        keywords: the keywords, with their weights.
        background: the table.
        stored: of the vectors of foreign stored papers; None: the background papers alone count.

    Returns:
        The topical evidence; None if the table knows none of the keywords.
    """
    compiled = compile_keywords(keywords, background, stored)
    weights = [fixed_point.round_weight(keyword.weight) for keyword in keywords]
    known = known_share(weights, compiled.known)
    if not known:
        return None
    shares = keyword_shares(weights, compiled.coverage)
    return TopicalTopic(
        texts=tuple(keyword.text for keyword in keywords),
        keywords=compiled,
        shares=paper_shares(shares, compiled.factors),
        level=float(levels(shares[None, :], compiled.in_background(), background.sample)[0]),
        factor=float(topical_factor(known, keyword_count(compiled.coverage, compiled.plain))),
        known=known,
    )
