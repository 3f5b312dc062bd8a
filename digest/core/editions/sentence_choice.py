"""Chooses the sentences of an abstract that say most in a given space.

All values are whole numbers, so the choice does not depend on the order in which they are added, and
many readers of one paper whose keywords are in the same sentences share one choice.
"""

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

from msgspec import Struct, field

from digest.core.editions.sentence_scores import dependence_penalty, sentence_scores
from digest.core.text.sentences import separator

EXCERPT_LENGTH = 360
"""Number of characters in an excerpt."""

MAX_SENTENCES = 3
"""Largest number of sentences in an excerpt."""

GAP = " … "
"""The text between two sentences where others were left out."""

SHARES = 32
"""The value of a reader's keywords is divided into so many shares."""

# Values are multiples of 1 / _UNIT of a contribution cue (`sentence_scores._CONTRIBUTES`).
_UNIT = 1 << 16
KEYWORD_VALUE = 3 * _UNIT // SHARES  # of one share: all keywords together have the value 3
REPEATED_KEYWORD_VALUE = _UNIT // (10 * SHARES)  # if an earlier chosen sentence contains it
CUT_PENALTY = -6 * _UNIT // 10  # for a sentence that would have to be cut
MIN_VALUE = 0  # a further sentence below this value is not shown, even if there is space

# So many sets of sentences are kept: the papers of some days.
_CACHED_TABLES = 1 << 13
_CACHED_CHOICES = 1 << 16
_MOST_OFFERS = 128  # kept for one abstract: readers begin with one of a few sentences

EvidenceShares = tuple[tuple[int, int], ...]
"""Where a reader's keywords are: pairs of a set of sentences (bit n is sentence n) and its shares of
the value of all keywords, in ascending order; see `evidence_shares`."""


_Offers = tuple[tuple[int, int], ...]
"""The places of the sentences that may be added, ascending, and their values without keywords."""


class SentenceTable(Struct, frozen=True, kw_only=True, eq=False):  # compared by identity, as a key
    """What is known of the sentences of an abstract, whoever reads it."""

    lengths: tuple[int, ...]
    separators: tuple[int, ...]  # lengths of the text between each sentence and the next one
    values: tuple[int, ...]  # without a reader's keywords
    alone: tuple[int, ...]  # added if the sentence before is not shown; 0 or negative
    length: int  # of the whole text
    offers: dict[tuple[int, int], _Offers] = field(default_factory=dict)  # see `_offers`


@lru_cache(maxsize=_CACHED_TABLES)
def sentence_table(sentences: tuple[str, ...], title: str) -> SentenceTable:
    """Computes what the sentences say.

    Args:
        sentences: of the abstract, from `digest.core.text.sentences.split`.
        title: of the paper, as it is shown; sentences that repeat it are worth more.
    """
    lengths = tuple(map(len, sentences))
    separators = tuple(len(separator(one, other)) for one, other in pairwise(sentences))
    return SentenceTable(
        lengths=lengths,
        separators=separators,
        length=sum(lengths) + sum(separators),
        values=tuple(round(score * _UNIT) for score in sentence_scores(sentences, title)),
        alone=tuple(round(dependence_penalty(sentence) * _UNIT) for sentence in sentences),
    )


def evidence_shares(weights: Sequence[tuple[int, int]]) -> EvidenceShares:
    """Divides the value of a reader's keywords among the sets of sentences in which they are.

    Args:
        weights: for each keyword, the set of sentences with it (bit n is sentence n) and its weight.
            Keywords that are nowhere have no share.
    """
    sums: dict[int, int] = {}
    for mask, weight in weights:
        if mask:
            sums[mask] = sums.get(mask, 0) + weight
    total = sum(sums.values())
    if total <= 0:
        return ()
    # Rounded to the nearest share.
    shares = [(mask, (2 * SHARES * sums[mask] + total) // (2 * total)) for mask in sorted(sums)]
    return tuple([item for item in shares if item[1]])


@lru_cache(maxsize=_CACHED_CHOICES)
def choose_sentences(
    table: SentenceTable,
    shares: EvidenceShares = (),
    budget: int = EXCERPT_LENGTH,
    most: int = MAX_SENTENCES,
) -> tuple[int, ...]:
    """Returns the positions of the sentences to show, in ascending order.

    Args:
        table: the sentences.
        shares: where the reader's keywords are.
        budget: number of characters, from 1.
        most: number of sentences, from 1, unless all of them fit.
    """
    count = len(table.lengths)
    if table.length <= budget:
        return tuple(range(count))
    chosen = 0  # a set, as in `EvidenceShares`
    for _ in range(most):
        offers = _offers(table, chosen, budget)
        if not offers:
            break
        gains = [0] * count
        for mask, share in shares:
            gain = share * (REPEATED_KEYWORD_VALUE if mask & chosen else KEYWORD_VALUE)
            for place in places_of(mask):
                gains[place] += gain
        best, most_value = offers[0][0], offers[0][1] + gains[offers[0][0]]
        for place, value in offers:
            # Of equal values, the earlier sentence wins.
            if value + gains[place] > most_value:
                best, most_value = place, value + gains[place]
        if chosen and most_value < MIN_VALUE:
            break
        chosen |= 1 << best
    return places_of(chosen)


def _offers(table: SentenceTable, chosen: int, budget: int) -> _Offers:
    """Returns the sentences that may be added to a set of sentences."""
    found = table.offers.get((chosen, budget))
    if found is None:
        shown = places_of(chosen)
        left = budget - sum(table.lengths[place] for place in shown)
        listed: list[tuple[int, int]] = []
        for place, length in enumerate(table.lengths):
            if place in shown:
                continue
            fits = length <= left and _fits(table, (*shown, place), budget)
            if fits or not shown:
                value = table.values[place] + (0 if fits else CUT_PENALTY)
                listed.append((place, value if place - 1 in shown else value + table.alone[place]))
        if len(table.offers) >= _MOST_OFFERS:
            table.offers.clear()
        found = table.offers[chosen, budget] = tuple(listed)
    return found


@lru_cache(maxsize=_CACHED_CHOICES)
def places_of(mask: int) -> tuple[int, ...]:
    """Returns the places of the sentences of a set, ascending."""
    return tuple(place for place in range(mask.bit_length()) if mask >> place & 1)


def _fits(table: SentenceTable, places: Sequence[int], budget: int) -> bool:
    """Returns whether some sentences, with what is between them, have the space."""
    if len(places) == 1:
        return table.lengths[places[0]] <= budget
    left, last = budget, -2
    for place in sorted(places):
        left -= table.lengths[place]
        if place == last + 1:
            left -= table.separators[last]
        elif last >= 0:
            left -= len(GAP)
        if left < 0:
            return False
        last = place
    return True
