"""The known word that a misspelt one was probably meant to be."""

from collections.abc import Iterable


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The most similar known word, whatever its case; None if none is similar."""
    from difflib import get_close_matches

    by_lower = {name.lower(): name for name in known}
    # A long word is not worth the quadratic comparison: it is no slip of the finger.
    found = get_close_matches(word.lower()[:80], by_lower, n=1, cutoff=0.6)
    return by_lower[found[0]] if found else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`; did you mean "keywords"?`, or nothing, to end a message with."""
    meant = nearest(word, known)
    return f'; did you mean "{meant}"?' if meant else ""
