"""Converts the fields of a reading list to plain text."""

import html
import re

from digest.core.text.tex import readable

MAX_LENGTH = 50_000
"""Maximum length of one title or abstract in characters; the rest is cut."""

# `<i>`, `</jats:p>`; "p < 0.05 and q > 1" is not a tag.
_TAG = re.compile(r"</?[A-Za-z][A-Za-z0-9:]{0,20}(?:\s[^<>]{0,300})?/?>")
_GROUPING = re.compile(r"(?<!\\)[{}]")


def plain(text: str) -> str:
    """Returns the text without markup and control characters, on one line."""
    text = text[:MAX_LENGTH]
    if "<" in text or "&" in text:
        text = html.unescape(_TAG.sub(" ", text))
    if not text.isprintable():
        text = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(text.split())


def from_tex(text: str) -> str:
    """Returns TeX as readable Unicode text, without grouping braces."""
    return plain(_GROUPING.sub("", readable(text[:MAX_LENGTH])))


def name(text: str) -> str:
    """Returns the name of a person; "Dao, Tri" becomes "Tri Dao"."""
    family, comma, given = plain(text).partition(",")
    return f"{given.strip()} {family.strip()}".strip() if comma else family.strip()
