"""Counts the terms of a text: its lemmas, and pairs of neighbouring lemmas.

A pair has no stop word and no break in it or between its words. Web addresses are left out: what
they say ("https github com") is the same in papers about anything. Vectors and frequencies of the
background table are those of terms.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

from digest.core.text.tokens import BREAK, STOP_WORDS

SEPARATORS = STOP_WORDS | {BREAK}
"""What separates terms: stop words and breaks."""

ADDRESS_STARTS = frozenset(("http", "https", "www"))
ADDRESS_WORDS = 6
"""An address ends with the phrase, or after this many words: "https github com name project part"."""


def term_counts(lemmas: Iterable[str]) -> Counter[str]:
    """Returns how often each term occurs.

    Args:
        lemmas: of a text, with breaks.
    """
    return Counter(_terms(lemmas))


def content_words(lemmas: Iterable[str]) -> tuple[str, ...]:
    """Returns the lemmas without breaks and stop words."""
    return tuple(word for word in lemmas if word != BREAK and word not in STOP_WORDS)


def _terms(lemmas: Iterable[str]) -> list[str]:
    terms: list[str] = []
    before = ""
    for word in without_addresses(lemmas):
        if word in SEPARATORS:
            before = ""
            continue
        terms.append(word)
        if before:
            terms.append(f"{before} {word}")
        before = word
    return terms


def without_addresses(lemmas: Iterable[str]) -> Sequence[str]:
    """Returns the lemmas with a break in place of each web address.

    Args:
        lemmas: of a text, with breaks.
    """
    found = lemmas if isinstance(lemmas, tuple | list) else tuple(lemmas)
    if ADDRESS_STARTS.isdisjoint(found):
        return found
    kept: list[str] = []
    address = 0
    for word in found:
        if word in ADDRESS_STARTS:
            address = ADDRESS_WORDS
            kept.append(BREAK)
        elif word == BREAK:
            address = 0
        if address:
            address -= 1
        else:
            kept.append(word)
    return kept
