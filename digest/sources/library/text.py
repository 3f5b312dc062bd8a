"""Converts the fields of a reading list to plain text."""

import re

from digest.core.text.html_text import html_text
from digest.core.text.markup.tex import tex_to_unicode
from digest.printable import printable_line

MAX_LENGTH = 50_000
"""Maximum length of one title or abstract in characters; the rest is cut."""

_GROUPING = re.compile(r"(?<!\\)[{}]")


def plain(text: str) -> str:
    """Returns the text without markup and control characters, on one line."""
    # `html_text` joins the halves of characters, and removes other surrogates and controls.
    return printable_line(html_text(text[:MAX_LENGTH], limit=MAX_LENGTH, only_html=True))


def from_tex(text: str) -> str:
    """Returns TeX as readable Unicode text, without grouping braces."""
    return plain(_GROUPING.sub("", tex_to_unicode(text[:MAX_LENGTH])))


def name(text: str) -> str:
    """Returns the name of a person; "Dao, Tri" becomes "Tri Dao"."""
    family, comma, given = plain(text).partition(",")
    return f"{given.strip()} {family.strip()}".strip() if comma else family.strip()
