"""Writes the papers in the sections of many editions: the points of the keywords, and the sentences.

What a keyword has to do with a paper is the same for all its readers, so it is looked up once; only
the points differ.
"""

from collections.abc import Sequence
from typing import NamedTuple

from digest.core.editions.paper_sentences import WEIGHT_UNIT, sentences_of
from digest.core.models.editions import LEAST_POINTS, Candidate, KeywordMatch
from digest.core.models.profiles import Profile
from digest.store.editions.packed_editions import EditionPacker, PackedMatch

_MOST_MATCHES = 1 << 9  # kept for one paper; there may be thousands of papers


class _Found(NamedTuple):
    """What a match says, except its points."""

    packed: PackedMatch
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
        self._found: dict[tuple[str, str, tuple[str, ...]], _Found] = {}

    def write(self, score: float, matches: Sequence[KeywordMatch], profile: Profile) -> str:
        """Returns the packed entry of a reader whose profile has no aliases.

        Args:
            score: of the paper.
            matches: what brought it.
            profile: of the reader.
        """
        packed: list[str] = []
        masks: dict[str, int] = {}
        weights: dict[str, int] = {}
        others: list[tuple[int, int]] = []
        known = self._found
        for match in matches:
            points = match.contribution
            if points < LEAST_POINTS:
                continue
            name = match.keyword
            key = name, match.field, match.words
            found = known.get(key) or self._find(match, profile)
            packed.append(found.packed.text(points))
            if found.is_text:
                if found.word_masks:
                    weight = round(points / len(found.word_masks) * WEIGHT_UNIT)
                    others += [(mask, weight) for mask in found.word_masks]
                else:
                    weight = round(points * WEIGHT_UNIT)
                if name in masks:  # in two fields
                    masks[name] |= found.mask
                    weights[name] += weight
                else:
                    masks[name], weights[name] = found.mask, weight
        evidence = [*zip(masks.values(), weights.values(), strict=True), *others]
        return self._packer.packed_entry(
            self._place, score, packed, self._sentences.select_with(evidence)
        )

    def _find(self, match: KeywordMatch, profile: Profile) -> _Found:
        keywords = {keyword.text: keyword for topic in profile.topics for keyword in topic.keywords}
        keyword = keywords.get(match.keyword)
        is_text = keyword is not None and keyword.field in ("text", "title")
        found = _Found(
            packed=PackedMatch(match),
            mask=self._sentences.mask(keyword, near=match.field == "near")
            if keyword and is_text
            else 0,
            word_masks=tuple(
                self._sentences.word_mask(word, keyword.language) for word in match.words
            )
            if keyword and is_text
            else (),
            is_text=is_text,
        )
        if len(self._found) >= _MOST_MATCHES:
            self._found.clear()
        self._found[match.keyword, match.field, match.words] = found
        return found
