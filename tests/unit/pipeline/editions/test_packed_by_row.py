"""The papers of many editions are packed as those of one are."""

from collections.abc import Sequence
from random import Random

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from digest.pipeline.editions.in_sets import packed_by_row
from digest.store.archive.shown_papers import BLOCK, packed

_IDS = st.integers(min_value=1, max_value=5 * BLOCK) | st.integers(min_value=1, max_value=2**40)


@given(st.lists(st.lists(_IDS, max_size=20), max_size=6), st.randoms(use_true_random=False))
@example([], None)
@example([[], [BLOCK, BLOCK - 1, BLOCK], []], None)
def test_papers_of_many_editions_are_packed_like_those_of_one(
    papers: Sequence[Sequence[int]], random: Random | None
) -> None:
    pairs = [(row, paper_id) for row, own in enumerate(papers) for paper_id in own]
    if random is not None:
        random.shuffle(pairs)
    rows, ids = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    assert packed_by_row(rows, ids, len(papers)) == [packed(own) for own in papers]
