"""Characters that cannot be seen, or that act on the text around them.

They can hide or reorder text: controls; the soft hyphen; the zero-width space; direction marks,
embeddings, overrides and isolates; invisible operators; fillers; annotations; tags; lone
surrogates and noncharacters. The joiners U+200C and U+200D are not among them: words (Persian)
and emoji need them. White space is not either, control characters that count as white space
included.
"""

import re

_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff"
    "\U000e0000-\U000e007f]"
)


def without_invisible(text: str) -> str:
    """Returns the text without invisible characters; white space stays as it is."""
    if text.isascii() and text.isprintable():  # nearly all texts
        return text
    return _INVISIBLE.sub("", text)
