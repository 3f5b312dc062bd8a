"""Writes the papers in the sections of many editions: the points of the keywords, and the sentences.

What a keyword has to do with a paper is the same for all its readers, so it is looked up once; only
the points differ.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from digest.core.editions.paper_sentences import WEIGHT_UNIT, sentences_of
from digest.core.editions.reasons import RawMatch
from digest.core.models.editions import Candidate
from digest.core.models.profiles import Keyword
from digest.store.editions.packed_editions import EditionPacker, packed_match
from digest.store.editions.serialization import POINT_DIGITS

_MOST_MATCHES = 1 << 9  # kept for one paper; there may be thousands of papers


_Key = tuple[str, str, Sequence[str]]
"""The keyword, field and words of a match."""


class _Found(NamedTuple):
    """What a match says, except its points."""

    start: str  # of the packed match, before its points
    end: str
    mask: int  # the sentences with the keyword; bit n is sentence n
    word_masks: tuple[int, ...]  # the sentences with each word of the match
    is_text: bool  # the keyword can stand in a sentence


class EntryWriter:
    """Writes the entries of one paper.

    Args:
        place: of the paper in the packer.
        candidate: the paper.
        packer: packs the editions.
    """

    def __init__(self, place: int, candidate: Candidate, packer: EditionPacker) -> None:
        self._place, self._packer = place, packer
        self._sentences = sentences_of(candidate.paper)
        self._found: dict[_Key, _Found] = {}

    def write(
        self, score: float, matches: Sequence[RawMatch], keywords: Mapping[str, Keyword]
    ) -> str:
        """Returns the packed entry of a reader whose profile has no aliases.

        Args:
            score: of the paper.
            matches: what brought it, without those below `LEAST_POINTS`.
            keywords: of the reader, by the text that the matches have.
        """
        packed: list[str] = []
        own: dict[str, tuple[int, int]] = {}  # by keyword: its sentences, and its weight
        weights: dict[int, int] = {}  # by set of sentences
        known = self._found
        for name, field, points, words in matches:
            key = name, field, words
            start, end, mask, word_masks, is_text = known.get(key) or self._find(key, keywords)
            packed.append(f"{start}{points:.{POINT_DIGITS}f}{end}")
            if is_text:
                weight = round(
                    points / len(word_masks) * WEIGHT_UNIT if word_masks else points * WEIGHT_UNIT
                )
                for word_mask in word_masks:
                    if word_mask:
                        weights[word_mask] = weights.get(word_mask, 0) + weight
                if name in own:  # in two fields
                    mask |= own[name][0]
                    weight += own[name][1]
                own[name] = mask, weight
        for mask, weight in own.values():
            if mask:
                weights[mask] = weights.get(mask, 0) + weight
        return self._packer.packed_entry(
            self._place, score, packed, self._sentences.select_with(weights)
        )

    def _find(self, key: _Key, keywords: Mapping[str, Keyword]) -> _Found:
        name, field, words = key
        keyword = keywords.get(name)
        start, end = packed_match(name, field, words)
        if keyword is None or keyword.field not in ("text", "title"):
            found = _Found(start, end, 0, (), is_text=False)
        else:
            sentences, language = self._sentences, keyword.language
            mask = sentences.mask(keyword, near=field == "near")
            word_masks = [sentences.word_mask(word, language) for word in words]
            found = _Found(start, end, mask, tuple(word_masks), is_text=True)
        if len(self._found) >= _MOST_MATCHES:
            self._found.clear()
        self._found[key] = found
        return found
