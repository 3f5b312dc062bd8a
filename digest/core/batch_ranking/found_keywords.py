"""Says where text keywords are in papers, and what they add: for many pairs at once."""

import numpy as np

from digest.core.batch_ranking.grouped_values import different
from digest.core.batch_ranking.prepared_papers import PreparedPapers
from digest.core.batch_ranking.sparse_products import Array
from digest.core.batch_ranking.vocabulary import Feature
from digest.core.keywords.occurrences import NEAR
from digest.core.models.profiles import Keyword
from digest.core.ranking.explanation import RELATED

FIELDS = ("abstract", NEAR, RELATED, "title")  # in the order of the alphabet
FIELD_NUMBERS = {name: number for number, name in enumerate(FIELDS)}


class FoundKeywords:
    """What text features have to do with papers: for pairs.

    Attributes:
        direct: what the keyword adds, for a weight of 1.
        forms: what its other forms add.
        fields: where the keyword is, as its place in `_FIELDS`.
    """

    def __init__(self, prepared: PreparedPapers, features: Array, papers: Array) -> None:
        self._texts = prepared.texts
        self._place = prepared.papers.text_places[papers]
        self.direct, self.forms = np.zeros(len(features)), np.zeros(len(features))
        self._first = np.full(len(features), -1, dtype=np.int32)
        self._abbreviation = np.zeros(len(features), dtype=np.int32)
        self._form = np.zeros((len(features), 2), dtype=np.int32)
        self.fields = np.full(len(features), FIELD_NUMBERS[NEAR])
        if len(features):
            self._fill(prepared, features)
        is_found = self._first >= 0
        in_title = self._first < prepared.texts.titles[self._place]
        self.fields[is_found & in_title] = FIELD_NUMBERS["title"]
        self.fields[is_found & ~in_title] = FIELD_NUMBERS["abstract"]

    def _fill(self, prepared: PreparedPapers, features: Array) -> None:
        """Sets what is found where the keyword is in the paper."""
        width = np.int64(self._texts.papers)
        wanted = features * width + self._place
        order = np.argsort(wanted)
        wanted = wanted[order]
        numbers = different(features)
        keywords = [
            _text_keyword(prepared.vocabulary.features[number]) for number in numbers.tolist()
        ]
        found = self._texts.of(keywords, prepared.corpus)
        sizes = [len(item.papers) for item in found]
        if not any(sizes):
            return
        known = np.repeat(numbers * width, sizes) + np.concatenate([item.papers for item in found])
        places = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
        kept = known[places] == wanted
        pairs, places = order[kept], places[kept]
        self.direct[pairs] = np.concatenate([item.direct for item in found])[places]
        self.forms[pairs] = np.concatenate([item.forms for item in found])[places]
        self._first[pairs] = np.concatenate([item.first for item in found])[places]
        self._abbreviation[pairs] = np.concatenate([item.abbreviation for item in found])[places]
        self._form[pairs, 0] = np.concatenate([item.form_start for item in found])[places]
        self._form[pairs, 1] = np.concatenate([item.form_size for item in found])[places]

    @property
    def has_abbreviation(self) -> Array:
        """Whether the paper has only an abbreviation or long form of the keyword."""
        return (self._first >= 0) & (self._abbreviation > 0)

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


def _text_keyword(feature: Feature) -> Keyword:
    assert isinstance(feature, Keyword)  # noqa: S101 - for the type checker
    return feature
