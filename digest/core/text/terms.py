"""Counts the terms of a text: its lemmas, and pairs of neighbouring lemmas.

A pair has no stop word and no break in it or between its words. Web addresses are left out: what
they say ("https github com") is the same in papers about anything. Vectors and frequencies of the
background table are those of terms.
"""

from collections import Counter
from collections.abc import Iterable

from digest.core.text.tokens import BREAK, STOP_WORDS

_SEPARATORS = STOP_WORDS | {BREAK}

_ADDRESS_STARTS = frozenset(("http", "https", "www"))
_ADDRESS_WORDS = 6
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
    address = 0
    for word in lemmas:
        if word in _ADDRESS_STARTS:
            address = _ADDRESS_WORDS
        elif word == BREAK:
            address = 0
        if address or word in _SEPARATORS:
            before = ""
            address = max(0, address - 1)
            continue
        terms.append(word)
        if before:
            terms.append(f"{before} {word}")
        before = word
    return terms
