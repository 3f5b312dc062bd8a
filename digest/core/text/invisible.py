"""Characters that cannot be seen, or that act on the text around them; piled-up marks.

They can hide or reorder text: controls; the soft hyphen; the zero-width space; direction marks,
embeddings, overrides and isolates; invisible operators; fillers; annotations; tags; lone
surrogates and noncharacters. The joiners U+200C and U+200D are not among them: words (Persian)
and emoji need them. White space is not either, control characters that count as white space
included.
"""

import re
import unicodedata

from digest.late_patterns import late_pattern
from digest.printable import is_printable

_FILLERS = "\u115f\u1160\u3164\uffa0"  # the only invisible ones that are printable for Python
_INVISIBLE = late_pattern(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff"
    "\U000e0000-\U000e007f]"
)


_SURROGATE_PAIR = late_pattern("[\ud800-\udbff][\udc00-\udfff]")
_MAX_MARKS = 30  # combining marks in a row, as in the stream-safe text format of UAX #15
_MAYBE_MARKS = re.compile(rf"[^\w\s\x00-\x7f]{{{_MAX_MARKS + 1},}}")


def with_bounded_marks(text: str) -> str:
    """Returns the text with at most 30 combining marks in a row.

    Unicode normalisation sorts the marks of a row in quadratic time, so call this before it.
    """
    return text if text.isascii() else _MAYBE_MARKS.sub(_first_marks, text)


def _first_marks(found: re.Match[str]) -> str:
    kept: list[str] = []
    height = 0
    for char in found[0]:
        height = height + 1 if unicodedata.category(char)[0] == "M" else 0
        if height <= _MAX_MARKS:
            kept.append(char)
    return "".join(kept)


def with_joined_surrogates(text: str) -> str:
    """Returns the text with each pair of surrogates as the one character that it stands for.

    JSON and Python literals write a character outside the basic plane as such a pair.
    """
    return text if text.isascii() else _SURROGATE_PAIR.sub(_joined, text)


def _joined(pair: re.Match[str]) -> str:
    return pair[0].encode("utf-16-le", "surrogatepass").decode("utf-16-le")


def without_invisible(text: str) -> str:
    """Returns the text without invisible characters; white space stays as it is.

    Two surrogates that stand for one character become that character.
    """
    # Nearly all texts; the pattern takes longer to compile and to search for.
    if is_printable(text) and (text.isascii() or not any(sign in text for sign in _FILLERS)):
        return text
    return _INVISIBLE.sub("", with_joined_surrogates(text))
