"""Splits titles into the words by which a paper is found."""

import re
import unicodedata

MAX_LETTERS = 40  # of a word; the rest is cut off

_WORD = re.compile(r"[^\W_]+")


def title_words(text: str) -> tuple[str, ...]:
    """Returns the words of a title in its order, each once: without case and accents.

    The words of a part of a title are words of the title, except that the first word of the part may
    be the end of one, and the last word the beginning of one.
    """
    plain = text.casefold()
    if not text.isascii():
        letters = unicodedata.normalize("NFKD", text).casefold()
        plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return tuple(dict.fromkeys(word[:MAX_LETTERS] for word in _WORD.findall(plain)))
