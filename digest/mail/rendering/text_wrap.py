"""Wraps lines of the plain-text part by display columns, not by characters.

Chinese, Japanese and Korean characters take two columns, and a line may break between any two of
them. Combining marks take no column. Addresses and other long words are not broken.
"""

import re
import unicodedata
from collections.abc import Iterator

WIDTH = 76  # columns
_NARROW = re.compile(
    r"(?:[!-~\xa0\xb7]+ )*[!-~\xa0\xb7]+"
)  # words whose characters all take one column


def wrap(text: str, first: str = "", rest: str | None = None) -> str:
    """Wraps a text to lines of at most `WIDTH` columns; only longer words exceed it.

    Args:
        text: on one line; lines break at spaces, never at no-break spaces.
        first: the prefix of the first line.
        rest: the prefix of the other lines; None: `first`.
    """
    rest = first if rest is None else rest
    if is_narrow(text):
        return _wrap_narrow(text, first, rest)
    lines: list[str] = []
    line, used, is_empty = first, columns(first), True
    for word, width, joined in _unbreakable_parts(text):
        gap = 0 if is_empty or joined else 1
        if not is_empty and used + gap + width > WIDTH:
            lines.append(line)
            line, used, gap = rest, columns(rest), 0
        line += " " * gap + word
        used += gap + width
        is_empty = False
    return "\n".join([*lines, line.rstrip()])


def is_narrow(text: str) -> bool:
    """Whether every character takes one column; `wrap` returns such text unchanged if it fits."""
    return _NARROW.fullmatch(text) is not None


def _wrap_narrow(text: str, first: str, rest: str) -> str:
    """Wraps words with single spaces between them, whose characters all take one column."""
    if len(first) + len(text) <= WIDTH:
        return first + text
    lines: list[str] = []
    start, prefix = 0, first
    while True:
        last = start + WIDTH - columns(prefix)  # a line may end before the space at this place
        if len(text) <= last:
            break
        end = text.rfind(" ", start, last + 1)
        if end < 0:  # a word that is longer than a line
            end = text.find(" ", start)
            if end < 0:
                break
        lines.append(prefix + text[start:end])
        start, prefix = end + 1, rest
    return "\n".join([*lines, (prefix + text[start:]).rstrip()])


def columns(text: str) -> int:
    """Returns how many columns of a terminal the text takes."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def _columns(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1


def _unbreakable_parts(text: str) -> Iterator[tuple[str, int, bool]]:
    """Yields each part that must not be broken, its columns, and whether no space precedes it."""
    for word in text.split(" "):
        if not word:
            continue
        width = columns(word)
        # No wide character, so no place to break.
        if width <= len(word):
            yield word, width, False
            continue
        start = 0
        for end in range(1, len(word) + 1):
            # Not before punctuation: no line should begin with a full stop.
            if end == len(word) or (
                (_columns(word[end - 1]) == 2 or _columns(word[end]) == 2)
                and unicodedata.category(word[end])[0] not in "PM"
            ):
                part = word[start:end]
                yield part, columns(part), start > 0
                start = end
