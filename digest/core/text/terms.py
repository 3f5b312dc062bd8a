"""Counts the terms of a text: its lemmas, and pairs of neighbouring lemmas.

A pair has no stop word and no break in it or between its words. Vectors and frequencies of the
background table are those of terms.
"""

from collections import Counter
from collections.abc import Iterable

from digest.core.text.tokens import BREAK, STOP_WORDS

_SEPARATORS = STOP_WORDS | {BREAK}


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
    for word in lemmas:
        if word in _SEPARATORS:
            before = ""
            continue
        terms.append(word)
        if before:
            terms.append(f"{before} {word}")
        before = word
    return terms
