"""Papers as vectors of stems: what related terms are learned from, and looked for in.

x(stem) = 4 c / (c + 3) * ln((N + 1) / (df + 0.5)), divided by the vector's length
    c    occurrences in title and abstract, saturating as in BM25 (doi:10.1561/1500000019)
    N    papers seen; df of them hold the stem, and at least two, or it is left out
The length that is divided by is at least 3/4 of the seen papers' mean, so that a paper
without an abstract is not all topic.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from math import fsum, hypot, log

from digest.core.ranking import fixed_point
from digest.core.text.tokens import EMPTY_STEMS, TokenizedText

SATURATION = 3.0
LEAST_LENGTH = 0.75
LEAST_PAPERS = 2


class TfIdfSpace:
    """The weights of stems, and the usual length, frozen from the papers seen.

    Args:
        seen: their words.
        holding: for each stem, the number of them that hold it.
    """

    def __init__(self, seen: Sequence[TokenizedText], holding: Mapping[str, int]) -> None:
        self._weights = {
            one: log((len(seen) + 1) / (papers + 0.5))
            for one, papers in holding.items()
            if papers >= LEAST_PAPERS and one not in EMPTY_STEMS
        }
        self._seen = seen  # kept, so that what stands under an id below stays what it is
        self._raws = {id(words): self._raw(words) for words in seen}
        lengths = [hypot(*raw.values()) for raw in self._raws.values()]
        self._least = LEAST_LENGTH * fsum(lengths) / len(lengths) if lengths else 0.0

    @property
    def stems(self) -> list[str]:
        """All that have a weight, in alphabetical order."""
        return sorted(self._weights)

    def vector(self, words: TokenizedText) -> dict[str, float]:
        """The paper's stems and their weights, in whole grains; empty if no stem is known.

        Its length is at most 1, but for the rounding.
        """
        raw = self._raws.get(id(words)) or self._raw(words)
        if not raw:
            return {}
        length = max(hypot(*raw.values()), self._least)
        return {one: fixed_point.round_vector_entry(weight / length) for one, weight in raw.items()}

    def _raw(self, words: TokenizedText) -> dict[str, float]:
        known = self._weights.get
        raw: dict[str, float] = {}
        for one, count in Counter(words.stems).items():
            if weight := known(one):
                raw[one] = weight * (1.0 + SATURATION) * count / (count + SATURATION)
        return raw


def content_terms(words: TokenizedText) -> Counter[str]:
    """The stems that are not in every text, counted."""
    return Counter(one for one in words.stems if one not in EMPTY_STEMS)
