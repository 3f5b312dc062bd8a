"""The words of a library's fields, as a reader sees them."""

import html
import re

from digest.core.text.tex import readable
from digest.printable import printable_line

MAX_LENGTH = 50_000
"""Characters of one title or abstract; what follows is no abstract any more."""

# `<i>`, `</jats:p>`; "p < 0.05 and q > 1" is no tag.
_TAG = re.compile(r"</?[A-Za-z][A-Za-z0-9:]{0,20}(?:\s[^<>]{0,300})?/?>")
_GROUPING = re.compile(r"(?<!\\)[{}]")


def plain(text: str) -> str:
    """The text without markup and control characters, on one line."""
    text = text[:MAX_LENGTH]
    if "<" in text or "&" in text:
        text = html.unescape(_TAG.sub(" ", text))
    return printable_line(text)


def from_tex(text: str) -> str:
    """The words of a TeX source as Unicode, without the braces that only group."""
    return plain(_GROUPING.sub("", readable(text[:MAX_LENGTH])))


def name(text: str) -> str:
    """A person's name, "Dao, Tri" turned into "Tri Dao"."""
    family, comma, given = plain(text).partition(",")
    return f"{given.strip()} {family.strip()}".strip() if comma else family.strip()
