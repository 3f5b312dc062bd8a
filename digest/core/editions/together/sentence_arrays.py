"""Chooses the sentences of many entries at once, as `digest.core.editions.sentence_choice` does for one.

A set of sentences is a number: bit n is sentence n.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from msgspec import Struct

from digest.core.editions.sentence_choice import (
    CUT_PENALTY,
    EXCERPT_LENGTH,
    GAP,
    KEYWORD_VALUE,
    MAX_SENTENCES,
    MIN_VALUE,
    REPEATED_KEYWORD_VALUE,
    SHARES,
    SentenceTable,
)

Array = Any

MOST_SENTENCES = 62
"""Abstracts with more are not represented so: a set of their sentences is no 64-bit number."""

_BLOCK = 2048  # entries at a time: what a processor keeps near
_NOT_OFFERED = np.int32(-(2**31))


class KeywordPlaces(Struct, frozen=True, kw_only=True, eq=False):
    """The sentences with the keywords of entries: arrays of equal length, in any order."""

    entries: Array  # the number of each entry
    masks: Array  # sets of sentences
    weights: Array  # of the keywords in them

    def shares(self, entries: int) -> "KeywordPlaces":
        """Returns what `evidence_shares` gives for each entry, in the order of the entries.

        Args:
            entries: their number.
        """
        found = np.flatnonzero(self.masks)
        owners, masks, weights = self.entries[found], self.masks[found], self.weights[found]
        bits = int(masks.max(initial=0)).bit_length()
        if bits + entries.bit_length() < 63:
            # As one number each: several times as fast as sorting by two.
            order = np.argsort((owners.astype(np.int64) << bits) | masks)
        else:
            order = np.lexsort((masks, owners))
        owners, masks, weights = owners[order], masks[order], weights[order]
        is_first = np.ones(len(order), dtype=np.bool_)
        is_first[1:] = (owners[1:] != owners[:-1]) | (masks[1:] != masks[:-1])
        firsts = np.flatnonzero(is_first)
        owners, masks = owners[firsts], masks[firsts]
        sums = np.add.reduceat(weights, firsts) if len(firsts) else weights
        # The sums are far below 2^53, so their floating-point numbers are exact.
        totals = np.bincount(owners, sums, minlength=entries).astype(np.int64)[owners]
        divisors = np.maximum(totals, 1)
        shares = np.where(totals > 0, (2 * SHARES * sums + divisors) // (2 * divisors), 0)
        kept = np.flatnonzero(shares)
        return KeywordPlaces(entries=owners[kept], masks=masks[kept], weights=shares[kept])


class SentenceArrays:
    """The sentences of some papers: a row for each paper, as long as the longest.

    Args:
        tables: of the papers; none has more than `MOST_SENTENCES`.
    """

    def __init__(self, tables: Sequence[SentenceTable]) -> None:
        self._counts = np.array([len(table.lengths) for table in tables], dtype=np.int64)
        self._totals = np.array([table.length for table in tables], dtype=np.int64)
        width = int(self._counts.max(initial=0))
        self._lengths, self._separators, self._values, self._alone = (
            _padded(rows, width)
            for rows in (
                [table.lengths for table in tables],
                [table.separators for table in tables],
                [table.values for table in tables],
                [table.alone for table in tables],
            )
        )

    def choose(self, papers: Array, evidence: KeywordPlaces) -> Array:
        """Returns the set of sentences that each entry shows.

        Args:
            papers: for each entry the row of its paper.
            evidence: the sentences with the keywords of the entries.
        """
        # By the number of sentences, so that the rows of a block are about equally long.
        order = np.argsort(self._counts[papers].astype(np.int16), kind="stable")
        places = np.empty(len(papers), dtype=np.int64)
        places[order] = np.arange(len(papers))
        ordered = KeywordPlaces(
            entries=places[evidence.entries], masks=evidence.masks, weights=evidence.weights
        )
        shares = ordered.shares(len(papers))
        chosen = [np.zeros(0, dtype=np.int64), *self._in_blocks(papers[order], shares)]
        found: Array = np.concatenate(chosen)[places]
        return found

    def _in_blocks(self, papers: Array, shares: KeywordPlaces) -> Iterator[Array]:
        for start in range(0, len(papers), _BLOCK):
            rows = papers[start : start + _BLOCK]
            begin, end = np.searchsorted(shares.entries, (start, start + _BLOCK)).tolist()
            part = KeywordPlaces(
                entries=shares.entries[begin:end] - start,
                masks=shares.masks[begin:end],
                weights=shares.weights[begin:end],
            )
            every = (np.int64(1) << self._counts[rows]) - 1
            is_short = self._totals[rows] <= EXCERPT_LENGTH
            # Papers without an abstract have no sentences to choose from.
            yield every if is_short.all() else np.where(is_short, every, self._chosen(rows, part))

    def _chosen(self, rows: Array, shares: KeywordPlaces) -> Array:
        """Returns the sets for texts that do not fit as a whole."""
        width = int(self._counts[rows].max(initial=0))
        lengths, separators, values, alone = (
            each[:, :width][rows]
            for each in (self._lengths, self._separators, self._values, self._alone)
        )
        gains = _Gains(shares, lengths.shape)
        exists = np.arange(lengths.shape[1]) < self._counts[rows, None]
        everything = np.arange(len(rows))
        is_chosen = np.zeros(lengths.shape, dtype=np.bool_)
        masks = np.zeros(len(rows), dtype=np.int64)
        used = np.zeros(len(rows), dtype=np.int32)  # characters, without the gaps
        adjacent = np.zeros(len(rows), dtype=np.int32)  # pairs of chosen sentences
        is_open = np.ones(len(rows), dtype=np.bool_)
        for number in range(MAX_SENTENCES):
            before, after = np.zeros_like(is_chosen), np.zeros_like(is_chosen)
            before[:, 1:], after[:, :-1] = is_chosen[:, :-1], is_chosen[:, 1:]
            size = lengths.copy()
            size[:, 1:] += separators[:, :-1] * before[:, 1:]
            size += separators * after
            joined = before.astype(np.int32) + after
            gaps = number - adjacent[:, None] - joined
            fits = used[:, None] + size + len(GAP) * gaps <= EXCERPT_LENGTH
            worth = values + gains.of(masks)
            worth += np.where(before, np.int32(0), alone)
            offered = exists & ~is_chosen
            if number:
                offered &= fits
            else:
                worth += np.where(fits, np.int32(0), np.int32(CUT_PENALTY))
            worth = np.where(offered, worth, _NOT_OFFERED)
            best = worth.argmax(axis=1)  # of equal ones the first
            most = worth[everything, best]
            is_open &= most >= MIN_VALUE if number else most > _NOT_OFFERED
            taken = np.flatnonzero(is_open)
            places = best[taken]
            is_chosen[taken, places] = True
            masks[taken] |= np.int64(1) << places
            used[taken] += size[taken, places]
            adjacent[taken] += joined[taken, places]
        return masks


class _Gains:
    """What the keywords of entries add to sentences.

    Args:
        shares: from `KeywordPlaces.shares`.
        shape: the numbers of entries and of sentences.
    """

    def __init__(self, shares: KeywordPlaces, shape: tuple[int, ...]) -> None:
        self._shares, self._shape = shares, shape
        sets = shares.masks.astype("<i8").view(np.uint8).reshape(-1, 8)
        bits = np.unpackbits(sets, axis=1, bitorder="little")[:, : shape[1]]
        # Each sentence of each set.
        self._sets, sentences = np.nonzero(bits)
        self._cells = shares.entries[self._sets] * shape[1] + sentences

    def of(self, chosen: Array) -> Array:
        """Returns the gain of each sentence of each entry.

        Args:
            chosen: for each entry the sentences that it shows already.
        """
        shares, size = self._shares, self._shape[0] * self._shape[1]
        is_repeated = (shares.masks & chosen[shares.entries]) != 0
        each = shares.weights * np.where(is_repeated, REPEATED_KEYWORD_VALUE, KEYWORD_VALUE)
        # The sums are far below 2^53, so their floating-point numbers are exact.
        gains = np.bincount(self._cells, each[self._sets], minlength=size)
        found: Array = gains.astype(np.int32).reshape(self._shape)
        return found


def _padded(rows: Sequence[Sequence[int]], width: int) -> Array:
    """Returns rows of numbers as one array, with 0 behind the shorter ones."""
    padded = np.zeros((len(rows), width), dtype=np.int32)
    for place, row in enumerate(rows):
        padded[place, : len(row)] = row
    return padded
