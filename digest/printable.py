"""Text from outside as printable text, for terminals, logs and reports.

A module of its own beside `digest.errors`: both `digest.core` and `digest.logs` need it, and
neither may import the other.
"""

import re

# Compiled when it is first used: help pages do without, and compiling it takes a millisecond.
_CONTROLS = "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]"


_PRINTABLE_ASCII = bytes(range(0x20, 0x7F))
_SHORT = 64  # characters


def is_printable(text: str) -> bool:
    """Returns what `str.isprintable` does; of a long text in ASCII in half of its time."""
    if len(text) < _SHORT or not text.isascii():
        return text.isprintable()
    return not text.encode().translate(None, _PRINTABLE_ASCII)


def printable(text: str, *, substitute: str = "?") -> str:
    """Returns the text with each character that is not printable replaced.

    Such a character could begin a line or send a command to a terminal.
    """
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else substitute for char in text)


def without_controls(text: str) -> str:
    """Returns the text with each control character replaced by `?`, except tabs and line ends.

    For output that people read and may copy: unlike `printable`, it keeps every other character,
    such as a space that does not break. A lone surrogate, which cannot be encoded, is replaced too.
    """
    return text if text.isprintable() else re.sub(_CONTROLS, "?", text)


def printable_line(text: str, *, limit: int | None = None) -> str:
    """Returns the text as one printable line.

    White space and characters that are not printable become single spaces.

    Args:
        text: any text.
        limit: the maximum length in characters; None: no limit. A longer line is cut between two
            words if possible: the first half of an address would not be recognised as one.
    """
    line = " ".join(printable(text, substitute=" ").split())
    if limit is None or len(line) <= limit:
        return line
    whole_words = line[: limit + 1].rpartition(" ")[0]
    return whole_words if len(whole_words) >= limit // 2 else line[:limit]
