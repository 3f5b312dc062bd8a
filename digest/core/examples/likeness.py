"""Computes how like papers are to example papers.

K = (cos(e, e') / 3 + 2 cos(f, f') / 3)^2, at least 0
    e    vectors of the background table: what a paper is about, whatever its words
    f    TF-IDF vectors of terms (`digest.core.examples.paper_terms`): the words themselves
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from msgspec import Struct

from digest.core.background.table import BackgroundTable
from digest.core.examples.paper_terms import sparse_rows, term_weights
from digest.core.keywords.paper_index import PaperIndex
from digest.core.models.profiles import ExamplePaper
from digest.core.ranking.topical_evidence import round_all
from digest.core.text.tokens import words

Array = Any

VECTORS = 1 / 3
"""The share of the vectors in the likeness; the rest is that of the terms."""


class ExampleSet(Struct, frozen=True, kw_only=True, eq=False):
    """Some example papers, compiled against a background table."""

    background: BackgroundTable
    vectors: Array  # float32: a row for each example
    terms: tuple[dict[str, float], ...]  # the TF-IDF vector of each example

    def likeness(self, index: PaperIndex) -> Array:
        """Returns K, as fixed-point numbers: examples by the papers of an index."""
        # Products of rounded vectors are exact, so they are the same for one paper and for many.
        topics = self.vectors @ index.topical_vectors(self.background).T
        papers = index.term_matrix(self.background)
        terms = (sparse_rows(self.terms, papers.numbers) @ papers.rows.T).toarray()
        cosine = VECTORS * topics.astype(np.float64) + (1.0 - VECTORS) * terms
        positive = np.maximum(0.0, cosine)
        return round_all(positive * positive)


# `explain` and the digests of one reader use the same examples again. Few are kept: a thousand papers
# take 20 MB.
@lru_cache(maxsize=16)
def compile_examples(
    examples: Sequence[ExamplePaper], language: str, background: BackgroundTable
) -> ExampleSet:
    """Compiles example papers.

    Args:
        examples: a tuple of papers.
        language: of the profile, as for `digest.core.keywords.paper_index.tokenize_paper`.
        background: the table of this language.
    """
    texts = [words(item.title, item.abstract, language).lemmas for item in examples]
    return ExampleSet(
        background=background,
        vectors=background.vectors(texts),
        terms=tuple(term_weights(text, background) for text in texts),
    )
