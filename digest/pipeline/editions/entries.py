"""Writes the papers in the sections of many editions: the points of the keywords, and the sentences.

What a keyword has to do with a paper is the same for all its readers, so it is looked up once; only
the points differ.
"""

from array import array
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from digest.core.batch_ranking.explaining import ExplainedPairs
from digest.core.batch_ranking.sparse_products import Array
from digest.core.editions.paper_sentences import (
    WEIGHT_UNIT,
    PaperSentences,
    keyword_patterns,
    sentences_of,
    word_patterns,
)
from digest.core.editions.sentence_choice import places_of
from digest.core.editions.together.sentence_arrays import (
    MOST_SENTENCES,
    KeywordPlaces,
    SentenceArrays,
)
from digest.core.editions.together.sentence_masks import SentenceMasks, Wanted
from digest.core.models.editions import Candidate
from digest.core.models.profiles import Keyword
from digest.store.editions.packed_editions import EditionPacker, packed_match
from digest.store.editions.serialization import POINT_DIGITS

_MOST_MATCHES = 1 << 19
"""So many matches are kept: about 35 MB."""


# Not an f-string, which would read the number of digits again for each match.
_PACKED = f"%s%.{POINT_DIGITS}f%s"


class EntryWriter:
    """Writes the entries of some papers.

    Args:
        candidates: the papers.
        packer: packs editions that show them.
        language: of the keywords.
    """

    def __init__(
        self, candidates: Sequence[Candidate], packer: EditionPacker, language: str
    ) -> None:
        self._candidates, self._packer, self._language = candidates, packer, language
        self._matches = _KnownMatches()
        self._papers: dict[int, PaperSentences] = {}
        self._masks: list[SentenceMasks] = []
        # In which of these each paper is, and which of its papers it is; -1 for none yet.
        self._blocks: Array = np.full(len(candidates), -1, dtype=np.int64)
        self._rows: Array = np.full(len(candidates), -1, dtype=np.int64)

    def can_write(self, papers: Array) -> Array:
        """Returns for some places of papers whether `write` can write entries of them."""
        used, places = np.unique(papers, return_inverse=True)
        possible = [
            len(self._sentences(place).sentences) <= MOST_SENTENCES for place in used.tolist()
        ]
        found: Array = np.array(possible, dtype=np.bool_)[places]
        return found

    def write(self, papers: Array, scores: Array, explained: ExplainedPairs) -> list[str]:
        """Returns packed entries of readers whose profiles have no aliases.

        Args:
            papers: the place of the paper of each entry.
            scores: of the papers.
            explained: what brought the scores, without what is below `LEAST_POINTS`.
        """
        numbers = self._numbered(papers, explained)
        chosen = self._chosen(papers, explained, numbers).tolist()
        matches = self._matches.packed(numbers.tolist(), explained.points.tolist())
        entry = self._packer.packed_entry
        return [
            entry(place, score, matches[begin:end], places_of(sentences))
            for place, score, (begin, end), sentences in zip(
                papers.tolist(),
                scores.tolist(),
                pairwise((0, *explained.ends)),
                chosen,
                strict=True,
            )
        ]

    def _sentences(self, place: int) -> PaperSentences:
        found = self._papers.get(place)
        if found is None:
            found = self._papers[place] = sentences_of(self._candidates[place].paper)
        return found

    def _numbered(self, papers: Array, explained: ExplainedPairs) -> Array:
        """Returns the number of each match; new ones are added."""
        known = self._matches
        if len(known) > _MOST_MATCHES:
            known = self._matches = _KnownMatches()
        numbers = known.numbers_of(explained.keys)
        missing = np.flatnonzero(numbers < 0)
        keys, firsts, same = np.unique(
            explained.keys[missing], return_index=True, return_inverse=True
        )
        if len(keys):
            numbers[missing] = len(known) + same
            known.add_keys(keys)
            places = missing[firsts]
            owners = papers[explained.owners[places]].tolist()
            described = list(explained.described(places))
            known.add(
                [packed_match(keyword.text, field, words) for keyword, field, words in described],
                self._masks_of(owners, described),
                np.array([len(words) for _, _, words in described], dtype=np.int64),
            )
        return numbers

    def _masks_of(
        self, papers: Sequence[int], described: Sequence[tuple[Keyword, str, tuple[str, ...]]]
    ) -> Array:
        """Returns for each match the sentences with the keyword, then those with each of its words.

        Args:
            papers: the place of the paper of each match.
            described: the keyword, the field and the words of each match.
        """
        numbers: dict[tuple[str, bool | None], int] = {}
        wanted: list[Wanted] = []
        found: list[int] = []
        for keyword, field, words in described:
            near = field == "near"
            number = numbers.setdefault((keyword.text, near), len(wanted))
            if number == len(wanted):
                wanted.append(keyword_patterns(keyword, near=near))
            found.append(number)
            for word in words:
                number = numbers.setdefault((word, None), len(wanted))
                if number == len(wanted):
                    wanted.append((word_patterns(word, self._language),))
                found.append(number)
        counts = [1 + len(words) for _, _, words in described]
        places = np.repeat(np.array(papers, dtype=np.int64), counts)
        return self._found_in(wanted, np.array(found, dtype=np.int64), places)

    def _found_in(self, wanted: Sequence[Wanted], numbers: Array, papers: Array) -> Array:
        """Returns `SentenceMasks.find` for places of papers; the words of each are read once."""
        new = np.unique(papers[self._blocks[papers] < 0])
        if len(new):
            self._blocks[new], self._rows[new] = len(self._masks), np.arange(len(new))
            sentences = [self._sentences(place).sentences for place in new.tolist()]
            self._masks.append(SentenceMasks(sentences, self._language))
        found = np.zeros(len(papers), dtype=np.int64)
        for block, masks in enumerate(self._masks):
            chosen = np.flatnonzero(self._blocks[papers] == block)
            if len(chosen):
                rows = self._rows[papers[chosen]]
                found[chosen] = masks.find(wanted, numbers[chosen], rows)
        return found

    def _chosen(self, papers: Array, explained: ExplainedPairs, numbers: Array) -> Array:
        """Returns the set of sentences of each entry; bit n is sentence n."""
        masks, starts, counts, word_masks = self._matches.sentences(numbers)
        weights = np.rint(explained.points / np.maximum(counts, 1) * WEIGHT_UNIT).astype(np.int64)
        with_words = np.flatnonzero(counts)
        counts = counts[with_words]
        ends = np.cumsum(counts)
        words = np.arange(counts.sum()) + np.repeat(starts[with_words] - ends + counts, counts)
        of_words = np.repeat(with_words, counts)
        # A keyword may be in two fields: its sentences are those of both.
        order = np.lexsort((explained.terms, explained.owners))
        owners, terms = explained.owners[order], explained.terms[order]
        is_first = np.ones(len(order), dtype=np.bool_)
        is_first[1:] = (owners[1:] != owners[:-1]) | (terms[1:] != terms[:-1])
        firsts = np.flatnonzero(is_first)
        evidence = KeywordPlaces(
            entries=np.concatenate([owners[firsts], explained.owners[of_words]]),
            masks=np.concatenate(
                [_reduced(np.bitwise_or, masks[order], firsts), word_masks[words]]
            ),
            weights=np.concatenate([_reduced(np.add, weights[order], firsts), weights[of_words]]),
        )
        used, rows = np.unique(papers, return_inverse=True)
        tables = SentenceArrays([self._sentences(place).table for place in used.tolist()])
        chosen: Array = tables.choose(rows, evidence)
        return chosen


class _KnownMatches:
    """What matches say, except their points. They are numbered from 0."""

    def __init__(self) -> None:
        self._keys: Array = np.zeros(0, dtype=np.int64)  # of `ExplainedPairs`, ascending
        self._numbers: Array = np.zeros(0, dtype=np.int32)  # of the matches with these keys
        self._starts: list[str] = []  # of the packed match, before its points
        self._ends: list[str] = []
        self._masks = array("q")  # the sentences with the keyword; bit n is sentence n
        self._word_ends = array("q", [0])
        self._word_masks = array("q")  # the sentences with each word of each match

    def __len__(self) -> int:
        """Returns how many are known."""
        return len(self._keys)

    def numbers_of(self, keys: Array) -> Array:
        """Returns the number of each match; -1 for those that are not known."""
        if not len(self._keys):
            return np.full(len(keys), -1, dtype=np.int64)
        places = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
        found: Array = np.where(self._keys[places] == keys, self._numbers[places], np.int64(-1))
        return found

    def add_keys(self, keys: Array) -> None:
        """Numbers matches; `add` must follow for each.

        Args:
            keys: ascending, none of which is known.
        """
        places = np.searchsorted(self._keys, keys)
        numbers = np.arange(len(self), len(self) + len(keys), dtype=np.int32)
        self._keys = np.insert(self._keys, places, keys)
        self._numbers = np.insert(self._numbers, places, numbers)

    def add(self, packed: Sequence[tuple[str, str]], masks: Array, words: Array) -> None:
        """Adds matches.

        Args:
            packed: each from `packed_match`.
            masks: for each the sentences with the keyword, then those with each of its words.
            words: how many words each has.
        """
        self._starts += [start for start, _ in packed]
        self._ends += [end for _, end in packed]
        ends = np.cumsum(words + 1)
        is_keyword = np.zeros(len(masks), dtype=np.bool_)
        is_keyword[ends - words - 1] = True
        self._masks.frombytes(masks[is_keyword].tobytes())
        self._word_ends.frombytes((self._word_ends[-1] + np.cumsum(words)).tobytes())
        self._word_masks.frombytes(masks[~is_keyword].tobytes())

    def packed(self, numbers: Sequence[int], points: Sequence[float]) -> list[str]:
        """Returns some matches with their points as JSON."""
        starts, ends = self._starts, self._ends
        return [
            _PACKED % (starts[number], own, ends[number])
            for number, own in zip(numbers, points, strict=True)
        ]

    def sentences(self, numbers: Array) -> tuple[Array, Array, Array, Array]:
        """Returns where some matches are.

        Returns:
            For each match the sentences with the keyword, the place of its first word in the last
            array, and the number of its words; the sentences with each word of all known matches.
        """
        ends = np.array(self._word_ends)
        starts = ends[numbers]
        masks, word_masks = np.array(self._masks), np.array(self._word_masks)
        return masks[numbers], starts, ends[numbers + 1] - starts, word_masks


def _reduced(function: np.ufunc, values: Array, firsts: Array) -> Array:
    """Returns what a function makes of the values from each place to the next."""
    found: Array = function.reduceat(values, firsts) if len(firsts) else values
    return found
