"""Lines for the text part: as many columns as a terminal shows, not characters.

Chinese, Japanese and Korean characters take two columns and may be parted anywhere;
combining marks take none. Addresses and other long words stay whole.
"""

import re
import unicodedata
from collections.abc import Iterator

WIDTH = 76  # columns
_NARROW = re.compile(r"(?:[!-~\xa0\xb7]+ )*[!-~\xa0\xb7]+")  # words of a column a character


def wrap(text: str, first: str = "", rest: str | None = None) -> str:
    """The text in lines of at most `WIDTH` columns, but for words that are longer.

    Args:
        text: on one line; it is parted at spaces, never at no-break spaces.
        first: stands before the first line.
        rest: stands before the others; None: as before the first.
    """
    rest = first if rest is None else rest
    if len(first) + len(text) <= WIDTH and is_narrow(text):
        return first + text
    lines: list[str] = []
    line, used, fresh = first, columns(first), True
    for word, width, joined in _pieces(text):
        gap = 0 if fresh or joined else 1
        if not fresh and used + gap + width > WIDTH:
            lines.append(line)
            line, used, gap = rest, columns(rest), 0
        line += " " * gap + word
        used += gap + width
        fresh = False
    return "\n".join([*lines, line.rstrip()])


def is_narrow(text: str) -> bool:
    """Whether it is words of a column a character, which `wrap` leaves as it is if it fits."""
    return _NARROW.fullmatch(text) is not None


def columns(text: str) -> int:
    """How many columns of a terminal the text takes."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def _columns(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1


def _pieces(text: str) -> Iterator[tuple[str, int, bool]]:
    """What stays whole, its columns, and whether no space comes before it."""
    for word in text.split(" "):
        if not word:
            continue
        width = columns(word)
        if width <= len(word):
            yield word, width, False
            continue
        start = 0
        for end in range(1, len(word) + 1):
            # Not before a closing mark: no line begins with a full stop.
            if end == len(word) or (
                (_columns(word[end - 1]) == 2 or _columns(word[end]) == 2)
                and unicodedata.category(word[end])[0] not in "PM"
            ):
                piece = word[start:end]
                yield piece, columns(piece), start > 0
                start = end
