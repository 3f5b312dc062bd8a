"""What does not depend on the reader, for all digests that are made of the same papers."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from digest.core.editions.compose import (
    NEAR_IDENTICAL_SIMILARITY,
    near_identical,
    popularity,
)
from digest.core.models.editions import Candidate
from digest.core.models.papers import AnnouncementKind
from digest.core.text.tokens import EMPTY_LEMMAS, words
from digest.core.text.word_positions import WordPositions, word_positions

Array = Any

_BLOCK = 500  # papers that are compared with all others at a time
_TOP = 32  # so many popular papers are enough for nearly every reader


class DayPapers:
    """Papers of which digests are made; a paper is named by its place in the list.

    Args:
        candidates: the papers.
        english: the English lemmas of each; None: they are found here.

    Attributes:
        candidates: the papers.
        paper_ids: their ids, int64.
        is_revised: whether each may be shown again to a reader who has seen it.
        near: for each paper that is near-identical to others, those others.
        in_near: 1 for each of these papers, 0 for the others.
        popular: the places of all papers, the most popular first.
        top: the first ones of these.
    """

    def __init__(
        self, candidates: Sequence[Candidate], english: WordPositions | None = None
    ) -> None:
        self.candidates = tuple(candidates)
        self.paper_ids: Array = np.array([item.paper_id for item in candidates], dtype=np.int64)
        self.is_revised: Array = np.array(
            [item.kind is AnnouncementKind.REVISED for item in candidates], dtype=bool
        )
        self.near: Mapping[int, frozenset[int]] = near_identical_papers(
            candidates, english or _english_lemmas(candidates)
        )
        self.in_near: Array = np.zeros(len(candidates), dtype=np.int64)
        self.in_near[list(self.near)] = 1
        # Sorting is stable: of equally popular papers, the order of the announcements decides.
        self.popular: tuple[int, ...] = tuple(
            sorted(
                range(len(candidates)),
                key=lambda place: (popularity(candidates[place]), candidates[place].paper_id),
            )
        )
        self.top: Array = np.array(self.popular[:_TOP], dtype=np.int64)

    def trending(self, without: int, count: int) -> tuple[int, ...] | None:
        """Returns the most popular papers, without some of them.

        Args:
            without: the papers of `top` to leave out: bit n is for the nth.
            count: how many.

        Returns:
            None if papers that are not in `top` would have to be looked at.
        """
        # Not remembered: nearly every reader leaves out others of these papers.
        found: list[int] = []
        for place in self.popular[:_TOP]:
            if len(found) == count:
                break
            if not without & 1:
                found.append(place)
            without >>= 1
        enough = len(found) == count or len(self.popular) <= _TOP
        return tuple(found) if enough else None


def _english_lemmas(candidates: Sequence[Candidate]) -> WordPositions:
    papers = (item.paper for item in candidates)
    return word_positions(words(paper.title, paper.abstract).lemmas for paper in papers)


def near_identical_papers(
    candidates: Sequence[Candidate], lemmas: WordPositions
) -> dict[int, frozenset[int]]:
    """Returns the near-identical papers (`digest.core.editions.compose`) of each paper with any.

    Args:
        candidates: the papers; the result has their places.
        lemmas: of each, in English.
    """
    from scipy.sparse import csr_matrix  # imported here: one reader's digest does not need it

    width = max(1, len(lemmas.numbers))
    counted = ~lemmas.among(EMPTY_LEMMAS)
    cells = np.unique(lemmas.texts[counted] * np.int64(width) + lemmas.words[counted])
    rows, columns = np.divmod(cells, width)
    sizes = np.bincount(rows, minlength=len(candidates))
    found_in = csr_matrix(
        (np.ones(len(rows), dtype=np.int32), (rows, columns)), shape=(len(candidates), width)
    )
    found: dict[int, set[int]] = {}
    for start in range(0, len(candidates), _BLOCK):
        common = (found_in[start : start + _BLOCK] @ found_in.T).toarray()
        either = sizes[start : start + _BLOCK, None] + sizes[None, :] - common
        # A little below the bound: `near_identical` decides.
        close = common > (NEAR_IDENTICAL_SIMILARITY - 0.01) * either
        rows_close, others_close = (places.tolist() for places in np.nonzero(close))
        for row, other in zip(rows_close, others_close, strict=True):
            one = row + start
            if one < other and near_identical(candidates[one].paper, candidates[other].paper):
                found.setdefault(one, set()).add(other)
                found.setdefault(other, set()).add(one)
    return {place: frozenset(others) for place, others in found.items()}
