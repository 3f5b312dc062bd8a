"""Computes the semantic evidence: how near a paper is to the keywords for a sentence model.

It has the formula of the topical evidence (`digest.core.ranking.topical_evidence`), with vectors of a
sentence-embedding model (N. Reimers and I. Gurevych 2019, arXiv:1908.10084) in place of those of
the background table, and with a sample of papers that the model has read in place of the background papers. A keyword is
its text; it is not moved towards its nearest papers, which gained nothing. For a paper whose
vector is known, the score has the weighted mean of the two kinds of evidence:

    s = direct + (1 - 7/(8n)) (0.7 V T + 0.3 T_sem) + ...

A paper without a vector keeps the whole topical evidence. docs/research/ranking.md has the
measurements.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from msgspec import Struct

from digest.core.background.table import unit
from digest.core.keywords.aliases import all_forms
from digest.core.models.profiles import Keyword
from digest.core.ranking import fixed_point
from digest.core.ranking.topical_evidence import (
    TopicalKeywords,
    keyword_shares,
    levels,
    topical_factor,
)
from digest.core.ranking.topical_topic import TopicalTopic

Array = Any

MIN_SAMPLE = 100
"""With fewer vectors in the sample, nothing says what is near and what is average."""

MAX_SAMPLE = 400
"""So many stored papers are the sample of a model that comes without one. More change nothing."""

LEVEL_PAPERS = 3
"""L is the mean of so many of the largest values in the sample: the same share as 20 of the
background papers."""

SHARE = 0.3
"""The share of the semantic evidence in the mean: nDCG@15 .873, .870, .868, .860 with .1, .2, .3, .4, and
the precision of the mail .828, .826, .797, .784. With less than .3 the model alone shows no paper."""


class SemanticSpace(Struct, frozen=True, kw_only=True, eq=False):
    """What a sentence model says about the papers of one ranking."""

    model_id: str  # names the weights
    sample: Array  # float32: vectors of papers as rows, multiples of `VECTOR_UNIT`
    papers: dict[int, Array]  # the vectors of the papers to rank, by revision id; may grow
    encode: Callable[[Sequence[str]], Array]  # the vectors of texts: the same for the same text

    def rows(self, revision_ids: Sequence[int]) -> tuple[Array, Array]:
        """Returns the vectors of papers as rows, and the share of the evidence of each.

        Args:
            revision_ids: of the papers.

        Returns:
            The vectors, 0 where none is known; and `SHARE` for each paper with a vector, else 0.
        """
        rows = np.zeros((len(revision_ids), self.sample.shape[1]), dtype=np.float32)
        shares = np.zeros(len(revision_ids))
        for number, revision_id in enumerate(revision_ids):
            vector = self.papers.get(revision_id)
            if vector is not None:
                rows[number], shares[number] = vector, SHARE
        return rows, shares


def compile_semantic_keywords(keywords: Sequence[Keyword], space: SemanticSpace) -> TopicalKeywords:
    """Compiles text keywords: the vector of each is the mean over its written forms.

    Args:
        keywords: with their aliases.
        space: of the model.
    """
    forms = [[form.term for form in all_forms(keyword)] for keyword in keywords]
    encoded = space.encode([text for texts in forms for text in texts])
    vectors = np.zeros((len(keywords), space.sample.shape[1]))
    start = 0
    for number, texts in enumerate(forms):
        vectors[number] = unit(encoded[start : start + len(texts)].sum(axis=0, dtype=np.float64))
        start += len(texts)
    # Multiples of the unit add up exactly, so the means do not depend on the order of the sample.
    means = vectors @ space.sample.sum(axis=0, dtype=np.float64) / max(1, len(space.sample))
    # A word that must be in the title says nothing about what is near to it.
    coverage = np.array([float(keyword.field != "title") for keyword in keywords])
    return TopicalKeywords(
        vectors=vectors,
        means=means,
        background_means=means,
        factors=np.ones(len(keywords)),
        known=np.ones(len(keywords)),
        coverage=coverage,
        plain=np.ones(len(keywords)),
    )


def compile_semantic_topic(
    keywords: Sequence[Keyword], space: SemanticSpace
) -> TopicalTopic | None:
    """Compiles the text keywords of a topic, of which there is at least one.

    Args:
        keywords: the keywords, with their weights.
        space: of the model.

    Returns:
        The semantic evidence; None if the sample is too small to say what is near.
    """
    if len(space.sample) < MIN_SAMPLE:
        return None
    compiled = compile_semantic_keywords(keywords, space)
    weights = [fixed_point.round_weight(keyword.weight) for keyword in keywords]
    shares = keyword_shares(weights, compiled.coverage)
    return TopicalTopic(
        texts=tuple(keyword.text for keyword in keywords),
        keywords=compiled,
        shares=shares,
        level=float(levels(shares[None, :], compiled, space.sample, papers=LEVEL_PAPERS)[0]),
        factor=topical_factor(1.0, len(keywords)),
        known=1.0,
    )
