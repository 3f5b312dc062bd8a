"""The words of a library's fields, as a reader sees them."""

import re

from digest.core.text.html_text import html_text
from digest.core.text.tex import readable
from digest.printable import printable_line

MAX_LENGTH = 50_000
"""Characters of one title or abstract; what follows is no abstract any more."""

_GROUPING = re.compile(r"(?<!\\)[{}]")


def plain(text: str) -> str:
    """The text without markup and control characters, on one line."""
    return printable_line(html_text(text[:MAX_LENGTH], limit=MAX_LENGTH, only_html=True))


def from_tex(text: str) -> str:
    """The words of a TeX source as Unicode, without the braces that only group."""
    return plain(_GROUPING.sub("", readable(text[:MAX_LENGTH])))


def name(text: str) -> str:
    """A person's name, "Dao, Tri" turned into "Tri Dao"."""
    family, comma, given = plain(text).partition(",")
    return f"{given.strip()} {family.strip()}".strip() if comma else family.strip()
