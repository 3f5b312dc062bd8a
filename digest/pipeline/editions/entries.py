"""Writes the papers in the sections of many editions: the points of the keywords, and the sentences.

What a keyword has to do with a paper is the same for all its readers, so it is looked up once; only
the points differ.
"""

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from digest.core.batch_ranking.explaining import ExplainedPairs
from digest.core.batch_ranking.found_keywords import FIELDS
from digest.core.batch_ranking.grouped_values import different
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
from digest.core.keywords.occurrences import NEAR
from digest.core.models.editions import Candidate
from digest.pipeline.editions.joined_entries import EntryPieces, texts
from digest.store.editions.packed_editions import (
    EditionPacker,
    match_end,
    match_start,
    packed_sentences,
)

_MOST_MATCHES = 1 << 19
"""So many matches are kept: about 35 MB."""


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

    @cached_property
    def titles(self) -> Array:
        """The packed title of each paper."""
        return texts(self._packer.titles)

    def can_write(self, papers: Array) -> Array:
        """Returns for some places of papers whether `write` can write entries of them."""
        used = different(papers)
        possible = np.zeros(len(self._candidates), dtype=np.bool_)
        possible[used] = [
            len(self._sentences(place).sentences) <= MOST_SENTENCES for place in used.tolist()
        ]
        found: Array = possible[papers]
        return found

    def write(self, papers: Array, scores: Array, explained: ExplainedPairs) -> list[str]:
        """Returns packed entries of readers whose profiles have no aliases.

        Args:
            papers: the place of the paper of each entry.
            scores: of the papers.
            explained: what brought the scores, without what is below `LEAST_POINTS`.
        """
        numbers = self._numbered(papers, explained)
        chosen, same = np.unique(self._chosen(papers, explained, numbers), return_inverse=True)
        sentences = [packed_sentences(places_of(mask)) for mask in chosen.tolist()]
        starts, ends = self._matches.texts(numbers)
        before, between, after = self._parts
        return EntryPieces(
            before=before[papers],
            scores=scores,
            between=between[papers],
            after=after[papers],
            sentences=texts(sentences)[same],
            owners=explained.owners,
            starts=starts,
            points=explained.points,
            ends=ends,
        ).joined()

    @cached_property
    def _parts(self) -> tuple[Array, ...]:
        """The parts of the entries of each paper."""
        parts = map(self._packer.entry_parts, range(len(self._candidates)))
        return tuple(map(texts, zip(*parts, strict=True)))

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
            self._add(papers, explained, missing[firsts])
        return numbers

    def _add(self, papers: Array, explained: ExplainedPairs, places: Array) -> None:
        """Adds some of the matches to those that are known.

        Args:
            papers: the place of the paper of each entry.
            explained: the matches.
            places: of those to add.
        """
        owners = papers[explained.owners[places]]
        terms, fields = explained.terms[places], explained.fields[places]
        words = explained.words(places)
        counts = np.fromiter(map(len, words), dtype=np.int64, count=len(words))
        with_words = np.flatnonzero(counts)
        # Many papers have the same keyword in the same field.
        used, same = np.unique(terms * len(FIELDS) + fields, return_inverse=True)
        keywords = explained.keywords(used // len(FIELDS))
        names = [FIELDS[field] for field in (used % len(FIELDS)).tolist()]
        starts = [
            f",{match_start(keyword.text, field)}"
            for keyword, field in zip(keywords, names, strict=True)
        ]
        ends = texts([match_end(())])[np.zeros(len(words), dtype=np.int64)]
        named = [words[place] for place in with_words.tolist()]
        ends[with_words] = texts(list(map(match_end, named)))
        wanted: list[Wanted] = [
            keyword_patterns(keyword, near=field == NEAR)
            for keyword, field in zip(keywords, names, strict=True)
        ]
        numbers: dict[str, int] = {}
        of_words = [numbers.setdefault(word, len(numbers)) for some in named for word in some]
        masks = self._found_in(
            [*wanted, *((word_patterns(word, self._language),) for word in numbers)],
            np.concatenate([same, np.array(of_words, dtype=np.int64) + len(wanted)]),
            np.concatenate([owners, np.repeat(owners, counts)]),
        )
        self._matches.add(
            texts(starts)[same],
            ends,
            masks=masks[: len(places)],
            words=counts,
            word_masks=masks[len(places) :],
        )

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
        order = np.argsort(
            explained.owners * (int(explained.terms.max(initial=0)) + 1) + explained.terms
        )
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
        used = different(papers)
        rows = np.zeros(len(self._candidates), dtype=np.int64)
        rows[used] = np.arange(len(used))
        tables = SentenceArrays([self._sentences(place).table for place in used.tolist()])
        chosen: Array = tables.choose(rows[papers], evidence)
        return chosen


class _KnownMatches:
    """What matches say, except their points. They are numbered from 0."""

    def __init__(self) -> None:
        self._keys: Array = np.zeros(0, dtype=np.int64)  # of `ExplainedPairs`, ascending
        self._numbers: Array = np.zeros(0, dtype=np.int32)  # of the matches with these keys
        # The packed match, before its points, with a comma, and after them.
        self._starts: Array = np.zeros(0, dtype=object)
        self._ends: Array = np.zeros(0, dtype=object)
        # The sentences with the keyword, and those with each word of each match; bit n is sentence n.
        self._masks: Array = np.zeros(0, dtype=np.int64)
        self._word_ends: Array = np.zeros(1, dtype=np.int64)
        self._word_masks: Array = np.zeros(0, dtype=np.int64)

    def __len__(self) -> int:
        """Returns how many are known."""
        return len(self._keys)

    def numbers_of(self, keys: Array) -> Array:
        """Returns the number of each match; -1 for those that are not known."""
        if not len(self._keys):
            return np.full(len(keys), -1, dtype=np.int64)
        order = np.argsort(keys)  # looking for them in order takes half as long
        places = np.empty(len(keys), dtype=np.int64)
        places[order] = np.searchsorted(self._keys, keys[order])
        places = np.minimum(places, len(self._keys) - 1)
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

    def add(
        self, starts: Array, ends: Array, *, masks: Array, words: Array, word_masks: Array
    ) -> None:
        """Adds matches.

        Args:
            starts: of the packed matches, from `match_start`, with a comma before each.
            ends: from `match_end`.
            masks: for each the sentences with the keyword.
            words: how many words each has.
            word_masks: the sentences with each of these words, one match after the other.
        """
        self._starts = np.concatenate([self._starts, starts])
        self._ends = np.concatenate([self._ends, ends])
        self._masks = np.concatenate([self._masks, masks])
        word_ends = self._word_ends[-1] + np.cumsum(words)
        self._word_ends = np.concatenate([self._word_ends, word_ends])
        self._word_masks = np.concatenate([self._word_masks, word_masks])

    def texts(self, numbers: Array) -> tuple[Array, Array]:
        """Returns what comes before and after the points of some matches."""
        return self._starts[numbers], self._ends[numbers]

    def sentences(self, numbers: Array) -> tuple[Array, Array, Array, Array]:
        """Returns where some matches are.

        Returns:
            For each match the sentences with the keyword, the place of its first word in the last
            array, and the number of its words; the sentences with each word of all known matches.
        """
        starts = self._word_ends[numbers]
        counts = self._word_ends[numbers + 1] - starts
        return self._masks[numbers], starts, counts, self._word_masks


def _reduced(function: np.ufunc, values: Array, firsts: Array) -> Array:
    """Returns what a function makes of the values from each place to the next."""
    found: Array = function.reduceat(values, firsts) if len(firsts) else values
    return found
