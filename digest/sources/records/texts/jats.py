"""Text with tags of the Journal Article Tag Suite or of MathML, as Crossref and PubMed give it.

https://jats.nlm.nih.gov/archiving/tag-library/1.3/
"""

import html
import re

from digest.core.text.html_text import html_line
from digest.sources.records.texts.headings import without_abstract_heading

# Alternatives of a formula that repeat it: its source in TeX, and annotations of MathML.
_REPEATED = re.compile(
    r"<(?P<tag>(?:jats:)?tex-math|(?:mml:)?annotation(?:-xml)?)\b[^>]{0,200}>.{0,4000}?</(?P=tag)\s{0,9}>",
    re.DOTALL,
)
_TITLE = re.compile(r"<(?:jats:)?title\b[^>]{0,200}>(?P<text>[^<]{0,200})</(?:jats:)?title\s{0,9}>")
_BLOCK = re.compile(r"</?(?:jats:)?(?:p|sec|list|list-item|title|disp-formula|break)\b[^<>]*>")
_TAG = re.compile(
    r"</?(?:(?:jats|mml):)?(?:abbrev|alternatives|bold|break|email|ext-link|fn|inline-formula"
    r"|inline-graphic|italic|label|m[a-z]{1,12}|monospace|named-content|ns\d|overline|related-[a-z]+"
    r"|roman|sans-serif|sc|scp|styled-content|strike|sub|sup|tt|i|b|u|em|strong|underline|uri|xref|inf"
    r"|span|div|h[1-6]|[a-z]+:[a-z-]+)\b[^<>]*>",
    re.IGNORECASE,
)
# Some publishers escape the tags of an abstract once too often.
_ESCAPED = re.compile(r"&lt;/?(?:p|b|i|em|span|strong|sub|sup|br|div|h[1-6])\b")
_PUNCTUATED = re.compile(r"[.:?!]\s*\Z")


def jats_text(value: str, *, limit: int) -> str:
    """Returns the text on one line, with titles of sections as "Methods: ".

    Args:
        value: text with tags; without any, only white space changes.
        limit: the greatest length of the result, in characters.
    """
    if "&lt;" in value and _ESCAPED.search(value):
        value = html.unescape(value)
    if "<" in value:
        value = _REPEATED.sub("", value[: limit * 8])
        value = _TITLE.sub(_heading, value)
        value = _TAG.sub("", _BLOCK.sub(" ", value))
    return html_line(value, limit=limit)


def jats_abstract(value: str, *, limit: int) -> str:
    """Returns an abstract without the heading "Abstract"; otherwise as `jats_text`."""
    text = jats_text(value, limit=limit)
    return without_abstract_heading(text).lstrip(": ")


def _heading(found: re.Match[str]) -> str:
    text = found["text"].strip()
    if not text:
        return " "
    return f" {text} " if _PUNCTUATED.search(text) else f" {text}: "
