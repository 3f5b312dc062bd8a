"""Suggests a known word for a misspelt one."""

from collections.abc import Iterable


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Returns the most similar known word, ignoring upper and lower case; None if none is similar."""
    from difflib import get_close_matches

    by_lower = {name.lower(): name for name in known}
    # The comparison takes quadratic time, and a long text is not a misspelt word.
    matches = get_close_matches(word.lower()[:80], by_lower, n=1, cutoff=0.6)
    return by_lower[matches[0]] if matches else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Returns the end of an error message, such as `; did you mean "keywords"?`.

    The text is empty if no known word is similar.
    """
    suggestion = nearest(word, known)
    return f'; did you mean "{suggestion}"?' if suggestion else ""
