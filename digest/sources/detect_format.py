"""Detects the format of a file by its first bytes; the name of the file does not matter."""

import json
import re
from itertools import takewhile

from digest.errors import InputError
from digest.late_patterns import late_pattern
from digest.sources.daily_papers import page_text, text_dump, title_list

HEAD_BYTES = 16 * 2**10  # how much of a file is examined

_XML = re.compile(
    rb"<(?:\?xml\b|!doctype\s+(?!html)|(?:\w+:)?(?:rss|feed|rdf)\b|!--)", re.IGNORECASE
)
_HTML = late_pattern(rb"<(?:!doctype\s+)?html\b", re.IGNORECASE)
_WIDE_XML = (b"<\0", b"\0<", b"\xff\xfe<\0", b"\xfe\xff\0<")
_XML_KINDS = (  # texts that only such a document has at its beginning
    ("arxiv-api", late_pattern(rb"https?://(?:export\.)?arxiv\.org/api/")),
    ("arxiv", late_pattern(rb"https?://(?:rss|export)\.arxiv\.org/(?:rss|atom)\b|oai:arXiv\.org:")),
)
_JSON_FEED = late_pattern(r'"https?://jsonfeed\.org/version/')
_DAILY_ITEM = late_pattern(
    r"""\[\s*(?:\]|"\s*\{\s*'paper'|\{\s*"paper")|\{[^{}[\]]*"data"\s*:\s*\["""
)
_DAILY_PAPER = late_pattern(r"""["']paper["']\s*:\s*\{""")
_SCALAR = re.compile(r"-?\d+(?:\.\d+)?|true|false|null")


def detect_format(data: bytes) -> str:
    """Returns the format of a file.

    Args:
        data: The content of the file; only the first 16 KiB are examined.

    Returns:
        "dump", "bare-lines", "markdown", "huggingface", "jsonl", "json-feed", "arxiv" (a
        listing, RSS or Atom), "arxiv-api", or "feed" (any other XML).

    Raises:
        InputError: It is none of these. The reason is the error of the most likely parser.
    """
    cut = len(data) > HEAD_BYTES
    head = data[:HEAD_BYTES].removeprefix(b"\xef\xbb\xbf").lstrip()
    if head.startswith(_WIDE_XML):
        return "feed"
    # An XHTML page begins with `<?xml` too.
    if _XML.match(head) and not _HTML.search(head[:1024]):
        return next((kind for kind, mark in _XML_KINDS if mark.search(head)), "feed")
    text = page_text.decode(data[:HEAD_BYTES], None)
    lines = text.split("\n")
    # `[![` is an image with a link, at the top of a Markdown page.
    if text.lstrip()[:1] in ("{", "[") and not text.lstrip().startswith("[!["):
        return _json(text.lstrip(), cut=cut)
    if _SCALAR.fullmatch(text.strip()):
        raise InputError(
            f"a list of papers was expected, but the file contains {text_dump.excerpt(text)};"
            " fetch it again",
            line=1,
        )
    if any(text_dump.MARKDOWN_HEADING.match(line) for line in lines):
        return "markdown"
    # Without the header of a page this raises: otherwise every e-mail would be a list of titles.
    _, start = text_dump.header(lines, None)
    return "bare-lines" if title_list.is_title_list(lines, start, cut=cut) else "dump"


def _json(text: str, *, cut: bool) -> str:
    if _JSON_FEED.search(text) and text.startswith("{"):
        return "json-feed"
    if _DAILY_ITEM.match(text) or (text.startswith("[") and _DAILY_PAPER.search(text)):
        return "huggingface"
    if text.startswith("["):
        raise InputError(
            "a JSON list, but not a response of the Daily Papers API; "
            "for JSON lines, write one object on each line",
            line=1,
        )
    first = "".join(takewhile(lambda char: char != "\n", text))
    # The first line is longer than the examined part.
    if cut and len(first) == len(text):
        return "jsonl"
    try:
        item = json.loads(first)
    except (ValueError, RecursionError):
        if first.strip() == "{":
            raise InputError(
                "a JSON object over several lines; for JSON lines, write one object on each line",
                line=1,
            ) from None
        return "jsonl"  # its parser reports what is wrong
    if "error" in item and "title" not in item:
        return "huggingface"  # its parser reports the error
    return "jsonl"
